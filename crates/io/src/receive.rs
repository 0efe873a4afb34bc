//! What becomes of an answer's body: kept whole, given in chunks, or written to a file.

mod chunks;
mod saving;
#[cfg(test)]
mod tests;
mod whole;

use std::sync::Arc;

use appnet_policy::{
    exchange::{Answer, OutgoingRequest, Reading, Receive, ReceivedBody, ResponseHead},
    files::extension,
    preset::Policy,
};
use bytes::Bytes;
use futures_core::Stream;

use self::{chunks::ChunkSink, saving::Saving, whole::Whole};
use crate::{
    account::Account,
    decode,
    error::ExchangeError,
    files::{FileError, FileSandbox},
    listener::Reporter,
    saver::{Saver, WrittenFile},
    slice::{Slice, SliceLength},
};

/// Ready to receive one body.
pub(crate) enum Receiver {
    Whole(Reading, Account),
    Chunks(Account),
    /// In a box, as most calls write none.
    File(Box<Saver>),
}

/// A body that was received.
pub(crate) struct Received {
    pub(crate) answer: Answer,
    /// The file, if that is where it went.
    pub(crate) file: Option<WrittenFile>,
}

impl Receiver {
    /// Gets ready before anything is sent: a file that cannot be made fails here. What the app has not taken is counted in `account`.
    pub(crate) async fn new(
        receive: Receive,
        files: Option<&Arc<dyn FileSandbox>>,
        account: &Account,
        policy: &Policy,
    ) -> Result<Self, ExchangeError> {
        match receive {
            Receive::Whole(reading) => Ok(Self::Whole(reading, account.clone())),
            Receive::Chunks => Ok(Self::Chunks(account.clone())),
            Receive::File(to) => {
                let none = || FileError::Failed("the host gives this app no files".to_owned());
                let files = files.ok_or_else(|| ExchangeError::Unwritable(none()))?;
                Box::pin(Saver::create(files, to, policy.files.progress_interval))
                    .await
                    .map(|saver| Self::File(Box::new(saver)))
                    .map_err(ExchangeError::Unwritable)
            }
        }
    }

    /// Reads the body of this answer to its end, `slices` at a time.
    pub(crate) async fn read<S>(
        self,
        raw: S,
        head: Arc<ResponseHead>,
        request: &OutgoingRequest,
        slices: &SliceLength,
        reporter: &mut Reporter<'_>,
    ) -> Result<Received, ExchangeError>
    where
        S: Stream<Item = Result<Bytes, ExchangeError>> + Unpin,
    {
        let policy = request.target.rules().policy();
        let limits = &policy.limits;
        let slice = &mut Slice::new(slices.clone());
        match self {
            Self::Whole(reading, account) => {
                let mut whole = Whole::new(&head, limits, &account, reporter.listener);
                decode::read_into(raw, &head.headers, limits, slice, &mut whole).await?;
                let body = whole.into_bytes().await;
                Ok(received(head, ReceivedBody::Whole(body, reading), None))
            }
            Self::Chunks(account) => {
                let backlog = policy.chunk_backlog_bytes;
                let mut chunks = ChunkSink::new(backlog, account, reporter.listener);
                decode::read_into(raw, &head.headers, limits, slice, &mut chunks).await?;
                Ok(received(head, ReceivedBody::Chunked, None))
            }
            Self::File(saver) => {
                Box::pin(async {
                    let limit = policy.files.transfer_bytes;
                    let mut saving = Saving::new(*saver, length(&head), limit, reporter);
                    saving.check_length().await?;
                    decode::read_into(raw, &head.headers, limits, slice, &mut saving).await?;
                    let file = saving
                        .end(extension(head.header("content-type"), request.target.url()))
                        .await?;
                    let body = ReceivedBody::File(file.name().clone());
                    Ok(received(head, body, Some(file)))
                })
                .await
            }
        }
    }
}

const fn received(
    head: Arc<ResponseHead>,
    body: ReceivedBody,
    file: Option<WrittenFile>,
) -> Received {
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
