//! HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>), with the fields that Chromium adds for sockets and ours, which begin with `_`.

use std::time::{Duration, SystemTime};

use appnet_policy::{
    Api,
    exchange::{Header, HttpVersion, Profile, ResponseHead, Span},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use crate::{
    initiator,
    log::{Body, Entry, Frame, Hop, SentRequest},
    mask::Secrets,
};

/// Stands for a URL that is none: HAR has no place for anything else.
const NO_URL: &str = "about:invalid";

/// What a field says whose value is not known.
const UNKNOWN: i64 = -1;

/// A HAR file of these calls. A redirect that was followed is an entry of its own, before that of the call's end. A refused call is an entry too, with `_blocked`: the rule, its reason, and the nearest entry of the domain list.
#[must_use]
pub fn har(entries: &[Entry], secrets: Secrets) -> Value {
    let entries = entries.iter().flat_map(|it| {
        let hops = it.hops.iter().enumerate();
        let hops = hops.map(|(place, hop)| self::hop(it, place, hop, secrets));
        hops.chain([entry(it, secrets)]).collect::<Vec<_>>()
    });
    let entries: Vec<Value> = entries.collect();
    json!({"log": {
        "version": "1.2",
        "creator": {"name": "appnet", "version": env!("CARGO_PKG_VERSION")},
        "pages": [],
        "entries": entries,
    }})
}

/// A request of a call that was answered by a redirect, which was followed.
fn hop(entry: &Entry, place: usize, hop: &Hop, secrets: Secrets) -> Value {
    let timings = Timings::of_hop(entry, place, hop);
    let began = if place == 0 {
        entry.began
    } else {
        hop.request.at
    };
    let version = version(Some(&hop.head), Some(&hop.profile));
    let answer = Answered {
        head: &hop.head,
        body: &Body::default(),
        received: hop.profile.received_bytes,
        version,
    };
    let mut har = json!({
        "startedDateTime": date(began),
        "time": timings.sum(),
        "request": sent(&hop.request, version, secrets),
        "response": answered(&answer, secrets),
        "cache": {},
        "timings": timings.json(),
        "_app": entry.app.to_string(),
        "_task": entry.task.number(),
        "_api": entry.api.to_string(),
    });
    show_peer(&mut har, &hop.profile);
    har
}

fn show_peer(har: &mut Value, profile: &Profile) {
    if let Some(peer) = profile.peer {
        har["serverIPAddress"] = peer.ip().to_string().into();
        har["_serverPort"] = peer.port().into();
    }
}

fn entry(entry: &Entry, secrets: Secrets) -> Value {
    let timings = Timings::of(entry);
    let redirected_at = entry.hops.last().map(|hop| hop.answered);
    let mut har = json!({
        "startedDateTime": date(redirected_at.unwrap_or(entry.began)),
        "time": timings.sum(),
        "request": request(entry, secrets),
        "response": response(entry, secrets),
        "cache": {},
        "timings": timings.json(),
        "_app": entry.app.to_string(),
        "_task": entry.task.number(),
        "_api": entry.api.to_string(),
    });
    if let Some(profile) = &entry.profile {
        show_peer(&mut har, profile);
    }
    if let Some(initiator) = initiator::placed(entry) {
        har["_initiator"] = initiator;
    }
    if entry.profile.as_deref().is_some_and(|it| it.from_cache) {
        har["_fromCache"] = "memory".into();
    }
    if entry.api == Api::ConnectSocket {
        har["_resourceType"] = "websocket".into();
        har["_webSocketMessages"] = entry.messages.iter().map(message).collect();
    }
    if let Some((code, reason)) = &entry.closed {
        har["_webSocketClosed"] = json!({"code": code, "reason": reason});
    }
    match &entry.end {
        None => har["comment"] = "it was still under way".into(),
        Some(end) => {
            if let Some(refusal) = &end.refusal {
                har["_blocked"] = json!({
                    "rule": refusal.rule.to_string(),
                    "reason": refusal.reason,
                    "nearest": refusal.nearest,
                });
            }
            if let Err(failure) = &end.outcome {
                har["_error"] = json!({
                    "errMsg": appnet_bus::errors::err_msg(entry.api, failure),
                    "errno": appnet_bus::errors::errno(entry.api, failure),
                    "reason": end.reason,
                });
            }
            let would_refuse = end
                .would_refuse
                .iter()
                .map(|refusal| json!({"rule": refusal.rule.to_string(), "reason": refusal.reason}));
            let would_refuse: Vec<Value> = would_refuse.collect();
            if !would_refuse.is_empty() {
                har["_wouldRefuse"] = would_refuse.into();
            }
        }
    }
    har
}

fn request(entry: &Entry, secrets: Secrets) -> Value {
    let version = version(entry.head.as_ref(), entry.profile.as_deref());
    let Some(request) = &entry.request else {
        // It never left, so that its headers were not made.
        let method = entry.end.as_ref().and_then(|end| end.method);
        let url = Url::parse(&entry.url);
        return json!({
            "method": method.map_or("GET", |method| method.as_str()),
            "url": url.as_ref().map_or(NO_URL, Url::as_str),
            "_url": url.is_err().then_some(&entry.url),
            "httpVersion": version,
            "cookies": [],
            "headers": [],
            "queryString": query(&entry.url),
            "headersSize": UNKNOWN,
            "bodySize": UNKNOWN,
        });
    };
    sent(request, version, secrets)
}

fn sent(request: &SentRequest, version: &str, secrets: Secrets) -> Value {
    let mut har = json!({
        "method": request.method,
        "url": request.url,
        "httpVersion": version,
        "cookies": cookies(&request.headers, "cookie", ';', secrets),
        "headers": headers(&request.headers, secrets),
        "queryString": query(&request.url),
        "headersSize": UNKNOWN,
        "bodySize": body_size(request),
    });
    if let Some(data) = post_data(request) {
        har["postData"] = data;
    }
    har
}

/// The file of a form is not counted: only its disk knows how long it is.
fn body_size(request: &SentRequest) -> Value {
    match request.form {
        Some(_) => UNKNOWN.into(),
        None => request.body.length.into(),
    }
}

fn post_data(request: &SentRequest) -> Option<Value> {
    if let Some(form) = &request.form {
        let fields = form
            .fields
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}));
        let file = json!({
            "name": form.file_field,
            "fileName": form.file_name,
            "contentType": form.file_type,
        });
        return Some(json!({
            "mimeType": "multipart/form-data",
            "params": fields.chain([file]).collect::<Value>(),
            "text": "",
        }));
    }
    if request.body.length == 0 {
        return None;
    }
    let (text, encoding) = request.body.text();
    let mut data = json!({
        "mimeType": find(&request.headers, "content-type").unwrap_or_default(),
        "params": [],
        "text": text,
    });
    if encoding.is_some() {
        data["_encoding"] = "base64".into();
    }
    if !request.body.is_whole() {
        data["comment"] = beginning(&request.body).into();
    }
    Some(data)
}

