//! Answers in the place of servers: what a host that has recordings, or makes answers up, gives its apps instead of a network.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, sync::Arc};

use appnet_core::{
    SocketIo,
    effect::{Finished, IoFailure, Opened},
};
use appnet_io::Served;
use appnet_policy::{
    Failure,
    exchange::{HttpVersion, OutgoingRequest, ResponseHead},
    failure::{AppFault, NetworkFault},
    socket::{CloseFrame, SocketMessage, SocketRequest},
};
use tokio::sync::Notify;

use crate::{
    socket_transport::{Connected, Heard, Later, OpenSocket, SendingHalf},
    transport::Done,
};

/// Stands in for the servers of all apps. It is asked on the threads of the network, for requests that were permitted as any other, and must not block.
pub trait StandIn: Send + Sync {
    /// What answers this request.
    fn answer(&self, request: &OutgoingRequest) -> Reply<Served>;

    /// What this socket hears.
    fn open(&self, request: &SocketRequest) -> Reply<SocketScript>;
}

/// What a [`StandIn`] says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<T> {
    /// The answer.
    Served(T),
    /// There is none, for this reason: the call fails as if there were no network, and the host's log has the reason.
    Nothing(String),
    /// The server is to be asked itself.
    AskServer,
}

/// What happens on a socket that has no server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketScript {
    /// Status and headers of the handshake's answer but the 101.
    pub headers: Vec<appnet_policy::exchange::Header>,
    /// The protocol that was chosen.
    pub protocol: Option<String>,
    /// What happens, in order.
    pub lines: VecDeque<SocketLine>,
}

/// One thing that happens on a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketLine {
    /// The app sends something, whatever it is.
    AppSends,
    /// The server sends this.
    ServerSends(SocketMessage),
    /// The server closes with a code and a reason. Without it, the socket is open until the app closes it.
    ServerCloses(u16, String),
}

pub(crate) fn nothing(reason: String) -> IoFailure {
    IoFailure {
        failure: Failure::Network(NetworkFault::NetworkUnreachable),
        reason,
        refusal: None,
    }
}

/// An exchange that has no answer.
pub(crate) fn unanswered(reason: String) -> Done {
    Done {
        finished: Finished {
            outcome: Err(nothing(reason)),
            profile: Arc::default(),
            would_refuse: Vec::new(),
        },
        keep: None,
    }
}

/// A socket that plays its script.
pub(crate) fn play(script: SocketScript) -> Connected {
    const SWITCHING_PROTOCOLS: u16 = 101;
    let opened = Opened {
        head: ResponseHead {
            status: SWITCHING_PROTOCOLS,
            version: HttpVersion::Http1,
            headers: script.headers,
        },
        protocol: script.protocol,
        profile: Arc::default(),
        would_refuse: Vec::new(),
    };
    let stage = Stage {
        lines: RefCell::new(script.lines),
        end: RefCell::default(),
        news: Notify::new(),
    };
    Connected {
        opened,
        socket: Box::new(Played(Rc::new(stage))),
    }
}

struct Stage {
    lines: RefCell<VecDeque<SocketLine>>,
    /// How it ends, when it does.
    end: RefCell<Option<(u16, String)>>,
    news: Notify,
}

struct Played(Rc<Stage>);

impl Stage {
    /// What happens next without the app.
    fn take(&self) -> Option<Heard> {
        if let Some((code, reason)) = self.end.borrow().clone() {
            return Some(Heard::End(SocketIo::Closed { code, reason }));
        }
        let mut lines = self.lines.borrow_mut();
        match lines.pop_front()? {
            SocketLine::ServerSends(message) => Some(Heard::Message(message)),
            SocketLine::ServerCloses(code, reason) => {
                *self.end.borrow_mut() = Some((code, reason.clone()));
                Some(Heard::End(SocketIo::Closed { code, reason }))
            }
            SocketLine::AppSends => {
                lines.push_front(SocketLine::AppSends);
                None
            }
        }
    }
}

impl OpenSocket for Played {
    fn sender(&self) -> Rc<dyn SendingHalf> {
        Rc::new(Player(Rc::clone(&self.0)))
    }

    fn next(&mut self) -> Later<'_, Heard> {
        Box::pin(async {
            loop {
                if let Some(heard) = self.0.take() {
                    return heard;
                }
                self.0.news.notified().await;
            }
        })
    }
}

struct Player(Rc<Stage>);

impl SendingHalf for Player {
    /// It may come before the server has said what it said earlier: then it stands for the first that is awaited.
    fn send(&self, _: SocketMessage) -> Later<'static, Result<(), Failure>> {
        let sent = match self.0.end.borrow().is_some() {
            true => Err(Failure::App(AppFault::SocketNotOpen)),
            false => Ok(()),
        };
        let mut lines = self.0.lines.borrow_mut();
        let awaited = lines
            .iter()
            .position(|line| matches!(line, SocketLine::AppSends));
        if let Some(awaited) = awaited {
            lines.remove(awaited);
        }
        self.0.news.notify_one();
        Box::pin(async move { sent })
    }

    /// The server answers with the same words, and says nothing more.
    fn close(&self, CloseFrame { code, reason }: CloseFrame) {
        self.0.end.borrow_mut().get_or_insert((code, reason));
        self.0.news.notify_one();
    }
}
