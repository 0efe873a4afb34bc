//! An HTTP/2 connection, by the h2 crate.
//!
//! h2 frames, compresses and counts windows. Around it: calls that wait for a stream instead of failing, bodies that go both ways at
//! once (H3), bounds on what a server may make us keep or do (H5), and exact knowledge of what the server has acted on (H4).

mod allowance;
mod call;
mod driver;
mod exchange;
mod frames;
mod handle;
mod names;
mod pulse;
mod streams;
mod watch;

use std::{cell::RefCell, rc::Rc, time::Instant};

use appnet_policy::{exchange::OutgoingRequest, preset::ResponseLimits};
use bytes::Bytes;
use h2::client::{Builder, SendRequest};

pub(crate) use self::exchange::Http2Exchange;
pub use self::pulse::SilenceLimits;
use self::{
    driver::Driver,
    handle::{Handle, Link},
    watch::Watch,
};
use crate::{
    error::ExchangeError,
    head,
    path::Measured,
    resend::Unanswered,
    spawn::Spawn,
    upload::Payload,
    wire::{Transport, Wire},
};

/// What a server may send of one body before the app takes some of it: a tenth of a second at 10 MB/s.
const STREAM_WINDOW: u32 = 1 << 20;

/// The same of all bodies of a connection together.
const CONNECTION_WINDOW: u32 = 4 << 20;

/// h2 ends a connection over this; [`watch`] stops reading long before, and nobody's call fails.
const SMALL_FRAMES_BUDGET: usize = 16 << 20;

/// A connection that serves many exchanges at a time.
pub(crate) struct Http2 {
    sender: SendRequest<Bytes>,
    link: Rc<RefCell<Link>>,
}

impl Http2 {
    /// Shakes hands. The connection's own task ends with the connection.
    ///
    /// # Errors
    /// The connection broke.
    pub(crate) async fn new(
        transport: Box<dyn Transport>,
        limits: &ResponseLimits,
        silence: SilenceLimits,
        spawn: &Spawn,
    ) -> Result<Self, ExchangeError> {
        let largest_list = head::largest_list(limits);
        let watch = Watch::new(largest_list, silence, Instant::now());
        let link = Rc::new(RefCell::new(Link::new(Wire::new(transport), watch)));
        let (sender, connection) = builder(largest_list)
            .handshake(Handle(Rc::clone(&link)))
            .await
            .map_err(|error| exchange::exchange_error(&error))?;
        spawn.spawn(Driver::new(Rc::clone(&link), connection));
        Ok(Self { sender, link })
    }

    /// Begins an exchange on a stream of its own; until the server allows one more, it waits.
    ///
    /// # Errors
    /// A request that cannot be sent, or a connection that takes no more of them.
    pub(crate) async fn begin(
        &self,
        request: &OutgoingRequest,
        payload: Payload,
    ) -> Result<Http2Exchange, Unanswered> {
        let head = head::request(request, &payload).map_err(Unanswered::for_good)?;
        let ends = payload.length() == 0;
        let limits = request.target.rules().policy().limits;
        let streams = self.link.borrow_mut().state().streams();
        let place = streams.place().await.ok_or_else(closing)?;
        // A clone of its own: h2 keeps in it which stream waits to be opened.
        let (response, stream) = self
            .sender
            .clone()
            .send_request(head, ends)
            .map_err(|error| Unanswered::untouched(exchange::exchange_error(&error)))?;
        Ok(Http2Exchange::new(
            Rc::clone(&self.link),
            response,
            stream,
            payload,
            limits,
            place,
        ))
    }

    /// Whether another exchange may begin.
    pub(crate) fn is_open(&self) -> bool {
        let mut link = self.link.borrow_mut();
        link.wire.is_open() && !link.state().is_closing()
    }

    /// What the kernel has measured.
    pub(crate) fn measured(&self) -> Option<Measured> {
        self.link.borrow().wire.measured()
    }

    pub(crate) fn close(&self) {
        self.link.borrow_mut().close();
    }
}

fn closing() -> Unanswered {
    Unanswered::untouched(ExchangeError::Broken(
        "the server takes no more requests on this connection".to_owned(),
    ))
}

fn builder(largest_list: usize) -> Builder {
    let mut builder = Builder::new();
    builder
        .enable_push(false)
        // `streams` counts them.
        .initial_max_send_streams(1)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(largest_list).unwrap_or(u32::MAX))
        // See `names`.
        .header_table_size(0)
        .data_frame_budget(SMALL_FRAMES_BUDGET);
    builder
}
