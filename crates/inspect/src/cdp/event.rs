//! Events of the protocol, made of a log's entries. The same functions make them while a call goes on and for a front end that comes later.

use std::time::{Duration, SystemTime};

use appnet::CallRecord;
use appnet_policy::{
    Api, Failure,
    exchange::{Header, HttpVersion, Profile, ResponseHead, Span},
    failure::AppFault,
    rules::Refusal,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    cdp::console::{ConsoleLevel, Line},
    initiator::initiator,
    log::{Entry, Frame, SentRequest},
};

/// A body of a request that is longer is sent when the front end asks for it.
const POST_DATA_BYTES: usize = 64 << 10;

/// The program's one context, of which nothing else is told.
const CONTEXT: u32 = 1;

/// The domain that a front end has to enable to get an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    Network,
    Log,
    Runtime,
    Debugger,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) domain: Domain,
    pub(crate) method: &'static str,
    pub(crate) params: Value,
}

impl Event {
    const fn network(method: &'static str, params: Value) -> Self {
        Self {
            domain: Domain::Network,
            method,
            params,
        }
    }

    /// As it is sent.
    pub(crate) fn text(&self) -> String {
        json!({"method": self.method, "params": self.params}).to_string()
    }
}

/// The program called a function of its console.
pub(crate) fn console(line: &Line) -> Event {
    let kind = match line.level {
        ConsoleLevel::Debug => "debug",
        ConsoleLevel::Log => "log",
        ConsoleLevel::Info => "info",
        ConsoleLevel::Warn => "warning",
        ConsoleLevel::Error => "error",
    };
    Event {
        domain: Domain::Runtime,
        method: "Runtime.consoleAPICalled",
        params: json!({
            "type": kind,
            "args": [{"type": "string", "value": line.text}],
            "executionContextId": CONTEXT,
            "timestamp": seconds(line.at) * 1e3,
        }),
    }
}

/// A file of the program was seen on a stack.
pub(crate) fn script(file: &str) -> Event {
    Event {
        domain: Domain::Debugger,
        method: "Debugger.scriptParsed",
        params: json!({
            "scriptId": file,
            "url": file,
            "startLine": 0,
            "startColumn": 0,
            "endLine": SCRIPT_LINES,
            "endColumn": 0,
            "executionContextId": CONTEXT,
            "hash": "",
            "buildId": "",
        }),
    }
}

/// Stands for the length of a script, which is not known: places behind its end are not looked up.
const SCRIPT_LINES: u32 = 1_000_000;

/// What a front end calls the request. Task ids begin again when an app is launched once more; these do not.
pub(crate) fn request_id(entry: &Entry) -> String {
    entry.serial.to_string()
}

/// The call has left the queue; or it ended and never did. Redirects that it has followed are told, too.
pub(crate) fn sent(entry: &Entry) -> Vec<Event> {
    if entry.api != Api::ConnectSocket {
        return (0..=entry.hops.len())
            .map(|hop| will_be_sent(entry, hop))
            .collect();
    }
    let id = request_id(entry);
    let url = entry.request.as_ref().map_or(&entry.url, |it| &it.url);
    let created = Event::network(
        "Network.webSocketCreated",
        json!({"requestId": id, "url": url, "initiator": initiator(entry)}),
    );
    let handshake = entry.request.as_ref().map(|request| {
        Event::network(
            "Network.webSocketWillSendHandshakeRequest",
            json!({
                "requestId": id,
                "timestamp": seconds(request.at),
                "wallTime": seconds(request.at),
                "request": {"headers": headers(&request.headers)},
            }),
        )
    });
    [created].into_iter().chain(handshake).collect()
}

/// A redirect is followed.
pub(crate) fn redirected(entry: &Entry) -> Option<Event> {
    let hop = entry.hops.len();
    (hop > 0).then(|| will_be_sent(entry, hop))
}

/// The request after so many redirects, with the answer of the one before it.
fn will_be_sent(entry: &Entry, hop: usize) -> Event {
    let before = hop.checked_sub(1).and_then(|before| entry.hops.get(before));
    let sent = entry.hops.get(hop).map(|it| &it.request);
    let sent = sent.or(entry.request.as_ref());
    // What follows the call until the request's own time is the time in the queue (C2).
    let at = seconds(before.map_or(entry.began, |before| before.answered));
    let mut params = json!({
        "requestId": request_id(entry),
        "loaderId": "",
        "documentURL": "",
        "request": request(entry, sent),
        "timestamp": at,
        "wallTime": at,
        "initiator": initiator(entry),
        "redirectHasExtraInfo": false,
        "type": "Fetch",
        "hasUserGesture": false,
    });
    if let Some(before) = before {
        params["redirectResponse"] = response(&Answered {
            url: &before.request.url,
            head: &before.head,
            at: Some(before.answered),
            profile: Some(&before.profile),
            start: entry.first_request().map(|it| it.at),
        });
    }
    Event::network("Network.requestWillBeSent", params)
}

