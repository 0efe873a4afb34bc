//! A download on its way into a file.

use appnet_policy::{exchange::SaveTo, files::FileName};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    error::{ExchangeError, IoFailure},
    files::{
        FileError, FileSandbox, PendingFile,
        blocking::{apart, drop_apart},
    },
};

/// A pending file in our hands. Given up, it is removed where that holds nobody up.
struct Held(Option<Box<dyn PendingFile>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            drop_apart(file);
        }
    }
}

/// Writes a file piece by piece. Dropped before it is sealed, nothing of the file is left.
pub(crate) struct Saver {
    file: Held,
    buffer: Vec<u8>,
    written: u64,
    flushed: Instant,
    /// How long bytes wait for more to come.
    patience: Duration,
}

/// Bytes that are written at once: each write costs a change of thread.
const PIECE: usize = 256 << 10;

impl Saver {
    pub(crate) async fn create(
        files: &Arc<dyn FileSandbox>,
        to: SaveTo,
        patience: Duration,
    ) -> Result<Self, FileError> {
        let files = Arc::clone(files);
        Ok(Self {
            file: Held(Some(apart(move || files.create(&to)).await?)),
            buffer: Vec::new(),
            written: 0,
            flushed: Instant::now(),
            patience,
        })
    }

    /// Says how long the file will be.
    pub(crate) async fn announce(&mut self, bytes: u64) -> Result<(), FileError> {
        self.with_file(move |file| file.announce(bytes)).await
    }

    /// Bytes that are in the file.
    pub(crate) const fn written(&self) -> u64 {
        self.written
    }

    /// Adds to the file, or to what waits to be added.
    pub(crate) async fn add(&mut self, data: &[u8]) -> Result<(), FileError> {
        self.buffer.extend_from_slice(data);
        if self.buffer.len() >= PIECE || self.flushed.elapsed() >= self.patience {
            self.flush().await?;
        }
        Ok(())
    }

    /// Adds what waits.
    pub(crate) async fn flush(&mut self) -> Result<(), FileError> {
        if !self.buffer.is_empty() {
            let data = std::mem::take(&mut self.buffer);
            let write = move |file: &mut dyn PendingFile| file.write(&data).map(|()| data);
            let mut data = self.with_file(write).await?;
            self.written += data.len() as u64;
            data.clear();
            self.buffer = data;
        }
        self.flushed = Instant::now();
        Ok(())
    }

    /// The file is whole.
    pub(crate) async fn seal(
        mut self,
        extension: Option<String>,
    ) -> Result<WrittenFile, FileError> {
        self.flush().await?;
        let name = self
            .with_file(move |file| file.seal(extension.as_deref()))
            .await?;
        Ok(WrittenFile {
            file: self.file,
            name,
        })
    }

    /// Lends the file to a thread that may block. Who stops waiting meanwhile has given it up: it is dropped over there.
    async fn with_file<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn PendingFile) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, FileError> {
        let mut file = self
            .file
            .0
            .take()
            .ok_or_else(|| FileError::Failed("an earlier write failed".to_owned()))?;
        let work = move || {
            let done = work(file.as_mut())?; // a file that failed is dropped here
            Ok((file, done))
        };
        let (file, done) = apart(work).await?;
        self.file.0 = Some(file);
        Ok(done)
    }
}

/// A downloaded file that is whole, and not yet visible under its name. Dropped, nothing of it is left.
///
/// It is kept in the same turn in which the call's success is decided: so the app has exactly the files of whose success it hears,
/// however abort, interruption and the last byte race.
#[must_use = "dropped, the file is removed"]
pub struct WrittenFile {
    file: Held,
    name: FileName,
}

impl WrittenFile {
    /// Its name, once it is kept.
    #[must_use]
    pub const fn name(&self) -> &FileName {
        &self.name
    }

    /// Makes it visible under its name.
    ///
    /// # Errors
    /// [`HostFault::FileNotSaved`](appnet_policy::failure::HostFault::FileNotSaved), or
    /// [`AppFault::FilePermissionDenied`](appnet_policy::failure::AppFault::FilePermissionDenied) if the place has changed.
    pub fn keep(mut self) -> Result<(), Box<IoFailure>> {
        match self.file.0.take() {
            Some(file) => file
                .keep()
                .map_err(|error| Box::new(ExchangeError::Unwritable(error).into_failure())),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for WrittenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WrittenFile").field(&self.name).finish()
    }
}
