//! gzip: one member after another (RFC 1952 §2.2), and nothing after the last.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use async_compression::tokio::bufread::GzipDecoder;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

/// Undoes gzip. Bytes after the last member that begin no other (padding, a stray line break) are ignored, as browsers do.
pub(super) struct Gzip<R> {
    state: State<R>,
}

enum State<R> {
    Member(Box<GzipDecoder<R>>),
    Between(R),
    End,
}

const FIRST_BYTE: u8 = 0x1f;

impl<R: AsyncBufRead + Unpin> Gzip<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            state: member(source),
        }
    }
}

fn member<R: AsyncBufRead>(source: R) -> State<R> {
    State::Member(Box::new(GzipDecoder::new(source)))
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Gzip<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        loop {
            self.state = match std::mem::replace(&mut self.state, State::End) {
                State::Member(mut decoder) => {
                    let read = Pin::new(&mut decoder).poll_read(cx, buffer);
                    let ended =
                        matches!(read, Poll::Ready(Ok(()))) && buffer.filled().len() == before;
                    if !ended {
                        self.state = State::Member(decoder);
                        return read;
                    }
                    State::Between(decoder.into_inner())
                }
                State::Between(mut source) => match Pin::new(&mut source).poll_fill_buf(cx) {
                    Poll::Ready(Ok([FIRST_BYTE, ..])) => member(source),
                    Poll::Ready(Ok(_)) => State::End,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {
                        self.state = State::Between(source);
                        return Poll::Pending;
                    }
                },
                State::End => return Poll::Ready(Ok(())),
            };
        }
    }
}
