//! Which calls go over HTTP/3, and the race of QUIC with TCP.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use appnet_policy::{
    Permitted, Target,
    exchange::{OutgoingRequest, ResponseHead},
    preset::ResponseLimits,
};
use futures_util::future::{Either, select};
use tokio::time::timeout;

use super::Pool;
use crate::{
    connect::{Destination, DialTimes, Way},
    connection::Connection,
    error::ExchangeError,
};

/// How long QUIC has before TCP is tried beside it: about the time of its handshake over a good mobile network.
const HEAD_START: Duration = Duration::from_millis(200);

impl Pool {
    /// An answer came: it may say where else its server is (RFC 7838).
    pub(crate) fn learn(&self, request: &OutgoingRequest, head: &ResponseHead) {
        if request.target.is_secure() {
            let mut alternatives = self.alternatives.borrow_mut();
            alternatives.learn(&request.target, head, Instant::now());
        }
    }

    /// HTTP/3 did not work there: it is left alone for a while.
    pub(crate) fn rest(&self, target: &Permitted<Target>) {
        self.alternatives.borrow_mut().rest(target, Instant::now());
    }

    /// Where this request may go over HTTP/3. The host's own mapping of names comes first (U7).
    pub(super) fn http3_port(
        &self,
        request: &OutgoingRequest,
        destination: &Destination,
    ) -> Option<u16> {
        // A weak network is made of TCP connections, and a proxy has no other.
        let over_tcp = self.dialler.shaping.is_on() || self.dialler.proxy(destination).is_some();
        if !request.http3 || !request.target.is_secure() || over_tcp {
            return None;
        }
        let alternatives = self.alternatives.borrow();
        let port = alternatives.find(&request.target, Instant::now())?;
        let route = request.target.rules().route_to_port(&request.target, port);
        (route.host == destination.route.host).then_some(route.port)
    }

    /// QUIC and TCP; whichever is first is taken, and the other given up. If QUIC is not, it rests.
    pub(super) async fn race(
        &self,
        destination: &Destination,
        way: &Way<'_>,
        port: u16,
        target: &Permitted<Target>,
        times: &mut DialTimes,
    ) -> Result<Connection, ExchangeError> {
        let limits = &target.rules().policy().limits;
        let (mut times_of_quic, mut times_of_tcp) = (times.clone(), times.clone());
        let (made, over_quic) = {
            let mut quic = pin!(self.over_quic(destination, way, port, limits, &mut times_of_quic));
            let tcp = self.over_tcp(destination, way, limits, &mut times_of_tcp);
            match timeout(HEAD_START, &mut quic).await {
                Ok(Ok(connection)) => (Ok(connection), true),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "no connection of QUIC");
                    (tcp.await, false)
                }
                Err(_) => match select(quic, pin!(tcp)).await {
                    Either::Left((Ok(connection), _)) => (Ok(connection), true),
                    Either::Left((Err(_), tcp)) => (tcp.await, false),
                    Either::Right((Ok(connection), _)) => (Ok(connection), false),
                    Either::Right((Err(error), quic)) => match quic.await {
                        Ok(connection) => (Ok(connection), true),
                        Err(_) => (Err(error), false),
                    },
                },
            }
        };
        if !over_quic {
            self.rest(target);
        }
        *times = if over_quic {
            times_of_quic
        } else {
            times_of_tcp
        };
        made
    }

    async fn over_quic(
        &self,
        destination: &Destination,
        way: &Way<'_>,
        port: u16,
        limits: &ResponseLimits,
        times: &mut DialTimes,
    ) -> Result<Connection, ExchangeError> {
        let dialler = &self.dialler;
        let linked = dialler.over_quic(destination, way, port, &self.spawn, times);
        Connection::over_quic(linked.await?, limits, &self.spawn).await
    }
}
