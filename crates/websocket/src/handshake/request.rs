//! What is sent.

use appnet_policy::{
    Target,
    exchange::Header,
    headers::{is_sendable, is_token},
    socket::SocketRequest,
};

use crate::{error::HandshakeError, extension};

/// The bytes of the handshake's request.
///
/// # Errors
/// A header or protocol that would break the request's framing; policy has refused those before (R2).
pub(super) fn bytes(request: &SocketRequest, key: &str) -> Result<Vec<u8>, HandshakeError> {
    let mut lines = own_lines(request, key)?;
    for header in request
        .headers
        .iter()
        .filter(|header| !is_ours(&header.name))
    {
        lines.push(line(header)?);
    }
    Ok(format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes())
}

/// U1: built from the checked URL's parts.
fn own_lines(request: &SocketRequest, key: &str) -> Result<Vec<String>, HandshakeError> {
    let url = request.target.url();
    let query = url
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    let mut lines = vec![
        format!("GET {}{query} HTTP/1.1", url.path()),
        format!("Host: {}", authority(&request.target)),
        "Connection: Upgrade".to_owned(),
        "Upgrade: websocket".to_owned(),
        "Sec-WebSocket-Version: 13".to_owned(),
        format!("Sec-WebSocket-Key: {key}"),
    ];
    if !request.protocols.is_empty() {
        if !request.protocols.iter().all(|protocol| is_token(protocol)) {
            return Err(HandshakeError::UnsendableHeader(
                "Sec-WebSocket-Protocol".to_owned(),
            ));
        }
        lines.push(format!(
            "Sec-WebSocket-Protocol: {}",
            request.protocols.join(", ")
        ));
    }
    if request.per_message_deflate {
        lines.push(format!("Sec-WebSocket-Extensions: {}", extension::OFFER));
    }
    Ok(lines)
}

/// The host, with the port unless it is the scheme's own.
fn authority(target: &Target) -> String {
    match target.url().port() {
        Some(port) => format!("{}:{port}", target.host()),
        None => target.host().to_owned(),
    }
}

fn line(header: &Header) -> Result<String, HandshakeError> {
    if !is_sendable(&header.name, &header.value) {
        return Err(HandshakeError::UnsendableHeader(header.name.clone()));
    }
    Ok(format!("{}: {}", header.name, header.value))
}

/// Fields of the connection and of the handshake. R2 keeps an app from setting them; one that came through would speak for us.
fn is_ours(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "host",
        "connection",
        "upgrade",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "expect",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || name.starts_with("sec-websocket-")
}
