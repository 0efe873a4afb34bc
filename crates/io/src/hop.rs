//! One request and the head of its answer, over a connection that is reused if possible.

use appnet_policy::{
    exchange::{Header, HttpVersion, Method, OutgoingRequest, ResponseHead},
    failure::Bound,
    preset::ResponseLimits,
};
use awc::{
    ClientResponse,
    error::{ConnectError, SendRequestError},
    http::header::HeaderMap,
};

use crate::{
    connect::{Destination, DialTimes},
    error::Happened,
    exchange::Course,
    framing::Bounds,
    http1::Expectation,
    lease::Lease,
    listener::Reporter,
    outgoing,
    text::header_text,
    upload::Payload,
};

/// An answer whose body is still to be read.
pub(crate) struct Answered {
    pub(crate) head: ResponseHead,
    pub(crate) response: ClientResponse,
    pub(crate) lease: Lease,
}

/// An attempt that brought no answer.
struct Unanswered {
    happened: Happened,
    /// Whether the server may have acted on it, and then whether that does no harm (RFC 9110 §9.2.2).
    repeatable: bool,
}

/// Sends a request and reads the head of its answer. A stale connection of the pool is replaced once, if that is safe.
pub(crate) async fn answer(
    request: &OutgoingRequest,
    course: &mut Course<'_>,
) -> Result<Answered, Happened> {
    let destination = Destination::new(&request.target, request.http2);
    let payload = open_payload(request, course).await?; // a file that is missing costs no connection
    let lease = match course.pool.reuse(&destination) {
        Some(lease) => lease,
        None => connect(&destination, course).await?,
    };
    match attempt(lease, request, payload, course).await {
        Err(Unanswered {
            happened,
            repeatable: true,
        }) => {
            tracing::debug!(reason = %happened, "a stale connection: sent again over a new one");
            let payload = open_payload(request, course).await?;
            let lease = connect(&destination, course).await?;
            attempt(lease, request, payload, course)
                .await
                .map_err(|unanswered| unanswered.happened)
        }
        first => first.map_err(|unanswered| unanswered.happened),
    }
}

async fn open_payload(request: &OutgoingRequest, course: &Course<'_>) -> Result<Payload, Happened> {
    let limit = request.target.rules().policy().files.transfer_bytes;
    Payload::open(&request.body, course.files, limit).await
}

async fn connect(destination: &Destination, course: &mut Course<'_>) -> Result<Lease, Happened> {
    let mut times = DialTimes::default();
    let lease = course.pool.connect(destination, &mut times).await;
    course.journal.dialled(&times);
    lease
}

async fn attempt(
    lease: Lease,
    request: &OutgoingRequest,
    payload: Payload,
    course: &mut Course<'_>,
) -> Result<Answered, Unanswered> {
    let limits = &request.target.rules().policy().limits;
    course
        .journal
        .connected(lease.connection(), lease.is_reused());
    lease.connection().expect(&expectation(request, limits));
    let outcome = exchange_heads(&lease, request, payload, limits, &mut course.reporter).await;
    course.journal.traffic(&lease.traffic());
    match outcome {
        Ok((head, response)) => Ok(Answered {
            head,
            response,
            lease,
        }),
        Err(unanswered) => Err(unanswered),
    }
}

async fn exchange_heads(
    lease: &Lease,
    request: &OutgoingRequest,
    payload: Payload,
    limits: &ResponseLimits,
    reporter: &mut Reporter<'_>,
) -> Result<(ResponseHead, ClientResponse), Unanswered> {
    let connection = lease.connection();
    let sent = payload.sent();
    let sending = outgoing::send(connection, request, payload).map_err(Unanswered::for_good)?;
    let response = match sent {
        Some(sent) => reporter.watch(sending, || sent.progress()).await,
        None => sending.await,
    };
    let response = response.map_err(|error| unanswered(lease, request.method, error))?;
    lease.note_head();
    // HTTP/1 keeps the head as it came, HTTP/2 has given it to awc.
    let head = match connection.take_head() {
        Some(head) => head,
        None => http2_head(&response, limits).map_err(Unanswered::for_good)?,
    };
    Ok((head, response))
}

