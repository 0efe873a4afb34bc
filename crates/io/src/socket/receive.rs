//! The receiving half of a socket, which also leads it to its end.

use std::{cell::RefCell, fmt, future::poll_fn, io, rc::Rc, task::Context, task::Waker};

use appnet_policy::socket::SocketLimits;
use bytes::BytesMut;
use tokio::{
    task::{JoinHandle, spawn_local},
    time::{Instant, sleep_until},
};

use super::{
    Closed, Message, SocketEvent,
    deflate::Deflate,
    extension::Deflating,
    frame::{close_payload, code},
    incoming::{Incoming, Received},
    outbox::Outbox,
    sender::SocketSender,
    violation::Violation,
    writer::Writer,
};
use crate::{error::Happened, framing::FramingError, wire::Wire};

/// An open WebSocket. Dropped, its connection is closed at once, without a close handshake (C4).
pub struct Socket {
    wire: Rc<RefCell<Wire>>,
    outbox: Rc<Outbox>,
    limits: SocketLimits,
    incoming: Incoming,
    /// Received and not yet read.
    input: BytesMut,
    phase: Phase,
    /// When the last message was given out.
    delivered: Option<Instant>,
    /// When the connection refused to be written to; reading may still bring what came before that.
    broken: Option<Instant>,
    life: Life,
    writing: JoinHandle<()>,
}

/// What is known of a peer that may have vanished without a word.
#[derive(Clone, Copy)]
enum Life {
    /// It sent something.
    Heard(Instant),
    /// It was asked, and has sent nothing since.
    Asked(Instant),
}

enum Phase {
    Open,
    /// The peer broke the rules right behind a message: until then the app may answer what was good.
    Answering(Violation, Instant),
    /// What happened is known; what is left is to part politely, until then at the latest.
    Parting(Parting, Instant),
    Ended,
}

#[derive(Clone)]
enum Parting {
    /// The peer's close frame came.
    Closed {
        code: u16,
        reason: String,
    },
    Failed(crate::IoFailure),
}

/// What a wait ended with.
enum Woken {
    Bytes,
    End(Option<io::Error>),
    Changed,
    Late,
    Silence,
}

impl Socket {
    /// For a connection that has shaken hands; `input` is what came behind the handshake.
    pub(super) fn new(
        wire: Wire,
        input: BytesMut,
        deflating: Option<&Deflating>,
        limits: SocketLimits,
    ) -> Self {
        let wire = Rc::new(RefCell::new(wire));
        let outbox = Rc::new(Outbox::new(limits.unsent_bytes));
        let deflate = deflating.and_then(Deflate::new);
        let writer = Writer::new(Rc::clone(&wire), Rc::clone(&outbox), deflate);
        Self {
            wire,
            outbox,
            limits,
            incoming: Incoming::new(limits, deflating),
            input,
            phase: Phase::Open,
            delivered: None,
            broken: None,
            life: Life::Heard(Instant::now()),
            writing: spawn_local(writer.run()),
        }
    }

    /// The sending half.
    #[must_use]
    pub fn sender(&self) -> SocketSender {
        SocketSender::new(Rc::clone(&self.outbox))
    }

    /// The next event; `None` after the last. Nothing is read, no ping answered and no close handshake finished but while this is
    /// awaited; it may be dropped and called again without losing anything.
    pub async fn next(&mut self) -> Option<SocketEvent> {
        loop {
            match &self.phase {
                Phase::Open => {
                    if let Some(event) = self.open().await {
                        return Some(event);
                    }
                }
                Phase::Answering(violation, until) => {
                    let (violation, until) = (*violation, *until);
                    sleep_until(until).await;
                    self.fail(violation);
                }
                Phase::Parting(parting, until) => {
                    let (parting, until) = (parting.clone(), *until);
                    self.part(until).await;
                    return Some(self.end(parting));
                }
                Phase::Ended => return None,
            }
        }
    }

    /// Reads what is there, or waits for it; `None` if there is nothing to tell yet.
    async fn open(&mut self) -> Option<SocketEvent> {
        match self.incoming.next(&mut self.input) {
            Ok(Some(received)) => self.received(received),
            Ok(None) => self.wait().await,
            Err(violation) => {
                self.refuse(violation);
                None
            }
        }
    }

    fn received(&mut self, received: Received) -> Option<SocketEvent> {
        match received {
            Received::Message(message) => self.deliver(message),
            Received::Ping(data) => {
                self.outbox.pong(data);
                None
            }
            Received::Pong => None,
            Received::Close { code, reason } => {
                self.peer_closes(code, reason);
                None
            }
        }
    }

    /// Who has asked to close hears no more messages.
    fn deliver(&mut self, message: Message) -> Option<SocketEvent> {
        let asked = self.outbox.asked().is_some();
        self.delivered = Some(Instant::now());
        (!asked).then_some(SocketEvent::Message(message))
    }

    /// §5.5.1: answered with the same code.
    fn peer_closes(&mut self, code: u16, reason: String) {
        let echo = (code != code::NONE).then_some(code);
        self.outbox.end(close_payload(echo, "").unwrap_or_default());
        self.phase = Phase::Parting(Parting::Closed { code, reason }, self.end_deadline());
    }

