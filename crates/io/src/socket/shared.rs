//! What the halves of a socket share: its state, its connection, and who waits for what was sent.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    task::{Context, Poll, Waker},
};

use appnet_policy::socket::SocketMessage;
use appnet_websocket::{InputEnd, Polled, SendError, WebSocket, WebSocketEvent};
use bytes::BytesMut;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

use crate::wire::Wire;

/// SharedSocket by whoever receives, whoever sends, and the task that writes. Each of them wakes the others when it has changed what they wait for.
pub(super) struct SharedSocket {
    websocket: RefCell<WebSocket>,
    wire: RefCell<Wire>,
    /// To be told when their messages are with the transport, in the order of sending.
    unconfirmed: RefCell<VecDeque<oneshot::Sender<()>>>,
    to_writer: Notify,
    to_reader: Notify,
}

impl SharedSocket {
    pub(super) fn new(wire: Wire, websocket: WebSocket) -> Self {
        Self {
            websocket: RefCell::new(websocket),
            wire: RefCell::new(wire),
            unconfirmed: RefCell::default(),
            to_writer: Notify::new(),
            to_reader: Notify::new(),
        }
    }

    /// Takes a message in (W2); what is received when it is with the transport.
    pub(super) fn send(&self, message: SocketMessage) -> Result<oneshot::Receiver<()>, SendError> {
        self.websocket.borrow_mut().send(message)?;
        let (confirm, confirmed) = oneshot::channel();
        self.unconfirmed.borrow_mut().push_back(confirm);
        self.to_writer.notify_one();
        Ok(confirmed)
    }

    /// The app closes.
    pub(super) fn close(&self, code: Option<u16>, reason: &str) -> Result<(), SendError> {
        let mut websocket = self.websocket.borrow_mut();
        websocket.close(code, reason, now())?;
        self.to_writer.notify_one();
        self.to_reader.notify_one();
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.websocket.borrow().is_open()
    }

    /// For the reader: what is to be told.
    pub(super) fn poll_event(&self) -> Polled<WebSocketEvent> {
        let polled = self.websocket.borrow_mut().poll_event(now());
        self.wake_writer();
        polled
    }

    /// For the reader: bytes came.
    pub(super) fn input(&self, bytes: BytesMut) {
        self.websocket.borrow_mut().handle_input(bytes, now());
    }

    /// For the reader: no more bytes will come.
    pub(super) fn input_end(&self, end: InputEnd) {
        self.websocket.borrow_mut().handle_input_end(end);
    }

    /// For the reader: whether to read, and when to wake at the latest.
    pub(super) fn waits_for(&self) -> (bool, Option<Instant>) {
        let websocket = self.websocket.borrow();
        let timeout = websocket.poll_timeout().map(Instant::from_std);
        (websocket.wants_input(), timeout)
    }

    /// For the reader: it has waited.
    pub(super) fn waited(&self) {
        self.websocket.borrow_mut().handle_timeout(now());
        self.wake_writer();
    }

    /// For the reader: returns when the app closes or the writer has ended.
    pub(super) async fn changed(&self) {
        self.to_reader.notified().await;
    }

    pub(super) fn poll_fill(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        self.wire.borrow_mut().poll_fill(cx, buffer)
    }

    /// Closes the connection now; nobody hears of the socket any more.
    pub(super) fn abandon(&self) {
        self.websocket.borrow_mut().abandon();
        self.unconfirmed.borrow_mut().clear();
        self.wire.borrow_mut().close();
    }

    /// The same after the last event: with the words of TLS, if they leave at once, for nobody waits any more.
    pub(super) fn end(&self) {
        let mut nobody = Context::from_waker(Waker::noop());
        let _said = self.wire.borrow_mut().poll_shutdown(&mut nobody);
        self.abandon();
    }

    /// For the writer: what is to be written.
    pub(super) fn poll_transmit(&self, output: &mut Vec<u8>) -> Polled<()> {
        self.websocket.borrow_mut().poll_transmit(output)
    }

    pub(super) fn poll_write(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.wire.borrow_mut().poll_write(cx, data)
    }

    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.borrow_mut().poll_flush(cx)
    }

    /// For the writer: what it was given is with the transport.
    pub(super) fn transmitted(&self) {
        let mut websocket = self.websocket.borrow_mut();
        let count = websocket.handle_transmitted();
        for confirm in self.unconfirmed.borrow_mut().drain(..count) {
            // Whoever sent it may have stopped waiting.
            let _unheard = confirm.send(());
        }
        if websocket.has_sent_all() {
            self.to_reader.notify_one();
        }
    }

    /// For the writer: waits for something to write; whether there will be something.
    pub(super) async fn wait_to_transmit(&self) -> bool {
        if self.websocket.borrow().has_sent_all() {
            return false;
        }
        self.to_writer.notified().await;
        true
    }

    /// For the writer: it ends, well or not.
    pub(super) fn writer_ended(&self) {
        let mut websocket = self.websocket.borrow_mut();
        if !websocket.has_sent_all() {
            websocket.handle_write_error(now());
            self.unconfirmed.borrow_mut().clear();
        }
        self.to_reader.notify_one();
    }

    fn wake_writer(&self) {
        if self.websocket.borrow().wants_transmit() {
            self.to_writer.notify_one();
        }
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}
