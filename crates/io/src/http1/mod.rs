//! An HTTP/1.1 connection: awc takes the requests, we write them and read the answers (decision 0002).

mod client;
mod exchange;
mod head;
mod link;
#[cfg(test)]
mod tests;

use std::{cell::RefCell, rc::Rc};

use appnet_policy::exchange::OutgoingRequest;

pub(crate) use self::exchange::Http1Exchange;
use self::{client::KnownAuthority, link::Link};
use crate::{
    error::ExchangeError,
    framing::{Bounds, ResponseFraming},
    path::Measured,
    upload::Payload,
    wire::{Transport, Wire},
};

/// A connection that serves one exchange after the other.
///
/// It has an awc client of its own, which sends over this one connection (decision 0001).
pub(crate) struct Http1 {
    client: awc::Client,
    authority: KnownAuthority,
    link: Rc<RefCell<Link>>,
}

impl Http1 {
    pub(crate) fn new(transport: Box<dyn Transport>) -> Self {
        let link = Rc::new(RefCell::new(Link::new(Wire::new(transport))));
        Self {
            client: client::client_of(Rc::clone(&link)),
            authority: KnownAuthority::default(),
            link,
        }
    }

    /// Begins an exchange. Given up before its end, it leaves the connection half read: it must be closed then.
    ///
    /// # Errors
    /// A request that cannot be sent.
    pub(crate) fn begin(
        &self,
        request: &OutgoingRequest,
        payload: Payload,
    ) -> Result<Http1Exchange, ExchangeError> {
        let fields = head::fields(request, &payload)?;
        self.link.borrow_mut().begin(fields);
        let sending = client::send(&self.client, &self.authority, request, payload)?;
        let bounds = Bounds::from(&request.target.rules().policy().limits);
        let framing = ResponseFraming::new(request.method, bounds);
        Ok(Http1Exchange::new(Rc::clone(&self.link), sending, framing))
    }

    /// Whether nothing came since the last exchange: no end, and no bytes that nobody asked for (H4).
    pub(crate) fn is_quiet(&self) -> bool {
        let mut link = self.link.borrow_mut();
        link.input.is_empty() && link.wire.is_quiet()
    }

    /// What the kernel has measured.
    pub(crate) fn measured(&self) -> Option<Measured> {
        self.link.borrow().wire.measured()
    }

    pub(crate) fn close(&self) {
        self.link.borrow_mut().wire.close();
    }
}
