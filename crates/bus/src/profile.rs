//! The platform's `profile` object (P7): times in whole milliseconds since the Unix epoch, under the platform's own names.

use std::time::Duration;

use appnet_core::event::CallProfile;
use appnet_policy::{
    exchange::Span,
    quality::{Estimates, throughput_kbps},
};

use crate::json::Object;

/// Writes what of the platform's profile is known. As its documentation says: a lookup or connect that did not happen has the time of
/// `fetchStart`; a redirect or TLS handshake that did not happen is 0. What nobody can know is left out.
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
    if let Some(lookup) = exchange.http_dns_lookup {
        write_phase(
            it,
            ["httpDNSDomainLookUpStart", "httpDNSDomainLookUpEnd"],
            span(Some(lookup), fetch_start),
        );
    }
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
        it.address("peerIP", peer.ip());
        it.number("port", peer.port());
    }
    it.boolean("socketReused", exchange.socket_reused);
    it.number("sendBytesCount", exchange.sent_bytes);
    it.number("receivedBytedCount", exchange.received_bytes); // the platform's own spelling
    it.text("protocol", protocol_word(exchange.protocol));
    it.boolean("usingHighPerformanceMode", exchange.high_performance);
    it.maybe("rtt", exchange.rtt.map(whole_milliseconds));
    it.maybe("throughputKbps", throughput_kbps(exchange));
    write_estimates(it, &profile.estimates);
}

/// The platform's words for what ALPN says.
fn protocol_word(alpn: Option<&str>) -> &'static str {
    match alpn {
        Some("http/1.1" | "http/1.0") => "http1.1",
        Some("h2") => "h2",
        Some("h3") => "quic",
        Some(_) | None => "unknown",
    }
}

fn write_estimates(it: &mut Object<'_>, estimates: &Estimates) {
    it.number("estimate_nettype", estimates.effective_type.number());
    it.maybe(
        "httpRttEstimate",
        estimates.http_rtt.map(whole_milliseconds),
    );
    it.maybe(
        "transportRttEstimate",
        estimates.transport_rtt.map(whole_milliseconds),
    );
    it.maybe(
        "downstreamThroughputKbpsEstimate",
        estimates.downstream_kbps,
    );
}

/// Writes the profile of a socket, which has fields of its own (W1).
pub(crate) fn write_socket_profile(it: &mut Object<'_>, profile: &CallProfile) {
    let exchange = &profile.exchange;
    let at = |since_start| milliseconds(profile.started.saturating_add(since_start));
    let fetch_start = at(exchange.fetch_start);
    let span = |span: Option<Span>| {
        span.map_or((fetch_start, fetch_start), |span| {
            (at(span.start), at(span.end))
        })
    };
    it.number("fetchStart", fetch_start);
    write_phase(
        it,
        ["domainLookUpStart", "domainLookUpEnd"],
        span(exchange.domain_lookup),
    );
    write_phase(it, ["connectStart", "connectEnd"], span(exchange.connect));
    it.maybe(
        "rtt",
        exchange
            .connect
            .map(|connect| whole_milliseconds(connect.end.saturating_sub(connect.start))),
    );
    if let Some((asked, agreed)) = exchange.request.zip(exchange.response) {
        it.number(
            "handshakeCost",
            whole_milliseconds(agreed.end.saturating_sub(asked.start)),
        );
        it.number(
            "cost",
            at(agreed.end).saturating_sub(milliseconds(profile.invoked)),
        );
    }
}

fn write_phase(it: &mut Object<'_>, [start, end]: [&'static str; 2], times: (u64, u64)) {
    it.number(start, times.0);
    it.number(end, times.1);
}

/// Of a length of time, which is never told as nothing: a round trip of less than a millisecond takes one.
fn whole_milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

fn milliseconds(since_epoch: Duration) -> u64 {
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}