fn response(entry: &Entry, secrets: Secrets) -> Value {
    let Some(head) = &entry.head else {
        return json!({
            "status": 0,
            "statusText": "",
            "httpVersion": version(None, entry.profile.as_deref()),
            "cookies": [],
            "headers": [],
            "content": {"size": 0, "mimeType": "x-unknown"},
            "redirectURL": "",
            "headersSize": UNKNOWN,
            "bodySize": UNKNOWN,
        });
    };
    let profile = entry.profile.as_deref();
    let answer = Answered {
        head,
        body: &entry.body,
        received: profile.map_or(0, |profile| profile.received_bytes),
        version: version(Some(head), profile),
    };
    answered(&answer, secrets)
}

/// The answer to one request.
struct Answered<'a> {
    head: &'a ResponseHead,
    body: &'a Body,
    received: u64,
    version: &'static str,
}

fn answered(
    &Answered {
        head,
        body,
        received,
        version,
    }: &Answered<'_>,
    secrets: Secrets,
) -> Value {
    let mut content = json!({
        "size": body.length,
        "mimeType": head.header("content-type").unwrap_or("x-unknown"),
    });
    if !body.bytes.is_empty() {
        let (text, encoding) = body.text();
        content["text"] = text.into();
        if let Some(encoding) = encoding {
            content["encoding"] = encoding.into();
        }
    }
    if !body.is_whole() {
        content["comment"] = beginning(body).into();
    }
    let status = http::StatusCode::from_u16(head.status).ok();
    json!({
        "status": head.status,
        "statusText": status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
        "httpVersion": version,
        "cookies": cookies(&head.headers, "set-cookie", '\n', secrets),
        "headers": headers(&head.headers, secrets),
        "content": content,
        "redirectURL": head.header("location").unwrap_or_default(),
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN,
        "_transferSize": received,
    })
}

fn message(frame: &Frame) -> Value {
    let (data, encoding) = frame.data.text();
    let mut har = json!({
        "type": if frame.sent { "send" } else { "receive" },
        "time": seconds(frame.at),
        "opcode": if frame.is_text { 1 } else { 2 },
        "data": data,
    });
    if encoding.is_none() && !frame.is_text {
        har["data"] = STANDARD.encode(&frame.data.bytes).into(); // as Chromium writes binary messages
    }
    if !frame.data.is_whole() {
        har["comment"] = beginning(&frame.data).into();
    }
    har
}

/// In milliseconds; their sum is the time of the entry.
struct Timings {
    blocked: Option<f64>,
    dns: Option<f64>,
    connect: Option<f64>,
    ssl: Option<f64>,
    send: f64,
    wait: f64,
    receive: f64,
}

