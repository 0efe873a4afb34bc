//! What a test does with sockets, and what it hears of them.

use std::sync::Arc;

use appnet_policy::{
    Failure,
    failure::AppFault,
    prepare::{Call, SocketOptions},
    socket::{self, SocketMessage},
};

use super::{AppUnderTest, Heard, Turn, head, id, job};
use crate::{
    AskId, Instant, IoEvent, SocketAsk, SocketEvent, SocketIo,
    effect::{IoFailure, Opened},
    event::{SocketEnd, SocketVerb},
};

/// What an app hears of a socket, as a test states it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    Accepted,
    Opened,
    /// Of so many bytes.
    Message(usize),
    /// The answer to this ask.
    Sent(u64, Result<(), Failure>),
    Closing(u64, Result<(), Failure>),
    Error(Failure),
    Closed(u16, String),
    Broken(Failure),
}

impl Said {
    pub(crate) const fn is_end(&self) -> bool {
        matches!(self, Self::Closed(..) | Self::Broken(_))
    }

    /// The ask that it answers.
    pub(crate) const fn answers(&self) -> Option<u64> {
        match self {
            Self::Sent(ask, _) | Self::Closing(ask, _) => Some(*ask),
            Self::Accepted
            | Self::Opened
            | Self::Message(_)
            | Self::Error(_)
            | Self::Closed(..)
            | Self::Broken(_) => None,
        }
    }
}

impl From<&SocketEvent> for Said {
    fn from(event: &SocketEvent) -> Self {
        match event {
            SocketEvent::Accepted => Self::Accepted,
            SocketEvent::Opened(_) => Self::Opened,
            SocketEvent::Message(message) => Self::Message(message.as_bytes().len()),
            SocketEvent::Answered { ask, verb, outcome } => match verb {
                SocketVerb::Send => Self::Sent(ask.number(), outcome.clone()),
                SocketVerb::Close => Self::Closing(ask.number(), outcome.clone()),
            },
            SocketEvent::Error(failure) => Self::Error(failure.clone()),
            SocketEvent::Closed(SocketEnd::Closed { code, reason }) => {
                Self::Closed(*code, reason.clone())
            }
            SocketEvent::Closed(SocketEnd::Broken(failure)) => Self::Broken(failure.clone()),
        }
    }
}

/// What an app hears of one socket.
pub(crate) fn heard(task: u64, said: impl IntoIterator<Item = Said>) -> Vec<Heard> {
    let said = said.into_iter();
    said.map(|said| Heard::Socket(task, said)).collect()
}

/// `wx.connectSocket({url: "wss://myserver.com/ws"})`
pub(crate) fn socket_options() -> SocketOptions {
    SocketOptions {
        url: "wss://myserver.com/ws".to_owned(),
        ..SocketOptions::default()
    }
}

pub(crate) fn ask(number: u64) -> AskId {
    AskId::new(number).expect("tests number their asks from 1")
}

pub(crate) fn text(bytes: usize) -> SocketMessage {
    SocketMessage::Text("x".repeat(bytes).into())
}

pub(crate) fn io_opened() -> SocketIo {
    SocketIo::Opened(Box::new(Opened {
        head: head(101),
        protocol: None,
        profile: Arc::default(),
        would_refuse: Vec::new(),
    }))
}

pub(crate) fn io_closed(code: u16, reason: &str) -> SocketIo {
    let reason = reason.to_owned();
    SocketIo::Closed { code, reason }
}

pub(crate) fn io_failed(failure: Failure) -> SocketIo {
    SocketIo::Failed(IoFailure {
        failure,
        reason: "the peer reset the connection".to_owned(),
        refusal: None,
    })
}

impl AppUnderTest {
    /// An app of the seed policy with these sockets, all open since zero.
    pub(crate) fn with_sockets(tasks: impl IntoIterator<Item = u64>) -> Self {
        let mut app = Self::new();
        for task in tasks {
            app.open(task, super::ms(0));
        }
        app
    }

    pub(crate) fn connect(&mut self, task: u64, now: Instant) -> Turn {
        self.begin(task, Call::Socket(socket_options()), now)
    }

    /// Connects and shakes hands in one instant.
    pub(crate) fn open(&mut self, task: u64, now: Instant) {
        self.connect(task, now);
        self.socket_io(task, io_opened(), now);
    }

    pub(crate) fn socket_io(&mut self, task: u64, event: SocketIo, now: Instant) -> Turn {
        self.io(job(task), IoEvent::Socket(event), now)
    }

    /// The app asks something of a socket.
    pub(crate) fn ask(&mut self, task: u64, number: u64, what: SocketAsk, now: Instant) -> Turn {
        self.submit(|link| link.ask(id(task), ask(number), what), now)
    }

    pub(crate) fn send(&mut self, task: u64, number: u64, bytes: usize, now: Instant) -> Turn {
        self.ask(task, number, SocketAsk::Send(Ok(text(bytes))), now)
    }

    pub(crate) fn sent(&mut self, task: u64, number: u64, now: Instant) -> Turn {
        self.socket_io(task, SocketIo::Sent(ask(number)), now)
    }

    pub(crate) fn close_socket(&mut self, task: u64, number: u64, now: Instant) -> Turn {
        self.close_socket_with(task, number, None, None, now)
    }

    pub(crate) fn close_socket_with(
        &mut self,
        task: u64,
        number: u64,
        code: Option<f64>,
        reason: Option<&str>,
        now: Instant,
    ) -> Turn {
        let frame = socket::close(code, reason.map(str::to_owned));
        self.ask(task, number, SocketAsk::Close(frame), now)
    }

    pub(crate) fn ask_unreadably(
        &mut self,
        task: u64,
        number: u64,
        verb: SocketVerb,
        now: Instant,
    ) -> Turn {
        let failure = Failure::App(AppFault::Parameters(Vec::new()));
        let what = match verb {
            SocketVerb::Send => SocketAsk::Send(Err(failure)),
            SocketVerb::Close => SocketAsk::Close(Err(failure)),
        };
        self.ask(task, number, what, now)
    }
}
