//! What a fuzzer gives bytes to (`fuzz/`).

use crate::model_tests;

/// Invariant 4: a history of an app, of which these bytes are the seed, is played to the core and to the model of the contract.
///
/// # Panics
/// If both do not say and do the same, or if a task does not end exactly once.
pub fn history(data: &[u8]) {
    model_tests::play_bytes(data);
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn invariant_4_saved_inputs_of_the_fuzz_target_hold() {
        replay("history", super::history);
    }
}
