//! A whole exchange: hop by hop to the final answer, and its body as the app asked for it.

use std::sync::Arc;

use appnet_policy::{
    exchange::{Answer, OutgoingRequest, Profile, Receive},
    redirect::{self, Next},
    rules::Refusal,
};
use futures_util::{FutureExt as _, StreamExt as _};

use crate::{
    account::Account,
    error::{ExchangeError, IoFailure},
    files::FileSandbox,
    hop::{self, Answered, HopContext},
    journal::Journal,
    listener::{Listener, Reporter},
    pool::Pool,
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
    pub profile: Profile,
    /// Why a release would have refused a redirect or a connection that a developer's session let pass (U8). What it would have said of the
    /// call itself stands in the call's [`Permitted`](appnet_policy::Permitted) target.
    pub would_refuse: Vec<Refusal>,
}

/// Sends a request and all its redirects.
pub(crate) async fn exchange(
    pool: &Pool,
    files: Option<&Arc<dyn FileSandbox>>,
    account: &Account,
    request: OutgoingRequest,
    receive: Receive,
    listener: &mut dyn Listener,
) -> Exchanged {
    let interval = request.target.rules().policy().files.progress_interval;
    let mut context = HopContext {
        pool,
        files,
        account,
        journal: Journal::new(),
        reporter: Reporter::new(listener, interval),
    };
    let received = run(&mut context, request, receive).await;
    let (profile, would_refuse) = context.journal.into_parts();
    let (outcome, file) = match received {
        Ok(Received { answer, file }) => (Ok(answer), file),
        Err(error) => (Err(error.into_failure()), None),
    };
    Exchanged {
        outcome,
        file,
        profile,
        would_refuse,
    }
}

async fn run(
    context: &mut HopContext<'_>,
    mut request: OutgoingRequest,
    receive: Receive,
) -> Result<Received, ExchangeError> {
    let policy = request.target.rules().policy();
    let receiver = Receiver::new(receive, context.files, context.account, policy).await?;
    for hops in 0.. {
        context.journal.begin_hop(hops);
        let answered = hop::answer(&request, context)
            .await
            .map_err(|error| if hops > 0 { error.on_redirect() } else { error })?;
        // U6: every hop is permitted like a first call, or there is none.
        match redirect::next(&request, &answered.head, hops).map_err(ExchangeError::Refused)? {
            Next::Final => return finish(context, answered, &request, receiver).await,
            Next::Follow(next) => {
                let within_host = next.target.host() == request.target.host();
                context.journal.redirected(within_host);
                if let Some(refusal) = next.target.would_refuse() {
                    context.journal.would_refuse(refusal);
                }
                skip_body(answered);
                request = *next;
            }
        }
    }
    Err(ExchangeError::Unexpected(
        "redirects without end".to_owned(),
    ))
}

/// Reads the body. The connection is free again once its last byte is read.
async fn finish(
    context: &mut HopContext<'_>,
    answered: Answered,
    request: &OutgoingRequest,
    receiver: Receiver,
) -> Result<Received, ExchangeError> {
    let Answered {
        head,
        mut exchange,
        lease,
    } = answered;
    context.reporter.listener.head(&head);
    let received = receiver
        .read(&mut exchange, head, request, &mut context.reporter)
        .await;
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
