//! An app's files for the time between its launch and its close.

use std::sync::{Arc, PoisonError, RwLock};

use appnet_io::{
    FileSandbox,
    files::{FileError, PendingFile, Readable},
};
use appnet_policy::{exchange::SaveTo, files::FileName};

/// What the host gave, until the app is closed. A call of the sandbox runs on a thread of its own, and its exchange can be stopped before it
/// has begun: nothing may be created then that nobody removes (B7).
pub(crate) struct LaunchedFiles {
    sandbox: Arc<dyn FileSandbox>,
    /// Held for reading while a file is created.
    closed: RwLock<bool>,
}

impl LaunchedFiles {
    pub(crate) fn new(sandbox: Arc<dyn FileSandbox>) -> Self {
        Self {
            sandbox,
            closed: RwLock::new(false),
        }
    }

    /// Lets no file be created any more, and removes temporary and pending ones. Blocks until that is done.
    pub(crate) fn close(&self) {
        *self.closed.write().unwrap_or_else(PoisonError::into_inner) = true;
        self.sandbox.remove_temporaries();
    }
}

impl FileSandbox for LaunchedFiles {
    fn open(&self, name: &FileName) -> Result<Readable, FileError> {
        self.sandbox.open(name)
    }

    fn create(&self, to: &SaveTo) -> Result<Box<dyn PendingFile>, FileError> {
        let closed = self.closed.read().unwrap_or_else(PoisonError::into_inner);
        if *closed {
            return Err(FileError::Failed("the app is closed".to_owned()));
        }
        self.sandbox.create(to)
    }

    fn remove_temporaries(&self) {
        self.sandbox.remove_temporaries();
    }
}
