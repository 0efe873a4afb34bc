//! An awc client that sends over one connection and no other.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection as Connected};
use appnet_policy::exchange::{Method, OutgoingRequest};
use awc::{
    SendClientRequest,
    body::{self, SizedStream},
    http::{self, Uri},
};
use futures_util::stream::try_unfold;

use super::awc_half::AwcHalf;
use crate::{
    error::ExchangeError,
    outgoing::{self, states_length},
    upload::Payload,
};

pub(super) fn client_of(half: AwcHalf) -> awc::Client {
    let connector = awc::Connector::new()
        .connector(Handover(half))
        .limit(0)
        .timeout(Duration::MAX)
        .handshake_timeout(Duration::MAX);
    awc::Client::builder()
        .connector(connector)
        .disable_timeout()
        .disable_redirects()
        .no_default_headers()
        .finish()
}

/// The connector of a client: it hands over the one connection for each request, because awc gives none back.
#[derive(Clone)]
struct Handover(AwcHalf);

impl Service<ConnectInfo<Uri>> for Handover {
    type Response = Connected<Uri, AwcHalf>;
    type Error = ConnectError;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    actix_service::always_ready!();

    fn call(&self, info: ConnectInfo<Uri>) -> Self::Future {
        ready(Ok(Connected::new(info.request().clone(), self.0.clone())))
    }
}

/// A body up to this size goes to awc as it is; a larger one in pieces, so that awc does not copy it whole.
const LARGEST_WHOLE_BODY: usize = 64 << 10;

/// Starts sending; nothing leaves before the future is polled.
pub(super) fn send(
    client: &awc::Client,
    request: &OutgoingRequest,
    payload: Payload,
) -> Result<SendClientRequest, ExchangeError> {
    let outgoing = client
        .request(method(request.method), uri(request)?)
        .camel_case();
    match payload {
        payload if !states_length(request.method, &payload) => {
            Ok(outgoing.send_body(body::None::new()))
        }
        Payload::Bytes(bytes) if bytes.len() <= LARGEST_WHOLE_BODY => Ok(outgoing.send_body(bytes)),
        payload => {
            let length = payload.length();
            let pieces = try_unfold(payload.into_pieces(), async |mut pieces| {
                let piece = pieces.next().await?;
                Ok::<_, ExchangeError>(piece.map(|piece| (piece, pieces)))
            });
            Ok(outgoing.send_body(SizedStream::new(length, pieces)))
        }
    }
}

/// U1: built from the checked URL's parts. TLS is below awc, so for awc it is `http`.
fn uri(request: &OutgoingRequest) -> Result<Uri, ExchangeError> {
    Uri::builder()
        .scheme("http")
        .authority(&*outgoing::authority(request))
        .path_and_query(&*outgoing::path_and_query(request))
        .build()
        .map_err(|error| outgoing::unsendable(request, &error))
}

/// awc uses an older version of the crate `http` than h2 does, so its methods are of another type.
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
    use proptest::prelude::*;

    use super::*;
    use crate::outgoing::tests::request;

    #[test]
    fn the_parts_of_the_url_are_sent_as_they_were_checked() {
        let request = request("https://a.test:8443/p%2f/{x}?q={\"a\":[1|2]}&b=`^#f", &[]).unwrap();
        let uri = uri(&request).unwrap();
        let url = request.target.url();
        assert_eq!((uri.path(), uri.query()), (url.path(), url.query()));
        assert_eq!(uri.authority().unwrap(), "a.test:8443");
    }

    proptest! {
        #[test]
        fn u1_whatever_url_is_permitted_is_sent_to_the_host_that_was_checked(
            host in "[a-z0-9.-]{1,20}|\\[::1\\]|0x7f.1|127.1|ä.test|%61.test",
            rest in "(:[0-9]{1,5})?[/?][ -~ä]{0,30}",
        ) {
            if let Some(request) = request(&format!("https://{host}{rest}"), &[]) {
                let host = request.target.host();
                let sent = uri(&request);
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
