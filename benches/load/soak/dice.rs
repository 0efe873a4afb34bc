//! Numbers that look random, and are the same for the same seed.

/// Knuth's MMIX generator.
pub(super) struct Dice(u64);

impl Dice {
    /// Those of one of many.
    pub(super) const fn new(seed: u64, number: usize) -> Self {
        let mut dice = Self(seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let _ = dice.roll(2);
        dice
    }

    /// From 0 to one below `sides`.
    pub(super) const fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    pub(super) const fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize]
    }
}
