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
    log::{Body, Entry, Frame, SentRequest},
    mask::Secrets,
};

/// Stands for a URL that is none: HAR has no place for anything else.
const NO_URL: &str = "about:invalid";

/// What a field says whose value is not known.
const UNKNOWN: i64 = -1;

/// A HAR file of these calls. A refused call is an entry too, with `_blocked`: the rule, its reason, and the nearest entry of the domain list.
#[must_use]
pub fn har(entries: &[Entry], secrets: Secrets) -> Value {
    let entries: Vec<Value> = entries.iter().map(|it| entry(it, secrets)).collect();
    json!({"log": {
        "version": "1.2",
        "creator": {"name": "appnet", "version": env!("CARGO_PKG_VERSION")},
        "pages": [],
        "entries": entries,
    }})
}

fn entry(entry: &Entry, secrets: Secrets) -> Value {
    let timings = Timings::of(entry);
    let mut har = json!({
        "startedDateTime": date(entry.began),
        "time": timings.sum(),
        "request": request(entry, secrets),
        "response": response(entry, secrets),
        "cache": {},
        "timings": timings.json(),
        "_app": entry.app.to_string(),
        "_task": entry.task.number(),
        "_api": entry.api.to_string(),
    });
    if let Some(peer) = entry.profile.as_deref().and_then(|profile| profile.peer) {
        har["serverIPAddress"] = peer.ip().to_string().into();
        har["_serverPort"] = peer.port().into();
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
    let mut content = json!({
        "size": entry.body.length,
        "mimeType": head.header("content-type").unwrap_or("x-unknown"),
    });
    if !entry.body.bytes.is_empty() {
        let (text, encoding) = entry.body.text();
        content["text"] = text.into();
        if let Some(encoding) = encoding {
            content["encoding"] = encoding.into();
        }
    }
    if !entry.body.is_whole() {
        content["comment"] = beginning(&entry.body).into();
    }
    let status = http::StatusCode::from_u16(head.status).ok();
    json!({
        "status": head.status,
        "statusText": status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
        "httpVersion": version(Some(head), entry.profile.as_deref()),
        "cookies": cookies(&head.headers, "set-cookie", '\n', secrets),
        "headers": headers(&head.headers, secrets),
        "content": content,
        "redirectURL": head.header("location").unwrap_or_default(),
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN,
        "_transferSize": entry.profile.as_deref().map_or(0, |profile| profile.received_bytes),
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
    /// The time in the queue is `blocked`; what no phase has, of redirects above all, is `wait`.
    fn of(entry: &Entry) -> Self {
        let phase = |span: fn(&Profile) -> Option<Span>| {
            let span = entry.profile.as_deref().and_then(span)?;
            Some(millis(span.end.saturating_sub(span.start)))
        };
        let end = entry.end.as_ref();
        let ran = end.map_or(0.0, |end| millis(end.ran));
        let (dns, connect) = (phase(|it| it.domain_lookup), phase(|it| it.connect));
        let send = phase(|it| it.request).unwrap_or(0.0);
        let receive = phase(|it| it.response).unwrap_or(0.0);
        let known = dns.unwrap_or(0.0) + connect.unwrap_or(0.0) + send + receive;
        Self {
            blocked: end.map(|end| millis(end.queued)),
            dns,
            connect,
            ssl: phase(|it| it.ssl),
            send,
            wait: (ran - known).max(0.0),
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
