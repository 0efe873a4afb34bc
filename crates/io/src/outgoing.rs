//! A request as it goes out, whatever the version of HTTP: its fields in order, and where it goes.

use std::borrow::Cow;

use appnet_policy::{
    exchange::{Method, OutgoingRequest},
    headers,
};

use crate::{error::ExchangeError, upload::Payload};

/// A name and a value that are safe to send.
pub(crate) type Field<'a> = (&'a str, &'a str);

/// The fields of a request in the order of R4, without `Host` and what frames the body: the app's in its order and spelling, then ours.
///
/// # Errors
/// [`ExchangeError::UnsendableHeader`]: policy has refused such a header before (R2); one that came through would break the framing.
pub(crate) fn fields<'a>(
    request: &'a OutgoingRequest,
    payload: &'a Payload,
) -> Result<Vec<Field<'a>>, ExchangeError> {
    let form = payload.content_type();
    let mut fields = Vec::with_capacity(request.headers.len() + 1);
    for header in &request.headers {
        let replaced = form.is_some() && header.name.eq_ignore_ascii_case("content-type"); // J9
        if !replaced && !belongs_to_transport(&header.name) {
            check(&header.name, &header.value)?;
            fields.push((header.name.as_str(), header.value.as_str()));
        }
    }
    if let Some(form) = form {
        fields.push(("Content-Type", form));
    }
    Ok(fields)
}

fn check(name: &str, value: &str) -> Result<(), ExchangeError> {
    headers::is_sendable(name, value)
        .then_some(())
        .ok_or_else(|| ExchangeError::UnsendableHeader(name.to_owned()))
}

/// Fields that are the transport's alone. R2 keeps an app from setting them; one that came through would break the framing.
/// `Expect` would make a server wait for nothing: the body is not held back.
fn belongs_to_transport(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "host",
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES
        .iter()
        .any(|transport| name.eq_ignore_ascii_case(transport))
}

/// The host, with the port unless it is the scheme's own.
pub(crate) fn authority(request: &OutgoingRequest) -> Cow<'_, str> {
    match request.target.url().port() {
        Some(port) => Cow::Owned(format!("{}:{port}", request.target.host())),
        None => Cow::Borrowed(request.target.host()),
    }
}

/// U1: the path and the query of the URL that was checked.
pub(crate) fn path_and_query(request: &OutgoingRequest) -> Cow<'_, str> {
    let url = request.target.url();
    match url.query() {
        Some(query) => Cow::Owned(format!("{}?{query}", url.path())),
        None => Cow::Borrowed(url.path()),
    }
}

/// RFC 9110 §8.6: a method that is meant to have a body says how long it is even if there is none.
pub(crate) fn states_length(method: Method, payload: &Payload) -> bool {
    let expects_body = match method {
        Method::Post | Method::Put | Method::Patch => true,
        Method::Options | Method::Get | Method::Head | Method::Delete | Method::Trace => false,
    };
    expects_body || payload.length() > 0
}

/// The URL cannot be sent as it is.
pub(crate) fn unsendable(request: &OutgoingRequest, detail: &impl ToString) -> ExchangeError {
    ExchangeError::UnsendableUrl {
        url: request.target.url().to_string(),
        detail: detail.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use appnet_policy::{
        Api, Policy, Rules,
        domains::DomainLists,
        exchange::{Body, Header, RedirectMode},
        identity::{AppId, Env, Identity},
        rules::AppConfig,
    };
    use bytes::Bytes;

    use super::*;

    /// A developer's session, which may go anywhere.
    pub(crate) fn rules() -> Arc<Rules> {
        let identity = Identity {
            app_id: AppId::new("wx1"),
            version: "1".to_owned(),
            env: Env::Devtools,
        };
        let mut config = AppConfig::new(identity, DomainLists::default());
        config.url_check = false;
        Arc::new(Rules::new(Arc::new(Policy::seed()), config, None).unwrap())
    }

    pub(crate) fn request(url: &str, headers: &[(&str, &str)]) -> Option<OutgoingRequest> {
        let header = |(name, value): &(&str, &str)| Header {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        Some(OutgoingRequest {
            target: rules().permit(Api::Request, url).ok()?,
            method: Method::Get,
            headers: headers.iter().map(header).collect(),
            body: Body::NONE,
            http2: false,
            high_performance: false,
            cache: false,
            measured: false,
            http3: false,
            redirect: RedirectMode::Follow,
            http_dns: None,
            force_cellular: false,
        })
    }

    fn sent(headers: &[(&str, &str)]) -> Result<Vec<(String, String)>, ExchangeError> {
        let request = request("https://a.test/", headers).unwrap();
        let payload = Payload::Bytes(Bytes::new());
        let fields = fields(&request, &payload)?;
        Ok(fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    #[test]
    fn r4_the_apps_headers_come_first_in_its_order_and_spelling() {
        let fields = sent(&[
            ("x-B", "1"),
            ("X-a", "2"),
            ("Te", "trailers"),
            ("Accept", "a/b"),
        ])
        .unwrap();
        let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x-B", "X-a", "Accept"]);
    }

    #[test]
    fn a_header_that_would_break_the_framing_is_not_sent() {
        for (name, value) in [
            ("a b", ""),
            ("", ""),
            ("a", "b\r\nc: d"),
            ("a", "\0"),
            ("a:", "b"),
        ] {
            assert_eq!(
                sent(&[(name, value)]),
                Err(ExchangeError::UnsendableHeader(name.to_owned()))
            );
        }
    }
}
