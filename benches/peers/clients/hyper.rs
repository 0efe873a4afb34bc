//! hyper itself, on connections made by hand: ten of HTTP/1.1, or one of HTTP/2.

use std::{cell::RefCell, fs::File, io::Write as _, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::BodyExt as _;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::spawn_local;

use super::{Order, job::HttpClient, outgoing::Outgoing};
use crate::{headers, origin::HOST, tls, turn::Failure, work::Version};

/// Connections and what is asked for.
#[derive(Debug)]
pub(crate) struct Hyper {
    connections: Connections,
    uri: Uri,
}

#[derive(Debug)]
enum Connections {
    /// Those that are free.
    One(RefCell<Vec<http1::SendRequest<Outgoing>>>),
    Two(http2::SendRequest<Outgoing>),
}

impl Hyper {
    pub(crate) async fn connect(order: Order<'_>) -> Result<Self, Failure> {
        let config = Arc::new(tls::config(order.origin, order.version)?);
        let port = order.origin.port(order.version);
        let path = order.what.path(order.transfer);
        let connections = match order.version {
            Version::One => {
                let mut free = Vec::new();
                for _ in 0..order.what.lanes() {
                    let tls = TokioIo::new(tls::connect(&config, port).await?);
                    let (sender, connection) = http1::handshake(tls).await?;
                    spawn_local(connection);
                    free.push(sender);
                }
                Connections::One(RefCell::new(free))
            }
            Version::Two => {
                let tls = TokioIo::new(tls::connect(&config, port).await?);
                let (sender, connection) = http2::handshake(TokioExecutor::new(), tls).await?;
                spawn_local(connection);
                Connections::Two(sender)
            }
        };
        let uri = match order.version {
            Version::One => path.parse()?,
            Version::Two => format!("https://{HOST}:{port}{path}").parse()?,
        };
        Ok(Self { connections, uri })
    }

    /// Makes a request, and does with the answer what is to be done before the connection is free again.
    async fn exchange<T>(
        &self,
        method: Method,
        body: Outgoing,
        then: impl AsyncFnOnce(Response<Incoming>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut request = head(method, self.uri.clone()).map(|()| body);
        match &self.connections {
            Connections::One(free) => {
                let host = HeaderValue::from_static(HOST);
                request.headers_mut().insert(http::header::HOST, host);
                let sender = free.borrow_mut().pop();
                let mut sender = sender.expect("there is one for each lane");
                sender.ready().await?;
                let result = then(sender.send_request(request).await?).await?;
                free.borrow_mut().push(sender);
                Ok(result)
            }
            Connections::Two(sender) => {
                let mut sender = sender.clone();
                sender.ready().await?;
                then(sender.send_request(request).await?).await
            }
        }
    }
}

impl HttpClient for Hyper {
    async fn get(&self) -> Result<Bytes, Failure> {
        self.exchange(Method::GET, Outgoing::nothing(), read).await
    }

    async fn download(&self, to: &mut File) -> Result<(), Failure> {
        let save = async |response| save(response, to).await;
        self.exchange(Method::GET, Outgoing::nothing(), save).await
    }

    async fn upload(&self, body: Outgoing) -> Result<(), Failure> {
        self.exchange(Method::POST, body, read).await?;
        Ok(())
    }
}

/// A request without a body.
pub(crate) fn head(method: Method, uri: Uri) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers::map();
    request
}

/// Reads an answer whole.
pub(crate) async fn read(response: Response<Incoming>) -> Result<Bytes, Failure> {
    check(&response)?;
    Ok(response.into_body().collect().await?.to_bytes())
}

/// Writes an answer to a file as it comes.
pub(crate) async fn save(response: Response<Incoming>, to: &mut File) -> Result<(), Failure> {
    check(&response)?;
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            to.write_all(&data)?;
        }
    }
    Ok(())
}

fn check<T>(response: &Response<T>) -> Result<(), Failure> {
    match response.status() {
        http::StatusCode::OK => Ok(()),
        status => Err(status.to_string().into()),
    }
}
