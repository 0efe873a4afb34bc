//! `CONNECT` (RFC 9110 §9.3.6), over HTTP/1.1.

use appnet_policy::{
    exchange::ResponseHead,
    proxy::{Credentials, Proxy},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{Goal, Stopped};
use crate::{
    framing::{Bounds, FramingError, UpgradeReply},
    proxy_fault::ProxyFault,
};

/// What an answer may take: a status, and a few fields that are of no interest.
const BOUNDS: Bounds = Bounds {
    header_bytes: 16 << 10,
    header_count: 100,
    chunk_extension_bytes: 0,
};

/// One read; more is not taken from the line than is there.
const READ_SIZE: usize = 2 << 10;

const PROXY_AUTHENTICATION_REQUIRED: u16 = 407;

pub(super) async fn shake_hands(
    proxy: &Proxy,
    line: &mut (impl AsyncRead + AsyncWrite + Unpin),
    goal: Goal<'_>,
) -> Result<(), Stopped> {
    let target = goal.authority();
    line.write_all(request(&target, proxy.known_as()).as_bytes())
        .await?;
    line.flush().await?;
    let mut input = BytesMut::new();
    let head = receive(line, &mut input).await?;
    match head.status {
        // A length or a coding means nothing here, and a server does not speak first.
        200..=299 if input.is_empty() => Ok(()),
        200..=299 => Err(ProxyFault::Unasked.into()),
        PROXY_AUTHENTICATION_REQUIRED => Err(unauthenticated(proxy, &head).into()),
        status => Err(ProxyFault::Status { target, status }.into()),
    }
}

fn request(target: &str, credentials: Option<&Credentials>) -> String {
    let authorization = credentials.map(|Credentials { user, password }| {
        let basic = BASE64_STANDARD.encode(format!("{user}:{password}"));
        format!("Proxy-Authorization: Basic {basic}\r\n")
    });
    let authorization = authorization.unwrap_or_default();
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n")
}

async fn receive(
    line: &mut (impl AsyncRead + Unpin),
    input: &mut BytesMut,
) -> Result<ResponseHead, Stopped> {
    let mut reply = UpgradeReply::new(BOUNDS);
    loop {
        input.reserve(READ_SIZE);
        if line.read_buf(input).await? == 0 {
            return Err(ProxyFault::Ended.into());
        }
        match reply.next(input) {
            Ok(Some(head)) => return Ok(head),
            Ok(None) => {}
            Err(error) => return Err(unreadable(&error).into()),
        }
    }
}

fn unreadable(error: &FramingError) -> ProxyFault {
    match error {
        FramingError::TooLarge(_) => ProxyFault::Endless(BOUNDS.header_bytes),
        FramingError::Empty | FramingError::CutShort(_) => ProxyFault::Ended,
        FramingError::Malformed(detail) => ProxyFault::Garbage {
            protocol: "HTTP",
            detail: (*detail).to_owned(),
        },
    }
}

/// 407
fn unauthenticated(proxy: &Proxy, head: &ResponseHead) -> ProxyFault {
    let wanted = head
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("proxy-authenticate"))
        .filter_map(|header| scheme(&header.value));
    let wanted: Vec<_> = wanted.collect();
    let said = match wanted.is_empty() {
        true => "status 407".to_owned(),
        false => format!("status 407, by {}", wanted.join(" or ")),
    };
    match proxy.known_as() {
        None => ProxyFault::WantsCredentials(said),
        Some(_) => ProxyFault::RefusesCredentials(said),
    }
}

/// The name of the scheme: what follows is of no interest, and anybody's.
fn scheme(value: &str) -> Option<&str> {
    let name = value.split([' ', ',']).next()?;
    let is_name = (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name.then_some(name)
}
