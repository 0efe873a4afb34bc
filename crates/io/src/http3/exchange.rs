//! One exchange over HTTP/3: the request is sent and the answer read at the same time.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use appnet_policy::{
    exchange::{HttpVersion, Method, OutgoingRequest, ResponseHead},
    failure::Bound,
    preset::ResponseLimits,
};
use bytes::{Buf as _, Bytes};
use futures_core::Stream;
use h3::{
    client::RequestStream,
    error::{Code, StreamError},
};

use super::{
    frames::Fault,
    transport::{CallStream, ReceiveHalf, SendHalf, SharedLog},
};
use crate::{
    error::ExchangeError,
    head,
    journal::Traffic,
    resend::{Reach, Unanswered},
    upload::{Payload, Pieces},
};

/// An exchange under way; as a stream, the body of its answer. Dropped before its end, its stream is reset, and quinn tells the server to stop.
pub(crate) struct Http3Exchange {
    receive: RequestStream<ReceiveHalf, Bytes>,
    /// The body on its way out; `None` once it is out or nobody wants the rest.
    sending: Option<Sending>,
    log: SharedLog,
    method: Method,
    limits: ResponseLimits,
    answer: Answer,
}

type Sending = Pin<Box<dyn Future<Output = Result<(), ExchangeError>>>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Awaited,
    /// Bytes that its head announced and that are still to come.
    Body(Option<u64>),
    Trailers,
    Over,
}

impl Http3Exchange {
    pub(super) fn new(
        stream: RequestStream<CallStream, Bytes>,
        log: SharedLog,
        request: &OutgoingRequest,
        payload: Payload,
    ) -> Self {
        let (send, receive) = stream.split();
        Self {
            receive,
            sending: Some(Box::pin(send_body(send, payload.into_pieces()))),
            log,
            method: request.method,
            limits: request.target.rules().policy().limits,
            answer: Answer::Awaited,
        }
    }

    /// The head of the final answer, which counts when it comes, whatever of the request is still unsent (H3).
    ///
    /// # Errors
    /// What happened instead.
    pub(crate) async fn head(&mut self) -> Result<ResponseHead, Unanswered> {
        let Self {
            receive, sending, ..
        } = self;
        let response = {
            let mut response = pin!(final_response(receive));
            poll_fn(|cx| {
                poll_sending(sending, cx).map_err(Refused::Sending)?;
                response.as_mut().poll(cx).map_err(Refused::Answer)
            })
            .await
        };
        let response = response.map_err(|refused| match refused {
            Refused::Sending(error) => Unanswered::for_good(error),
            Refused::Answer(error) => self.unanswered(&error),
        })?;
        let head = head::answer(&response, HttpVersion::Http3, &self.limits);
        let head = head.map_err(Unanswered::for_good)?;
        let announced = announced(self.method, &head).map_err(Unanswered::for_good)?;
        if head.status >= 300 {
            self.sending = None; // the server refuses: it does not want the rest
        }
        self.answer = Answer::Body(announced);
        Ok(head)
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.log.borrow().traffic
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ExchangeError>>> {
        poll_sending(&mut self.sending, cx)?;
        if let Answer::Body(left) = self.answer {
            match ready!(self.receive.poll_recv_data(cx)) {
                Ok(Some(mut data)) => {
                    let data = data.copy_to_bytes(data.remaining());
                    self.answer = Answer::Body(less(left, data.len())?);
                    return Poll::Ready(Some(Ok(data)));
                }
                Ok(None) if left.is_some_and(|left| left > 0) => {
                    return Poll::Ready(Some(Err(malformed("the body is shorter than it says"))));
                }
                Ok(None) => self.answer = Answer::Trailers,
                Err(error) => return Poll::Ready(Some(Err(self.exchange_error(&error)))),
            }
        }
        if self.answer == Answer::Trailers {
            // Nobody is told of them, but they end the answer.
            if let Err(error) = ready!(self.receive.poll_recv_trailers(cx)) {
                return Poll::Ready(Some(Err(self.exchange_error(&error))));
            }
            // The answer is whole, whatever of the request is still unsent: the rest is not waited for.
            self.sending = None;
            self.answer = Answer::Over;
        }
        Poll::Ready(None)
    }

    fn unanswered(&self, error: &StreamError) -> Unanswered {
        Unanswered {
            reach: self.reach(error),
            error: self.exchange_error(error),
        }
    }

    fn reach(&self, error: &StreamError) -> Reach {
        match error {
            StreamError::RemoteTerminate { code, .. } if *code == Code::H3_REQUEST_REJECTED => {
                Reach::Untouched
            }
            StreamError::RemoteTerminate { code, .. } if *code == Code::H3_VERSION_FALLBACK => {
                Reach::WantsHttp1
            }
            StreamError::RemoteClosing { .. } => Reach::Untouched,
            _ if self.log.borrow().traffic.received > 0 => Reach::Answered,
            StreamError::ConnectionError { .. } => Reach::Unknown,
            _ => Reach::Answered,
        }
    }

    fn exchange_error(&self, error: &StreamError) -> ExchangeError {
        match self.log.borrow().fault {
            Some(Fault::Headers) => ExchangeError::TooLarge(Bound::HeaderBlock),
            Some(Fault::Noise) => malformed("the server sends frames without end"),
            Some(Fault::CutShort) => {
                ExchangeError::Broken("the server ended the answer before it was whole".to_owned())
            }
            None => exchange_error(error),
        }
    }
}

impl Stream for Http3Exchange {
    type Item = Result<Bytes, ExchangeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_data(cx)
    }
}

