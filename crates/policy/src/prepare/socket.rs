//! `wx.connectSocket` (section 8).

#[cfg(test)]
mod tests;

use crate::failure::AppFault;
use crate::rules::Rule;
use std::{collections::HashSet, sync::Arc};

use super::{PreparedSocket, SocketOptions, invalid_header, refusal, warnings};
use crate::{
    Api, Failure, Policy, Rules,
    exchange::Header,
    headers::{self, Built, Purpose},
    rules::Refusal,
    socket::SocketRequest,
    timeouts,
};

/// Checks and builds one `wx.connectSocket` (U1–U5, T1, R1, R2, W4).
///
/// # Errors
/// The [`Refusal`], with the rule that decided.
pub fn socket(rules: &Arc<Rules>, options: SocketOptions) -> Result<PreparedSocket, Refusal> {
    let target = rules.permit(Api::ConnectSocket, &options.url)?;
    let policy = rules.policy();
    let built = headers::build(
        options.header,
        Purpose::Handshake,
        rules.referer(),
        rules.user_agent(),
    )
    .map_err(invalid_header)?;
    let built = with_origin(built, policy);
    if !are_protocols(&options.protocols) {
        return Err(invalid_protocols());
    }
    Ok(PreparedSocket {
        request: Box::new(SocketRequest {
            target,
            headers: built.headers,
            protocols: options.protocols,
            tcp_no_delay: options.tcp_no_delay,
            per_message_deflate: options.per_message_deflate,
            force_cellular: options.force_cellular,
        }),
        timeout: timeouts::timeout(
            Api::ConnectSocket,
            options.timeout,
            rules.network_timeout(),
            policy,
        ),
        warnings: warnings(built.dropped, None),
    })
}

/// W4: the host says where a handshake comes from, so that a server can tell a mini-program from a page in a browser.
fn with_origin(built: Built, policy: &Policy) -> Built {
    const ORIGIN: &str = "Origin";
    let (origins, mut headers): (Vec<_>, Vec<_>) = built
        .headers
        .into_iter()
        .partition(|header| header.name.eq_ignore_ascii_case(ORIGIN));
    headers.push(Header::new(ORIGIN, &policy.socket_origin));
    let origins = origins.into_iter().map(|header| header.name);
    Built {
        headers,
        dropped: built.dropped.into_iter().chain(origins).collect(),
    }
}

/// RFC 6455 §4.1: each a token, none twice.
fn are_protocols(protocols: &[String]) -> bool {
    let mut seen = HashSet::with_capacity(protocols.len());
    protocols
        .iter()
        .all(|protocol| headers::is_token(protocol) && seen.insert(protocol))
}

fn invalid_protocols() -> Refusal {
    refusal(
        Failure::App(AppFault::InvalidProtocols),
        Rule::W4,
        "protocols should be tokens such as mqtt, and none of them twice",
    )
}
