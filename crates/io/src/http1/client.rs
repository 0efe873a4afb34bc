//! An awc client that sends over one connection and no other.
//!
//! awc takes the request, its body and its length; what sends them is ours, at the place that awc has for it ([`ClientBuilder::wrap`]).
//! awc's own cannot be used: it loses data as it reads, and makes a pool, a timer task and two buffers of each request (decision 0002).

use std::{
    cell::RefCell,
    error::Error,
    future::{self, poll_fn},
    pin::pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_service::Service;
use appnet_policy::exchange::{Method, OutgoingRequest};
#[cfg(doc)]
use awc::ClientBuilder;
use awc::{
    ConnectRequest, ConnectResponse, SendClientRequest,
    body::{self, MessageBody, SizedStream},
    error::SendRequestError,
    http::{
        self, Uri,
        uri::{Authority, InvalidUri, Parts, Scheme},
    },
    middleware::Transform,
};
use bytes::{Bytes, BytesMut};
use futures_core::future::LocalBoxFuture;
use futures_util::stream::try_unfold;

use super::{head, link::Link};
use crate::{
    error::ExchangeError,
    outgoing::{self, states_length},
    upload::Payload,
};

pub(super) fn client_of(link: Rc<RefCell<Link>>) -> awc::Client {
    awc::Client::builder()
        .disable_timeout()
        .disable_redirects()
        .no_default_headers()
        .wrap(OverLink(link))
        .finish()
}

/// Sends what an awc client is given over the one connection.
struct OverLink(Rc<RefCell<Link>>);

/// It stands in the place of awc's own connector and pool, which are never asked.
impl<S> Transform<S, ConnectRequest> for OverLink {
    type Transform = Self;

    fn new_transform(self, _: S) -> Self {
        self
    }
}

impl Service<ConnectRequest> for OverLink {
    type Response = ConnectResponse;
    type Error = SendRequestError;
    type Future = LocalBoxFuture<'static, Result<ConnectResponse, SendRequestError>>;

    actix_service::always_ready!();

    fn call(&self, request: ConnectRequest) -> Self::Future {
        let ConnectRequest::Client(head, body, _) = request else {
            return Box::pin(future::ready(Err(SendRequestError::TunnelNotSupported)));
        };
        let link = Rc::clone(&self.0);
        let fields = link.borrow_mut().take_fields();
        let head = head.as_ref();
        let head = head::render(&head.method, &head.uri, &fields, body.size());
        Box::pin(async move {
            write(&link, head, body).await?;
            // Nobody asks awc for the answer: the exchange reads it, and drops this when the request is out.
            future::pending().await
        })
    }
}

/// Sends a request. What is there of its body at once goes along with the head, into one TLS record.
async fn write<B>(link: &RefCell<Link>, mut head: BytesMut, body: B) -> Result<(), SendRequestError>
where
    B: MessageBody<Error = Box<dyn Error>>,
{
    let mut body = pin!(body);
    let mut rest = Bytes::new();
    let first = poll_fn(|cx| Poll::Ready(body.as_mut().poll_next(cx))).await;
    if let Poll::Ready(Some(first)) = first {
        rest = first.map_err(SendRequestError::Body)?;
        head.extend_from_slice(&rest.split_to(rest.len().min(BODY_BESIDE_HEAD)));
    }
    write_all(link, head.freeze()).await?;
    write_all(link, rest).await?;
    let mut next_piece = |cx: &mut Context<'_>| {
        let piece = body.as_mut().poll_next(cx);
        if piece.is_pending() {
            // The server reads what is there while the rest is read from a disk.
            let _ = link.borrow_mut().poll_flush(cx)?;
        }
        piece.map(|piece| piece.transpose().map_err(SendRequestError::Body))
    };
    while let Some(piece) = poll_fn(&mut next_piece).await? {
        write_all(link, piece).await?;
    }
    poll_fn(|cx| link.borrow_mut().poll_finish(cx)).await?;
    Ok(())
}

async fn write_all(link: &RefCell<Link>, mut bytes: Bytes) -> Result<(), SendRequestError> {
    poll_fn(|cx| link.borrow_mut().poll_send(cx, &mut bytes)).await?;
    Ok(())
}

/// Of a body, as much as goes into one TLS record with the head.
const BODY_BESIDE_HEAD: usize = 14 << 10;

/// A body up to this size is sent as it is; a larger one in pieces, each of which is a step.
const LARGEST_WHOLE_BODY: usize = 64 << 10;

/// Starts sending; nothing leaves before the future is polled.
pub(super) fn send(
    client: &awc::Client,
    authority: &KnownAuthority,
    request: &OutgoingRequest,
    payload: Payload,
) -> Result<SendClientRequest, ExchangeError> {
    let outgoing = client.request(method(request.method), authority.uri(request)?);
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

/// The authority of the last request on a connection, which is that of the next one too.
#[derive(Default)]
pub(super) struct KnownAuthority(RefCell<Option<Authority>>);

impl KnownAuthority {
    /// U1: built from the checked URL's parts. TLS is below awc, so for awc it is `http`.
    fn uri(&self, request: &OutgoingRequest) -> Result<Uri, ExchangeError> {
        let unsendable = |error: InvalidUri| outgoing::unsendable(request, &error);
        let mut parts = Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(
            self.parsed(&outgoing::authority(request))
                .map_err(unsendable)?,
        );
        let target = outgoing::path_and_query(request);
        parts.path_and_query = Some(target.parse().map_err(unsendable)?);
        Uri::from_parts(parts).map_err(|error| outgoing::unsendable(request, &error))
    }

    fn parsed(&self, authority: &str) -> Result<Authority, InvalidUri> {
        let known = &mut *self.0.borrow_mut();
        if let Some(known) = known.as_ref().filter(|known| known.as_str() == authority) {
            return Ok(known.clone());
        }
        Ok(known.insert(authority.parse()?).clone())
    }
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
        let uri = KnownAuthority::default().uri(&request).unwrap();
        let url = request.target.url();
        assert_eq!((uri.path(), uri.query()), (url.path(), url.query()));
        assert_eq!(uri.authority().unwrap(), "a.test:8443");
    }

    #[test]
    fn u1_a_request_to_another_host_has_that_host() {
        let known = KnownAuthority::default();
        for host in ["a.test", "a.test", "b.test:8443", "a.test"] {
            let request = request(&format!("https://{host}/"), &[]).unwrap();
            assert_eq!(known.uri(&request).unwrap().authority().unwrap(), host);
        }
    }

    proptest! {
        #[test]
        fn u1_whatever_url_is_permitted_is_sent_to_the_host_that_was_checked(
            host in "[a-z0-9.-]{1,20}|\\[::1\\]|0x7f.1|127.1|ä.test|%61.test",
            rest in "(:[0-9]{1,5})?[/?][ -~ä]{0,30}",
        ) {
            if let Some(request) = request(&format!("https://{host}{rest}"), &[]) {
                let host = request.target.host();
                let sent = KnownAuthority::default().uri(&request);
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