fn expectation(request: &OutgoingRequest, limits: &ResponseLimits) -> Expectation {
    let has_date = request
        .headers
        .iter()
        .any(|header| header.name.eq_ignore_ascii_case("date"));
    Expectation {
        method: request.method,
        has_date,
        bounds: Bounds::from(limits),
    }
}

impl Unanswered {
    const fn for_good(happened: Happened) -> Self {
        Self {
            happened,
            repeatable: false,
        }
    }
}

/// Whether a second attempt is safe: the server has not acted on the first, or acting twice means the same as once. Only a
/// connection that had served before is worth it: it may have been closed between two exchanges.
fn unanswered(lease: &Lease, method: Method, error: SendRequestError) -> Unanswered {
    let error = match error {
        SendRequestError::Body(error) => return Unanswered::for_good(from_body(error)),
        other => other,
    };
    let traffic = lease.traffic();
    let stale = lease.is_reused() && traffic.received == 0;
    let harmless = method.is_idempotent() || traffic.sent == 0;
    let repeatable = is_unprocessed(&error) || (stale && harmless);
    let happened = lease
        .connection()
        .take_happened()
        .unwrap_or_else(|| from_awc(error));
    if lease.connection().is_http2() {
        lease.connection().retire();
    }
    Unanswered {
        happened,
        repeatable,
    }
}

/// Whether it is certain that the server has not acted on it: awc found the connection unusable before it sent anything, or
/// the server said so (RFC 9113 §8.7).
fn is_unprocessed(error: &SendRequestError) -> bool {
    const REFUSED_STREAM: u32 = 7;
    match error {
        SendRequestError::Connect(ConnectError::Unresolved) => true,
        SendRequestError::H2(error) => {
            error.is_remote()
                && (error.is_go_away()
                    || error
                        .reason()
                        .is_some_and(|reason| u32::from(reason) == REFUSED_STREAM))
        }
        _ => false,
    }
}

/// What our own body failed with.
fn from_body(error: Box<dyn std::error::Error>) -> Happened {
    match error.downcast::<Happened>() {
        Ok(happened) => *happened,
        Err(error) => Happened::Unexpected(error.to_string()),
    }
}

/// awc's errors, where the connection does not know better. That is HTTP/2: the detail of HTTP/1 is kept by [`http1`](crate::http1).
fn from_awc(error: SendRequestError) -> Happened {
    match error {
        SendRequestError::H2(error) | SendRequestError::Connect(ConnectError::H2(error))
            if error.is_library() =>
        {
            Happened::Malformed(format!("the server breaks the rules of HTTP/2: {error}"))
        }
        SendRequestError::H2(error) | SendRequestError::Connect(ConnectError::H2(error)) => {
            Happened::Broken(error.to_string())
        }
        SendRequestError::Connect(ConnectError::Unresolved) => {
            Happened::Broken("closed while it was idle".to_owned())
        }
        other => Happened::Unexpected(other.to_string()),
    }
}

/// P6 for HTTP/2, whose header block awc has already read.
fn http2_head(
    response: &ClientResponse,
    limits: &ResponseLimits,
) -> Result<ResponseHead, Happened> {
    let headers = http2_headers(response.headers());
    let bytes: usize = headers
        .iter()
        .map(|header| header.name.len() + header.value.len())
        .sum();
    if headers.len() > limits.header_count {
        return Err(Happened::TooLarge(Bound::HeaderCount));
    }
    if bytes > limits.header_bytes {
        return Err(Happened::TooLarge(Bound::HeaderBlock));
    }
    Ok(ResponseHead {
        status: response.status().as_u16(),
        version: HttpVersion::Http2,
        headers,
    })
}

/// awc keeps the order of fields of one name only; by name it is at least always the same.
fn http2_headers(fields: &HeaderMap) -> Vec<Header> {
    let received = |(name, value): (
        &awc::http::header::HeaderName,
        &awc::http::header::HeaderValue,
    )| Header {
        name: name.as_str().to_owned(),
        value: header_text(value.as_bytes()),
    };
    let mut headers: Vec<_> = fields.iter().map(received).collect();
    headers.sort_by(|one, other| one.name.cmp(&other.name));
    headers
}
