//! reqwest, as a user would set it up.

use std::{fs::File, io::Write as _};

use bytes::Bytes;

use super::{Order, job::HttpClient, outgoing::Outgoing};
use crate::{headers, origin::HOST, tls, turn::Failure, work::Version};

/// A client and what it asks for.
#[derive(Debug)]
pub(crate) struct Reqwest {
    client: reqwest::Client,
    url: String,
}

impl Reqwest {
    pub(crate) fn new(order: Order<'_>) -> Result<Self, Failure> {
        let address = order.origin.address(order.version);
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(order.origin, order.version)?)
            .default_headers(headers::map())
            .resolve(HOST, address)
            .no_proxy();
        let client = match order.version {
            Version::One => builder.http1_only(),
            Version::Two => builder.http2_prior_knowledge(),
        };
        let path = order.what.path(order.transfer);
        Ok(Self {
            client: client.build()?,
            url: format!("https://{HOST}:{}{path}", address.port()),
        })
    }
}

impl HttpClient for Reqwest {
    async fn get(&self) -> Result<Bytes, Failure> {
        let response = self.client.get(&self.url).send().await?;
        Ok(response.error_for_status()?.bytes().await?)
    }

    async fn download(&self, to: &mut File) -> Result<(), Failure> {
        let response = self.client.get(&self.url).send().await?;
        let mut response = response.error_for_status()?;
        while let Some(data) = response.chunk().await? {
            to.write_all(&data)?;
        }
        Ok(())
    }

    async fn upload(&self, body: Outgoing) -> Result<(), Failure> {
        let body = reqwest::Body::wrap(body);
        let response = self.client.post(&self.url).body(body).send().await?;
        response.error_for_status()?.bytes().await?;
        Ok(())
    }
}
