//! awc over HTTP/1.1: as it comes, and without what can be switched off.

mod connector;

use std::{fs::File, io::Write as _, time::Duration};

use awc::{ClientRequest, body::SizedStream, http::StatusCode};
use bytes::Bytes;
use connector::Loopback;
use futures_util::{StreamExt as _, stream};

use super::{Order, job::HttpClient, outgoing::Outgoing};
use crate::{headers::HEADERS, origin::HOST, turn::Failure};

/// A client and what it asks for.
pub(crate) struct Awc {
    client: awc::Client,
    url: String,
}

impl Awc {
    pub(crate) fn as_it_comes(order: Order<'_>) -> Result<Self, Failure> {
        let connector = awc::Connector::new().connector(Loopback::new(order)?);
        let client = awc::Client::builder().connector(connector).finish();
        Ok(Self::with(client, order))
    }

    pub(crate) fn tuned(order: Order<'_>) -> Result<Self, Failure> {
        let connector = awc::Connector::new()
            .connector(Loopback::new(order)?)
            .limit(0)
            .conn_keep_alive(Duration::MAX)
            .conn_lifetime(Duration::MAX);
        let client = awc::Client::builder()
            .connector(connector)
            .disable_timeout()
            .disable_redirects()
            .no_default_headers()
            .finish();
        Ok(Self::with(client, order))
    }

    fn with(client: awc::Client, order: Order<'_>) -> Self {
        let path = order.what.path(order.transfer);
        Self {
            client,
            url: format!("http://{HOST}{path}"), // the connector adds TLS
        }
    }
}

fn dressed(request: ClientRequest) -> ClientRequest {
    HEADERS
        .into_iter()
        .fold(request, ClientRequest::insert_header)
}

impl HttpClient for Awc {
    async fn get(&self) -> Result<Bytes, Failure> {
        let mut response = dressed(self.client.get(&self.url))
            .send()
            .await
            .map_err(told)?;
        check(response.status())?;
        Ok(response.body().await?)
    }

    async fn download(&self, to: &mut File) -> Result<(), Failure> {
        let request = dressed(self.client.get(&self.url)).timeout(Duration::from_secs(60));
        let mut response = request.send().await.map_err(told)?;
        check(response.status())?;
        while let Some(data) = response.next().await {
            to.write_all(&data?)?;
        }
        Ok(())
    }

    async fn upload(&self, mut body: Outgoing) -> Result<(), Failure> {
        let body = SizedStream::new(
            body.left(),
            stream::iter(std::iter::from_fn(move || body.next())),
        );
        let request = dressed(self.client.post(&self.url)).timeout(Duration::from_secs(60));
        let mut response = request.send_body(body).await.map_err(told)?;
        check(response.status())?;
        response.body().await?;
        Ok(())
    }
}

/// awc's error cannot leave its thread, and has no need to.
fn told(error: awc::error::SendRequestError) -> Failure {
    error.to_string().into()
}

fn check(status: StatusCode) -> Result<(), Failure> {
    match status {
        StatusCode::OK => Ok(()),
        status => Err(status.to_string().into()),
    }
}
