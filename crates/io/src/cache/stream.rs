//! Bodies on their way into the cache and out of it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use bytes::Bytes;
use futures_core::Stream;

use super::Recording;
use crate::error::ExchangeError;

/// Bytes of a kept body that are given at once.
const PIECE: usize = 64 << 10;

/// A body out of the cache.
pub(crate) struct Replayed(pub(crate) Bytes);

impl Stream for Replayed {
    type Item = Result<Bytes, ExchangeError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let rest = &mut self.0;
        let piece = rest.split_to(rest.len().min(PIECE));
        Poll::Ready((!piece.is_empty()).then_some(Ok(piece)))
    }
}

/// A body that is read and may be kept.
pub(crate) struct Recorded<'a, S> {
    body: &'a mut S,
    recording: Option<Box<Recording>>,
    ended: bool,
}

impl<'a, S> Recorded<'a, S> {
    pub(crate) const fn new(body: &'a mut S, recording: Option<Box<Recording>>) -> Self {
        Self {
            body,
            recording,
            ended: false,
        }
    }

    /// Keeps the answer, if its body was read to the end and is not too large.
    pub(crate) fn keep(self) {
        if let Some(recording) = self.recording.filter(|_| self.ended) {
            recording.keep(SystemTime::now());
        }
    }
}

impl<S: Stream<Item = Result<Bytes, ExchangeError>> + Unpin> Stream for Recorded<'_, S> {
    type Item = Result<Bytes, ExchangeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut *self.body).poll_next(cx));
        match &item {
            Some(Ok(data)) => {
                let recording = self.recording.take();
                self.recording = recording.and_then(|recording| recording.add(data));
            }
            Some(Err(_)) => self.recording = None,
            None => self.ended = true,
        }
        Poll::Ready(item)
    }
}
