//! Exchanges by `appnet-io`. Sockets are in [`sockets`].

mod sockets;

use std::{future::Future, pin::Pin, rc::Rc, sync::Arc};

use appnet_core::{
    IoEvent,
    effect::{Finished, IoFailure, Redirected},
};
use appnet_io::{
    ClientOptions, DeviceNetwork, Exchanged, FileSandbox, HttpClient, Listener, SliceLength, Spawn,
    TlsTrust, WrittenFile,
};
use appnet_policy::{
    exchange::{OutgoingRequest, Profile, Progress, Receive, ResponseHead},
    socket::{SocketLimits, SocketRequest},
};
use bytes::Bytes;

use crate::{
    naming::Naming,
    socket_transport::Connecting,
    stand_in::{self, Reply, StandIn},
    transport::{Done, Keep, MakeTransport, Tell, Transport, TransportParts},
};

/// HTTP by `appnet-io`; each app has its own client, so that nothing of a connection is shared between apps (K3).
struct IoTransport {
    client: Rc<HttpClient>,
    /// Who is asked before a server is.
    stand_in: Option<Arc<dyn StandIn>>,
    watched: bool,
}

/// Makes transports that trust `trust`, look names up as `naming` says, and begin anew when the device has moved from `network` to another.
pub(crate) fn over_io(
    trust: TlsTrust,
    naming: Naming,
    network: DeviceNetwork,
    stand_in: Option<Arc<dyn StandIn>>,
) -> MakeTransport {
    Arc::new(move |parts| {
        let TransportParts {
            files,
            account,
            cache,
            cookies,
            shaping,
            watched,
            budget,
        } = parts;
        let of_app = Rc::clone(&budget);
        let spawn = move |task| drop(actix_rt::spawn(Rc::clone(&budget).metered(task)));
        let mut options = ClientOptions {
            files: files.map(|files| files as Arc<dyn FileSandbox>),
            account,
            cache,
            cookies,
            network: network.clone(),
            shaping,
            spawn: Spawn::new(spawn),
            slices: SliceLength::new(move || of_app.slice()),
            ..ClientOptions::default()
        };
        naming.apply(&trust, &mut options);
        Rc::new(IoTransport {
            client: Rc::new(HttpClient::with_options(&trust, options)),
            stand_in: stand_in.clone(),
            watched,
        })
    })
}

impl Transport for IoTransport {
    fn exchange(
        &self,
        request: Box<OutgoingRequest>,
        receive: Receive,
        tell: Tell,
    ) -> Pin<Box<dyn Future<Output = Done>>> {
        let client = Rc::clone(&self.client);
        let mut told = Told {
            tell,
            watched: self.watched,
        };
        if let Some(stand_in) = &self.stand_in {
            match stand_in.answer(&request) {
                Reply::Served(served) => {
                    return Box::pin(async move {
                        done(client.serve(served, &request, receive, &mut told).await)
                    });
                }
                Reply::Nothing(reason) => {
                    return Box::pin(async { stand_in::unanswered(reason) });
                }
                Reply::AskServer => {}
            }
        }
        Box::pin(async move { done(client.exchange(request, receive, &mut told).await) })
    }

    fn connect_socket(&self, request: Box<SocketRequest>, limits: SocketLimits) -> Connecting {
        if let Some(stand_in) = &self.stand_in {
            match stand_in.open(&request) {
                Reply::Served(script) => return Box::pin(async { Ok(stand_in::play(script)) }),
                Reply::Nothing(reason) => {
                    return Box::pin(async { Err(stand_in::nothing(reason)) });
                }
                Reply::AskServer => {}
            }
        }
        sockets::connect(Rc::clone(&self.client), request, limits)
    }
}

/// An exchange that has ended, in the words of the core.
fn done(mut exchanged: Exchanged) -> Done {
    let keep = exchanged.file.take().map(keep);
    Done {
        finished: finished(exchanged),
        keep,
    }
}

/// Hands on what I/O tells.
struct Told {
    tell: Tell,
    /// Whether somebody looks on, and hears of what decides nothing.
    watched: bool,
}

impl Listener for Told {
    fn head(&mut self, head: &Arc<ResponseHead>) {
        (self.tell)(IoEvent::HeadersReceived(Arc::clone(head)));
    }

    fn redirected(&mut self, head: &ResponseHead, profile: &Profile, next: &OutgoingRequest) {
        if self.watched {
            (self.tell)(IoEvent::Redirected(Box::new(Redirected {
                head: head.clone(),
                profile: profile.clone(),
                next: next.clone(),
            })));
        }
    }

    fn progress(&mut self, progress: Progress) {
        (self.tell)(IoEvent::Progress(progress));
    }

    fn chunk(&mut self, data: Bytes) {
        (self.tell)(IoEvent::Chunk(data));
    }

    fn written(&mut self, data: &Bytes) {
        if self.watched {
            (self.tell)(IoEvent::Written(data.clone()));
        }
    }

    fn awaits_app(&mut self) {
        (self.tell)(IoEvent::AwaitsApp);
    }
}

fn keep(file: WrittenFile) -> Keep {
    Box::new(move || file.keep().map_err(|error| Box::new(failed(*error))))
}

fn failed(error: appnet_io::IoFailure) -> IoFailure {
    IoFailure {
        failure: error.failure,
        reason: error.reason,
        refusal: error.refusal,
    }
}

fn finished(exchanged: Exchanged) -> Finished {
    let outcome = exchanged.outcome.map_err(failed);
    Finished {
        outcome,
        profile: exchanged.profile,
        would_refuse: exchanged.would_refuse,
    }
}
