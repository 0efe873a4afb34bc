//! From the policy's request to one of awc's.

use appnet_policy::exchange::{Method, OutgoingRequest};
use awc::{
    ClientRequest, SendClientRequest, body,
    http::{
        self, Uri,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};
use bytes::Bytes;

use crate::{connection::Connection, error::Happened, upload::Payload};

/// Starts sending over this connection.
pub(crate) fn send(
    connection: &Connection,
    request: &OutgoingRequest,
    payload: Payload,
) -> Result<SendClientRequest, Happened> {
    let mut outgoing = connection
        .client()
        .request(method(request.method), uri(request, connection.is_http2())?)
        .camel_case();
    fill_headers(outgoing.headers_mut(), request)?;
    match payload {
        Payload::Bytes(bytes) => Ok(with_bytes(outgoing, request.method, bytes)),
        Payload::Upload(upload) => {
            let content_type = value("Content-Type", upload.content_type())?;
            outgoing
                .headers_mut()
                .insert(header::CONTENT_TYPE, content_type);
            Ok(outgoing.send_body(upload.into_body(connection.stream().clone())))
        }
    }
}

/// RFC 9110 §8.6: a method that is meant to have a body says so even if it has none.
fn with_bytes(outgoing: ClientRequest, method: Method, bytes: Bytes) -> SendClientRequest {
    let expects_body = match method {
        Method::Post | Method::Put | Method::Patch => true,
        Method::Options | Method::Get | Method::Head | Method::Delete | Method::Trace => false,
    };
    if expects_body || !bytes.is_empty() {
        outgoing.send_body(bytes)
    } else {
        outgoing.send_body(body::None::new())
    }
}

fn fill_headers(headers: &mut HeaderMap, request: &OutgoingRequest) -> Result<(), Happened> {
    headers.insert(header::HOST, value("Host", &authority(request))?);
    for field in request
        .headers
        .iter()
        .filter(|field| !belongs_to_transport(&field.name))
    {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let name = name.map_err(|_| Happened::UnsendableHeader(field.name.clone()))?;
        headers.append(name, value(&field.name, &field.value)?);
    }
    Ok(())
}

fn value(name: &str, text: &str) -> Result<HeaderValue, Happened> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| Happened::UnsendableHeader(name.to_owned()))
}

/// Fields that are the transport's alone. R2 keeps an app from setting them; one that came through would break the framing.
/// `Expect` would make awc wait for a 100 that [`http1`](crate::http1) drops.
fn belongs_to_transport(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "host",
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES
        .iter()
        .any(|transport| name.eq_ignore_ascii_case(transport))
}

/// U1: built from the checked URL's parts. The scheme only tells awc which of its two pools to use: TLS is below it.
fn uri(request: &OutgoingRequest, http2: bool) -> Result<Uri, Happened> {
    let url = request.target.url();
    let query = url
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    Uri::builder()
        .scheme(if http2 { "https" } else { "http" })
        .authority(authority(request))
        .path_and_query(format!("{}{query}", url.path()))
        .build()
        .map_err(|error| Happened::UnsendableUrl {
            url: url.to_string(),
            detail: error.to_string(),
        })
}

/// The host, with the port unless it is the scheme's own.
fn authority(request: &OutgoingRequest) -> String {
    match request.target.url().port() {
        Some(port) => format!("{}:{port}", request.target.host()),
        None => request.target.host().to_owned(),
    }
}

const fn method(method: Method) -> http::Method {
    match method {
        Method::Options => http::Method::OPTIONS,
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Delete => http::Method::DELETE,
        Method::Trace => http::Method::TRACE,
        Method::Patch => http::Method::PATCH,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use appnet_policy::{
        Api, Policy, Rules,
        domains::DomainLists,
        exchange::{Body, RedirectMode},
        identity::{AppId, Env, Identity},
        rules::AppConfig,
    };
    use proptest::prelude::*;

    use super::*;

    /// A developer's session, which may go anywhere.
    fn rules() -> Arc<Rules> {
        let identity = Identity {
            app_id: AppId::new("wx1"),
            version: "1".to_owned(),
            env: Env::Devtools,
        };
        let mut config = AppConfig::new(identity, DomainLists::default());
        config.url_check = false;
        Arc::new(Rules::new(Arc::new(Policy::seed()), config, None).unwrap())
    }

    fn request(url: &str) -> Option<OutgoingRequest> {
        Some(OutgoingRequest {
            target: rules().permit(Api::Request, url).ok()?,
            method: Method::Get,
            headers: Vec::new(),
            body: Body::NONE,
            http2: false,
            redirect: RedirectMode::Follow,
        })
    }

    #[test]
    fn the_parts_of_the_url_are_sent_as_they_were_checked() {
        let request = request("https://a.test:8443/p%2f/{x}?q={\"a\":[1|2]}&b=`^#f").unwrap();
        let uri = uri(&request, true).unwrap();
        let url = request.target.url();
        assert_eq!(uri.path(), url.path());
        assert_eq!(uri.query(), url.query());
        assert_eq!(uri.authority().unwrap(), "a.test:8443");
    }

    proptest! {
        #[test]
        fn u1_whatever_url_is_permitted_is_sent_to_the_host_that_was_checked(
            host in "[a-z0-9.-]{1,20}|\\[::1\\]|0x7f.1|127.1|ä.test|%61.test",
            rest in "(:[0-9]{1,5})?[/?][ -~ä]{0,30}",
        ) {
            if let Some(request) = request(&format!("https://{host}{rest}")) {
                let host = request.target.host();
                let sent = uri(&request, false);
                // The URL standard lets a few characters stand in a host that no host name has.
                let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte));
                prop_assert!(sent.is_ok() || !plain, "{host}: {sent:?}");
                if let Ok(uri) = sent {
                    prop_assert_eq!(uri.host().unwrap(), host);
                    prop_assert_eq!(uri.path(), request.target.url().path());
                    prop_assert_eq!(uri.query(), request.target.url().query());
                }
            }
        }
    }
}
