//! The h2 crate itself, on one connection: the floor of HTTP/2.

use std::{fs::File, future::poll_fn, io::Write as _, sync::Arc};

use bytes::{Bytes, BytesMut};
use h2::{RecvStream, SendStream, client::SendRequest};
use http::{HeaderMap, Method, Uri};
use tokio::task::spawn_local;

use super::{Order, job::HttpClient, outgoing::Outgoing};
use crate::{flow, headers, origin::HOST, tls, turn::Failure};

/// What the origin may send ahead.
const WINDOW: u32 = 4 << 20;

/// A connection and what is asked for.
#[derive(Debug)]
pub(crate) struct H2 {
    sender: SendRequest<Bytes>,
    uri: Uri,
    headers: HeaderMap,
}

impl H2 {
    pub(crate) async fn connect(order: Order<'_>) -> Result<Self, Failure> {
        let config = Arc::new(tls::config(order.origin, order.version)?);
        let port = order.origin.port(order.version);
        let tls = tls::connect(&config, port).await?;
        let (sender, connection) = h2::client::Builder::new()
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .enable_push(false)
            .handshake(tls)
            .await?;
        spawn_local(connection);
        let path = order.what.path(order.transfer);
        Ok(Self {
            sender,
            uri: format!("https://{HOST}:{port}{path}").parse()?,
            headers: headers::map(),
        })
    }

    /// Sends a request and, if there is one, its body; gives the body of the answer.
    async fn exchange(&self, method: Method, body: Outgoing) -> Result<RecvStream, Failure> {
        let mut request = http::Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let mut sender = self.sender.clone().ready().await?;
        let (response, stream) = sender.send_request(request, body.left() == 0)?;
        send(stream, body).await?;
        let response = response.await?;
        match response.status() {
            http::StatusCode::OK => Ok(response.into_body()),
            status => Err(status.to_string().into()),
        }
    }
}

async fn send(mut stream: SendStream<Bytes>, mut body: Outgoing) -> Result<(), Failure> {
    while let Some(piece) = body.next() {
        flow::send(&mut stream, piece?, body.left() == 0).await?;
    }
    Ok(())
}

/// The next piece, for which the origin may send another.
async fn next(body: &mut RecvStream) -> Option<Result<Bytes, h2::Error>> {
    let data = poll_fn(|cx| body.poll_data(cx)).await?;
    Some(data.and_then(|data| {
        body.flow_control().release_capacity(data.len())?;
        Ok(data)
    }))
}

impl HttpClient for H2 {
    async fn get(&self) -> Result<Bytes, Failure> {
        let mut body = self.exchange(Method::GET, Outgoing::nothing()).await?;
        let Some(first) = next(&mut body).await else {
            return Ok(Bytes::new());
        };
        let first = first?;
        let Some(second) = next(&mut body).await else {
            return Ok(first);
        };
        let mut whole = BytesMut::from(first);
        whole.extend_from_slice(&second?);
        while let Some(data) = next(&mut body).await {
            whole.extend_from_slice(&data?);
        }
        Ok(whole.freeze())
    }

    async fn download(&self, to: &mut File) -> Result<(), Failure> {
        let mut body = self.exchange(Method::GET, Outgoing::nothing()).await?;
        while let Some(data) = next(&mut body).await {
            to.write_all(&data?)?;
        }
        Ok(())
    }

    async fn upload(&self, body: Outgoing) -> Result<(), Failure> {
        let mut body = self.exchange(Method::POST, body).await?;
        while let Some(data) = next(&mut body).await {
            data?;
        }
        Ok(())
    }
}
