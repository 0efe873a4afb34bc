//! The life of a socket, as one task: connect, then receive and confirm what was sent, then tell the end.

use std::{cell::RefCell, convert::Infallible, rc::Rc};

use appnet_core::{AskId, IoEvent, JobId, SocketIo};
use appnet_policy::{
    Failure,
    socket::{CloseFrame, SocketMessage},
};
use tokio::sync::{
    Notify,
    mpsc::{self, UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::credit::Credit;
use crate::{
    report::{Report, Reports},
    socket_transport::{Connected, Connecting, Heard, Later, OpenSocket, SendingHalf},
};

/// Every life holds one, so that the closing of an app can wait until none is left (B7).
pub(crate) type Alive = mpsc::Sender<Infallible>;

/// An [`Alive`], and what ends when all its clones are gone.
pub(crate) fn alive() -> (Alive, mpsc::Receiver<Infallible>) {
    mpsc::channel(1)
}

/// What the worker's handlers and the life share.
#[derive(Default)]
pub(super) struct Line {
    open: RefCell<Option<Open>>,
    closing: Notify,
}

/// How one sends while the socket is open.
struct Open {
    half: Rc<dyn SendingHalf>,
    /// What was sent, in that order. As long as the core lets it get (W2).
    sent: UnboundedSender<Sent>,
}

struct Sent {
    ask: AskId,
    outcome: Later<'static, Result<(), Failure>>,
}

impl Line {
    fn open(&self, half: Rc<dyn SendingHalf>) -> UnboundedReceiver<Sent> {
        let (sent, receiver) = unbounded_channel();
        *self.open.borrow_mut() = Some(Open { half, sent });
        receiver
    }

    /// Nothing is sent any more. What comes now was asked before the core heard of the end, which answers it.
    fn shut(&self) {
        *self.open.borrow_mut() = None;
    }

    pub(super) fn send(&self, ask: AskId, message: SocketMessage) {
        if let Some(open) = &*self.open.borrow() {
            let outcome = open.half.send(message);
            // An error: the life crashed, and the core answers what waits when it hears of that.
            drop(open.sent.send(Sent { ask, outcome }));
        }
    }

    pub(super) fn close(&self, frame: CloseFrame) {
        if let Some(open) = &*self.open.borrow() {
            open.half.close(frame);
        }
        self.closing.notify_one();
    }
}

/// Lives one life to its end. Dropped, the connection is closed at once.
pub(super) async fn live(connecting: Connecting, line: Rc<Line>, credit: Credit, teller: Teller) {
    let Connected { opened, socket } = match connecting.await {
        Ok(connected) => connected,
        Err(failure) => return teller.end(SocketIo::Failed(failure)),
    };
    let sent = line.open(socket.sender());
    teller.tell(SocketIo::Opened(Box::new(opened)));
    let receiving = async {
        let end = receive(socket, &credit, &line.closing, &teller).await;
        line.shut();
        end
    };
    // What was sent before the end is told before the end.
    let (end, ()) = tokio::join!(receiving, confirm(sent, &teller));
    teller.end(end);
}

/// Receives until the end, which closes the connection.
async fn receive(
    mut socket: Box<dyn OpenSocket>,
    credit: &Credit,
    closing: &Notify,
    teller: &Teller,
) -> SocketIo {
    loop {
        match socket.next().await {
            Heard::Message(message) => tokio::select! {
                // In this order, so that a close does not wait for the room of messages that nobody hears any more.
                biased;
                () = closing.notified() => {}
                message = credit.lend(message) => teller.tell(SocketIo::Message(message)),
            },
            Heard::End(end) => return end,
        }
    }
}

/// Tells what became of each message that was sent, in order.
async fn confirm(mut sent: UnboundedReceiver<Sent>, teller: &Teller) {
    while let Some(Sent { ask, outcome }) = sent.recv().await {
        teller.tell(match outcome.await {
            Ok(()) => SocketIo::Sent(ask),
            Err(failure) => SocketIo::NotSent(ask, failure),
        });
    }
}

/// Tells the app of its socket; of the end exactly once: if it is dropped before, because something panicked or the socket was dropped, the
/// end is "crashed". Of one that was dropped nobody hears any more.
pub(super) struct Teller {
    app: Reports,
    job: JobId,
    ended: bool,
}

impl Teller {
    pub(super) fn new(app: Reports, job: JobId) -> Self {
        Self {
            app,
            job,
            ended: false,
        }
    }

    fn tell(&self, event: SocketIo) {
        self.say(IoEvent::Socket(event));
    }

    fn end(mut self, end: SocketIo) {
        self.ended = true;
        self.tell(end);
    }

    fn say(&self, event: IoEvent) {
        let job = self.job;
        self.app.tell(Report::Io { job, event });
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if !self.ended {
            self.say(IoEvent::Crashed);
        }
    }
}
