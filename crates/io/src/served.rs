//! Answers that come from no server: a host's own, such as recordings. They are read as those of servers are.

use std::sync::Arc;

use appnet_policy::exchange::{OutgoingRequest, Receive, ResponseHead};
use bytes::Bytes;

use crate::{
    HttpClient,
    cache::Replayed,
    error::ExchangeError,
    exchange::Exchanged,
    journal::Journal,
    listener::{Listener, Reporter},
    receive::{Received, Receiver},
};

/// An answer that stands in for a server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Status and headers. A content coding is undone, so a body without one needs a head without one.
    pub head: ResponseHead,
    /// The body.
    pub body: Bytes,
}

impl HttpClient {
    /// Answers a permitted request by this, as [`exchange`](Self::exchange) does by what a server says. Redirects are not followed.
    pub async fn serve(
        &self,
        served: Served,
        request: &OutgoingRequest,
        receive: Receive,
        listener: &mut dyn Listener,
    ) -> Exchanged {
        let received = self.receive(served, request, receive, listener).await;
        Exchanged::of(received, &mut Journal::new(request.high_performance))
    }

    async fn receive(
        &self,
        Served { head, body }: Served,
        request: &OutgoingRequest,
        receive: Receive,
        listener: &mut dyn Listener,
    ) -> Result<Received, ExchangeError> {
        let policy = request.target.rules().policy();
        let files = self.files.as_ref();
        let receiver = Receiver::new(receive, files, &self.account, policy).await?;
        self.cookies.keep(&request.target, &head);
        let head = Arc::new(head);
        listener.head(&head);
        let mut reporter = Reporter::new(listener, policy.files.progress_interval);
        let body = Replayed(body);
        receiver
            .read(body, head, request, &self.slices, &mut reporter)
            .await
    }
}