    /// Nothing behind a violation is read. If it came with a message, the app has yet to hear that one in another thread, and its answer
    /// would find the connection failed.
    fn refuse(&mut self, violation: Violation) {
        let answers_until = self.delivered.map(|at| at + self.limits.answer_wait);
        match answers_until.filter(|until| *until > Instant::now()) {
            Some(until) => self.phase = Phase::Answering(violation, until),
            None => self.fail(violation),
        }
    }

    /// §7.1.7: the peer is told why, and nothing that it sends is read any more.
    fn fail(&mut self, violation: Violation) {
        self.outbox
            .end(close_payload(Some(violation.code()), "").unwrap_or_default());
        let failure = Happened::from(violation).into_failure();
        self.phase = Phase::Parting(Parting::Failed(failure), self.end_deadline());
    }

    fn end_deadline(&self) -> Instant {
        Instant::now() + self.limits.end_wait
    }

    async fn wait(&mut self) -> Option<SocketEvent> {
        let asked = self.outbox.asked();
        let close_deadline = asked.map(|asked| asked + self.limits.close_wait);
        let end_deadline = self.broken.map(|broken| broken + self.limits.end_wait);
        let deadline = close_deadline.or(end_deadline);
        let silence = self.silence().filter(|_| deadline.is_none());
        match self.fill(deadline, silence).await {
            Woken::Bytes => self.life = Life::Heard(Instant::now()),
            Woken::Changed => self.note_broken(),
            Woken::Late => return Some(self.vanished(None)),
            Woken::End(error) => return Some(self.vanished(error)),
            Woken::Silence => return self.ask_or_give_up(),
        }
        None
    }

    /// Until when the peer may say nothing.
    fn silence(&self) -> Option<Instant> {
        let (Life::Heard(since) | Life::Asked(since)) = self.life;
        self.limits.ping_interval.map(|interval| since + interval)
    }

    fn ask_or_give_up(&mut self) -> Option<SocketEvent> {
        match self.life {
            Life::Heard(_) => {
                self.outbox.ping();
                self.life = Life::Asked(Instant::now());
                None
            }
            Life::Asked(_) => {
                self.finish();
                let silent = Happened::Broken("the server does not answer pings".to_owned());
                Some(SocketEvent::Failed(silent.into_failure()))
            }
        }
    }

    /// A writer that is done without having sent a close frame has met a broken connection.
    fn note_broken(&mut self) {
        if self.outbox.is_written() && !self.outbox.close_sent() {
            self.broken.get_or_insert_with(Instant::now);
        }
    }

    /// The connection ended, or was given up, without the peer's close frame.
    fn vanished(&mut self, error: Option<io::Error>) -> SocketEvent {
        self.finish();
        if self.outbox.asked().is_some() {
            return SocketEvent::Closed(Closed {
                code: code::ABNORMAL,
                reason: String::new(),
                clean: false,
            });
        }
        let happened = match error {
            Some(error) => Happened::broken(&error),
            None if self.broken.is_some() => Happened::Broken("it cannot be written to".to_owned()),
            None if self.incoming.is_between_messages() && self.input.is_empty() => {
                Happened::Broken("closed by the server without a close frame".to_owned())
            }
            None => FramingError::CutShort("a message").into(),
        };
        SocketEvent::Failed(happened.into_failure())
    }

    /// Waits until our close frame is written and the peer has closed: the client closes last, so that the server does not keep
    /// the port (§7.1.1). What still comes is not read.
    async fn part(&mut self, until: Instant) {
        let mut ended = false;
        while !(ended && self.outbox.is_written()) {
            let woken = if ended {
                self.written(until).await
            } else {
                self.fill(Some(until), None).await
            };
            self.input.clear();
            match woken {
                Woken::Bytes | Woken::Changed | Woken::Silence => {}
                Woken::End(_) => ended = true,
                Woken::Late => return,
            }
        }
    }

    fn end(&mut self, parting: Parting) -> SocketEvent {
        let clean = self.outbox.close_sent();
        self.finish();
        match parting {
            Parting::Closed { code, reason } => SocketEvent::Closed(Closed {
                code,
                reason,
                clean,
            }),
            Parting::Failed(failure) => SocketEvent::Failed(failure),
        }
    }

    /// Closes the connection: with the words of TLS if they leave at once, for nobody waits any more.
    fn finish(&mut self) {
        let mut nobody = Context::from_waker(Waker::noop());
        let _said = self.wire.borrow_mut().poll_shutdown(&mut nobody);
        self.phase = Phase::Ended;
        self.close();
    }

    fn close(&self) {
        self.writing.abort();
        self.outbox.shut();
        self.wire.borrow_mut().close();
    }

    async fn fill(&mut self, deadline: Option<Instant>, silence: Option<Instant>) -> Woken {
        let Self {
            wire,
            outbox,
            input,
            ..
        } = self;
        // In this order: a peer that never stops sending does not keep the deadline away.
        tokio::select! {
            biased;
            () = until(deadline) => Woken::Late,
            () = outbox.changed() => Woken::Changed,
            read = poll_fn(|cx| wire.borrow_mut().poll_fill(cx, input)) => match read {
                Ok(0) => Woken::End(None),
                Ok(_) => Woken::Bytes,
                Err(error) => Woken::End(Some(error)),
            },
            // Last: whoever was not polled for long has heard nothing, but there may be something to hear.
            () = until(silence) => Woken::Silence,
        }
    }

    async fn written(&self, deadline: Instant) -> Woken {
        tokio::select! {
            biased;
            () = until(Some(deadline)) => Woken::Late,
            () = self.outbox.changed() => Woken::Changed,
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}
