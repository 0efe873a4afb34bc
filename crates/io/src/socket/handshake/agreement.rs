//! Whether the server's answer is the one to our request (RFC 6455 §4.1, the list after "Once the client's opening handshake").

use appnet_policy::{exchange::ResponseHead, socket::SocketRequest};
use tungstenite::handshake::derive_accept_key;

use crate::{
    error::Happened,
    socket::extension::{self, Deflating},
};

/// What both sides agreed on.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::socket) struct Agreed {
    pub(in crate::socket) protocol: Option<String>,
    pub(in crate::socket) deflating: Option<Deflating>,
}

/// Checks the answer.
///
/// # Errors
/// [`Happened::HandshakeRefused`] with the status, [`Happened::Malformed`] with what is wrong in a 101.
pub(in crate::socket) fn agreed(
    head: &ResponseHead,
    request: &SocketRequest,
    key: &str,
) -> Result<Agreed, Happened> {
    if head.status != 101 {
        return Err(Happened::HandshakeRefused {
            status: head.status,
        });
    }
    check_upgrade(head, key).map_err(malformed)?;
    let extensions = values(head, "sec-websocket-extensions");
    Ok(Agreed {
        protocol: protocol(head, &request.protocols).map_err(malformed)?,
        deflating: extension::agreed(extensions, request.per_message_deflate).map_err(malformed)?,
    })
}

fn malformed(what: &str) -> Happened {
    Happened::Malformed(format!("the server {what}"))
}

fn check_upgrade(head: &ResponseHead, key: &str) -> Result<(), &'static str> {
    if !has_item(head, "upgrade", "websocket") {
        return Err("switched to something else than a WebSocket");
    }
    if !has_item(head, "connection", "upgrade") {
        return Err("answered 101 without Connection: Upgrade");
    }
    match only(head, "sec-websocket-accept") {
        Ok(Some(accept)) if accept == derive_accept_key(key.as_bytes()) => Ok(()),
        _ => Err("has not read the handshake: its Sec-WebSocket-Accept is wrong"),
    }
}

/// A server may take none of the protocols offered; RFC 6455 leaves it to the app whether that is enough.
fn protocol(head: &ResponseHead, asked: &[String]) -> Result<Option<String>, &'static str> {
    match only(head, "sec-websocket-protocol") {
        Ok(None) => Ok(None),
        Ok(Some(chosen)) if asked.iter().any(|asked| asked == chosen) => {
            Ok(Some(chosen.to_owned()))
        }
        Ok(Some(_)) | Err(()) => Err("chose a protocol that was not asked for"),
    }
}

/// The value of a field that may come once at most.
fn only<'a>(head: &'a ResponseHead, name: &'static str) -> Result<Option<&'a str>, ()> {
    let mut values = values(head, name);
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(()),
    }
}

fn has_item(head: &ResponseHead, name: &'static str, item: &str) -> bool {
    values(head, name)
        .flat_map(|value| value.split(','))
        .any(|found| found.trim().eq_ignore_ascii_case(item))
}

fn values<'a>(head: &'a ResponseHead, name: &'static str) -> impl Iterator<Item = &'a str> {
    head.headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.trim())
}
