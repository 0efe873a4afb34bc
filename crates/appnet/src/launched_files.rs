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
    /// Held for reading while the sandbox is used. `None` once the app is closed: the host may give the same files to another network then,
    /// and nothing here holds them any more (I3).
    sandbox: RwLock<Option<Arc<dyn FileSandbox>>>,
}

impl LaunchedFiles {
    pub(crate) fn new(sandbox: Arc<dyn FileSandbox>) -> Self {
        Self {
            sandbox: RwLock::new(Some(sandbox)),
        }
    }

    /// Lets no file be created any more, and removes temporary and pending ones. Blocks until that is done.
    pub(crate) fn close(&self) {
        let mut held = self.sandbox.write().unwrap_or_else(PoisonError::into_inner);
        let sandbox = held.take();
        drop(held);
        if let Some(sandbox) = sandbox {
            sandbox.remove_temporaries();
        }
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&dyn FileSandbox) -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        let held = self.sandbox.read().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some(sandbox) => work(&**sandbox),
            None => Err(FileError::Failed("the app is closed".to_owned())),
        }
    }
}

impl FileSandbox for LaunchedFiles {
    fn open(&self, name: &FileName) -> Result<Readable, FileError> {
        self.with(|sandbox| sandbox.open(name))
    }

    fn create(&self, to: &SaveTo) -> Result<Box<dyn PendingFile>, FileError> {
        self.with(|sandbox| sandbox.create(to))
    }

    fn read_cache(&self) -> Result<Option<Vec<u8>>, FileError> {
        self.with(|sandbox| sandbox.read_cache())
    }

    fn write_cache(&self, content: &[u8]) -> Result<(), FileError> {
        self.with(|sandbox| sandbox.write_cache(content))
    }

    fn remove_temporaries(&self) {
        self.close();
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
        assert_eq!(
            Arc::strong_count(&slow),
            1,
            "the host alone holds its files"
        );
    }
}
