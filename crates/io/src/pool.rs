//! An app's connections: which are idle, which are shared, and whose turn it is to make one (K3: nothing outlives the app's
//! client, and no other app sees it).

use std::{cell::RefCell, collections::HashMap, rc::Rc, time::Duration};

use tokio::sync::Mutex;

use crate::{
    connect::{Destination, DialTimes, Dialled, dial, resolve::Resolve, tls::TlsConfigs},
    connection::Connection,
    error::Happened,
    lease::Lease,
};

/// Every connection of one app that can be used again.
pub(crate) struct Pool {
    tls: TlsConfigs,
    resolver: Box<dyn Resolve>,
    limits: ConnectionLimits,
    origins: RefCell<HashMap<Destination, Origin>>,
}

/// How long and how many idle connections are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// A connection that has not served for so long is closed, at the next call.
    pub idle_timeout: Duration,
    /// HTTP/1 connections that are kept idle for one origin.
    pub idle_per_origin: usize,
}

impl Default for ConnectionLimits {
    /// A minute, less than most servers wait; and as many as an app has permits (C1).
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(60),
            idle_per_origin: 10,
        }
    }
}

#[derive(Default)]
struct Origin {
    /// HTTP/1, the last used at the end.
    idle: Vec<Rc<Connection>>,
    shared: Shared,
}

/// HTTP/2: one connection for all, and one attempt at a time to make it.
#[derive(Default)]
struct Shared {
    connection: Option<Rc<Connection>>,
    turn: Rc<Mutex<()>>,
    /// The server answered an offer of HTTP/2 with HTTP/1: waiting for one another would only cost time.
    declined: bool,
}

impl Pool {
    pub(crate) fn new(
        tls: TlsConfigs,
        resolver: Box<dyn Resolve>,
        limits: ConnectionLimits,
    ) -> Self {
        Self {
            tls,
            resolver,
            limits,
            origins: RefCell::default(),
        }
    }

    /// A connection that has served and may again, if there is one.
    pub(crate) fn reuse(self: &Rc<Self>, destination: &Destination) -> Option<Lease> {
        self.close_long_idle();
        let mut origins = self.origins.borrow_mut();
        let origin = origins.get_mut(destination)?;
        if let Some(shared) = origin
            .shared
            .connection
            .take_if(|connection| !connection.is_ready())
        {
            drop(shared);
        }
        let connection = origin
            .shared
            .connection
            .clone()
            .or_else(|| origin.take_idle())?;
        Some(Lease::new(connection, self, destination))
    }

    /// A new connection; for HTTP/2 perhaps one that another exchange has just made.
    pub(crate) async fn connect(
        self: &Rc<Self>,
        destination: &Destination,
        times: &mut DialTimes,
    ) -> Result<Lease, Happened> {
        let Some(turn) = self.turn_of(destination) else {
            return self.dial(destination, times).await;
        };
        let _turn = turn.lock().await;
        match self.shared(destination) {
            Some(connection) => Ok(Lease::new(connection, self, destination)),
            None => self.dial(destination, times).await,
        }
    }

    /// A connection that the pool does not keep: a socket's.
    pub(crate) async fn dial_apart(
        &self,
        destination: &Destination,
        times: &mut DialTimes,
    ) -> Result<Dialled, Happened> {
        dial(destination, self.resolver.as_ref(), &self.tls, times).await
    }

    async fn dial(
        self: &Rc<Self>,
        destination: &Destination,
        times: &mut DialTimes,
    ) -> Result<Lease, Happened> {
        let dialled = self.dial_apart(destination, times).await?;
        let connection = Rc::new(Connection::new(dialled));
        let mut origins = self.origins.borrow_mut();
        let shared = &mut origins.entry(destination.clone()).or_default().shared;
        shared.declined = destination.http2 && !connection.is_http2();
        if connection.is_http2() {
            shared.connection = Some(Rc::clone(&connection));
        }
        Ok(Lease::new(connection, self, destination))
    }

    /// What to hold while making a connection that others will share.
    fn turn_of(&self, destination: &Destination) -> Option<Rc<Mutex<()>>> {
        let mut origins = self.origins.borrow_mut();
        let shared = &origins.entry(destination.clone()).or_default().shared;
        (destination.http2 && !shared.declined).then(|| Rc::clone(&shared.turn))
    }

    fn shared(&self, destination: &Destination) -> Option<Rc<Connection>> {
        let origins = self.origins.borrow();
        origins
            .get(destination)?
            .shared
            .connection
            .clone()
            .filter(|connection| connection.is_ready())
    }

    fn close_long_idle(&self) {
        let timeout = self.limits.idle_timeout;
        let keep =
            |connection: &Rc<Connection>| connection.idle_for().is_none_or(|idle| idle < timeout);
        self.origins.borrow_mut().retain(|_, origin| {
            origin.idle.retain(keep);
            origin
                .shared
                .connection
                .take_if(|connection| !keep(connection));
            // Somebody may be waiting for this origin's turn; and `declined` is worth remembering.
            !origin.is_empty()
                || origin.shared.declined
                || Rc::strong_count(&origin.shared.turn) > 1
        });
    }

    pub(crate) fn put_back(&self, destination: &Destination, connection: Rc<Connection>) {
        let mut origins = self.origins.borrow_mut();
        let idle = &mut origins.entry(destination.clone()).or_default().idle;
        if idle.len() < self.limits.idle_per_origin {
            idle.push(connection);
        }
    }
}

impl Origin {
    /// The last used first: it is the least likely to be closed by now.
    fn take_idle(&mut self) -> Option<Rc<Connection>> {
        while let Some(connection) = self.idle.pop() {
            if connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    fn is_empty(&self) -> bool {
        self.idle.is_empty() && self.shared.connection.is_none()
    }
}
