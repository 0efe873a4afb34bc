//! Who runs what goes on beside a call.

use std::{fmt, pin::Pin, rc::Rc};

/// A task that runs until it is done.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Runs the tasks of a client: the drivers of its HTTP/2 and HTTP/3 connections, and the writers of its sockets. Each ends with its connection.
///
/// The owner may bring its own, to account an app for its time (I1).
#[derive(Clone)]
pub struct Spawn(Rc<dyn Fn(Task)>);

impl Spawn {
    /// Runs tasks with this function.
    pub fn new(spawn: impl Fn(Task) + 'static) -> Self {
        Self(Rc::new(spawn))
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        (self.0)(Box::pin(task));
    }
}

impl Default for Spawn {
    /// As a task of the `LocalSet` that polls the call.
    fn default() -> Self {
        Self::new(|task| {
            tokio::task::spawn_local(task);
        })
    }
}

impl fmt::Debug for Spawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawn").finish_non_exhaustive()
    }
}
