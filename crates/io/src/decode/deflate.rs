//! `deflate`: zlib by the book (RFC 9110 §8.4.1.2), raw DEFLATE from many servers.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_compression::tokio::bufread::{DeflateDecoder, ZlibDecoder};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

/// Undoes `deflate`, whichever of the two it is.
pub(super) struct Deflate<R> {
    state: State<R>,
}

enum State<R> {
    /// `None` only while it changes.
    Unknown(Option<R>),
    Zlib(Box<ZlibDecoder<R>>),
    Raw(Box<DeflateDecoder<R>>),
}

impl<R: AsyncBufRead + Unpin> Deflate<R> {
    pub(super) const fn new(source: R) -> Self {
        Self {
            state: State::Unknown(Some(source)),
        }
    }

    /// zlib's first byte ends in the method 8. Raw data that did would begin with a stored block and stray bits in its padding,
    /// which no encoder writes.
    fn poll_sniff(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        const METHOD_DEFLATE: u8 = 8;
        let State::Unknown(source) = &mut self.state else {
            return Poll::Ready(Ok(()));
        };
        let Some(mut known) = source.take() else {
            return Poll::Ready(Ok(()));
        };
        let first = match Pin::new(&mut known).poll_fill_buf(cx) {
            Poll::Ready(start) => start?.first().copied(),
            Poll::Pending => {
                *source = Some(known);
                return Poll::Pending;
            }
        };
        self.state = match first {
            Some(byte) if byte & 0x0f == METHOD_DEFLATE => {
                State::Zlib(Box::new(ZlibDecoder::new(known)))
            }
            _ => State::Raw(Box::new(DeflateDecoder::new(known))),
        };
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Deflate<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_sniff(cx))?;
        match &mut self.state {
            State::Unknown(_) => Poll::Ready(Ok(())),
            State::Zlib(decoder) => Pin::new(decoder).poll_read(cx, buffer),
            State::Raw(decoder) => Pin::new(decoder).poll_read(cx, buffer),
        }
    }
}
