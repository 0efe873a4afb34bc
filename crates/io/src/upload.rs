//! The body of a request on its way out: bytes in memory, or a form whose file is read from the disk as it goes (F1).

use std::{cell::Cell, io::Read, rc::Rc, sync::Arc};

use appnet_policy::{
    exchange::{Body, Progress},
    multipart::{Form, Rendered},
};
use bytes::Bytes;

use crate::{
    error::ExchangeError,
    files::{FileError, FileSandbox, Readable, blocking::apart},
};

/// A body that can be sent once. For another hop or a second attempt it is opened again, and read from its start (U6).
pub(crate) enum Payload {
    Bytes(Bytes),
    /// In a box: most calls have none, and a call hands its payload on several times.
    Upload(Box<Upload>),
}

/// A form with its file open.
pub(crate) struct Upload {
    rendered: Rendered,
    file: Readable,
    sent: Sent,
}

/// How many bytes of a body have left, and of how many.
#[derive(Clone)]
pub(crate) struct Sent {
    bytes: Rc<Cell<u64>>,
    total: u64,
}

impl Sent {
    pub(crate) fn progress(&self) -> Progress {
        Progress {
            done: self.bytes.get(),
            total: Some(self.total),
        }
    }
}

/// Bytes of a body in memory that are given out at once.
const PIECE: usize = 64 << 10;

/// Bytes of a file that are read at once: each read costs a change of thread.
const READ_PIECE: usize = 256 << 10;

impl Payload {
    pub(crate) async fn open(
        body: &Body,
        files: Option<&Arc<dyn FileSandbox>>,
        limit: u64,
    ) -> Result<Self, ExchangeError> {
        match body {
            Body::Bytes(bytes) => Ok(Self::Bytes(bytes.clone())),
            Body::Form(form) => Box::pin(Upload::open(form, files, limit))
                .await
                .map(|upload| Self::Upload(Box::new(upload))),
        }
    }

    /// Bytes of the whole body.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Upload(upload) => upload.sent.total,
        }
    }

    /// What the body is, if that is not in the request's headers.
    pub(crate) fn content_type(&self) -> Option<&str> {
        match self {
            Self::Bytes(_) => None,
            Self::Upload(upload) => Some(&upload.rendered.content_type),
        }
    }

    /// The body piece by piece.
    pub(crate) fn into_pieces(self) -> Pieces {
        match self {
            Self::Bytes(bytes) => Pieces(Source::Bytes(bytes)),
            Self::Upload(upload) => Pieces(Source::Form(upload.into_pieces())),
        }
    }

    /// What tells how far it is, if that is worth telling.
    pub(crate) fn sent(&self) -> Option<Sent> {
        match self {
            Self::Bytes(_) => None,
            Self::Upload(upload) => Some(upload.sent.clone()),
        }
    }
}

impl Upload {
    async fn open(
        form: &Arc<Form>,
        files: Option<&Arc<dyn FileSandbox>>,
        limit: u64,
    ) -> Result<Self, ExchangeError> {
        let none = FileError::Denied("the host gives this app no files");
        let files = Arc::clone(files.ok_or(ExchangeError::Unreadable(none))?);
        let name = form.file.clone();
        let file = apart(move || files.open(&name))
            .await
            .map_err(ExchangeError::Unreadable)?;
        if file.length > limit {
            return Err(ExchangeError::FileTooLarge(limit));
        }
        // RFC 2046 §5.1.1 leaves it to chance that a boundary does not occur in the data; 128 bits are chance enough.
        let rendered = form.render(&format!("appnet-{:032x}", rand::random::<u128>()));
        let around = rendered.head.len() + rendered.tail.len();
        let sent = Sent {
            bytes: Rc::default(),
            total: file.length + around as u64,
        };
        Ok(Self {
            rendered,
            file,
            sent,
        })
    }

    fn into_pieces(self) -> FormPieces {
        FormPieces {
            next: Next::Head(self.rendered.head),
            tail: self.rendered.tail,
            announced: self.file.length,
            file: Some(self.file.content),
            left: self.file.length,
            given: 0,
            sent: self.sent,
        }
    }
}

/// A body that is given in pieces, each when the one before has left.
pub(crate) struct Pieces(Source);

enum Source {
    Bytes(Bytes),
    Form(FormPieces),
}

impl Pieces {
    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// [`ExchangeError::Unreadable`] and [`ExchangeError::FileChanged`] of a form's file.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ExchangeError> {
        match &mut self.0 {
            Source::Bytes(bytes) if bytes.is_empty() => Ok(None),
            Source::Bytes(bytes) => Ok(Some(bytes.split_to(bytes.len().min(PIECE)))),
            Source::Form(form) => form.next().await,
        }
    }
}

/// Gives a form piece by piece.
struct FormPieces {
    next: Next,
    tail: Bytes,
    file: Option<Box<dyn Read + Send>>,
    /// Bytes of the file when it was opened, and those of them that are still to be read.
    announced: u64,
    left: u64,
    /// Bytes that were given out.
    given: u64,
    sent: Sent,
}

enum Next {
    Head(Bytes),
    File,
    Tail,
    End,
}

impl FormPieces {
    async fn next(&mut self) -> Result<Option<Bytes>, ExchangeError> {
        // Who asks for more has sent what it had.
        self.sent.bytes.set(self.given);
        let piece = match std::mem::replace(&mut self.next, Next::End) {
            Next::Head(head) => {
                self.next = Next::File;
                head
            }
            Next::File => {
                let piece = self.read().await?;
                self.next = if self.left == 0 {
                    Next::Tail
                } else {
                    Next::File
                };
                piece
            }
            Next::Tail => std::mem::take(&mut self.tail),
            Next::End => return Ok(None),
        };
        self.given += piece.len() as u64;
        Ok(Some(piece))
    }

    /// The next bytes of the file. With the last of them its end must come: what has grown is noticed before the request looks whole.
    async fn read(&mut self) -> Result<Bytes, ExchangeError> {
        let length = usize::try_from(self.left).map_or(READ_PIECE, |left| left.min(READ_PIECE));
        let last = length as u64 == self.left;
        let mut file = self.file.take().ok_or_else(|| self.unreadable())?;
        let read = move || {
            let mut piece = Vec::with_capacity(length + 1);
            let most = length + usize::from(last);
            file.as_mut().take(most as u64).read_to_end(&mut piece)?;
            Ok((file, piece))
        };
        let (file, piece) = apart(read).await.map_err(ExchangeError::Unreadable)?;
        if piece.len() != length {
            return Err(ExchangeError::FileChanged(self.announced));
        }
        self.file = Some(file);
        self.left -= length as u64;
        Ok(piece.into())
    }

    fn unreadable(&self) -> ExchangeError {
        ExchangeError::Unexpected("a file was read after it failed".to_owned())
    }
}
