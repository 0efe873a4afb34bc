//! HTTP/2 by the h2 crate itself, with windows that never hold a client up.

use std::{io, rc::Rc};

use bytes::Bytes;
use h2::{RecvStream, server};
use http::{Request, Response, StatusCode};
use tokio::{net::TcpStream, task::spawn_local};
use tokio_rustls::server::TlsStream;

use super::resources::{Resource, Resources, receipt};
use crate::flow::send;

/// What a client may send ahead.
const WINDOW: u32 = 4 << 20;

/// Answers every stream of a connection.
pub(crate) async fn serve(tls: TlsStream<TcpStream>, resources: Rc<Resources>) -> io::Result<()> {
    let mut connection = server::Builder::new()
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_send_buffer_size(WINDOW as usize)
        .max_concurrent_streams(1_000)
        .handshake::<_, Bytes>(tls)
        .await
        .map_err(io::Error::other)?;
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted.map_err(io::Error::other)?;
        let resources = Rc::clone(&resources);
        match resources.at(request.uri().path()) {
            // What fits is answered here: a task for each would cost more than the answer.
            Resource::Json(body) if body.len() < 1_000 => {
                whole(respond, "application/json", body).map_err(io::Error::other)?;
            }
            resource => {
                spawn_local(answer(request, respond, resource, resources));
            }
        }
    }
    Ok(())
}

fn whole(
    mut respond: server::SendResponse<Bytes>,
    kind: &str,
    body: Bytes,
) -> Result<(), h2::Error> {
    let head = head(StatusCode::OK, kind, body.len() as u64);
    respond.send_response(head, false)?.send_data(body, true)
}

fn head(status: StatusCode, kind: &str, length: u64) -> Response<()> {
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("content-length", length)
        .header("server", "bench")
        .header("date", "Thu, 01 Jan 2026 00:00:00 GMT")
        .body(())
        .expect("a head that is well formed")
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: server::SendResponse<Bytes>,
    resource: Resource,
    resources: Rc<Resources>,
) -> Result<(), h2::Error> {
    if request.method() == http::Method::POST {
        let receipt = receipt(discard(request.into_body()).await?);
        return whole(respond, "application/json", receipt.into());
    }
    let (kind, length) = resource.describe();
    match resource {
        Resource::Json(body) | Resource::Bytes(body) => {
            let mut stream = respond.send_response(head(StatusCode::OK, kind, length), false)?;
            send(&mut stream, body, true).await
        }
        Resource::Large(mut left) => {
            let mut stream = respond.send_response(head(StatusCode::OK, kind, length), false)?;
            while left > 0 {
                let piece = left.min(resources.piece.len() as u64);
                left -= piece;
                let piece = resources.piece.slice(..piece as usize);
                send(&mut stream, piece, left == 0).await?;
            }
            Ok(())
        }
        Resource::Missing => {
            respond.send_response(head(StatusCode::NOT_FOUND, kind, 0), true)?;
            Ok(())
        }
    }
}

/// Reads a body and gives its window back; gives how long it was.
async fn discard(mut body: RecvStream) -> Result<u64, h2::Error> {
    let mut count = 0;
    while let Some(data) = body.data().await {
        let length = data?.len();
        body.flow_control().release_capacity(length)?;
        count += length as u64;
    }
    Ok(count)
}
