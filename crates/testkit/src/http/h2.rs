//! HTTP/2.

use std::{future::poll_fn, sync::Arc, time::Duration};

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream, server::SendResponse};
use http::{HeaderName, HeaderValue, Response, request::Parts};

use super::{
    Service,
    reply::Reply,
    request::{Headers, Request},
};
use crate::conn::Conn;

/// Windows wide enough that a load bench measures the client and not our acknowledgements.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 1 << 24;

/// Serves a connection until either side closes it; its streams run side by side.
pub(super) async fn serve(conn: Conn, service: Arc<Service>, connection: usize) {
    let handshake = h2::server::Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .handshake::<_, Bytes>(conn);
    let Ok(mut h2) = handshake.await else { return };
    while let Some(Ok((request, respond))) = h2.accept().await {
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let (parts, body) = request.into_parts();
            // A stream that failed was reset by the client or ended with its connection: nobody is left to tell.
            drop(exchange(&parts, body, respond, &service, connection).await);
        });
    }
}

async fn exchange(
    parts: &Parts,
    body: RecvStream,
    mut respond: SendResponse<Bytes>,
    service: &Service,
    connection: usize,
) -> Result<(), h2::Error> {
    let body = read_body(body).await?;
    let in_flight = service.counters.request();
    let mut reply = (service.handler)(&view(parts, &body, connection));
    if reply.waits() {
        let wait = Reply::wait(reply.hold.take(), reply.delay);
        tokio::select! {
            () = wait => {}
            reset = poll_fn(|cx| respond.poll_reset(cx)) => return reset.map(|_| ()),
        }
    }
    let empty = !reply.has_body(parts.method.as_str())
        || (reply.body.is_empty() && reply.cut_after.is_none());
    let head = head(&reply);
    if empty {
        drop(in_flight);
        return respond.send_response(head, true).map(|_| ());
    }
    let mut stream = respond.send_response(head, false)?;
    write_body(&mut stream, &reply, || drop(in_flight)).await
}

async fn read_body(mut body: RecvStream) -> Result<Vec<u8>, h2::Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        bytes.extend_from_slice(&piece);
        body.flow_control().release_capacity(piece.len())?;
    }
    Ok(bytes)
}

/// What a handler sees of a request, over HTTP/2 and HTTP/3.
pub(super) fn view<'a>(parts: &'a Parts, body: &'a [u8], connection: usize) -> Request<'a> {
    Request {
        method: parts.method.as_str(),
        target: parts
            .uri
            .path_and_query()
            .map_or("", |target| target.as_str()),
        authority: parts
            .uri
            .authority()
            .map_or("", |authority| authority.as_str()),
        http2: true,
        headers: Headers::http2(&parts.headers),
        body,
        connection,
    }
}

/// Fields that HTTP/2 cannot carry are left out, as are those of connections (RFC 9113 §8.2.2): a handler need not know the version.
pub(super) fn head(reply: &Reply) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = reply
        .status
        .try_into()
        .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let fields = response.headers_mut();
    if reply.has_body("GET") {
        fields.insert(
            http::header::CONTENT_LENGTH,
            HeaderValue::from(reply.body.len()),
        );
    }
    for (name, value) in &reply.headers {
        let pair = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        );
        if let (Ok(name), Ok(value)) = pair
            && !matches!(
                name.as_str(),
                "connection" | "transfer-encoding" | "keep-alive" | "upgrade"
            )
        {
            fields.append(name, value);
        }
    }
    response
}

/// `before_last` runs just before the last byte is handed over.
async fn write_body(
    stream: &mut SendStream<Bytes>,
    reply: &Reply,
    before_last: impl FnOnce(),
) -> Result<(), h2::Error> {
    let end = reply.sent_length();
    let mut before_last = Some(before_last);
    let mut at = 0;
    while at < end {
        pause(stream, at, reply.pace.pause).await?;
        stream.reserve_capacity(reply.body.piece(at, reply.pace.piece, end).len());
        let Some(room) = poll_fn(|cx| stream.poll_capacity(cx)).await else {
            return Ok(());
        };
        let piece = reply.body.piece(at, reply.pace.piece.min(room?), end);
        at += piece.len() as u64;
        if at == end
            && let Some(run) = before_last.take()
        {
            run();
        }
        stream.send_data(piece, at == end && reply.cut_after.is_none())?;
    }
    if reply.cut_after.is_some() {
        // A reset drops what is still queued: let the connection's task write it first.
        tokio::task::yield_now().await;
        stream.send_reset(Reason::INTERNAL_ERROR);
    }
    Ok(())
}

/// Between two pieces; ends early with an error if the client resets the stream.
async fn pause(stream: &mut SendStream<Bytes>, at: u64, time: Duration) -> Result<(), h2::Error> {
    if at == 0 || time.is_zero() {
        return Ok(());
    }
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        reset = poll_fn(|cx| stream.poll_reset(cx)) => reset.and_then(|reason| Err(reason.into())),
    }
}
