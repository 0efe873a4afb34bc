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

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    /// A sandbox that waits inside `create` until it is told to go on.
    struct Slow {
        begun: mpsc::Sender<()>,
        go_on: Mutex<mpsc::Receiver<()>>,
        did: Mutex<Vec<&'static str>>,
    }

    impl FileSandbox for Slow {
        fn open(&self, _: &FileName) -> Result<Readable, FileError> {
            Err(FileError::Missing)
        }

        fn create(&self, _: &SaveTo) -> Result<Box<dyn PendingFile>, FileError> {
            self.begun.send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
            self.did.lock().unwrap().push("created");
            Err(FileError::Missing)
        }

        fn remove_temporaries(&self) {
            self.did.lock().unwrap().push("removed");
        }
    }

    #[test]
    fn b7_closing_waits_for_a_file_that_is_being_created_and_lets_none_come_after_it() {
        let (begun, has_begun) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let slow = Arc::new(Slow {
            begun,
            go_on: Mutex::new(goes_on),
            did: Mutex::default(),
        });
        let files = LaunchedFiles::new(Arc::clone(&slow) as Arc<dyn FileSandbox>);
        std::thread::scope(|threads| {
            threads.spawn(|| files.create(&SaveTo::Temporary).err());
            has_begun.recv().unwrap();
            let closing = threads.spawn(|| files.close());
            assert_eq!(*slow.did.lock().unwrap(), [""; 0]);
            go_on.send(()).unwrap();
            closing.join().unwrap();
        });
        assert_eq!(*slow.did.lock().unwrap(), ["created", "removed"]);
        let closed = Err(FileError::Failed("the app is closed".to_owned()));
        assert_eq!(files.create(&SaveTo::Temporary).map(|_| ()), closed);
    }
}
