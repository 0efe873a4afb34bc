//! `-v`: each exchange as `curl -v` shows it.
//!
//! The lines of an exchange come at its end, all at once: calls run side by side, and their lines would be mixed otherwise.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use appnet::{CallRecord, Effect, Inspector, IoEvent, Sight, SocketIo, TaskId};
use appnet_inspect::Secrets;
use appnet_policy::{
    Target,
    exchange::{Answer, Header, HttpVersion, OutgoingRequest, Profile, ResponseHead, Span},
    identity::AppId,
};

use crate::ending::error_line;

/// Shows the calls of all apps.
#[derive(Debug, Default)]
pub(crate) struct Verbose {
    /// The requests that have left the queue and are not shown yet.
    sent: Mutex<BTreeMap<(AppId, TaskId), Sent>>,
}

/// A request, as far as it is shown.
#[derive(Debug)]
struct Sent {
    host: String,
    port: u16,
    /// `> GET /a?b=1` and what follows, a line each.
    lines: String,
}

impl Inspector for Verbose {
    fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        let key = || (app.clone(), task);
        match sight {
            Sight::Asked(Effect::StartHttp(job)) => self.keep(key(), Sent::http(&job.request)),
            Sight::Asked(Effect::StartSocket(job)) => {
                let request = &job.request;
                let sent = Sent::new("GET", &request.target, &request.headers);
                self.keep(key(), sent);
            }
            Sight::Told(IoEvent::Redirected(redirected)) => {
                self.show(&key(), Some(&redirected.profile), Some(&redirected.head));
                self.keep(key(), Sent::http(&redirected.next));
            }
            Sight::Told(IoEvent::Finished(finished)) => {
                let head = match &finished.outcome {
                    Ok(Answer { head, .. }) => Some(&**head),
                    Err(_) => None,
                };
                self.show(&key(), Some(&finished.profile), head);
            }
            Sight::Told(IoEvent::Socket(SocketIo::Opened(opened))) => {
                self.show(&key(), Some(&opened.profile), Some(&opened.head));
            }
            Sight::Ended(record) => {
                self.show(&key(), record.profile.as_deref(), None);
                ended(record);
            }
            _ => {}
        }
    }
}

impl Verbose {
    fn keep(&self, key: (AppId, TaskId), sent: Sent) {
        self.sent().insert(key, sent);
    }

    fn show(&self, key: &(AppId, TaskId), profile: Option<&Profile>, head: Option<&ResponseHead>) {
        let Some(sent) = self.sent().remove(key) else {
            return; // it was shown
        };
        let mut text = String::new();
        if let Some(profile) = profile {
            sent.way(profile, &mut text);
        }
        text.push_str(&sent.lines);
        if let Some(head) = head {
            answer(head, &mut text);
        }
        error_line(text.trim_end_matches('\n'));
    }

    /// Nothing that holds the lock can leave it half changed.
    fn sent(&self) -> MutexGuard<'_, BTreeMap<(AppId, TaskId), Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sent {
    fn http(request: &OutgoingRequest) -> Self {
        Self::new(request.method.as_str(), &request.target, &request.headers)
    }

    fn new(method: &str, target: &Target, headers: &[Header]) -> Self {
        let url = target.url();
        let query = url.query().map(|query| format!("?{query}"));
        let mut lines = String::new();
        let path = [url.path(), query.as_deref().unwrap_or_default()].concat();
        line(&mut lines, &format!("> {method} {path}"));
        if !headers
            .iter()
            .any(|it| it.name.eq_ignore_ascii_case("host"))
        {
            let port = url.port().map(|port| format!(":{port}"));
            let (host, port) = (target.host(), port.unwrap_or_default());
            line(&mut lines, &format!("> Host: {host}{port}"));
        }
        fields(&mut lines, '>', headers);
        line(&mut lines, ">");
        Self {
            host: target.host().to_owned(),
            port: target.port(),
            lines,
        }
    }

    /// How it got there.
    fn way(&self, profile: &Profile, text: &mut String) {
        let Self { host, port, .. } = self;
        if profile.from_cache && profile.peer.is_none() {
            return line(text, "* The answer is one that the app had before");
        }
        let took = |span: Option<Span>| span.map(|it| it.end.saturating_sub(it.start));
        if let Some(time) = took(profile.domain_lookup) {
            line(
                text,
                &format!("* Host {host}:{port} was resolved{}", in_milliseconds(time)),
            );
        }
        match (profile.peer, took(profile.connect)) {
            (Some(peer), Some(time)) => {
                let tcp = time.saturating_sub(took(profile.ssl).unwrap_or_default());
                let (ip, port) = (peer.ip(), peer.port());
                line(
                    text,
                    &format!(
                        "* Connected to {host} ({ip}) port {port}{}",
                        in_milliseconds(tcp)
                    ),
                );
            }
            (Some(peer), None) => {
                let (ip, port) = (peer.ip(), peer.port());
                line(
                    text,
                    &format!("* Re-using the connection to {host} ({ip}) port {port}"),
                );
            }
            (None, _) => {}
        }
        if let Some(version) = profile.tls_version {
            let took = took(profile.ssl).map(in_milliseconds).unwrap_or_default();
            let alpn = profile.protocol.unwrap_or("none");
            line(
                text,
                &format!("* TLS connection with {version}, ALPN {alpn}{took}"),
            );
        }
        if profile.resent {
            line(
                text,
                "* The connection was closed meanwhile: the request was sent once more",
            );
        }
    }
}

/// Also of a call that never left, which is all that is shown of it.
fn ended(record: &CallRecord) {
    let CallRecord { api, task, url, .. } = record;
    let Err(failure) = &record.outcome else {
        return;
    };
    let why = match (&record.refusal, &record.reason) {
        (Some(refusal), _) => format!("{}: {}", refusal.rule, refusal.reason),
        (None, Some(reason)) => reason.clone(),
        (None, None) => failure.text_and_errno().0.into_owned(),
    };
    let mut text = String::new();
    line(&mut text, &format!("* {api} #{task} {url} failed: {why}"));
    error_line(text.trim_end_matches('\n'));
}

fn answer(head: &ResponseHead, text: &mut String) {
    let version = match head.version {
        HttpVersion::Http1 => "HTTP/1.1",
        HttpVersion::Http2 => "HTTP/2",
        HttpVersion::Http3 => "HTTP/3",
    };
    line(text, &format!("< {version} {}", head.status));
    fields(text, '<', &head.headers);
    line(text, "<");
}

fn fields(text: &mut String, sign: char, headers: &[Header]) {
    for Header { name, value } in headers {
        let value = Secrets::Masked.shown(name, value);
        line(text, &format!("{sign} {name}: {value}"));
    }
}

/// A server may send what would move the cursor of a terminal.
fn line(text: &mut String, line: &str) {
    for letter in line.chars() {
        match letter.is_control() {
            true => text.extend(letter.escape_default()),
            false => text.push(letter),
        }
    }
    text.push('\n');
}

fn in_milliseconds(time: Duration) -> String {
    format!(" in {:.1} ms", time.as_secs_f64() * 1e3)
}