/// Status and headers are there.
pub(crate) fn answered(entry: &Entry) -> Vec<Event> {
    let (Some(head), Some(at)) = (&entry.head, entry.answered) else {
        return Vec::new();
    };
    let id = request_id(entry);
    if entry.api == Api::ConnectSocket {
        let response = json!({
            "status": head.status,
            "statusText": status_text(head.status),
            "headers": headers(&head.headers),
        });
        return vec![Event::network(
            "Network.webSocketHandshakeResponseReceived",
            json!({"requestId": id, "timestamp": seconds(at), "response": response}),
        )];
    }
    let from_cache = entry.profile.as_deref().is_some_and(|it| it.from_cache);
    let cached = from_cache
        .then(|| Event::network("Network.requestServedFromCache", json!({"requestId": id})));
    let received = Event::network(
        "Network.responseReceived",
        json!({
            "requestId": id,
            "loaderId": "",
            "timestamp": seconds(at),
            "type": "Fetch",
            "response": response(&Answered {
                url: entry.request.as_ref().map_or(&entry.url, |it| &it.url),
                head,
                at: entry.answered,
                profile: entry.profile.as_deref(),
                start: entry.first_request().map(|it| it.at),
            }),
            "hasExtraInfo": false,
        }),
    );
    cached.into_iter().chain([received]).collect()
}

/// So many more bytes of the body are there, content-decoded.
pub(crate) fn data(entry: &Entry, at: SystemTime, length: u64) -> Event {
    Event::network(
        "Network.dataReceived",
        json!({
            "requestId": request_id(entry),
            "timestamp": seconds(at),
            "dataLength": length,
            "encodedDataLength": 0, // known of the whole only
        }),
    )
}

/// A message of a socket.
pub(crate) fn message(entry: &Entry, frame: &Frame) -> Event {
    let data = if frame.is_text {
        frame.data.text().0.into_owned()
    } else {
        STANDARD.encode(&frame.data.bytes)
    };
    let method = if frame.sent {
        "Network.webSocketFrameSent"
    } else {
        "Network.webSocketFrameReceived"
    };
    Event::network(
        method,
        json!({
            "requestId": request_id(entry),
            "timestamp": seconds(frame.at),
            "response": {
                "opcode": if frame.is_text { 1 } else { 2 },
                "mask": frame.sent,
                "payloadData": data,
            },
        }),
    )
}

/// It has ended.
pub(crate) fn ended(entry: &Entry) -> Vec<Event> {
    let (Some(end), Some(at)) = (&entry.end, entry.ended) else {
        return Vec::new();
    };
    let mut events = log(entry, end, at);
    let (id, at) = (request_id(entry), seconds(at));
    let error = end
        .outcome
        .as_ref()
        .err()
        .map(|failure| error_text(end, failure));
    if entry.api == Api::ConnectSocket {
        events.extend(error.map(|text| {
            Event::network(
                "Network.webSocketFrameError",
                json!({"requestId": id, "timestamp": at, "errorMessage": text}),
            )
        }));
        events.push(Event::network(
            "Network.webSocketClosed",
            json!({"requestId": id, "timestamp": at}),
        ));
        return events;
    }
    let last = match error {
        None => {
            let received = entry.profile.as_deref().map_or(0, |it| it.received_bytes);
            Event::network(
                "Network.loadingFinished",
                json!({"requestId": id, "timestamp": at, "encodedDataLength": received}),
            )
        }
        Some(text) => {
            let mut params = json!({
                "requestId": id,
                "timestamp": at,
                "type": "Fetch",
                "errorText": text,
                "canceled": end.outcome == Err(Failure::App(AppFault::Aborted)),
            });
            if end.refusal.is_some() {
                params["blockedReason"] = "other".into(); // the protocol has no name for a rule of ours
            }
            Event::network("Network.loadingFailed", params)
        }
    };
    events.push(last);
    events
}

/// U5, U8: a refusal is in the console, with its rule; and what a release would refuse.
fn log(entry: &Entry, end: &CallRecord, at: SystemTime) -> Vec<Event> {
    let say = |level: &str, text: String| Event {
        domain: Domain::Log,
        method: "Log.entryAdded",
        params: json!({"entry": {
            "source": "network",
            "level": level,
            "text": text,
            "timestamp": seconds(at) * 1e3,
            "url": end.url,
            "networkRequestId": request_id(entry),
        }}),
    };
    let refused = end.refusal.iter().map(|refusal| {
        say(
            "error",
            format!("{} was refused by {}", entry.api, rule(refusal)),
        )
    });
    let would = end.would_refuse.iter().map(|refusal| {
        say(
            "warning",
            format!(
                "a release would refuse this {} by {}",
                entry.api,
                rule(refusal)
            ),
        )
    });
    refused.chain(would).collect()
}

fn rule(refusal: &Refusal) -> String {
    let nearest = refusal
        .nearest
        .as_ref()
        .map(|entry| format!("; nearest entry: {entry}"));
    format!(
        "{}: {}{}",
        refusal.rule,
        refusal.reason,
        nearest.unwrap_or_default()
    )
}

