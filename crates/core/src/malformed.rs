//! A message of a UI layer that is not a command.

use crate::TaskId;

/// What is wrong with a message that is not a command. Nothing came of it; the app's bus goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} should be {expected} instead of {found}")]
pub struct Malformed {
    /// The task it spoke of, if that could be read.
    pub task: Option<TaskId>,
    /// Where: a path such as `options.data`; `message` for the whole.
    pub field: String,
    /// What would be right.
    pub expected: String,
    /// What is there; of a long text only the beginning.
    pub found: String,
}
