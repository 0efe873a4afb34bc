//! A whole exchange: hop by hop to the final answer, and its body as the app asked for it.

use std::{sync::Arc, time::SystemTime};

use appnet_policy::{
    exchange::{Answer, Header, OutgoingRequest, Profile, Receive, ResponseHead},
    redirect::{self, Next},
    rules::Refusal,
};
use futures_util::{FutureExt as _, StreamExt as _};

use crate::{
    cache::{Consulted, Kept, Recorded, Recording, Replayed},
    error::{ExchangeError, IoFailure},
    hop::{self, Answered, HopContext},
    journal::Journal,
    receive::{Received, Receiver},
    saver::WrittenFile,
};

/// How an exchange ended.
#[derive(Debug)]
pub struct Exchanged {
    /// The answer, or why there is none.
    pub outcome: Result<Answer, IoFailure>,
    /// The file of an answer whose data is one: whole, and to be kept when the success of the call is certain.
    pub file: Option<WrittenFile>,
    /// Where the time went, as far as it came.
    pub profile: Arc<Profile>,
    /// Why a release would have refused a redirect or a connection that a developer's session let pass (U8). What it would have said of the
    /// call itself stands in the call's [`Permitted`](appnet_policy::Permitted) target.
    pub would_refuse: Vec<Refusal>,
}

/// The answer to one hop, its body still to be read.
enum Hop {
    /// From the server; it may be kept when it is whole.
    Wire(Answered, Option<Box<Recording>>),
    /// Kept before, and good still.
    Kept(Kept),
}

impl Hop {
    const fn head(&self) -> &ResponseHead {
        match self {
            Self::Wire(answered, _) => &answered.head,
            Self::Kept(kept) => &kept.head,
        }
    }
}

/// Sends a request and all its redirects.
pub(crate) async fn exchange(
    context: &mut HopContext<'_>,
    request: Box<OutgoingRequest>,
    receive: Receive,
) -> Exchanged {
    let received = run(context, request, receive).await;
    Exchanged::of(received, &mut context.journal)
}

impl Exchanged {
    /// What came of it, and what was noted of it.
    pub(crate) fn of(received: Result<Received, ExchangeError>, journal: &mut Journal) -> Self {
        let (outcome, file) = match received {
            Ok(Received { answer, file }) => (Ok(answer), file),
            Err(error) => (Err(error.into_failure()), None),
        };
        let (profile, would_refuse) = journal.take_parts();
        Self {
            outcome,
            file,
            profile: Arc::new(profile),
            would_refuse,
        }
    }
}

async fn run(
    context: &mut HopContext<'_>,
    mut request: Box<OutgoingRequest>,
    receive: Receive,
) -> Result<Received, ExchangeError> {
    let policy = request.target.rules().policy();
    let receiver = Receiver::new(receive, context.files, context.account, policy).await?;
    for hops in 0.. {
        context.journal.begin_hop(hops);
        let cookie = context.cookies.field_for(&request.target, &request.headers);
        let with_cookie = cookie.map(|cookie| with_field(&request, cookie));
        let hop = answer(context, with_cookie.as_deref().unwrap_or(&request))
            .await
            .map_err(|error| if hops > 0 { error.on_redirect() } else { error })?;
        if let Hop::Wire(answered, _) = &hop {
            context.cookies.keep(&request.target, &answered.head);
        }
        // U6: every hop is permitted like a first call, or there is none.
        match redirect::next(&request, hop.head(), hops).map_err(ExchangeError::Refused)? {
            Next::Final => return finish(context, hop, &request, receiver).await,
            Next::Follow(next) => {
                let within_host = next.target.host() == request.target.host();
                let (listener, profile) =
                    (&mut context.reporter.listener, context.journal.profile());
                listener.redirected(hop.head(), profile, &next);
                context.journal.redirected(within_host);
                if let Some(refusal) = next.target.would_refuse() {
                    context.journal.would_refuse(refusal);
                }
                if let Hop::Wire(answered, _) = hop {
                    skip_body(answered);
                }
                request = next;
            }
        }
    }
    Err(ExchangeError::Unexpected(
        "redirects without end".to_owned(),
    ))
}

