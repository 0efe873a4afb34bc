//! An app's connections (K3: nothing outlives the app's client, and no other app sees it).

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use appnet_policy::{exchange::OutgoingRequest, preset::ResponseLimits};

#[cfg(feature = "http3")]
use crate::alternatives::Alternatives;
use crate::{
    connect::{Destination, DialTimes, Dialled, Dialler, Way},
    connection::Connection,
    device::DeviceNetwork,
    error::ExchangeError,
    http2::SilenceLimits,
    lease::Lease,
    origin::{ConnectPlan, Origin},
    spawn::Spawn,
};

#[cfg(feature = "http3")]
mod http3;

/// Every connection of one app that can be used again.
pub(crate) struct Pool {
    dialler: Dialler,
    limits: ConnectionLimits,
    network: DeviceNetwork,
    /// The network that what is known here was learnt on.
    known_on: Cell<u64>,
    spawn: Spawn,
    /// Looked through, because each call looks through them anyway for what has been idle for too long.
    origins: RefCell<Vec<Rc<Origin>>>,
    #[cfg(feature = "http3")]
    alternatives: RefCell<Alternatives>,
}

/// How long and how many connections are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// A connection that has not served for so long is closed, at the next call.
    pub idle_timeout: Duration,
    /// HTTP/1 connections that are kept idle for one origin.
    pub idle_per_origin: usize,
    /// When a connection of HTTP/2 is taken for dead.
    pub silence: SilenceLimits,
}

impl Default for ConnectionLimits {
    /// A minute, less than most servers wait; and as many as an app has permits (C1).
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(60),
            idle_per_origin: 10,
            silence: SilenceLimits::default(),
        }
    }
}

impl Pool {
    pub(crate) fn new(
        dialler: Dialler,
        limits: ConnectionLimits,
        network: DeviceNetwork,
        spawn: Spawn,
        #[cfg(feature = "http3")] alternatives: Alternatives,
    ) -> Self {
        Self {
            dialler,
            limits,
            known_on: Cell::new(network.number()),
            network,
            spawn,
            origins: RefCell::default(),
            #[cfg(feature = "http3")]
            alternatives: RefCell::new(alternatives),
        }
    }

    /// Where a request's connection goes.
    ///
    /// # Errors
    /// The request names an HttpDNS service that the host does not have, and does not fall back.
    pub(crate) fn destination(
        &self,
        request: &OutgoingRequest,
    ) -> Result<Destination, ExchangeError> {
        self.follow_device();
        let source = self.dialler.names.source(request.http_dns.as_ref())?;
        #[cfg_attr(not(feature = "http3"), expect(unused_mut))]
        let mut destination = Destination::of_request(request, source);
        #[cfg(feature = "http3")]
        {
            destination.http3 = self.http3_port(request, &destination);
        }
        Ok(destination)
    }

    /// The connections to a destination, after those of all that have been idle for too long were closed. A server that has asked for
    /// HTTP/1.1 is offered nothing else.
    pub(crate) fn origin(&self, destination: &Destination) -> Rc<Origin> {
        self.close_long_idle();
        let origin = self.entry(destination);
        if origin.requires_http1() {
            self.entry(&destination.over_http1())
        } else {
            origin
        }
    }

    /// A new connection; for HTTP/2 perhaps one that another exchange has just made.
    pub(crate) async fn connect(
        &self,
        origin: &Rc<Origin>,
        request: &OutgoingRequest,
        times: &mut DialTimes,
    ) -> Result<Lease, ExchangeError> {
        let _first = match origin.plan().await {
            ConnectPlan::Share(connection) => return Ok(Lease::new(connection, Rc::clone(origin))),
            ConnectPlan::Lead(turn) => Some(turn),
            ConnectPlan::Alone => None,
        };
        let made = self.make(origin, request, times).await;
        let made = made.inspect_err(|_| origin.failed())?;
        Ok(Lease::new(origin.made(Rc::new(made)), Rc::clone(origin)))
    }

    /// A connection that the pool does not keep: a socket's.
    pub(crate) async fn dial_apart(
        &self,
        destination: &Destination,
        times: &mut DialTimes,
    ) -> Result<Dialled, ExchangeError> {
        self.follow_device();
        self.dialler.dial(destination, None, times).await
    }

    /// Forgets what belongs to a network that the device has left. A connection that serves an exchange lives as long as that, and comes back to an origin
    /// that nobody finds any more.
    fn follow_device(&self) {
        let number = self.network.number();
        if self.known_on.replace(number) == number {
            return;
        }
        self.origins.borrow_mut().clear();
        self.dialler.names.forget();
        #[cfg(feature = "http3")]
        self.alternatives.borrow_mut().forget();
    }

    /// What its connections are made with.
    pub(crate) const fn dialler(&self) -> &Dialler {
        &self.dialler
    }

    /// Who runs what goes on beside the calls.
    pub(crate) const fn spawn(&self) -> &Spawn {
        &self.spawn
    }

    async fn make(
        &self,
        origin: &Origin,
        request: &OutgoingRequest,
        times: &mut DialTimes,
    ) -> Result<Connection, ExchangeError> {
        let http_dns = request.http_dns.as_ref();
        let destination = origin.destination();
        let way = self.dialler.look_up(destination, http_dns, times).await?;
        let limits = &request.target.rules().policy().limits;
        #[cfg(feature = "http3")]
        if let Some(port) = destination.http3 {
            let target = &request.target;
            // In a box: few calls race, and each that connects would hold room for it.
            let race = self.race(destination, &way, port, target, times);
            return Box::pin(race).await;
        }
        self.over_tcp(destination, &way, limits, times).await
    }

    async fn over_tcp(
        &self,
        destination: &Destination,
        way: &Way<'_>,
        limits: &ResponseLimits,
        times: &mut DialTimes,
    ) -> Result<Connection, ExchangeError> {
        let dialled = self.dialler.over_tcp(destination, way, times).await?;
        Connection::new(dialled, limits, self.limits.silence, &self.spawn).await
    }

    fn entry(&self, destination: &Destination) -> Rc<Origin> {
        let mut origins = self.origins.borrow_mut();
        let known = origins
            .iter()
            .find(|origin| origin.destination() == destination);
        if let Some(origin) = known {
            return Rc::clone(origin);
        }
        let origin = Rc::new(Origin::new(
            destination.clone(),
            self.limits.idle_per_origin,
        ));
        origins.push(Rc::clone(&origin));
        origin
    }

    fn close_long_idle(&self) {
        let now = Instant::now();
        self.origins.borrow_mut().retain(|origin| {
            origin.close_long_idle(self.limits.idle_timeout, now);
            // Somebody may be using one of this origin's connections, or waiting for a turn.
            !origin.is_empty() || Rc::strong_count(origin) > 1
        });
    }
}
