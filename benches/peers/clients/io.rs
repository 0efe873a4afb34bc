//! `appnet-io` alone: no bus, no actors, no queue; the policy's checks are made.

use std::{rc::Rc, sync::Arc};

use appnet::policy::{
    Rules,
    exchange::{Data, ResponseType},
    prepare::{self, DownloadOptions, Prepared, RequestOptions, UploadOptions},
};
use appnet_io::{ClientOptions, HttpClient, SystemRoots, TlsTrust, roots_from_pem};

use super::{
    Order,
    sandbox::{self, SOURCE, Sandbox, TARGET},
};
use crate::{
    origin::HOST,
    turn::{Failure, Lane, Runners},
    work::{Version, What},
};

/// One call after another of one app.
pub(crate) struct Io {
    client: Rc<HttpClient>,
    rules: Arc<Rules>,
    /// Kept as long as its files are used.
    _sandbox: Rc<Sandbox>,
    url: String,
    version: Version,
    what: What,
}

pub(crate) fn lanes(order: Order<'_>) -> Result<Runners<Io>, Failure> {
    let config = sandbox::app(0, order.origin.port(order.version))?;
    let rules = Arc::new(Rules::new(Arc::new(sandbox::policy()), config, None)?);
    let roots = roots_from_pem(order.origin.ca_pem.as_bytes())?;
    let trust = TlsTrust::new(roots, SystemRoots::Ignore)?;
    let sandbox = Rc::new(Sandbox::new(order.transfer)?);
    let options = ClientOptions {
        files: Some(Arc::clone(&sandbox.files)),
        ..ClientOptions::default()
    };
    let client = Rc::new(HttpClient::with_options(&trust, options));
    let lanes = (0..order.what.lanes()).map(|_| Io {
        client: Rc::clone(&client),
        rules: Arc::clone(&rules),
        _sandbox: Rc::clone(&sandbox),
        url: format!("https://{HOST}{}", order.what.path(order.transfer)),
        version: order.version,
        what: order.what,
    });
    Ok(Runners(lanes.collect()))
}

impl Io {
    fn prepared(&self) -> Result<Prepared, Failure> {
        let (url, enable_http2) = (self.url.clone(), self.version == Version::Two);
        let prepared = match self.what {
            What::Small | What::Json | What::Bytes => {
                let response_type = match self.what {
                    What::Bytes => ResponseType::ArrayBuffer,
                    What::Small | What::Json | What::Download | What::Upload => ResponseType::Text,
                };
                let options = RequestOptions {
                    url,
                    response_type,
                    enable_http2,
                    ..RequestOptions::default()
                };
                prepare::request(&self.rules, options)
            }
            What::Download => {
                let options = DownloadOptions {
                    url,
                    file_path: Some(TARGET.to_owned()),
                    enable_http2,
                    ..DownloadOptions::default()
                };
                prepare::download(&self.rules, options)
            }
            What::Upload => {
                let options = UploadOptions {
                    url,
                    file_path: SOURCE.to_owned(),
                    name: "file".to_owned(),
                    enable_http2,
                    ..UploadOptions::default()
                };
                prepare::upload(&self.rules, options)
            }
        };
        prepared.map_err(|refusal| refusal.reason.into())
    }
}

impl Lane for Io {
    async fn call(&mut self) -> Result<(), Failure> {
        let Prepared {
            request, receive, ..
        } = self.prepared()?;
        let exchanged = self.client.exchange(request, receive, &mut ()).await;
        let answer = exchanged
            .outcome
            .map_err(|failure| format!("{failure:?}"))?;
        if answer.head.status != 200 {
            return Err(answer.head.status.to_string().into());
        }
        if let Some(file) = exchanged.file {
            file.keep().map_err(|failure| format!("{failure:?}"))?;
        }
        // The other clients look through a body of JSON too; a small one none of them does.
        if self.what == What::Json && !matches!(answer.data(), Data::Json(_)) {
            return Err("no JSON".into());
        }
        Ok(())
    }
}