/// The request with one more field. The next hop begins with the request as it was: it has cookies of its own.
fn with_field(request: &OutgoingRequest, field: Header) -> Box<OutgoingRequest> {
    let mut request = Box::new(request.clone());
    request.headers.push(field);
    request
}

/// The answer to one request: kept and good still, or the server's (RFC 9111 §4).
async fn answer(
    context: &mut HopContext<'_>,
    request: &OutgoingRequest,
) -> Result<Hop, ExchangeError> {
    if context.cache.is_to_be_read_for(request) {
        Box::pin(context.cache.read()).await;
    }
    match context.cache.consult(request, SystemTime::now()) {
        Some(consulted) => Box::pin(answer_by_cache(context, consulted, request)).await,
        None => {
            let answered = hop::answer(request, context).await?;
            context.cache.note_answer(request, answered.head.status);
            Ok(Hop::Wire(answered, None))
        }
    }
}

/// As [`answer`], for a call that may be answered by the cache.
async fn answer_by_cache(
    context: &mut HopContext<'_>,
    consulted: Consulted,
    request: &OutgoingRequest,
) -> Result<Hop, ExchangeError> {
    let ask = match consulted {
        Consulted::Fresh(kept) => {
            context.journal.kept();
            return Ok(Hop::Kept(kept));
        }
        Consulted::Ask(ask) => ask,
    };
    let answered = hop::answer(&ask.conditional(request), context).await?;
    if !ask.is_validated_by(&answered.head) {
        let limits = request.target.rules().policy().cache;
        let recording = ask.record(&answered.head, limits, SystemTime::now());
        return Ok(Hop::Wire(answered, recording));
    }
    let validated = ask.validated(&answered.head, SystemTime::now());
    skip_body(answered);
    if let Some(kept) = validated {
        context.journal.kept();
        return Ok(Hop::Kept(kept));
    }
    // The app has set no condition: a 304 is no answer for it.
    let answered = hop::answer(request, context).await?;
    Ok(Hop::Wire(answered, None))
}

/// Reads the body. The connection is free again once its last byte is read.
async fn finish(
    context: &mut HopContext<'_>,
    hop: Hop,
    request: &OutgoingRequest,
    receiver: Receiver,
) -> Result<Received, ExchangeError> {
    let (answered, recording) = match hop {
        Hop::Wire(answered, recording) => (answered, recording),
        Hop::Kept(Kept { head, body }) => {
            let head = Arc::new(head);
            context.reporter.listener.head(&head);
            let body = Replayed(body);
            let reporter = &mut context.reporter;
            return Box::pin(receiver.read(body, head, request, context.slices, reporter)).await;
        }
    };
    let Answered {
        head,
        mut exchange,
        lease,
    } = answered;
    let head = Arc::new(head);
    context.reporter.listener.head(&head);
    let mut body = Recorded::new(&mut exchange, recording);
    let received = receiver
        .read(
            &mut body,
            head,
            request,
            context.slices,
            &mut context.reporter,
        )
        .await;
    if received.is_ok() {
        body.keep();
    }
    context.journal.traffic(&exchange.traffic());
    if request.measured
        && let Some(path) = lease.connection().path()
    {
        context.journal.measured(path);
    }
    let received = received?;
    if exchange.leaves_connection_usable() {
        lease.finish();
    }
    Ok(received)
}

/// Nobody wants the body of a redirect. If it is all here the connection can serve the next hop; it is not waited for.
fn skip_body(answered: Answered) {
    let Answered {
        mut exchange,
        lease,
        ..
    } = answered;
    let rest = async { while let Some(Ok(_)) = exchange.next().await {} };
    if rest.now_or_never().is_some() && exchange.leaves_connection_usable() {
        lease.finish();
    }
}
