//! A whole exchange: hop by hop to the final answer, and its body as the app asked for it.

use std::{
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
};

use appnet_policy::{
    exchange::{Answer, OutgoingRequest, Profile, Receive},
    redirect::{self, Next},
};
use awc::{ClientResponse, error::PayloadError};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{FutureExt as _, StreamExt as _};

use crate::{
    error::{Happened, IoFailure},
    files::FileSandbox,
    hop::{self, Answered},
    journal::Journal,
    lease::Lease,
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
    /// Why a release would have refused the connection: certificates that a developer's session let pass (U8).
    pub would_refuse: Vec<String>,
}

/// What the hops of one exchange share.
pub(crate) struct Course<'a> {
    pub(crate) pool: &'a Rc<Pool>,
    pub(crate) files: Option<&'a Arc<dyn FileSandbox>>,
    pub(crate) journal: Journal,
    pub(crate) reporter: Reporter<'a>,
}

/// Sends a request and all its redirects.
pub(crate) async fn exchange(
    pool: &Rc<Pool>,
    files: Option<&Arc<dyn FileSandbox>>,
    request: OutgoingRequest,
    receive: Receive,
    listener: &mut dyn Listener,
) -> Exchanged {
    let interval = request.target.rules().policy().files.progress_interval;
    let mut course = Course {
        pool,
        files,
        journal: Journal::new(),
        reporter: Reporter::new(listener, interval),
    };
    let received = course.run(request, receive).await;
    let (profile, would_refuse) = course.journal.into_parts();
    let (outcome, file) = match received {
        Ok(Received { answer, file }) => (Ok(answer), file),
        Err(happened) => (Err(happened.into_failure()), None),
    };
    Exchanged {
        outcome,
        file,
        profile,
        would_refuse,
    }
}

impl Course<'_> {
    async fn run(
        &mut self,
        mut request: OutgoingRequest,
        receive: Receive,
    ) -> Result<Received, Happened> {
        let receiver = Receiver::new(receive, self.files, request.target.rules().policy()).await?;
        for hops in 0.. {
            self.journal.begin_hop(hops);
            let answered = hop::answer(&request, self).await.map_err(|happened| {
                if hops > 0 {
                    happened.on_redirect()
                } else {
                    happened
                }
            })?;
            // U6: every hop is permitted like a first call, or there is none.
            match redirect::next(&request, &answered.head, hops).map_err(Happened::Refused)? {
                Next::Final => return self.finish(answered, &request, receiver).await,
                Next::Follow(next) => {
                    self.journal.redirected();
                    skip_body(answered);
                    request = *next;
                }
            }
        }
        Err(Happened::Unexpected("redirects without end".to_owned()))
    }

    /// Reads the body. The connection is free again once its last byte is read.
    async fn finish(
        &mut self,
        answered: Answered,
        request: &OutgoingRequest,
        receiver: Receiver,
    ) -> Result<Received, Happened> {
        let Answered {
            head,
            response,
            lease,
        } = answered;
        self.reporter.listener.head(&head);
        let body = RawBody {
            response,
            lease: &lease,
        };
        let received = receiver.read(body, head, request, &mut self.reporter).await;
        self.journal.traffic(&lease.traffic());
        let received = received?;
        lease.finish();
        Ok(received)
    }
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
