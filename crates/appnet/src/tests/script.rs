//! A socket that a test plays by hand.

use appnet_policy::failure::{AppFault, NetworkFault};
use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use appnet_core::{
    SocketIo,
    effect::{IoFailure, Opened},
};
use appnet_policy::{
    Failure,
    exchange::{HttpVersion, ResponseHead},
    socket::{CloseFrame, SocketMessage, SocketRequest},
};
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    oneshot,
};

use crate::socket_transport::{Connected, Connecting, Heard, Later, OpenSocket, SendingHalf};

/// The server's end, in a test's hands.
pub(super) struct ScriptedSocket {
    pub(super) path: String,
    play: UnboundedSender<Play>,
    did: UnboundedReceiver<Did>,
    read: Arc<AtomicUsize>,
}

enum Play {
    Open,
    Message(SocketMessage),
    Close(u16),
    Break,
    Panic,
}

/// What the app's end did.
pub(super) enum Did {
    Sent {
        message: SocketMessage,
        /// Hands it to the transport; dropped, it never gets there.
        hand_over: oneshot::Sender<()>,
    },
    Closed(CloseFrame),
}

impl ScriptedSocket {
    pub(super) fn open(&self) {
        let _ = self.play.send(Play::Open);
    }

    pub(super) fn message(&self, message: impl Into<appnet_policy::socket::Text>) {
        let message = SocketMessage::Text(message.into());
        let _ = self.play.send(Play::Message(message));
    }

    pub(super) fn close(&self, code: u16) {
        let _ = self.play.send(Play::Close(code));
    }

    /// The connection breaks, or is refused.
    pub(super) fn fail(&self) {
        let _ = self.play.send(Play::Break);
    }

    pub(super) fn panic(&self) {
        let _ = self.play.send(Play::Panic);
    }

    /// How many messages were read.
    pub(super) fn read(&self) -> usize {
        self.read.load(Ordering::SeqCst)
    }

    /// The next thing that the app's end did.
    pub(super) async fn did(&mut self) -> Did {
        self.did.recv().await.unwrap()
    }

    /// Hands the next message to the transport, and gives its text.
    pub(super) async fn sent(&mut self) -> String {
        match self.did().await {
            Did::Sent { message, hand_over } => {
                hand_over.send(()).unwrap();
                String::from_utf8(message.as_bytes().to_vec()).unwrap()
            }
            Did::Closed(frame) => format!("close {}", frame.code),
        }
    }

    /// Whether the connection is closed by now.
    pub(super) fn is_dropped(&self) -> bool {
        self.play.is_closed()
    }

    /// Returns when the connection is closed.
    pub(super) async fn dropped(&self) {
        self.play.closed().await;
    }
}

/// A socket in a test's hands, and the app's end of it.
pub(super) fn socket(request: &SocketRequest) -> (ScriptedSocket, Connecting) {
    let (play, mut played) = unbounded_channel();
    let (does, did) = unbounded_channel();
    let read = Arc::new(AtomicUsize::new(0));
    let scripted = ScriptedSocket {
        path: request.target.url().path().to_owned(),
        play,
        did,
        read: Arc::clone(&read),
    };
    let connecting = Box::pin(async move {
        match played.recv().await {
            Some(Play::Open) => {
                let half = Rc::new(Half(does));
                let socket = Box::new(Ours { played, half, read });
                let opened = opened();
                Ok(Connected { opened, socket })
            }
            Some(Play::Message(_) | Play::Close(_) | Play::Break) => Err(broken()),
            Some(Play::Panic) => panic!("a panic that the test asked for"),
            None => std::future::pending().await,
        }
    });
    (scripted, connecting)
}

struct Ours {
    played: UnboundedReceiver<Play>,
    half: Rc<Half>,
    read: Arc<AtomicUsize>,
}

struct Half(UnboundedSender<Did>);

impl OpenSocket for Ours {
    fn sender(&self) -> Rc<dyn SendingHalf> {
        Rc::clone(&self.half) as Rc<dyn SendingHalf>
    }

    fn next(&mut self) -> Later<'_, Heard> {
        Box::pin(async move {
            match self.played.recv().await {
                Some(Play::Message(message)) => {
                    self.read.fetch_add(1, Ordering::SeqCst);
                    Heard::Message(message)
                }
                Some(Play::Close(code)) => Heard::End(SocketIo::Closed {
                    code,
                    reason: "bye".to_owned(),
                }),
                Some(Play::Open | Play::Break) => Heard::End(SocketIo::Failed(broken())),
                Some(Play::Panic) => panic!("a panic that the test asked for"),
                None => std::future::pending().await,
            }
        })
    }
}

impl SendingHalf for Half {
    fn send(&self, message: SocketMessage) -> Later<'static, Result<(), Failure>> {
        let (hand_over, handed_over) = oneshot::channel();
        let _ = self.0.send(Did::Sent { message, hand_over });
        Box::pin(async move {
            handed_over
                .await
                .map_err(|_| Failure::App(AppFault::SocketNotOpen))
        })
    }

    fn close(&self, frame: CloseFrame) {
        let _ = self.0.send(Did::Closed(frame));
    }
}

fn broken() -> IoFailure {
    IoFailure {
        failure: Failure::Network(NetworkFault::ConnectionReset),
        reason: "the test broke it".to_owned(),
        refusal: None,
    }
}

fn opened() -> Opened {
    Opened {
        head: ResponseHead {
            status: 101,
            version: HttpVersion::Http1,
            headers: Vec::new(),
        },
        protocol: None,
        profile: Arc::default(),
        would_refuse: Vec::new(),
    }
}
