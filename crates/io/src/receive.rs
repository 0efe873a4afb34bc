//! What becomes of an answer's body: read whole, given in chunks, or written to a file.

use std::sync::Arc;

use appnet_policy::{
    exchange::{Answer, OutgoingRequest, Progress, Reading, Receive, ReceivedBody, ResponseHead},
    files::extension,
    preset::Policy,
};
use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    decode::{self, Sink},
    error::Happened,
    files::{FileError, FileSandbox, WrittenFile, saver::Saver},
    listener::{Listener, Reporter},
};

/// Ready to receive one body.
pub(crate) enum Receiver {
    Whole(Reading),
    Chunks,
    File(Saver),
}

/// A body that was received.
pub(crate) struct Received {
    pub(crate) answer: Answer,
    /// The file, if that is where it went.
    pub(crate) file: Option<WrittenFile>,
}

impl Receiver {
    /// Gets ready before anything is sent: a file that cannot be made fails here.
    pub(crate) async fn new(
        receive: Receive,
        files: Option<&Arc<dyn FileSandbox>>,
        policy: &Policy,
    ) -> Result<Self, Happened> {
        match receive {
            Receive::Whole(reading) => Ok(Self::Whole(reading)),
            Receive::Chunks => Ok(Self::Chunks),
            Receive::File(to) => {
                let none = || FileError::Failed("the host gives this app no files".to_owned());
                let files = files.ok_or_else(|| Happened::Unwritable(none()))?;
                Saver::create(files, to, policy.files.progress_interval)
                    .await
                    .map(Self::File)
                    .map_err(Happened::Unwritable)
            }
        }
    }

    /// Reads the body of this answer to its end.
    pub(crate) async fn read<S>(
        self,
        raw: S,
        head: ResponseHead,
        request: &OutgoingRequest,
        reporter: &mut Reporter<'_>,
    ) -> Result<Received, Happened>
    where
        S: Stream<Item = Result<Bytes, Happened>> + Unpin,
    {
        let policy = request.target.rules().policy();
        let limits = &policy.limits;
        match self {
            Self::Whole(reading) => {
                let body = decode::read(raw, &head.headers, limits).await?;
                Ok(received(head, ReceivedBody::Whole(body, reading), None))
            }
            Self::Chunks => {
                let mut chunks = Chunks::new(reporter.listener, policy.chunk_backlog_bytes);
                decode::read_into(raw, &head.headers, limits, &mut chunks).await?;
                Ok(received(head, ReceivedBody::Chunked, None))
            }
            Self::File(saver) => {
                let mut saving = Saving {
                    total: length(&head),
                    limit: policy.files.transfer_bytes,
                    saver,
                    reporter,
                };
                saving.check_length().await?;
                decode::read_into(raw, &head.headers, limits, &mut saving).await?;
                let file = saving
                    .end(extension(head.header("content-type"), request.target.url()))
                    .await?;
                Ok(received(
                    head,
                    ReceivedBody::File(file.name().clone()),
                    Some(file),
                ))
            }
        }
    }
}

const fn received(head: ResponseHead, body: ReceivedBody, file: Option<WrittenFile>) -> Received {
    Received {
        answer: Answer { head, body },
        file,
    }
}

/// How long the decoded body is going to be, if that is known: not with a content coding.
fn length(head: &ResponseHead) -> Option<u64> {
    let bodiless = matches!(head.status, 204 | 304);
    let coded = head.header("content-encoding").is_some();
    let length = head
        .header("content-length")
        .filter(|_| !bodiless && !coded)?;
    length.split(',').next()?.trim().parse().ok()
}

/// Gives a body away in chunks, as far as those before are taken.
struct Chunks<'a> {
    listener: &'a mut dyn Listener,
    /// Bytes that may still be given, each chunk counted with what it costs beside its bytes.
    credit: Arc<Semaphore>,
    most: usize,
}

/// What a chunk costs on its way to the app, whatever its length: a body that comes byte by byte must not fill the memory either.
const CHUNK_COST: usize = 256;

/// A chunk longer than this is cut, so that the app gets its beginning while the rest waits.
const LONGEST_CHUNK: usize = 64 << 10;

/// A chunk's bytes, and the credit they hold until nobody has them any more.
struct Lent {
    data: Bytes,
    _credit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl<'a> Chunks<'a> {
    fn new(listener: &'a mut dyn Listener, backlog: usize) -> Self {
        let most = backlog.clamp(1, u32::MAX as usize);
        Self {
            listener,
            credit: Arc::new(Semaphore::new(most)),
            most,
        }
    }

    async fn credit(&mut self, bytes: usize) -> OwnedSemaphorePermit {
        let cost = (bytes + CHUNK_COST).min(self.most);
        let cost = u32::try_from(cost).expect("the backlog was clamped to 32 bits");
        if let Ok(credit) = Arc::clone(&self.credit).try_acquire_many_owned(cost) {
            return credit;
        }
        self.listener.awaits_app();
        let credit = Arc::clone(&self.credit).acquire_many_owned(cost).await;
        credit.expect("nobody closes it")
    }
}

impl Sink for Chunks<'_> {
    fn check(&self, _: u64) -> Result<(), Happened> {
        Ok(()) // it is not kept, so no bound is needed
    }

    async fn take(&mut self, mut data: Bytes) -> Result<(), Happened> {
        while !data.is_empty() {
            let data = data.split_to(data.len().min(LONGEST_CHUNK).min(self.most));
            let _credit = self.credit(data.len()).await;
            self.listener
                .chunk(Bytes::from_owner(Lent { data, _credit }));
        }
        Ok(())
    }
}

/// Writes a body to a file.
struct Saving<'a, 'l> {
    saver: Saver,
    total: Option<u64>,
    limit: u64,
    reporter: &'a mut Reporter<'l>,
}

impl Saving<'_, '_> {
    /// F4: what the headers say decides already.
    async fn check_length(&mut self) -> Result<(), Happened> {
        let Some(total) = self.total else {
            return Ok(());
        };
        self.check(total)?;
        self.saver
            .announce(total)
            .await
            .map_err(Happened::Unwritable)
    }

    fn report(&mut self) {
        self.reporter.progress(Progress {
            done: self.saver.written(),
            total: self.total,
        });
    }

    async fn end(mut self, extension: Option<String>) -> Result<WrittenFile, Happened> {
        self.saver.flush().await.map_err(Happened::Unwritable)?;
        self.report(); // F5: the last one says 100
        self.saver
            .seal(extension)
            .await
            .map_err(Happened::Unwritable)
    }
}

impl Sink for Saving<'_, '_> {
    fn check(&self, bytes: u64) -> Result<(), Happened> {
        if bytes > self.limit {
            return Err(Happened::FileTooLarge(self.limit));
        }
        Ok(())
    }

    async fn take(&mut self, data: Bytes) -> Result<(), Happened> {
        self.saver.add(&data).await.map_err(Happened::Unwritable)?;
        self.report();
        Ok(())
    }
}
