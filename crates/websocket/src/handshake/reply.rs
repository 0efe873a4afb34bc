//! Whether the server's answer is the one to our request (RFC 6455 §4.1, the list after "Once the client's opening handshake").

use appnet_policy::exchange::ResponseHead;
use tungstenite::handshake::derive_accept_key;

use super::{Agreed, Handshake};
use crate::{error::HandshakeError, extension};

pub(super) fn agreed(head: &ResponseHead, handshake: &Handshake) -> Result<Agreed, HandshakeError> {
    if head.status != 101 {
        return Err(HandshakeError::Refused {
            status: head.status,
        });
    }
    check(head, handshake).map_err(HandshakeError::Mismatch)
}

fn check(head: &ResponseHead, handshake: &Handshake) -> Result<Agreed, &'static str> {
    check_upgrade(head, &handshake.key)?;
    let extensions = values(head, "sec-websocket-extensions");
    Ok(Agreed {
        protocol: protocol(head, &handshake.protocols)?,
        deflate: extension::agreed(extensions, handshake.deflate_offered)?,
    })
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
