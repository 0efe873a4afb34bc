//! Plays the saved inputs of a fuzz target on the stable toolchain: a module of the unit tests of each crate that has targets.
//!
//! `FUZZ_SECONDS=60 cargo test -p appnet-io --lib saved_inputs` goes on for so long for each target, with inputs that are mutations of the saved ones.
//! It does not see which code an input reached, as `cargo fuzz` does, but needs nothing else.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    time::{Duration, Instant},
};

/// Gives the target each file of its folder in `fuzz/corpus`, whole and each of its beginnings.
pub(crate) fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut files: Vec<_> = fs::read_dir(folder.join(name))
        .unwrap_or_else(|error| panic!("fuzz/corpus/{name}: {error}"))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "fuzz/corpus/{name} is empty");
    let inputs: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for input in &inputs {
        let step = (input.len() / 64).max(1);
        for end in (0..input.len()).step_by(step).chain([input.len()]) {
            try_one(name, target, &input[..end]);
        }
    }
    if let Some(seconds) = std::env::var("FUZZ_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
    {
        let tried = mutate(name, target, inputs, Duration::from_secs(seconds));
        println!("{name}: {tried} mutations");
    }
}

fn try_one(name: &str, target: fn(&[u8]), input: &[u8]) {
    if let Err(cause) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        println!("fuzz/corpus/{name} should keep this input: {input:?}");
        resume_unwind(cause);
    }
}

/// Tries mutations of these inputs for so long; says how many.
fn mutate(name: &str, target: fn(&[u8]), inputs: Vec<Vec<u8>>, time: Duration) -> u64 {
    let begun = Instant::now();
    let mut dice = Dice(u64::from(std::process::id()));
    let mut tried = 0;
    while begun.elapsed() < time {
        let mut input = inputs[dice.roll(inputs.len())].clone();
        for _ in 0..=dice.roll(6) {
            change(&mut input, &inputs[dice.roll(inputs.len())], &mut dice);
        }
        try_one(name, target, &input);
        tried += 1;
    }
    tried
}

fn change(input: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.roll(input.len() + 1);
    let end = (at + 1 + dice.roll(8)).min(input.len());
    match dice.roll(7) {
        0 if at < end => input[at] ^= 1 << dice.roll(8),
        1 if at < end => input[at] = dice.roll(256) as u8,
        2 if at < end => drop(input.drain(at..end)),
        3 => input.insert(at, b"\0\xff\r\n:;,=%/\\@.0a\x80"[dice.roll(16)]),
        4 if at < end => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        5 => input.truncate(at),
        _ => {
            let from = dice.roll(other.len() + 1);
            let to = (from + dice.roll(32)).min(other.len());
            input.splice(at..at, other[from..to].iter().copied());
        }
    }
    input.truncate(1 << 16);
}

/// Numbers that look random (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}
