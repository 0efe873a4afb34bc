//! Names for things that come and go.

use std::fmt;

/// A task of an app: one call. Chosen by the app's end of the bus, each greater than every one before it, so that the order of
/// ids is the order of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(u64);

impl TaskId {
    /// The largest id: what a JavaScript number holds exactly.
    pub const MAX: u64 = (1 << 53) - 1;

    /// The id of this number, or `None` if it is 0 or over [`MAX`](Self::MAX).
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        if is_exact(number) {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One thing asked of a socket, to send or to close: what its answer names. Chosen by the app's end of the bus, and of a socket's asks that
/// are not answered yet none has the number of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskId(u64);

impl AskId {
    /// The id of this number, or `None` if it is 0 or over [`TaskId::MAX`].
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        if is_exact(number) {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether the app's end of the bus, JavaScript, can have chosen this number: whole, positive, and held exactly.
const fn is_exact(number: u64) -> bool {
    number != 0 && number <= TaskId::MAX
}

/// A life of an app: it begins a new one when its actor is restarted after a crash. Results of an older life are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The life after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What I/O was asked to do for a task, and what it names when it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId {
    /// The task it is for.
    pub task: TaskId,
    /// The life of the app it was started in.
    pub epoch: Epoch,
}

#[cfg(test)]
mod tests {
    use super::{AskId, Epoch, TaskId};

    #[test]
    fn lives_are_counted() {
        assert_eq!(Epoch(7).next(), Epoch(8));
    }

    #[test]
    fn an_id_is_shown_as_its_number() {
        let (task, ask) = (TaskId::new(7).unwrap(), AskId::new(8).unwrap());
        assert_eq!(format!("{task} {ask}"), "7 8");
    }

    #[test]
    fn a_task_id_is_a_whole_number_that_javascript_holds_exactly() {
        let numbers = [0, 1, 9_007_199_254_740_991, 9_007_199_254_740_992, u64::MAX];
        let ids = numbers.map(|number| TaskId::new(number).map(TaskId::number));
        assert_eq!(
            ids,
            [None, Some(1), Some(9_007_199_254_740_991), None, None]
        );
    }
}
