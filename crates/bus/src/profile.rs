//! The platform's `profile` object (P7): times in whole milliseconds since the Unix epoch, under the platform's own names.

use std::time::Duration;

use appnet_core::event::CallProfile;
use appnet_policy::exchange::Span;
use serde::Serialize;

/// What of the platform's profile is known. As its documentation says: a lookup or connect that did not happen has the time of
/// `fetchStart`; a redirect or TLS handshake that did not happen is 0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileJson {
    invoke_start: u64,
    queue_start: u64,
    queue_end: u64,
    redirect_start: u64,
    redirect_end: u64,
    fetch_start: u64,
    domain_look_up_start: u64,
    domain_look_up_end: u64,
    connect_start: u64,
    connect_end: u64,
    #[serde(rename = "SSLconnectionStart")]
    ssl_connection_start: u64,
    #[serde(rename = "SSLconnectionEnd")]
    ssl_connection_end: u64,
    request_start: u64,
    request_end: u64,
    response_start: u64,
    response_end: u64,
    #[serde(rename = "peerIP", skip_serializing_if = "Option::is_none")]
    peer_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    socket_reused: bool,
    send_bytes_count: u64,
    /// The platform's own spelling.
    received_byted_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'static str>,
}

impl ProfileJson {
    pub(crate) fn of(profile: &CallProfile) -> Self {
        let exchange = &profile.exchange;
        let at = |since_start| milliseconds(profile.started.saturating_add(since_start));
        let fetch_start = at(exchange.fetch_start);
        let span = |span: Option<Span>, otherwise: u64| {
            span.map_or((otherwise, otherwise), |span| {
                (at(span.start), at(span.end))
            })
        };
        let (redirect_start, redirect_end) = span(exchange.redirect, 0);
        let (domain_look_up_start, domain_look_up_end) = span(exchange.domain_lookup, fetch_start);
        let (connect_start, connect_end) = span(exchange.connect, fetch_start);
        let (ssl_connection_start, ssl_connection_end) = span(exchange.ssl, 0);
        let (request_start, request_end) = span(exchange.request, fetch_start);
        let (response_start, response_end) = span(exchange.response, request_end);
        Self {
            invoke_start: milliseconds(profile.invoked),
            queue_start: milliseconds(profile.invoked),
            queue_end: milliseconds(profile.started),
            redirect_start,
            redirect_end,
            fetch_start,
            domain_look_up_start,
            domain_look_up_end,
            connect_start,
            connect_end,
            ssl_connection_start,
            ssl_connection_end,
            request_start,
            request_end,
            response_start,
            response_end,
            peer_ip: exchange.peer.map(|peer| peer.ip().to_string()),
            port: exchange.peer.map(|peer| peer.port()),
            socket_reused: exchange.socket_reused,
            send_bytes_count: exchange.sent_bytes,
            received_byted_count: exchange.received_bytes,
            protocol: exchange.protocol,
        }
    }
}

fn milliseconds(since_epoch: Duration) -> u64 {
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}
