//! Files that crash now and then.

use std::{
    io, panic,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use appnet::{
    DirectorySandbox, FileSandbox,
    files::{FileError, PendingFile, Readable},
    policy::{exchange::SaveTo, files::FileName},
};

/// What a wanted panic says.
const WANTED: &str = "a crash that the soak wants";

/// One in so many uses of a file crashes.
const RARE: u64 = 40;

/// Panics.
pub(super) fn crash() -> ! {
    panic::panic_any(WANTED)
}

/// Lets only the other panics be heard.
pub(super) fn silence_wanted_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&WANTED) {
            before(info);
        }
    }));
}

/// A directory of files some of whose uses crash.
pub(super) struct Shaky {
    files: DirectorySandbox,
    uses: Arc<AtomicU64>,
}

impl Shaky {
    /// `first` says which of its uses crash.
    pub(super) fn new(files: DirectorySandbox, first: u64) -> Self {
        Self {
            files,
            uses: Arc::new(AtomicU64::new(first)),
        }
    }
}

fn count(uses: &AtomicU64) {
    if uses.fetch_add(1, Relaxed).is_multiple_of(RARE) {
        crash()
    }
}

impl FileSandbox for Shaky {
    fn open(&self, name: &FileName) -> Result<Readable, FileError> {
        count(&self.uses);
        let Readable { content, length } = self.files.open(name)?;
        Ok(Readable {
            content: Box::new(ShakyContent(content, Arc::clone(&self.uses))),
            length,
        })
    }

    fn create(&self, to: &SaveTo) -> Result<Box<dyn PendingFile>, FileError> {
        count(&self.uses);
        let file = self.files.create(to)?;
        Ok(Box::new(ShakyFile(file, Arc::clone(&self.uses))))
    }

    fn remove_temporaries(&self) {
        self.files.remove_temporaries();
    }
}

struct ShakyContent(Box<dyn io::Read + Send>, Arc<AtomicU64>);

impl io::Read for ShakyContent {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        count(&self.1);
        self.0.read(piece)
    }
}

struct ShakyFile(Box<dyn PendingFile>, Arc<AtomicU64>);

impl PendingFile for ShakyFile {
    fn announce(&mut self, bytes: u64) -> Result<(), FileError> {
        self.0.announce(bytes)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), FileError> {
        count(&self.1);
        self.0.write(data)
    }

    fn seal(&mut self, extension: Option<&str>) -> Result<FileName, FileError> {
        count(&self.1);
        self.0.seal(extension)
    }

    fn keep(self: Box<Self>) -> Result<(), FileError> {
        self.0.keep()
    }
}
