//! TLS for awc, by the rustls that the others use: its own features would bring another provider.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_rt::net::{ActixStream, Ready};
use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use rustls::ClientConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use super::super::Order;
use crate::{tls, turn::Failure};

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

/// awc wants a trait that it never uses.
#[derive(Debug)]
pub(super) struct Tls(TlsStream<TcpStream>);

impl AsyncRead for Tls {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tls {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

impl ActixStream for Tls {
    fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        Poll::Ready(Ok(Ready::ALL))
    }

    fn poll_write_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        Poll::Ready(Ok(Ready::ALL))
    }
}
