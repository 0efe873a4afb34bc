//! A log of calls, made while they go on.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use appnet::{CallRecord, Effect, Inspector, IoEvent, Sight, SocketIo, TaskId};
use appnet_policy::{
    Api,
    exchange::{Answer, Header, OutgoingRequest, Profile, ReceivedBody, ResponseHead},
    identity::AppId,
    multipart::Form,
    socket::SocketMessage,
};

/// How much of bodies and messages a log keeps. What is over a bound is counted and not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One body or message, in bytes.
    pub body_bytes: usize,
    /// All bodies and messages of an app, in bytes.
    pub app_bytes: usize,
    /// Calls of an app. When there are more, those that ended first are forgotten.
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            app_bytes: 16 << 20,
            calls: 100_000,
        }
    }
}

/// The calls of all apps, those under way too.
#[derive(Debug, Default)]
pub struct CallLog {
    limits: Limits,
    apps: Mutex<BTreeMap<AppId, Calls>>,
}

#[derive(Debug, Default)]
struct Calls {
    entries: BTreeMap<TaskId, Entry>,
    /// Of bodies and messages.
    bytes: usize,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The app that called.
    pub app: AppId,
    /// Its task.
    pub task: TaskId,
    /// What it called.
    pub api: Api,
    /// The URL as the app gave it.
    pub url: String,
    /// When it called.
    pub began: SystemTime,
    /// The request as it left the queue; `None`: it never did.
    pub request: Option<SentRequest>,
    /// Status and headers of the answer, or of a socket's handshake.
    pub head: Option<ResponseHead>,
    /// The answer's body, content-decoded.
    pub body: Body,
    /// What a socket sent and received, in order.
    pub messages: Vec<Frame>,
    /// The code and reason that a socket was closed with.
    pub closed: Option<(u16, String)>,
    /// Where the time of the exchange or the handshake went.
    pub profile: Option<Profile>,
    /// How it ended; `None`: it goes on.
    pub end: Option<Box<CallRecord>>,
}

/// A request as it left the queue.
#[derive(Debug, Clone)]
pub struct SentRequest {
    /// The method; a socket's is GET.
    pub method: &'static str,
    /// The URL that was permitted, with the query that the app's data became.
    pub url: String,
    /// All headers but those of framing and connection.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Body,
    /// The form of an upload, whose file is not kept.
    pub form: Option<Form>,
}

/// Bytes, as far as they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// What is kept; the beginning, if it is not all.
    pub bytes: Vec<u8>,
    /// How many bytes there were.
    pub length: u64,
}

/// One message of a socket.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Whether the app sent it.
    pub sent: bool,
    /// When it was given to the network, or came.
    pub at: SystemTime,
    /// Whether it is a text.
    pub is_text: bool,
    /// Its payload.
    pub data: Body,
}

impl CallLog {
    /// An empty log.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            apps: Mutex::default(),
        }
    }

    /// The calls so far, in the order in which they began.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let apps = self.apps();
        let mut entries: Vec<Entry> = apps
            .values()
            .flat_map(|calls| calls.entries.values().cloned())
            .collect();
        entries.sort_by_key(|entry| entry.began);
        entries
    }

    /// Nothing that holds the lock can leave a log half changed.
    fn apps(&self) -> MutexGuard<'_, BTreeMap<AppId, Calls>> {
        self.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inspector for CallLog {
    fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        let mut apps = self.apps();
        if !apps.contains_key(app) {
            apps.insert(app.clone(), Calls::default());
        }
        let Some(calls) = apps.get_mut(app) else {
            return;
        };
        match sight {
            Sight::Called(call) => {
                let entry = Entry::new(app, task, call.api(), call.url().to_owned());
                calls.entries.insert(task, entry);
            }
            Sight::Ended(record) => {
                calls.ended(record);
                calls.forget(self.limits.calls);
            }
            Sight::Asked(effect) => calls.asked(task, effect, &self.limits),
            Sight::Told(event) => calls.told(task, event, &self.limits),
            _ => {}
        }
    }
}

impl Calls {
    fn asked(&mut self, task: TaskId, effect: &Effect, limits: &Limits) {
        let Some(entry) = self.entries.get_mut(&task) else {
            return;
        };
        let bytes = &mut self.bytes;
        match effect {
            Effect::StartHttp(job) => {
                entry.request = Some(SentRequest::http(&job.request, bytes, limits));
            }
            Effect::StartSocket(job) => {
                entry.request = Some(SentRequest {
                    method: "GET",
                    url: job.request.target.url().as_str().to_owned(),
                    headers: job.request.headers.clone(),
                    body: Body::default(),
                    form: None,
                });
            }
            Effect::SendSocket { message, .. } => {
                entry
                    .messages
                    .push(Frame::new(true, message, bytes, limits));
            }
            Effect::CloseSocket { .. }
            | Effect::CancelHttp(_)
            | Effect::CancelSocket(_)
            | Effect::ReleaseTransport => {}
        }
    }

