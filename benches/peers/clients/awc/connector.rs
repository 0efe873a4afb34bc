//! TLS for awc, by the rustls that the others use: its own features would bring another provider.

use std::sync::Arc;

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use rustls::ClientConfig;

use super::super::Order;
use crate::{awc_tls::Tls, tls, turn::Failure};

/// Connects every name to the origin.
#[derive(Debug, Clone)]
pub(super) struct Loopback {
    config: Arc<ClientConfig>,
    port: u16,
}

impl Loopback {
    pub(super) fn new(order: Order<'_>) -> Result<Self, Failure> {
        Ok(Self {
            config: Arc::new(tls::config(order.origin, order.version)?),
            port: order.origin.port(order.version),
        })
    }
}

impl Service<ConnectInfo<awc::http::Uri>> for Loopback {
    type Response = Connection<awc::http::Uri, Tls>;
    type Error = ConnectError;
    type Future = LocalBoxFuture<'static, Result<Self::Response, ConnectError>>;

    actix_service::always_ready!();

    fn call(&self, info: ConnectInfo<awc::http::Uri>) -> Self::Future {
        let Self { config, port } = self.clone();
        async move {
            let tls = tls::connect(&config, port).await;
            let tls = tls.map_err(ConnectError::Io)?;
            Ok(Connection::new(info.request().clone(), Tls(tls)))
        }
        .boxed_local()
    }
}
