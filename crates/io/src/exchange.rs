//! A whole exchange: hop by hop to the final answer, and its body as the app asked for it.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use appnet_policy::{
    exchange::{Answer, OutgoingRequest, Profile, Reading, ResponseHead},
    redirect::{self, Next},
    response,
};
use awc::{ClientResponse, error::PayloadError};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{FutureExt as _, StreamExt as _};

use crate::{
    decode,
    error::{Happened, IoFailure},
    hop::{self, Answered},
    journal::Journal,
    lease::Lease,
    pool::Pool,
};

/// How an exchange ended.
#[derive(Debug)]
pub struct Exchanged {
    /// The answer, or why there is none.
    pub outcome: Result<Answer, IoFailure>,
    /// Where the time went, as far as it came.
    pub profile: Profile,
    /// Why a release would have refused the connection: certificates that a developer's session let pass (U8).
    pub would_refuse: Vec<String>,
}

/// Sends a request and all its redirects.
pub(crate) async fn exchange(
    pool: &Rc<Pool>,
    request: OutgoingRequest,
    reading: Reading,
    on_head: impl FnOnce(&ResponseHead),
) -> Exchanged {
    let mut journal = Journal::new();
    let outcome = follow(pool, request, reading, on_head, &mut journal).await;
    let (profile, would_refuse) = journal.into_parts();
    Exchanged {
        outcome: outcome.map_err(Happened::into_failure),
        profile,
        would_refuse,
    }
}

async fn follow(
    pool: &Rc<Pool>,
    mut request: OutgoingRequest,
    reading: Reading,
    on_head: impl FnOnce(&ResponseHead),
    journal: &mut Journal,
) -> Result<Answer, Happened> {
    for hops in 0.. {
        journal.begin_hop(hops);
        let answered = hop::answer(pool, &request, journal).await?;
        // U6: every hop is permitted like a first call, or there is none.
        match redirect::next(&request, &answered.head, hops).map_err(Happened::Refused)? {
            Next::Final => {
                on_head(&answered.head);
                return finish(answered, &request, reading, journal).await;
            }
            Next::Follow(next) => {
                journal.redirected();
                skip_body(answered);
                request = *next;
            }
        }
    }
    Err(Happened::Unexpected("redirects without end".to_owned()))
}

/// Reads the body. The connection is free again once its last byte is read.
async fn finish(
    answered: Answered,
    request: &OutgoingRequest,
    reading: Reading,
    journal: &mut Journal,
) -> Result<Answer, Happened> {
    let Answered {
        head,
        response,
        lease,
    } = answered;
    let limits = &request.target.rules().policy().limits;
    let body = decode::read(
        RawBody {
            response,
            lease: &lease,
        },
        &head.headers,
        limits,
    )
    .await;
    journal.traffic(&lease.traffic());
    let body = body?;
    lease.finish();
    Ok(response::read(head, body, reading))
}

/// Nobody wants the body of a redirect. If it is all here the connection can serve the next hop; it is not waited for.
fn skip_body(answered: Answered) {
    let Answered {
        mut response,
        lease,
        ..
    } = answered;
    let rest = async move { while let Some(Ok(_)) = response.next().await {} };
    if rest.now_or_never().is_some() {
        lease.finish();
    }
}

/// The body as it comes, with what really happened to it.
struct RawBody<'a> {
    response: ClientResponse,
    lease: &'a Lease,
}

impl Stream for RawBody<'_> {
    type Item = Result<Bytes, Happened>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(Pin::new(&mut self.response).poll_next(cx));
        let known = || self.lease.connection().take_happened();
        Poll::Ready(
            next.map(|data| data.map_err(|error| known().unwrap_or_else(|| from_awc(&error)))),
        )
    }
}

fn from_awc(error: &PayloadError) -> Happened {
    match error {
        PayloadError::Http2Payload(error) if error.is_library() => {
            Happened::Malformed(format!("the server breaks the rules of HTTP/2: {error}"))
        }
        other => Happened::Broken(other.to_string()),
    }
}
