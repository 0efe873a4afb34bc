//! The body of a request: nothing, or a file that is read as it is sent.

use std::{
    fs::File,
    io::{self, Read as _},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// What is read at once.
const PIECE: u64 = 64 << 10;

/// Reads on the thread that sends: nothing is faster where the file is in memory.
#[derive(Debug)]
pub(crate) struct Outgoing {
    file: Option<File>,
    left: u64,
}

impl Outgoing {
    pub(crate) const fn nothing() -> Self {
        Self {
            file: None,
            left: 0,
        }
    }

    pub(crate) const fn file(file: File, length: u64) -> Self {
        Self {
            file: Some(file),
            left: length,
        }
    }

    /// Bytes that are still to come.
    pub(crate) const fn left(&self) -> u64 {
        self.left
    }

    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<io::Result<Bytes>> {
        let file = self.file.as_mut().filter(|_| self.left > 0)?;
        let mut piece = Vec::with_capacity(PIECE as usize);
        match file.take(PIECE.min(self.left)).read_to_end(&mut piece) {
            Ok(0) => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            Ok(read) => {
                self.left -= read as u64;
                Some(Ok(piece.into()))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(self.get_mut().next().map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
