//! A body that is written to a file (F3–F5).

use appnet_policy::exchange::Progress;
use bytes::Bytes;

use crate::{
    decode::Sink,
    error::ExchangeError,
    listener::Reporter,
    saver::{Saver, WrittenFile},
    slice::Slice,
};

/// Writes a body to a file.
pub(super) struct Saving<'a, 'l> {
    saver: Saver,
    total: Option<u64>,
    limit: u64,
    reporter: &'a mut Reporter<'l>,
}

impl<'a, 'l> Saving<'a, 'l> {
    /// `total`: how long the file is going to be, if that is known.
    pub(super) const fn new(
        saver: Saver,
        total: Option<u64>,
        limit: u64,
        reporter: &'a mut Reporter<'l>,
    ) -> Self {
        Self {
            saver,
            total,
            limit,
            reporter,
        }
    }

    /// F4: what the headers say decides already.
    pub(super) async fn check_length(&mut self) -> Result<(), ExchangeError> {
        let Some(total) = self.total else {
            return Ok(());
        };
        self.check(total)?;
        self.saver
            .announce(total)
            .await
            .map_err(ExchangeError::Unwritable)
    }

    fn report(&mut self) {
        self.reporter.progress(Progress {
            done: self.saver.written(),
            total: self.total,
        });
    }

    pub(super) async fn end(
        mut self,
        extension: Option<String>,
    ) -> Result<WrittenFile, ExchangeError> {
        self.saver
            .flush()
            .await
            .map_err(ExchangeError::Unwritable)?;
        self.report(); // F5: the last one says 100
        self.saver
            .seal(extension)
            .await
            .map_err(ExchangeError::Unwritable)
    }
}

impl Sink for Saving<'_, '_> {
    fn check(&self, bytes: u64) -> Result<(), ExchangeError> {
        if bytes > self.limit {
            return Err(ExchangeError::FileTooLarge(self.limit));
        }
        Ok(())
    }

    async fn take(&mut self, data: Bytes, _: &mut Slice) -> Result<(), ExchangeError> {
        self.saver
            .add(&data)
            .await
            .map_err(ExchangeError::Unwritable)?;
        self.reporter.listener.written(&data);
        self.report();
        Ok(())
    }
}