enum Refused {
    Sending(ExchangeError),
    Answer(StreamError),
}

/// Interim answers say nothing to an app.
async fn final_response(
    receive: &mut RequestStream<ReceiveHalf, Bytes>,
) -> Result<http::Response<()>, StreamError> {
    loop {
        let response = receive.recv_response().await?;
        if !response.status().is_informational() {
            return Ok(response);
        }
    }
}

fn poll_sending(sending: &mut Option<Sending>, cx: &mut Context<'_>) -> Result<(), ExchangeError> {
    if let Some(under_way) = sending
        && let Poll::Ready(sent) = under_way.as_mut().poll(cx)
    {
        *sending = None;
        return sent;
    }
    Ok(())
}

/// Sends a body as fast as the server gives room for it. That it cannot be sent is no failure yet: what the server says is read.
async fn send_body(
    stream: RequestStream<SendHalf, Bytes>,
    mut pieces: Pieces,
) -> Result<(), ExchangeError> {
    let mut stream = Unfinished(Some(stream));
    while let Some(piece) = pieces.next().await? {
        if stream.open().send_data(piece).await.is_err() {
            return Ok(());
        }
    }
    let _ended = stream.open().finish().await; // what the server says of it is read
    stream.0 = None;
    Ok(())
}

/// A request on its way out: given up, its stream is reset. quinn would finish it, and a part would look like the whole.
struct Unfinished(Option<RequestStream<SendHalf, Bytes>>);

impl Unfinished {
    const fn open(&mut self) -> &mut RequestStream<SendHalf, Bytes> {
        self.0.as_mut().expect("it is taken when it is finished")
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(stream) = &mut self.0 {
            stream.stop_stream(Code::H3_REQUEST_CANCELLED);
        }
    }
}

/// RFC 9114 §4.1.2: a body is as long as its head says. An answer that has no body may say how long it would be (RFC 9110 §6.4.1).
fn announced(method: Method, head: &ResponseHead) -> Result<Option<u64>, ExchangeError> {
    if method == Method::Head || matches!(head.status, 204 | 304) {
        return Ok(Some(0));
    }
    let mut lengths = head
        .headers
        .iter()
        .filter(|header| header.name == "content-length")
        .map(|header| header.value.parse::<u64>().ok());
    let Some(first) = lengths.next() else {
        return Ok(None);
    };
    match first {
        Some(_) if lengths.all(|other| other == first) => Ok(first),
        _ => Err(malformed("a content-length that is none")),
    }
}

fn less(left: Option<u64>, length: usize) -> Result<Option<u64>, ExchangeError> {
    match left.map(|left| left.checked_sub(length as u64)) {
        Some(None) => Err(malformed("the body is longer than it says")),
        Some(left) => Ok(left),
        None => Ok(None),
    }
}

fn malformed(reason: &str) -> ExchangeError {
    ExchangeError::Malformed(reason.to_owned())
}

/// A request whose stream was not opened, or whose head did not leave for certain.
pub(super) fn not_begun(error: &StreamError) -> Unanswered {
    let reach = match error {
        StreamError::RemoteClosing { .. } => Reach::Untouched,
        StreamError::ConnectionError { .. } => Reach::Unknown,
        _ => Reach::Answered,
    };
    Unanswered {
        error: exchange_error(error),
        reach,
    }
}

fn exchange_error(error: &StreamError) -> ExchangeError {
    match error {
        StreamError::HeaderTooBig { .. } => ExchangeError::TooLarge(Bound::HeaderBlock),
        StreamError::StreamError { .. } => {
            ExchangeError::Malformed(format!("the server breaks the rules of HTTP/3: {error}"))
        }
        _ => ExchangeError::Broken(error.to_string()),
    }
}
