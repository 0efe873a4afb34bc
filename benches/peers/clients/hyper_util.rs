//! The client of hyper-util, over the connector of hyper-rustls.

use std::{
    fs::File,
    future::{Ready, ready},
    io,
    net::SocketAddr,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Method, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::TokioExecutor,
};
use tower_service::Service;

use super::{
    Order,
    hyper::{head, read, save},
    job::HttpClient,
    outgoing::Outgoing,
};
use crate::{origin::HOST, tls, turn::Failure, work::Version};

/// A client and what it asks for.
#[derive(Debug)]
pub(crate) struct HyperUtil {
    client: Client<HttpsConnector<HttpConnector<Loopback>>, Outgoing>,
    uri: Uri,
}

impl HyperUtil {
    pub(crate) fn new(order: Order<'_>) -> Result<Self, Failure> {
        let address = order.origin.address(order.version);
        let mut http = HttpConnector::new_with_resolver(Loopback(address));
        http.enforce_http(false);
        http.set_nodelay(true);
        let mut config = tls::config(order.origin, order.version)?;
        config.alpn_protocols.clear(); // the connector sets them
        let builder = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_only();
        let connector = match order.version {
            Version::One => builder.enable_http1().wrap_connector(http),
            Version::Two => builder.enable_http2().wrap_connector(http),
        };
        let client = Client::builder(TokioExecutor::new())
            .http2_only(order.version == Version::Two)
            .build(connector);
        let path = order.what.path(order.transfer);
        Ok(Self {
            client,
            uri: format!("https://{HOST}:{}{path}", address.port()).parse()?,
        })
    }

    fn request(&self, method: Method, body: Outgoing) -> Request<Outgoing> {
        head(method, self.uri.clone()).map(|()| body)
    }
}

impl HttpClient for HyperUtil {
    async fn get(&self) -> Result<Bytes, Failure> {
        let request = self.request(Method::GET, Outgoing::nothing());
        read(self.client.request(request).await?).await
    }

    async fn download(&self, to: &mut File) -> Result<(), Failure> {
        let request = self.request(Method::GET, Outgoing::nothing());
        save(self.client.request(request).await?, to).await
    }

    async fn upload(&self, body: Outgoing) -> Result<(), Failure> {
        let request = self.request(Method::POST, body);
        read(self.client.request(request).await?).await?;
        Ok(())
    }
}

/// Every name is the origin's.
#[derive(Debug, Clone)]
pub(crate) struct Loopback(SocketAddr);

impl Service<Name> for Loopback {
    type Response = std::iter::Once<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(std::iter::once(self.0)))
    }
}
