//! Requests and answers in the types of `http`, and heads that are brought up to date.

use appnet_policy::exchange::{Header, OutgoingRequest, ResponseHead};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};

/// Names of the headers that ask whether an answer is good still.
const CONDITIONS: [(&str, &str); 2] = [
    ("if-none-match", "If-None-Match"),
    ("if-modified-since", "If-Modified-Since"),
];

/// What a 304 says nothing new about: the body is the kept one (RFC 9111 §3.2).
const OF_THE_BODY: [&str; 4] = [
    "content-length",
    "content-encoding",
    "content-range",
    "transfer-encoding",
];

/// More than a header can say of an age, in seconds (RFC 9111 §1.2.2); what is larger is taken as this.
const LONGEST_AGE: u64 = 1 << 31;

/// A GET. `None`: its URL is none that `http` reads.
pub(super) fn request(request: &OutgoingRequest) -> Option<Request<()>> {
    let url = request.target.url().as_str();
    let (url, _) = url.split_once('#').unwrap_or((url, ""));
    let mut asked = Request::new(());
    *asked.method_mut() = Method::GET;
    *asked.uri_mut() = Uri::try_from(url).ok()?;
    *asked.headers_mut() = map(&request.headers);
    Some(asked)
}

/// The head of an answer. `None`: its status is none.
pub(super) fn response(head: &ResponseHead) -> Option<Response<()>> {
    let mut answer = Response::builder().status(head.status).body(()).ok()?;
    let mut headers = map(&head.headers);
    for (name, value) in &mut headers {
        let Ok(text) = value.to_str() else {
            continue;
        };
        match name.as_str() {
            "age" => *value = HeaderValue::from(age(text)),
            // Names of directives are the same in any case, and of what is in quotes nothing is looked at.
            "cache-control" => {
                if let Ok(lower) = HeaderValue::try_from(text.to_ascii_lowercase()) {
                    *value = lower;
                }
            }
            "expires" => {
                let date = httpdate::parse_http_date(text).ok();
                let date = date.map(httpdate::fmt_http_date);
                *value = date
                    .and_then(|date| HeaderValue::try_from(date).ok())
                    .unwrap_or_else(|| HeaderValue::from_static("0"));
            }
            _ => {}
        }
    }
    *answer.headers_mut() = headers;
    Some(answer)
}

/// Seconds: the first of a list counts, and what is not a number is ignored (RFC 9111 §5.1).
fn age(text: &str) -> u64 {
    let first = text.split(',').next().unwrap_or_default().trim();
    let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = first.parse().unwrap_or(LONGEST_AGE); // more than a number holds
    if is_number {
        seconds.min(LONGEST_AGE)
    } else {
        0
    }
}

/// Takes out what was said of the connection alone, by fields that `Connection` names (RFC 9111 §3.1).
pub(super) fn without_connection(mut head: ResponseHead) -> ResponseHead {
    let named: Vec<String> = head
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("connection"))
        .flat_map(|header| header.value.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    head.headers.retain(|header| {
        !named
            .iter()
            .any(|name| header.name.eq_ignore_ascii_case(name))
    });
    head
}

/// Those headers that `http` can hold; it judges freshness by these alone.
fn map(headers: &[Header]) -> HeaderMap {
    let readable = headers.iter().filter_map(|Header { name, value }| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        Some((name, value))
    });
    let mut map = HeaderMap::new();
    for (name, value) in readable {
        map.append(name, value);
    }
    map
}

/// The conditions among the headers of a request.
pub(super) fn conditions(headers: &HeaderMap) -> Vec<Header> {
    let conditions = CONDITIONS.iter().filter_map(|(name, spelled)| {
        let value = headers.get(*name)?.to_str().ok()?;
        Some(Header {
            name: (*spelled).to_owned(),
            value: value.to_owned(),
        })
    });
    conditions.collect()
}

/// Whether a kept answer can serve another request: it does not depend on everything.
pub(super) fn can_serve_again(head: &ResponseHead) -> bool {
    let vary = head
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("vary"));
    !vary
        .flat_map(|vary| vary.value.split(','))
        .any(|name| name.trim() == "*")
}

/// Puts a header in the place of all of its name.
pub(super) fn set(head: &mut ResponseHead, name: &str, value: &str) {
    head.headers
        .retain(|header| !header.name.eq_ignore_ascii_case(name));
    head.headers.push(Header {
        name: name.to_owned(),
        value: value.to_owned(),
    });
}

/// Takes over what a 304 says of a kept answer (RFC 9111 §3.2).
pub(super) fn update(head: &mut ResponseHead, with: &ResponseHead) {
    let is_new = |header: &&Header| {
        !OF_THE_BODY
            .iter()
            .any(|name| header.name.eq_ignore_ascii_case(name))
    };
    let news: Vec<&Header> = with.headers.iter().filter(is_new).collect();
    head.headers.retain(|old| {
        !news
            .iter()
            .any(|new| new.name.eq_ignore_ascii_case(&old.name))
    });
    head.headers.extend(news.into_iter().cloned());
}
