//! HTTP/3.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Buf as _, Bytes};
use h3::{
    error::{Code, StreamError},
    server::RequestStream,
};
use http::request::Parts;
use quinn::{
    Endpoint, EndpointConfig, TokioRuntime, TransportConfig, VarInt,
    crypto::rustls::QuicServerConfig,
};
use rustls::ServerConfig;
use tokio::sync::Notify;

use super::{
    Service,
    h2::{head, view},
    reply::{Abrupt, Reply},
};

type Stream = RequestStream<h3_quinn::BidiStream<Bytes>, Bytes>;

/// A client that says nothing for so long, though it is asked [more often](ASKED), is gone.
const SILENCE: Duration = Duration::from_secs(5);
const ASKED: Duration = Duration::from_secs(1);

/// A UDP socket on the port of the TCP one.
pub(super) fn bind(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    std::net::UdpSocket::bind(address)
}

/// Serves connections until it is dropped.
pub(super) async fn serve(
    socket: std::net::UdpSocket,
    tls: Arc<ServerConfig>,
    service: Arc<Service>,
) {
    let crypto = QuicServerConfig::try_from(tls).expect("the configuration has TLS 1.3");
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(SILENCE.try_into().ok())
        .keep_alive_interval(Some(ASKED));
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(Arc::new(transport));
    let endpoint = Endpoint::new(
        EndpointConfig::default(),
        Some(config),
        socket,
        Arc::new(TokioRuntime),
    )
    .expect("this is a runtime");
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(connection(incoming, Arc::clone(&service)));
    }
}

async fn connection(incoming: quinn::Incoming, service: Arc<Service>) {
    // A handshake that fails is the client's to report.
    let Ok(quic) = incoming.await else { return };
    let (connection, _open) = service.counters.connection();
    let line = quic.clone();
    let quic = h3_quinn::Connection::new(quic);
    let Ok(mut h3) = h3::server::builder().build::<_, Bytes>(quic).await else {
        return;
    };
    let leave = Arc::new(Notify::new());
    loop {
        let accepted = tokio::select! {
            accepted = h3.accept() => accepted,
            () = leave.notified() => {
                // A connection that broke is gone, too.
                drop(h3.shutdown(0).await);
                continue;
            }
        };
        let Ok(Some(resolver)) = accepted else { return };
        let (service, leave, line) = (Arc::clone(&service), Arc::clone(&leave), line.clone());
        tokio::spawn(async move {
            let Ok((request, stream)) = resolver.resolve_request().await else {
                return;
            };
            let (parts, ()) = request.into_parts();
            // A stream that failed was reset by the client or ended with its connection: nobody is left to tell.
            drop(exchange(&parts, stream, &service, connection, (&leave, &line)).await);
        });
    }
}

async fn exchange(
    parts: &Parts,
    mut stream: Stream,
    service: &Service,
    connection: usize,
    (leave, line): (&Notify, &quinn::Connection),
) -> Result<(), StreamError> {
    let mut body = Vec::new();
    let unread = service.unread;
    if unread.is_none_or(|path| !parts.uri.path().starts_with(path)) {
        while let Some(mut piece) = stream.recv_data().await? {
            body.extend_from_slice(&piece.copy_to_bytes(piece.remaining()));
        }
    }
    let in_flight = service.counters.request();
    let mut reply = (service.handler)(&view(parts, &body, connection));
    if reply.waits() {
        Reply::wait(reply.hold.take(), reply.delay).await;
    }
    if reply.close {
        leave.notify_one();
    }
    if let (Some(how), None) = (reply.abrupt, reply.cut_after) {
        return break_off(&mut stream, line, how).await;
    }
    stream.send_response(head(&reply)).await?;
    drop(in_flight);
    if reply.has_body(parts.method.as_str()) {
        write_body(&mut stream, &reply).await?;
    }
    if reply.cut_after.is_some() {
        let reset = Abrupt::Reset(Code::H3_INTERNAL_ERROR.value());
        return break_off(&mut stream, line, reply.abrupt.unwrap_or(reset)).await;
    }
    stream.finish().await
}

async fn break_off(
    stream: &mut Stream,
    line: &quinn::Connection,
    how: Abrupt,
) -> Result<(), StreamError> {
    match how {
        Abrupt::Finish => return stream.finish().await,
        Abrupt::Reset(code) => stream.stop_stream(code.into()),
        // RFC 9000 §16: a code has 62 bits.
        Abrupt::Close(code) => line.close(VarInt::from_u64(code).unwrap_or(VarInt::MAX), b""),
    }
    Ok(())
}

async fn write_body(stream: &mut Stream, reply: &Reply) -> Result<(), StreamError> {
    let end = reply.sent_length();
    let mut at = 0;
    while at < end {
        if at > 0 && !reply.pace.pause.is_zero() {
            tokio::time::sleep(reply.pace.pause).await;
        }
        let piece = reply.body.piece(at, reply.pace.piece, end);
        at += piece.len() as u64;
        stream.send_data(piece).await?;
    }
    Ok(())
}
