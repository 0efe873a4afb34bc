//! What moves a connection, and notices when nothing comes any more.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use h2::{Ping, PingPong, client::Connection};
use tokio::time::{Sleep, sleep_until};

use super::{
    handle::{Handle, Link},
    pulse::Beat,
};

/// Ends with the connection, and closes it.
pub(super) struct Driver {
    link: Rc<RefCell<Link>>,
    connection: Connection<Handle, Bytes>,
    /// Taken when it is first needed: h2 looks after it at each step.
    ping: Option<PingPong>,
    /// Never later than something is due. It is not moved for each byte that comes: it fires, and is set again.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Driver {
    pub(super) const fn new(
        link: Rc<RefCell<Link>>,
        connection: Connection<Handle, Bytes>,
    ) -> Self {
        Self {
            link,
            connection,
            ping: None,
            timer: None,
        }
    }

    /// Waits until the server is to be asked for a sign of life, or is gone.
    fn poll_beat(&mut self, cx: &mut Context<'_>) -> Poll<Beat> {
        loop {
            let due = self.link.borrow_mut().state().due();
            if let Some(due) = due {
                let due = due.into();
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
                if timer.deadline() > due {
                    timer.as_mut().reset(due);
                }
            }
            let Some(timer) = &mut self.timer else {
                return Poll::Pending;
            };
            ready!(timer.as_mut().poll(cx));
            self.timer = None;
            if let Some(beat) = self.link.borrow_mut().state().beat(Instant::now()) {
                return Poll::Ready(beat);
            }
        }
    }

    fn ask(&mut self, cx: &mut Context<'_>) {
        if self.ping.is_none() {
            self.ping = self.connection.ping_pong();
        }
        if let Some(ping) = &mut self.ping {
            // h2 has one PING under way at a time. Where the last was not answered, it is waited for: they are answered in order.
            let _answered = ping.poll_pong(cx);
            let _sent = ping.send_ping(Ping::opaque());
        }
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            // First: what came while this thread did something else counts.
            if let Poll::Ready(ended) = Pin::new(&mut this.connection).poll(cx) {
                if let Err(error) = ended {
                    tracing::debug!(%error, "an HTTP/2 connection ended");
                }
                this.link.borrow_mut().close();
                return Poll::Ready(());
            }
            match ready!(this.poll_beat(cx)) {
                Beat::Ask => this.ask(cx),
                Beat::Gone => this.link.borrow_mut().fall_silent(),
            }
        }
    }
}