/// What the app hears, and why.
fn error_text(end: &CallRecord, failure: &Failure) -> String {
    let heard = appnet_bus::errors::err_msg(end.api, failure);
    let why = match (&end.refusal, &end.reason) {
        (Some(refusal), _) => Some(rule(refusal)),
        (None, reason) => reason.clone(),
    };
    match why {
        Some(why) => format!("{heard} ({why})"),
        None => heard,
    }
}

fn request(entry: &Entry, sent: Option<&SentRequest>) -> Value {
    let end = entry.end.as_ref();
    let url = sent.map_or(&entry.url, |it| &it.url);
    let method = match sent {
        Some(request) => request.method,
        None => end
            .and_then(|end| end.method)
            .map_or("GET", |it| it.as_str()),
    };
    let mut json = json!({
        "url": url,
        "method": method,
        "headers": sent.map_or_else(|| json!({}), |it| headers(&it.headers)),
        "initialPriority": "High",
        "referrerPolicy": "no-referrer",
    });
    if let Some(SentRequest { body, .. }) = sent.filter(|it| it.body.length > 0) {
        json["hasPostData"] = true.into();
        let text = std::str::from_utf8(&body.bytes);
        if let (Ok(text), true) = (text, body.is_whole() && body.bytes.len() <= POST_DATA_BYTES) {
            json["postData"] = text.into();
        }
    }
    json
}

/// The answer to one request.
struct Answered<'a> {
    url: &'a str,
    head: &'a ResponseHead,
    at: Option<SystemTime>,
    profile: Option<&'a Profile>,
    /// When the call left the queue: what the times of a profile count from.
    start: Option<SystemTime>,
}

fn response(answered: &Answered<'_>) -> Value {
    let Answered {
        url,
        head,
        at,
        profile,
        start,
    } = *answered;
    let content_type = head.header("content-type").unwrap_or_default();
    let mime_type = content_type.split(';').next().unwrap_or_default().trim();
    let mut json = json!({
        "url": url,
        "status": head.status,
        "statusText": status_text(head.status),
        "headers": headers(&head.headers),
        "mimeType": mime_type.to_ascii_lowercase(),
        "charset": "",
        "connectionReused": profile.is_some_and(|it| it.socket_reused),
        "connectionId": 0, // connections have no numbers here
        "encodedDataLength": profile.map_or(0, |it| it.received_bytes),
        "fromDiskCache": false,
        "responseTime": at.map(|at| seconds(at) * 1e3),
        "protocol": profile.and_then(|it| it.protocol).unwrap_or(match head.version {
            HttpVersion::Http1 => "http/1.1",
            HttpVersion::Http2 => "h2",
            HttpVersion::Http3 => "h3",
        }),
        "securityState": if url.starts_with("https:") { "secure" } else { "insecure" },
    });
    if let Some(peer) = profile.and_then(|it| it.peer) {
        json["remoteIPAddress"] = peer.ip().to_string().into();
        json["remotePort"] = peer.port().into();
    }
    if let Some(timing) = profile.zip(start).and_then(timing) {
        json["timing"] = timing;
    }
    json
}

/// The phases of a hop, in milliseconds from its begin. What did not happen is -1.
fn timing((profile, queue_left): (&Profile, SystemTime)) -> Option<Value> {
    let begin = profile.fetch_start;
    let since = |at: Duration| millis(at.saturating_sub(begin));
    let (request, response) = (profile.request?, profile.response?);
    let start = |span: Option<Span>| span.map_or(-1.0, |span| since(span.start));
    let end = |span: Option<Span>| span.map_or(-1.0, |span| since(span.end));
    let dns = profile.domain_lookup.or(profile.http_dns_lookup);
    Some(json!({
        "requestTime": seconds(queue_left + begin),
        "proxyStart": -1,
        "proxyEnd": -1,
        "dnsStart": start(dns),
        "dnsEnd": end(dns),
        "connectStart": start(profile.connect),
        "connectEnd": end(profile.connect),
        "sslStart": start(profile.ssl),
        "sslEnd": end(profile.ssl),
        "workerStart": -1,
        "workerReady": -1,
        "workerFetchStart": -1,
        "workerRespondWithSettled": -1,
        "sendStart": since(request.start),
        "sendEnd": since(request.end),
        "pushStart": 0,
        "pushEnd": 0,
        "receiveHeadersStart": since(response.start),
        "receiveHeadersEnd": since(response.start),
    }))
}

/// Values of a name that comes more than once are lines of one value, as Chromium has them.
fn headers(headers: &[Header]) -> Value {
    let mut json = Map::new();
    for Header { name, value } in headers {
        match json.get_mut(name) {
            Some(Value::String(known)) => {
                known.push('\n');
                known.push_str(value);
            }
            Some(_) | None => {
                json.insert(name.clone(), value.as_str().into());
            }
        }
    }
    json.into()
}

fn status_text(status: u16) -> &'static str {
    let status = http::StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

/// Since 1970. The protocol's monotonic times count from any moment; these count from that one too.
fn seconds(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
