//! What is measured from outside (the feature `metrics`): counters and histograms through the `metrics` facade, and a span of `tracing` for each call.
//!
//! Names are in `docs/metrics.md`, which a test compares. No query of a URL and no header is in any of them. What an app can choose without bound, such as a host in a developer's
//! session, is in spans only: whoever counts keeps each label for ever (I2).

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use appnet_core::{
    CallRecord, Sight, TaskId,
    effect::{Effect, IoEvent, SocketIo},
};
use appnet_policy::{
    Api, Failure, Target,
    failure::{AppFault, HostFault, NetworkFault},
    identity::AppId,
};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use tracing::{Span, field::Empty};

/// Counts the calls of all apps.
pub(crate) struct Meter {
    /// Those that have left the queue.
    running: Mutex<BTreeMap<(AppId, TaskId), Running>>,
}

struct Running {
    span: Span,
    holds_permit: bool,
}

const CALLS: &str = "appnet.calls";
const CONNECTIONS: &str = "appnet.connections";
const INTERRUPTIONS: &str = "appnet.interruptions";
const PERMITS: &str = "appnet.permits.used";
const QUEUED: &str = "appnet.call.queued";
const RECEIVED: &str = "appnet.received.bytes";
const SENT: &str = "appnet.sent.bytes";

/// Of OpenTelemetry's conventions, without the host: an app chooses it.
const DURATION: &str = "http.client.request.duration";

impl Meter {
    /// Says what the numbers are, and begins those at 0 that a person would otherwise wait for.
    pub(crate) fn new() -> Self {
        describe_counter!(CALLS, "Calls that have ended, by API and outcome");
        describe_counter!(INTERRUPTIONS, "Calls that the background ended (B2)");
        describe_counter!(
            CONNECTIONS,
            "Exchanges over a connection, new or used before"
        );
        describe_counter!(SENT, Unit::Bytes, "Bytes of requests, before TLS");
        describe_counter!(
            RECEIVED,
            Unit::Bytes,
            "Bytes of answers, after TLS and before decoding"
        );
        describe_gauge!(PERMITS, "Permits in use now (C1)");
        describe_histogram!(QUEUED, Unit::Seconds, "Time in the queue (C2)");
        describe_histogram!(
            DURATION,
            Unit::Seconds,
            "From leaving the queue to the end of a call"
        );
        gauge!(PERMITS).set(0.0);
        for api in Api::ALL {
            counter!(INTERRUPTIONS, "api" => api.name()).increment(0);
        }
        Self {
            running: Mutex::default(),
        }
    }

    pub(crate) fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        match sight {
            Sight::Asked(Effect::StartHttp(job)) => {
                let method = job.request.method.as_str();
                self.begin(app, task, span(app, task, method, &job.request.target));
            }
            Sight::Asked(Effect::StartSocket(job)) => {
                self.begin(app, task, span(app, task, "GET", &job.request.target));
            }
            // C3: an open socket has given its permit back.
            Sight::Told(IoEvent::Socket(SocketIo::Opened(_))) => {
                if let Some(running) = self.running().get_mut(&(app.clone(), task)) {
                    running.give_back();
                }
            }
            _ => {}
        }
    }

    /// The span of the call, with all that is known of it; `None` if it never left the queue.
    pub(crate) fn ended(&self, record: &CallRecord) -> Option<Span> {
        let api = record.api.name();
        let outcome = outcome(record);
        counter!(CALLS, "api" => api, "outcome" => outcome).increment(1);
        histogram!(QUEUED, "api" => api).record(record.queued.as_secs_f64());
        if record.outcome == Err(Failure::Host(HostFault::Interrupted)) {
            counter!(INTERRUPTIONS, "api" => api).increment(1);
        }
        if let Some(profile) = record.profile.as_ref().filter(|it| it.protocol.is_some()) {
            let reused = if profile.socket_reused {
                "true"
            } else {
                "false"
            };
            counter!(CONNECTIONS, "reused" => reused).increment(1);
            counter!(SENT, "api" => api).increment(profile.sent_bytes);
            counter!(RECEIVED, "api" => api).increment(profile.received_bytes);
        }
        let mut running = self.running().remove(&(record.app.clone(), record.task))?;
        running.give_back();
        Some(running.end(record, outcome))
    }

    fn begin(&self, app: &AppId, task: TaskId, span: Span) {
        gauge!(PERMITS).increment(1.0);
        let running = Running {
            span,
            holds_permit: true,
        };
        self.running().insert((app.clone(), task), running);
    }

    /// Nothing that holds the lock can leave it half changed.
    fn running(&self) -> MutexGuard<'_, BTreeMap<(AppId, TaskId), Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn give_back(&mut self) {
        if std::mem::replace(&mut self.holds_permit, false) {
            gauge!(PERMITS).decrement(1.0);
        }
    }

    fn end(self, record: &CallRecord, outcome: &'static str) -> Span {
        let Self { span, .. } = self;
        span.record("url.full", record.url.as_str());
        let profile = record.profile.as_ref();
        let version = profile.and_then(|it| it.protocol).map_or("none", version);
        span.record("network.protocol.version", version);
        if let Some(peer) = profile.and_then(|it| it.peer) {
            span.record("network.peer.address", peer.ip().to_string());
            span.record("network.peer.port", peer.port());
        }
        let resent = profile.is_some_and(|it| it.resent);
        span.record("http.request.resend_count", u8::from(resent));
        let method = record.method.map_or("GET", |method| method.as_str());
        let seconds = record.ran.as_secs_f64();
        match &record.outcome {
            Ok(status) => {
                span.record("http.response.status_code", status);
                histogram!(DURATION, "http.request.method" => method, "network.protocol.version" => version, "http.response.status_code" => status.to_string())
                    .record(seconds);
            }
            Err(_) => {
                span.record("error.type", outcome);
                histogram!(DURATION, "http.request.method" => method, "network.protocol.version" => version, "error.type" => outcome)
                    .record(seconds);
            }
        }
        span
    }
}

/// By the conventions of OpenTelemetry for HTTP clients.
fn span(app: &AppId, task: TaskId, method: &'static str, target: &Target) -> Span {
    tracing::info_span!(
        parent: None,
        "call",
        "otel.name" = method,
        "otel.kind" = "client",
        "appnet.app" = %app,
        "appnet.task" = task.number(),
        "http.request.method" = method,
        "http.request.resend_count" = Empty,
        "http.response.status_code" = Empty,
        "server.address" = target.host(),
        "server.port" = target.port(),
        "url.scheme" = target.url().scheme(),
        "url.full" = Empty,
        "network.protocol.version" = Empty,
        "network.peer.address" = Empty,
        "network.peer.port" = Empty,
        "error.type" = Empty,
    )
}

/// By ALPN's name.
fn version(protocol: &'static str) -> &'static str {
    match protocol {
        "h2" => "2",
        "h3" => "3",
        _ => "1.1",
    }
}

fn outcome(record: &CallRecord) -> &'static str {
    let Err(failure) = &record.outcome else {
        return "answered";
    };
    if record.refusal.is_some() {
        return "refused";
    }
    match failure {
        Failure::App(AppFault::Aborted) => "aborted",
        Failure::App(_) => "app_error",
        Failure::Network(NetworkFault::TimedOut) => "timed_out",
        Failure::Network(_) => "network_error",
        Failure::Server(_) => "server_error",
        Failure::Host(HostFault::Interrupted) => "interrupted",
        Failure::Host(_) => "host_error",
        _ => "internal_error",
    }
}