impl Timings {
    /// Of what followed the last redirect. The time in the queue is `blocked`, of the first hop; what no phase has is `wait`.
    fn of(entry: &Entry) -> Self {
        let end = entry.end.as_ref();
        let ran = end.map_or(Duration::ZERO, |end| end.ran);
        let hops = match (entry.first_request(), entry.hops.last()) {
            (Some(first), Some(last)) => between(first.at, last.answered),
            (None, _) | (_, None) => Duration::ZERO,
        };
        let queued = end.map(|end| end.queued).filter(|_| entry.hops.is_empty());
        Self::made_of(queued, entry.profile.as_deref(), ran.saturating_sub(hops))
    }

    fn of_hop(entry: &Entry, place: usize, hop: &Hop) -> Self {
        let queued = between(entry.began, hop.request.at);
        let queued = Some(queued).filter(|_| place == 0);
        let ran = between(hop.request.at, hop.answered);
        Self::made_of(queued, Some(&hop.profile), ran)
    }

    fn made_of(queued: Option<Duration>, profile: Option<&Profile>, ran: Duration) -> Self {
        let phase = |span: fn(&Profile) -> Option<Span>| {
            let span = profile.and_then(span)?;
            Some(millis(span.end.saturating_sub(span.start)))
        };
        let (dns, connect) = (phase(|it| it.domain_lookup), phase(|it| it.connect));
        let send = phase(|it| it.request).unwrap_or(0.0);
        let receive = phase(|it| it.response).unwrap_or(0.0);
        let known = dns.unwrap_or(0.0) + connect.unwrap_or(0.0) + send + receive;
        Self {
            blocked: queued.map(millis),
            dns,
            connect,
            ssl: phase(|it| it.ssl),
            send,
            wait: (millis(ran) - known).max(0.0),
            receive,
        }
    }

    fn sum(&self) -> f64 {
        let or_zero = |phase: Option<f64>| phase.unwrap_or(0.0);
        or_zero(self.blocked)
            + or_zero(self.dns)
            + or_zero(self.connect)
            + self.send
            + self.wait
            + self.receive
    }

    fn json(&self) -> Value {
        let or_unknown = |phase: Option<f64>| phase.map_or(json!(UNKNOWN), Value::from);
        json!({
            "blocked": or_unknown(self.blocked),
            "dns": or_unknown(self.dns),
            "connect": or_unknown(self.connect),
            "ssl": or_unknown(self.ssl),
            "send": self.send,
            "wait": self.wait,
            "receive": self.receive,
        })
    }
}

fn between(from: SystemTime, to: SystemTime) -> Duration {
    to.duration_since(from).unwrap_or_default() // a clock may be set back
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn headers(headers: &[Header], secrets: Secrets) -> Value {
    let har = headers
        .iter()
        .map(|Header { name, value }| json!({"name": name, "value": secrets.shown(name, value)}));
    har.collect()
}

/// The cookies of each header of this name, without their attributes.
fn cookies(headers: &[Header], name: &str, separator: char, secrets: Secrets) -> Value {
    let named = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name));
    let pairs = named.flat_map(|header| header.value.split(separator));
    let har = pairs.filter_map(|pair| {
        let pair = pair.split(';').next().unwrap_or_default();
        let (cookie, value) = pair.trim().split_once('=')?;
        Some(json!({"name": cookie, "value": secrets.shown(name, value)}))
    });
    har.collect()
}

fn query(url: &str) -> Value {
    let Ok(url) = Url::parse(url) else {
        return json!([]);
    };
    let har = url
        .query_pairs()
        .map(|(name, value)| json!({"name": name, "value": value}));
    har.collect()
}

fn version(head: Option<&ResponseHead>, profile: Option<&Profile>) -> &'static str {
    let of_head = head.map(|head| match head.version {
        HttpVersion::Http1 => "HTTP/1.1",
        HttpVersion::Http2 => "HTTP/2.0",
        HttpVersion::Http3 => "HTTP/3",
    });
    let of_profile = || match profile?.protocol? {
        "h2" => Some("HTTP/2.0"),
        "h3" => Some("HTTP/3"),
        _ => Some("HTTP/1.1"),
    };
    of_head.or_else(of_profile).unwrap_or("HTTP/1.1")
}

fn beginning(body: &Body) -> String {
    format!("{} of {} bytes were kept", body.bytes.len(), body.length)
}

fn find<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.as_str())
}

fn date(at: SystemTime) -> String {
    let date = OffsetDateTime::from(at);
    let millis = date.replace_nanosecond(date.nanosecond() / 1_000_000 * 1_000_000);
    millis.unwrap_or(date).format(&Rfc3339).unwrap_or_default() // a year that has no four digits
}

fn seconds(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
