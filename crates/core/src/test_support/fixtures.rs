//! An app's configuration, its calls, and what I/O may answer.

use std::sync::Arc;

use bytes::Bytes;

use appnet_policy::{
    Failure, Policy, Rules,
    domains::DomainLists,
    exchange::{Answer, HttpVersion, Progress, Reading, ReceivedBody, ResponseHead},
    identity::{AppId, Env, Identity},
    prepare::{Call, DownloadOptions, RequestOptions, UploadOptions},
    rules::AppConfig,
};

use crate::{
    IoEvent,
    effect::{Finished, IoFailure},
};

/// `wx.request({url: "https://myserver.com/a"})`
pub(crate) fn options() -> RequestOptions {
    options_to("https://myserver.com/a")
}

pub(crate) fn options_to(url: &str) -> RequestOptions {
    RequestOptions {
        url: url.to_owned(),
        ..RequestOptions::default()
    }
}

pub(crate) fn options_with_timeout(milliseconds: f64) -> RequestOptions {
    RequestOptions {
        timeout: Some(milliseconds),
        ..options()
    }
}

/// `wx.request({url: "https://myserver.com/a", enableChunked: true})`
pub(crate) fn chunked() -> Call {
    Call::Request(RequestOptions {
        enable_chunked: true,
        ..options()
    })
}

/// `wx.uploadFile` of a temporary file.
pub(crate) fn upload() -> Call {
    Call::Upload(UploadOptions {
        url: "https://myserver.com/up".to_owned(),
        file_path: "wxfile://tmp_1.png".to_owned(),
        name: "file".to_owned(),
        ..UploadOptions::default()
    })
}

/// `wx.downloadFile({url: "https://myserver.com/down"})`
pub(crate) fn download() -> Call {
    Call::Download(DownloadOptions {
        url: "https://myserver.com/down".to_owned(),
        ..DownloadOptions::default()
    })
}

pub(crate) fn rules(policy: Policy) -> Arc<Rules> {
    rules_of(policy, config())
}

pub(crate) fn rules_of(policy: Policy, config: AppConfig) -> Arc<Rules> {
    Arc::new(Rules::new(Arc::new(policy), config, None).expect("tests configure their apps well"))
}

/// A released app that may call `https://myserver.com` by every API.
pub(crate) fn config() -> AppConfig {
    let identity = Identity {
        app_id: AppId::new("wx1"),
        version: "42".to_owned(),
        env: Env::Release,
    };
    let list = || vec!["https://myserver.com".to_owned()];
    let domains = DomainLists {
        request: list(),
        upload_file: list(),
        download_file: list(),
        socket: vec!["wss://myserver.com".to_owned()],
    };
    AppConfig::new(identity, domains)
}

pub(crate) fn head(status: u16) -> ResponseHead {
    ResponseHead {
        status,
        version: HttpVersion::Http1,
        headers: Vec::new(),
    }
}

/// A chunk of so many bytes.
pub(crate) fn chunk(bytes: usize) -> IoEvent {
    IoEvent::Chunk(Bytes::from(vec![b'x'; bytes]))
}

pub(crate) const fn progress(done: u64, total: Option<u64>) -> Progress {
    Progress { done, total }
}

pub(crate) fn success(status: u16) -> IoEvent {
    success_noting(status, Vec::new())
}

/// A success on the way to which a release would have refused something (U8).
pub(crate) fn success_noting(
    status: u16,
    would_refuse: Vec<appnet_policy::rules::Refusal>,
) -> IoEvent {
    let answer = Answer {
        head: head(status).into(),
        body: ReceivedBody::Whole(Bytes::new(), Reading::default()),
    };
    IoEvent::Finished(Box::new(Finished {
        outcome: Ok(answer),
        profile: Arc::default(),
        would_refuse,
    }))
}

pub(crate) fn failure(failure: Failure) -> IoEvent {
    let failure = IoFailure {
        failure,
        reason: "the peer reset the connection".to_owned(),
        refusal: None,
    };
    IoEvent::Finished(Box::new(Finished {
        outcome: Err(failure),
        profile: Arc::default(),
        would_refuse: Vec::new(),
    }))
}
