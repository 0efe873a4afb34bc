//! One exchange over HTTP/2: the request is sent and the answer read at the same time.

use std::{
    cell::RefCell,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Instant,
};

use appnet_policy::{
    exchange::{HttpVersion, ResponseHead},
    failure::Bound,
    preset::ResponseLimits,
};
use bytes::Bytes;
use futures_core::Stream;
use h2::{Reason, RecvStream, SendStream, client::ResponseFuture};

use super::{handle::Link, streams::Place};
use crate::{
    error::ExchangeError,
    head,
    journal::Traffic,
    resend::{Reach, Unanswered},
    upload::{Payload, Pieces},
};

/// An exchange under way; as a stream, the body of its answer. Dropped before its end, its stream is reset.
pub(crate) struct Http2Exchange {
    link: Rc<RefCell<Link>>,
    stream: u32,
    limits: ResponseLimits,
    /// The body on its way out; `None` once it is out or nobody wants the rest.
    sending: Option<Sending>,
    answer: Answer,
    /// Given back when the stream is.
    _place: Place,
}

type Sending = Pin<Box<dyn Future<Output = Result<(), ExchangeError>>>>;

enum Answer {
    Awaited(ResponseFuture),
    Body(RecvStream),
    Over,
}

impl Http2Exchange {
    pub(super) fn new(
        link: Rc<RefCell<Link>>,
        response: ResponseFuture,
        body: SendStream<Bytes>,
        payload: Payload,
        limits: ResponseLimits,
        place: Place,
    ) -> Self {
        let stream = response.stream_id().as_u32();
        link.borrow_mut().state().begin(stream);
        let length = payload.length();
        let sending = (length > 0).then(|| send(body, payload.into_pieces(), length));
        Self {
            link,
            stream,
            limits,
            sending: sending.map(|sending| Box::pin(sending) as Sending),
            answer: Answer::Awaited(response),
            _place: place,
        }
    }

    /// The head of the final answer, which counts when it comes, whatever of the request is still unsent (H3).
    ///
    /// # Errors
    /// What happened instead.
    pub(crate) async fn head(&mut self) -> Result<ResponseHead, Unanswered> {
        poll_fn(|cx| self.poll_head(cx)).await
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.link.borrow_mut().state().traffic(self.stream)
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseHead, Unanswered>> {
        self.poll_sending(cx).map_err(Unanswered::for_good)?;
        let Answer::Awaited(response) = &mut self.answer else {
            let twice = ExchangeError::Unexpected("a head was asked for twice".to_owned());
            return Poll::Ready(Err(Unanswered::for_good(twice)));
        };
        let response = match ready!(Pin::new(response).poll(cx)) {
            Ok(response) => response,
            Err(error) => return Poll::Ready(Err(self.unanswered(&error))),
        };
        self.check().map_err(Unanswered::for_good)?;
        let head = head::answer(&response, HttpVersion::Http2, &self.limits)
            .map_err(Unanswered::for_good)?;
        if head.status >= 300 {
            self.sending = None; // the server refuses: it does not want the rest
        }
        self.answer = Answer::Body(response.into_body());
        Poll::Ready(Ok(head))
    }

    fn poll_sending(&mut self, cx: &mut Context<'_>) -> Result<(), ExchangeError> {
        if let Some(sending) = &mut self.sending
            && let Poll::Ready(sent) = sending.as_mut().poll(cx)
        {
            self.sending = None;
            return sent;
        }
        Ok(())
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ExchangeError>>> {
        self.poll_sending(cx)?;
        let Answer::Body(body) = &mut self.answer else {
            return Poll::Ready(None);
        };
        match ready!(body.poll_data(cx)) {
            Some(Ok(data)) => {
                // Fails only for a stream that has ended meanwhile, whose window nobody needs.
                let _released = body.flow_control().release_capacity(data.len());
                self.taken();
                Poll::Ready(Some(Ok(data)))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(self.exchange_error(&error)))),
            None => {
                let checked = self.check();
                self.over();
                Poll::Ready(checked.err().map(Err))
            }
        }
    }

    fn taken(&self) {
        let mut link = self.link.borrow_mut();
        link.state().take(self.stream);
        link.wake_if_room();
    }

    /// The answer is whole, whatever of the request is still unsent: the rest is not waited for.
    fn over(&mut self) {
        self.sending = None;
        self.answer = Answer::Over;
    }

    /// What h2 lets pass.
    fn check(&self) -> Result<(), ExchangeError> {
        let fault = self.link.borrow_mut().state().fault_of(self.stream);
        fault.map_or(Ok(()), |fault| Err(fault.into()))
    }

    fn unanswered(&self, error: &h2::Error) -> Unanswered {
        Unanswered {
            reach: self.reach(error),
            error: self.exchange_error(error),
        }
    }

    fn reach(&self, error: &h2::Error) -> Reach {
        let mut link = self.link.borrow_mut();
        let state = link.state();
        match error.reason().filter(|_| error.is_remote()) {
            Some(Reason::HTTP_1_1_REQUIRED) => Reach::WantsHttp1,
            Some(Reason::REFUSED_STREAM) if error.is_reset() => Reach::Untouched,
            _ if state.is_above_last(self.stream) => Reach::Untouched,
            _ if state.is_heard(self.stream) || state.fault_of(self.stream).is_some() => {
                Reach::Answered
            }
            // A reset is the server's word on this call; anything else is the end of the connection.
            _ if error.is_reset() || error.is_library() => Reach::Answered,
            _ => Reach::Unknown,
        }
    }

    fn exchange_error(&self, error: &h2::Error) -> ExchangeError {
        let mut link = self.link.borrow_mut();
        let state = link.state();
        if let Some(fault) = state.fault_of(self.stream) {
            return fault.into();
        }
        if error.is_library() && state.is_oversized(self.stream) {
            return ExchangeError::TooLarge(Bound::HeaderBlock);
        }
        match state.silence().filter(|_| error.is_io()) {
            Some(within) => ExchangeError::Silent { within },
            None => exchange_error(error),
        }
    }
}

impl Stream for Http2Exchange {
    type Item = Result<Bytes, ExchangeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_data(cx)
    }
}

impl Drop for Http2Exchange {
    fn drop(&mut self) {
        let mut link = self.link.borrow_mut();
        link.state().end(self.stream, Instant::now());
        link.wake_if_room();
    }
}

/// Sends a body as fast as the server gives room for it. That it cannot be sent is no failure yet: what the server says is read.
async fn send(
    mut stream: SendStream<Bytes>,
    mut pieces: Pieces,
    length: u64,
) -> Result<(), ExchangeError> {
    let mut left = length;
    while let Some(mut piece) = pieces.next().await? {
        while !piece.is_empty() {
            stream.reserve_capacity(piece.len());
            let Some(Ok(room)) = poll_fn(|cx| stream.poll_capacity(cx)).await else {
                return Ok(());
            };
            let data = piece.split_to(room.min(piece.len()));
            left = left.saturating_sub(data.len() as u64);
            if stream.send_data(data, left == 0).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What an error of h2 means, where nothing more is known.
pub(super) fn exchange_error(error: &h2::Error) -> ExchangeError {
    if let Some(error) = error.get_io() {
        return ExchangeError::broken(error);
    }
    match error.reason() {
        Some(Reason::NO_ERROR) if error.is_reset() => {
            ExchangeError::Broken("the server ended the answer before it was whole".to_owned())
        }
        _ if error.is_library() => {
            ExchangeError::Malformed(format!("the server breaks the rules of HTTP/2: {error}"))
        }
        _ => ExchangeError::Broken(error.to_string()),
    }
}
