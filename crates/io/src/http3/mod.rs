//! An HTTP/3 connection (RFC 9114), by h3 over quinn.
//!
//! h3 frames and compresses, quinn does QUIC: windows, loss, streams that wait for room. Around them: bodies that go both ways at once (H3),
//! bounds on what a server may make us keep or do ([`frames`], [`transport`]; P6, I1, I2), lengths that must be kept, and what the server has
//! acted on (H4). No 0-RTT: what it sends can be replayed.

mod exchange;
mod frames;
mod transport;

use std::{cell::Cell, rc::Rc, time::Duration};

use appnet_policy::{exchange::OutgoingRequest, preset::ResponseLimits};
use bytes::Bytes;
use h3::{client::SendRequest, error::Code};

pub(crate) use self::exchange::Http3Exchange;
use self::transport::{Logs, Opener, Quic};
use crate::{
    connect::quic::QuicLink,
    error::ExchangeError,
    head,
    path::Measured,
    resend::{Reach, Unanswered},
    spawn::Spawn,
    upload::Payload,
};

/// A list of fields that is longer may have more of them than an `http::HeaderMap` holds.
const LARGEST_LIST: usize = 1 << 20;

/// A connection that serves many exchanges at a time.
pub(crate) struct Http3 {
    sender: SendRequest<Opener, Bytes>,
    link: QuicLink,
    logs: Logs,
    /// Whether the server takes no more requests.
    closing: Rc<Cell<bool>>,
}

impl Http3 {
    /// Opens the streams of control. The connection's own task ends with the connection.
    ///
    /// # Errors
    /// The connection broke.
    pub(crate) async fn new(
        link: QuicLink,
        limits: &ResponseLimits,
        spawn: &Spawn,
    ) -> Result<Self, ExchangeError> {
        let largest_list = head::largest_list(limits).min(LARGEST_LIST);
        let logs = Logs::default();
        let quic = Quic::new(link.connection().clone(), logs.clone(), largest_list);
        let (mut connection, sender) = h3::client::builder()
            .max_field_section_size(largest_list as u64)
            .send_grease(false)
            .build(quic)
            .await
            .map_err(|error| ExchangeError::Broken(error.to_string()))?;
        let closing = Rc::new(Cell::new(false));
        let closed = Rc::clone(&closing);
        let quinn = link.connection().clone();
        spawn.spawn(async move {
            let error = connection.wait_idle().await;
            tracing::debug!(%error, "an HTTP/3 connection ended");
            closed.set(true);
            quinn.close(code(Code::H3_NO_ERROR), b"");
        });
        Ok(Self {
            sender,
            link,
            logs,
            closing,
        })
    }

    /// Begins an exchange on a stream of its own; until the server allows one more, it waits.
    ///
    /// # Errors
    /// A request that cannot be sent, or a connection that takes no more of them.
    pub(crate) async fn begin(
        &self,
        request: &OutgoingRequest,
        payload: Payload,
    ) -> Result<Http3Exchange, Unanswered> {
        let head = head::request(request, &payload).map_err(Unanswered::for_good)?;
        let mut sender = self.sender.clone();
        let stream = sender.send_request(head).await.map_err(|error| {
            let unanswered = exchange::not_begun(&error);
            self.closing.set(unanswered.reach != Reach::Answered);
            unanswered
        })?;
        let log = self.logs.of(stream.id());
        Ok(Http3Exchange::new(stream, log, request, payload))
    }

    /// Whether another exchange may begin.
    pub(crate) fn is_open(&self) -> bool {
        !self.closing.get() && self.link.connection().close_reason().is_none()
    }

    pub(crate) fn close(&self) {
        self.link.close();
    }

    /// How many datagrams have come, with whatever in them.
    pub(crate) fn heard(&self) -> u64 {
        self.link.connection().stats().udp_rx.datagrams
    }

    /// How long the server may take to say that a packet arrived: as long as QUIC waits for that before it asks (RFC 9002 §6.2.1), twice.
    pub(crate) fn answers_within(&self) -> Duration {
        const MAX_ACK_DELAY: Duration = Duration::from_millis(25);
        (self.link.connection().rtt() * 3 + MAX_ACK_DELAY) * 2
    }

    /// What QUIC has measured of the way.
    pub(crate) fn measured(&self) -> Measured {
        let path = self.link.connection().stats().path;
        Measured {
            rtt: path.rtt,
            retransmitted: u32::try_from(path.lost_packets).unwrap_or(u32::MAX),
        }
    }
}

fn code(code: Code) -> quinn::VarInt {
    quinn::VarInt::from_u64(code.value()).expect("every code of HTTP/3 is a small number")
}