    fn told(&mut self, task: TaskId, event: &IoEvent, limits: &Limits) {
        let Some(entry) = self.entries.get_mut(&task) else {
            return;
        };
        let bytes = &mut self.bytes;
        match event {
            IoEvent::HeadersReceived(head) => entry.head = Some(head.clone()),
            IoEvent::Chunk(data) => entry.body.add(data, bytes, limits),
            IoEvent::Finished(finished) => {
                entry.profile = Some(finished.profile.clone());
                if let Ok(Answer { head, body }) = &finished.outcome {
                    entry.head = Some(head.clone());
                    match body {
                        ReceivedBody::Whole(data, _) => entry.body.add(data, bytes, limits),
                        ReceivedBody::Chunked | ReceivedBody::File(_) => {}
                    }
                }
            }
            IoEvent::Progress(progress) => {
                if entry.api == Api::DownloadFile {
                    entry.body.length = progress.done;
                }
            }
            IoEvent::Socket(SocketIo::Opened(opened)) => {
                entry.head = Some(opened.head.clone());
                entry.profile = Some(opened.profile.clone());
            }
            IoEvent::Socket(SocketIo::Message(message)) => {
                entry
                    .messages
                    .push(Frame::new(false, message, bytes, limits));
            }
            IoEvent::Socket(SocketIo::Closed { code, reason }) => {
                entry.closed = Some((*code, reason.clone()));
            }
            IoEvent::Socket(SocketIo::Sent(_) | SocketIo::NotSent(..) | SocketIo::Failed(_))
            | IoEvent::AwaitsApp
            | IoEvent::Crashed => {}
        }
    }

    /// A call whose options could not be read was not seen before.
    fn ended(&mut self, record: &CallRecord) {
        let entry = self.entries.entry(record.task).or_insert_with(|| {
            Entry::new(&record.app, record.task, record.api, record.url.clone())
        });
        entry.end = Some(Box::new(record.clone()));
    }

    fn forget(&mut self, most: usize) {
        while self.entries.len() > most {
            let ended = self.entries.values().find(|entry| entry.end.is_some());
            let Some(task) = ended.map(|entry| entry.task) else {
                return;
            };
            if let Some(entry) = self.entries.remove(&task) {
                self.bytes = self.bytes.saturating_sub(entry.kept_bytes());
            }
        }
    }
}

impl Entry {
    fn new(app: &AppId, task: TaskId, api: Api, url: String) -> Self {
        Self {
            app: app.clone(),
            task,
            api,
            url,
            began: SystemTime::now(),
            request: None,
            head: None,
            body: Body::default(),
            messages: Vec::new(),
            closed: None,
            profile: None,
            end: None,
        }
    }

    /// How long it took, from the call to its end.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.end
            .as_ref()
            .map_or(Duration::ZERO, |end| end.queued + end.ran)
    }

    fn kept_bytes(&self) -> usize {
        let request = self.request.as_ref();
        let sent = request.map_or(0, |request| request.body.bytes.len());
        let messages = self.messages.iter().map(|frame| frame.data.bytes.len());
        sent + self.body.bytes.len() + messages.sum::<usize>()
    }
}

impl SentRequest {
    fn http(request: &OutgoingRequest, bytes: &mut usize, limits: &Limits) -> Self {
        let mut body = Body::default();
        let form = match &request.body {
            appnet_policy::exchange::Body::Bytes(data) => {
                body.add(data, bytes, limits);
                None
            }
            appnet_policy::exchange::Body::Form(form) => Some(Form::clone(form)),
        };
        Self {
            method: request.method.as_str(),
            url: request.target.url().as_str().to_owned(),
            headers: request.headers.clone(),
            body,
            form,
        }
    }
}

impl Body {
    /// Whether all of it is kept.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.bytes.len() as u64 == self.length
    }

    /// A copy is kept, as far as there is room: what came may count as not taken until its last copy is dropped (I2).
    fn add(&mut self, data: &[u8], in_use: &mut usize, limits: &Limits) {
        let of_this = limits.body_bytes.saturating_sub(self.bytes.len());
        let of_all = limits.app_bytes.saturating_sub(*in_use);
        let kept = if self.is_whole() {
            data.len().min(of_this).min(of_all)
        } else {
            0 // what is kept is a beginning, without a gap
        };
        self.bytes.extend_from_slice(&data[..kept]);
        self.length += data.len() as u64;
        *in_use += kept;
    }
}

impl Frame {
    fn new(sent: bool, message: &SocketMessage, in_use: &mut usize, limits: &Limits) -> Self {
        let mut data = Body::default();
        data.add(message.as_bytes(), in_use, limits);
        Self {
            sent,
            at: SystemTime::now(),
            is_text: matches!(message, SocketMessage::Text(_)),
            data,
        }
    }
}
