//! The platform's `profile` object (P7): times in whole milliseconds since the Unix epoch, under the platform's own names.

use std::time::Duration;

use appnet_core::event::CallProfile;
use appnet_policy::exchange::Span;

use crate::json::Object;

/// Writes what of the platform's profile is known. As its documentation says: a lookup or connect that did not happen has the time of
/// `fetchStart`; a redirect or TLS handshake that did not happen is 0.
pub(crate) fn write_profile(it: &mut Object<'_>, profile: &CallProfile) {
    let exchange = &profile.exchange;
    let at = |since_start| milliseconds(profile.started.saturating_add(since_start));
    let span = |span: Option<Span>, otherwise: u64| {
        span.map_or((otherwise, otherwise), |span| {
            (at(span.start), at(span.end))
        })
    };
    let invoked = milliseconds(profile.invoked);
    let fetch_start = at(exchange.fetch_start);
    let request = span(exchange.request, fetch_start);
    write_phase(it, ["invokeStart", "queueStart"], (invoked, invoked));
    it.number("queueEnd", milliseconds(profile.started));
    write_phase(
        it,
        ["redirectStart", "redirectEnd"],
        span(exchange.redirect, 0),
    );
    it.number("fetchStart", fetch_start);
    write_phase(
        it,
        ["domainLookUpStart", "domainLookUpEnd"],
        span(exchange.domain_lookup, fetch_start),
    );
    write_phase(
        it,
        ["connectStart", "connectEnd"],
        span(exchange.connect, fetch_start),
    );
    write_phase(
        it,
        ["SSLconnectionStart", "SSLconnectionEnd"],
        span(exchange.ssl, 0),
    );
    write_phase(it, ["requestStart", "requestEnd"], request);
    write_phase(
        it,
        ["responseStart", "responseEnd"],
        span(exchange.response, request.1),
    );
    if let Some(peer) = exchange.peer {
        it.text("peerIP", &peer.ip().to_string());
        it.number("port", peer.port());
    }
    it.boolean("socketReused", exchange.socket_reused);
    it.number("sendBytesCount", exchange.sent_bytes);
    it.number("receivedBytedCount", exchange.received_bytes); // the platform's own spelling
    if let Some(protocol) = exchange.protocol {
        it.text("protocol", protocol);
    }
}

fn write_phase(it: &mut Object<'_>, [start, end]: [&'static str; 2], times: (u64, u64)) {
    it.number(start, times.0);
    it.number(end, times.1);
}

fn milliseconds(since_epoch: Duration) -> u64 {
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}
