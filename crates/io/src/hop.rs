//! One request and the head of its answer, over a connection that is reused if possible.

use std::{rc::Rc, sync::Arc};

use appnet_policy::{
    Failure,
    exchange::{OutgoingRequest, ResponseHead},
};

use crate::{
    account::Account,
    cache::Cache,
    connect::{Destination, DialTimes},
    connection::WireExchange,
    cookies::CookieJar,
    error::ExchangeError,
    files::FileSandbox,
    journal::Journal,
    lease::Lease,
    listener::Reporter,
    origin::Origin,
    pool::Pool,
    resend::{Again, Unanswered},
    slice::SliceLength,
    upload::Payload,
};

/// What the hops of one exchange share.
pub(crate) struct HopContext<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) files: Option<&'a Arc<dyn FileSandbox>>,
    pub(crate) account: &'a Account,
    pub(crate) cache: &'a Cache,
    pub(crate) cookies: &'a CookieJar,
    pub(crate) slices: &'a SliceLength,
    pub(crate) journal: Journal,
    pub(crate) reporter: Reporter<'a>,
}

/// An answer whose body is still to be read.
pub(crate) struct Answered {
    pub(crate) head: ResponseHead,
    /// As a stream, the body.
    pub(crate) exchange: WireExchange,
    pub(crate) lease: Lease,
}

/// RFC 9110 §15.5.20: the server cannot answer on this connection, and has done nothing.
const MISDIRECTED: u16 = 421;

/// Sends a request and reads the head of its answer; once more where that is safe (H4).
///
/// What happens to few calls is in boxes of its own: each call that waits holds a future with room for all the rest.
pub(crate) async fn answer(
    request: &OutgoingRequest,
    context: &mut HopContext<'_>,
) -> Result<Answered, ExchangeError> {
    let mut destination = context.pool.destination(request)?;
    let payload = context.open_payload(request).await?; // a file that is missing costs no connection
    let origin = context.pool.origin(&destination);
    let lease = match origin.reuse() {
        Some(connection) => Lease::new(connection, origin),
        None => context.connect(&origin, request).await?,
    };
    let over_http3 = lease.connection().is_http3();
    let attempted = context.attempt(lease, request, payload).await;
    if over_http3 && is_disappointing(&attempted) {
        context.http3_rests(request);
        destination = destination.over_tcp();
    }
    let (again, failure) = match attempted {
        Ok(answered) => match after_answer(&answered) {
            None => return Ok(answered),
            Some(again) => (again, None),
        },
        Err((unanswered, lease)) => after_failure(unanswered, &lease, request)?,
    };
    tracing::debug!(?again, "the request is sent once more");
    context.journal.resent(failure);
    Box::pin(context.attempt_again(again, &destination, request)).await
}

/// Whether what came over HTTP/3 says that it is better spoken with over TCP (RFC 7838 §2.4, §6).
const fn is_disappointing(attempted: &Result<Answered, (Unanswered, Lease)>) -> bool {
    match attempted {
        Ok(answered) => answered.head.status == MISDIRECTED,
        Err(_) => true,
    }
}

/// What to do about an answer that asks for another connection.
fn after_answer(answered: &Answered) -> Option<Again> {
    if answered.head.status != MISDIRECTED {
        return None;
    }
    answered.lease.connection().retire();
    Some(Again::Fresh)
}

/// How to send a request again that got no answer, if that is allowed, and what the failure was.
fn after_failure(
    unanswered: Unanswered,
    lease: &Lease,
    request: &OutgoingRequest,
) -> Result<(Again, Option<Failure>), ExchangeError> {
    let resend = request.target.rules().policy().resend;
    let Some(again) = unanswered.again(lease.is_reused(), request.method, resend) else {
        return Err(unanswered.error);
    };
    tracing::debug!(reason = %unanswered.error, "no answer");
    match again {
        Again::Any => {}
        Again::Fresh => lease.connection().retire(),
        Again::Http1 => lease.require_http1(),
    }
    Ok((again, Some(unanswered.error.into_failure().failure)))
}

impl HopContext<'_> {
    /// The second attempt, which is the last.
    async fn attempt_again(
        &mut self,
        again: Again,
        destination: &Destination,
        request: &OutgoingRequest,
    ) -> Result<Answered, ExchangeError> {
        let payload = self.open_payload(request).await?;
        let origin = self.pool.origin(destination);
        let good = match again {
            Again::Any | Again::Http1 => origin.reuse(),
            Again::Fresh => None,
        };
        let lease = match good {
            Some(connection) => Lease::new(connection, origin),
            None => self.connect(&origin, request).await?,
        };
        self.attempt(lease, request, payload)
            .await
            .map_err(|(unanswered, _)| unanswered.error)
    }

    #[cfg(feature = "http3")]
    fn http3_rests(&self, request: &OutgoingRequest) {
        self.pool.rest(&request.target);
    }

    #[cfg(not(feature = "http3"))]
    fn http3_rests(&self, _: &OutgoingRequest) {}

    #[cfg(feature = "http3")]
    fn learn(&self, request: &OutgoingRequest, head: &ResponseHead) {
        self.pool.learn(request, head);
    }

    #[cfg(not(feature = "http3"))]
    fn learn(&self, _: &OutgoingRequest, _: &ResponseHead) {}

    async fn open_payload(&self, request: &OutgoingRequest) -> Result<Payload, ExchangeError> {
        let limit = request.target.rules().policy().files.transfer_bytes;
        Payload::open(&request.body, self.files, limit).await
    }

    async fn connect(
        &mut self,
        origin: &Rc<Origin>,
        request: &OutgoingRequest,
    ) -> Result<Lease, ExchangeError> {
        let mut times = DialTimes::default();
        let lease = Box::pin(self.pool.connect(origin, request, &mut times)).await;
        self.journal.dialled(&times);
        lease
    }

    async fn attempt(
        &mut self,
        lease: Lease,
        request: &OutgoingRequest,
        payload: Payload,
    ) -> Result<Answered, (Unanswered, Lease)> {
        let connection = lease.connection();
        self.journal
            .connected(connection.facts(), connection.protocol(), lease.is_reused());
        let sent = payload.sent();
        let mut exchange = match connection.exchange(request, payload).await {
            Ok(exchange) => exchange,
            Err(unanswered) => return Err((unanswered, lease)),
        };
        let head = match sent {
            Some(sent) => Box::pin(self.reporter.watch(exchange.head(), || sent.progress())).await,
            None => exchange.head().await,
        };
        self.journal.traffic(&exchange.traffic());
        match head {
            Ok(head) => {
                self.learn(request, &head);
                Ok(Answered {
                    head,
                    exchange,
                    lease,
                })
            }
            Err(unanswered) => Err((unanswered, lease)),
        }
    }
}
