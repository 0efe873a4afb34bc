//! Heads of HTTP/2 and HTTP/3: a request as h2 and h3 take it, and an answer within the bounds of P6.

use appnet_policy::{
    exchange::{Header, HttpVersion, Method, OutgoingRequest, ResponseHead},
    failure::Bound,
    preset::ResponseLimits,
};
use http::{
    Request, Response, Uri,
    header::{CONTENT_LENGTH, HeaderName, HeaderValue},
};

use crate::{
    error::ExchangeError,
    outgoing::{self, states_length},
    text::field_value,
    upload::Payload,
};

/// The largest header list that a server may send, as both count it: 32 bytes beside name and value of each field (RFC 9113 §6.5.2, RFC 9114
/// §4.2.2).
pub(crate) const fn largest_list(limits: &ResponseLimits) -> usize {
    limits
        .header_bytes
        .saturating_add(limits.header_count.saturating_add(1).saturating_mul(32))
}

/// U1: built from the checked URL's parts.
pub(crate) fn request(
    request: &OutgoingRequest,
    payload: &Payload,
) -> Result<Request<()>, ExchangeError> {
    let uri = Uri::builder()
        .scheme("https")
        .authority(&*outgoing::authority(request))
        .path_and_query(&*outgoing::path_and_query(request))
        .build()
        .map_err(|error| outgoing::unsendable(request, &error))?;
    let mut head = Request::new(());
    *head.uri_mut() = uri;
    *head.method_mut() = method(request.method);
    for (name, value) in outgoing::fields(request, payload)? {
        let unsendable = || ExchangeError::UnsendableHeader(name.to_owned());
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| unsendable())?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
        head.headers_mut().append(name, value);
    }
    if states_length(request.method, payload) {
        head.headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(payload.length()));
    }
    Ok(head)
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

/// P6: h2 and h3 bound the list, in their own measure; here the policy's bounds hold.
pub(crate) fn answer<B>(
    response: &Response<B>,
    version: HttpVersion,
    limits: &ResponseLimits,
) -> Result<ResponseHead, ExchangeError> {
    let headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| Header {
            name: name.as_str().to_owned(),
            value: field_value(name.as_str(), value.as_bytes()),
        })
        .collect();
    let bytes: usize = headers
        .iter()
        .map(|header| header.name.len() + header.value.len())
        .sum();
    if headers.len() > limits.header_count {
        return Err(ExchangeError::TooLarge(Bound::HeaderCount));
    }
    if bytes > limits.header_bytes {
        return Err(ExchangeError::TooLarge(Bound::HeaderBlock));
    }
    Ok(ResponseHead {
        status: response.status().as_u16(),
        version,
        headers,
    })
}
