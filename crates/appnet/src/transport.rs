//! What makes the exchanges: `appnet-io` in a network, a script in a test of the actors.

use std::{future::Future, pin::Pin, rc::Rc, sync::Arc};

use appnet_core::effect::{Finished, IoFailure};
use appnet_io::{Exchanged, HttpClient, TlsTrust};
use appnet_policy::{
    Failure,
    exchange::{OutgoingRequest, Reading, Receive, ResponseHead},
    rules::Refusal,
};

/// Is told status and headers as soon as they are here.
pub(crate) type OnHead = Box<dyn FnOnce(&ResponseHead)>;

/// Makes one app's exchanges, on the thread that made it. Dropping the future stops the exchange; dropping the transport closes what it
/// keeps open.
pub(crate) trait Transport {
    /// Sends one permitted request and reads the answer.
    fn exchange(
        &self,
        request: OutgoingRequest,
        receive: Receive,
        on_head: OnHead,
    ) -> Pin<Box<dyn Future<Output = Finished>>>;
}

/// Makes an app's transport where the app lives.
pub(crate) type MakeTransport = Arc<dyn Fn() -> Box<dyn Transport> + Send + Sync>;

/// HTTP by `appnet-io`; each app has its own client, so that nothing of a connection is shared between apps (K3).
struct IoTransport(Rc<HttpClient>);

/// Makes transports that trust `trust`.
pub(crate) fn over_io(trust: TlsTrust) -> MakeTransport {
    Arc::new(move || Box::new(IoTransport(Rc::new(HttpClient::new(&trust)))))
}

impl Transport for IoTransport {
    fn exchange(
        &self,
        request: OutgoingRequest,
        receive: Receive,
        on_head: OnHead,
    ) -> Pin<Box<dyn Future<Output = Finished>>> {
        let client = Rc::clone(&self.0);
        let reading = match receive {
            Receive::Whole(reading) => reading,
            Receive::Chunks | Receive::File(_) => Reading::default(),
        };
        Box::pin(async move { finished(client.exchange(request, reading, on_head).await) })
    }
}

fn finished(exchanged: Exchanged) -> Finished {
    let outcome = exchanged.outcome.map_err(|error| IoFailure {
        failure: error.failure,
        reason: error.reason,
        refusal: error.refusal,
    });
    Finished {
        outcome,
        profile: exchanged.profile,
        would_refuse: exchanged
            .would_refuse
            .into_iter()
            .map(certificate)
            .collect(),
    }
}

/// K1 as a refusal that did not happen (U8).
fn certificate(reason: String) -> Refusal {
    Refusal {
        failure: Failure::TlsHandshake,
        rule: "K1",
        reason,
        nearest: None,
    }
}
