//! A body that goes to the app as it comes (`enableChunked`).

use bytes::Bytes;

use crate::{
    account::{Account, Credit},
    decode::Sink,
    error::ExchangeError,
    listener::Listener,
    slice::Slice,
};

/// Gives a body away in chunks, as far as those before are taken: those of the same call, and all that waits for the app (I2).
pub(super) struct ChunkSink<'a> {
    call: Account,
    most: usize,
    app: Account,
    listener: &'a mut dyn Listener,
}

/// What a chunk costs on its way to the app, whatever its length: a body that comes byte by byte must not fill the memory either.
const CHUNK_COST: usize = 256;

/// A chunk longer than this is cut, so that the app gets its beginning while the rest waits.
const LONGEST_CHUNK: usize = 64 << 10;

impl<'a> ChunkSink<'a> {
    pub(super) fn new(backlog: usize, app: Account, listener: &'a mut dyn Listener) -> Self {
        let most = backlog.max(1);
        Self {
            call: Account::new(most),
            most,
            app,
            listener,
        }
    }

    async fn credit(&mut self, bytes: usize) -> (Credit, Credit) {
        let cost = bytes + CHUNK_COST;
        if let Some(of_call) = self.call.try_acquire(cost)
            && let Some(of_app) = self.app.try_acquire(cost)
        {
            return (of_call, of_app);
        }
        self.listener.awaits_app();
        let of_call = self.call.acquire(cost).await;
        (of_call, self.app.acquire(cost).await)
    }
}

impl Sink for ChunkSink<'_> {
    fn check(&self, _: u64) -> Result<(), ExchangeError> {
        Ok(()) // it is not kept, so no bound is needed
    }

    async fn take(&mut self, mut data: Bytes, _: &mut Slice) -> Result<(), ExchangeError> {
        while !data.is_empty() {
            let chunk = data.split_to(data.len().min(LONGEST_CHUNK).min(self.most));
            let (of_call, of_app) = self.credit(chunk.len()).await;
            self.listener.chunk(of_app.lend(of_call.lend(chunk)));
        }
        Ok(())
    }
}
