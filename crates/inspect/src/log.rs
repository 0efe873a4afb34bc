//! A log of calls, made while they go on.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use appnet::{CallRecord, Effect, Inspector, IoEvent, Redirected, Sight, SocketIo, TaskId};
use appnet_policy::{
    Api,
    exchange::{Answer, Header, OutgoingRequest, Profile, ReceivedBody, ResponseHead},
    identity::AppId,
    multipart::Form,
    socket::SocketMessage,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// How much of bodies and messages a log keeps. What is over a bound is counted and not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One body or message, in bytes.
    pub body_bytes: usize,
    /// All bodies and messages of an app, in bytes.
    pub app_bytes: usize,
    /// Calls of an app. When there are more, those that ended first are forgotten.
    pub calls: usize,
    /// Messages of one socket; those that come later are not kept.
    pub messages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            app_bytes: 16 << 20,
            calls: 100_000,
            messages: 100_000,
        }
    }
}

/// How many stacks of calls that have not begun are kept, for each app.
const MOST_STACKS: usize = 256;

/// The calls of all apps, those under way too.
#[derive(Debug, Default)]
pub struct CallLog {
    limits: Limits,
    apps: Mutex<BTreeMap<AppId, Calls>>,
}

/// The calls of one app.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    entries: BTreeMap<TaskId, Entry>,
    /// Of bodies and messages.
    bytes: usize,
    /// How many calls there were.
    serial: u64,
    /// Where the calls were made that are about to begin.
    stacks: BTreeMap<TaskId, Arc<dyn Stack>>,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The app that called.
    pub app: AppId,
    /// Its task.
    pub task: TaskId,
    /// Which of the app's calls it is. An app that is launched once more begins with its first task again.
    pub serial: u64,
    /// What it called.
    pub api: Api,
    /// The URL as the app gave it.
    pub url: String,
    /// When it called.
    pub began: SystemTime,
    /// Where in the program; `None`: nobody told.
    pub stack: Option<Arc<dyn Stack>>,
    /// The request as it left the queue; `None`: it never did.
    pub request: Option<SentRequest>,
    /// The redirects that were followed before `request`, in order.
    pub hops: Vec<Hop>,
    /// Status and headers of the answer, or of a socket's handshake.
    pub head: Option<ResponseHead>,
    /// When they were there.
    pub answered: Option<SystemTime>,
    /// The answer's body, content-decoded.
    pub body: Body,
    /// What a socket sent and received, in order.
    pub messages: Vec<Frame>,
    /// The code and reason that a socket was closed with.
    pub closed: Option<(u16, String)>,
    /// Whether the app closed its socket.
    pub closed_by_app: bool,
    /// Where the time of the exchange or the handshake went.
    pub profile: Option<Arc<Profile>>,
    /// How it ended; `None`: it goes on.
    pub end: Option<Box<CallRecord>>,
    /// When it ended.
    pub ended: Option<SystemTime>,
}

/// Where in a program a call was made. To make frames of what an engine knows can cost more than the call, so they are made when somebody wants
/// to see them.
pub trait Stack: fmt::Debug + Send + Sync {
    /// Innermost first.
    fn frames(&self) -> Vec<CallFrame>;

    /// The text of a file of the program, by the name that it has in frames, if it is known.
    fn source(&self, file: &str) -> Option<String> {
        let _ = file;
        None
    }
}

impl Stack for Vec<CallFrame> {
    fn frames(&self) -> Vec<CallFrame> {
        self.clone()
    }
}

/// One place of a program's stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFrame {
    /// The function; empty if it has no name.
    pub function: String,
    /// The file, as the program's author knows it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// A request that was answered by a redirect, which was followed.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The request.
    pub request: SentRequest,
    /// Status and headers of its answer.
    pub head: ResponseHead,
    /// When they were there.
    pub answered: SystemTime,
    /// Where its time went.
    pub profile: Profile,
}

/// A request as it left the queue, or as a redirect made it.
#[derive(Debug, Clone)]
pub struct SentRequest {
    /// When it left the queue, or the redirect was there.
    pub at: SystemTime,
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

    /// Is told by the host, before it hands a call to the port, where in the program the call is made.
    pub fn called_from(&self, app: &AppId, task: TaskId, stack: Arc<dyn Stack>) {
        calls_of(&mut self.apps(), app).called_from(task, stack);
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
        calls_of(&mut self.apps(), app).see(app, task, sight, &self.limits);
    }
}

fn calls_of<'a>(apps: &'a mut BTreeMap<AppId, Calls>, app: &AppId) -> &'a mut Calls {
    apps.entry(app.clone()).or_default()
}

impl Calls {
    pub(crate) fn see(&mut self, app: &AppId, task: TaskId, sight: Sight<'_>, limits: &Limits) {
        match sight {
            Sight::Called(call) => self.begin(app, task, call.api(), call.url().to_owned()),
            Sight::Ended(record) => {
                self.ended(record);
                self.forget(limits.calls, limits.app_bytes);
            }
            Sight::Asked(effect) => self.asked(task, effect, limits),
            Sight::Told(event) => self.told(task, event, limits),
            _ => {}
        }
    }

    pub(crate) fn called_from(&mut self, task: TaskId, stack: Arc<dyn Stack>) {
        self.stacks.insert(task, stack);
        if self.stacks.len() > MOST_STACKS {
            self.stacks.pop_first(); // its call never began: its port was full
        }
    }

    /// Forgets a call and gives it away.
    pub(crate) fn take(&mut self, task: TaskId) -> Option<Entry> {
        let entry = self.entries.remove(&task)?;
        self.bytes = self.bytes.saturating_sub(entry.kept_bytes());
        Some(entry)
    }

    #[cfg(feature = "devtools")]
    pub(crate) fn entry(&self, task: TaskId) -> Option<&Entry> {
        self.entries.get(&task)
    }

    #[cfg(feature = "devtools")]
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Where the calls were made, as far as they are kept.
    #[cfg(feature = "devtools")]
    pub(crate) fn stacks(&self) -> impl Iterator<Item = &Arc<dyn Stack>> {
        let of_entries = self.entries.values().filter_map(|it| it.stack.as_ref());
        of_entries.chain(self.stacks.values())
    }

    fn begin(&mut self, app: &AppId, task: TaskId, api: Api, url: String) {
        self.serial += 1;
        let mut entry = Entry::new(app, task, self.serial, api, url);
        entry.stack = self.stacks.remove(&task);
        if let Some(earlier) = self.entries.insert(task, entry) {
            self.bytes = self.bytes.saturating_sub(earlier.kept_bytes());
        }
    }

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
                    at: SystemTime::now(),
                    method: "GET",
                    url: job.request.target.url().as_str().to_owned(),
                    headers: job.request.headers.clone(),
                    body: Body::default(),
                    form: None,
                });
            }
            Effect::SendSocket { message, .. } => {
                entry.exchange(true, message, bytes, limits);
            }
            Effect::CloseSocket { .. } => entry.closed_by_app = true,
            Effect::CancelHttp(_) | Effect::CancelSocket(_) | Effect::ReleaseTransport => {}
        }
    }

    fn told(&mut self, task: TaskId, event: &IoEvent, limits: &Limits) {
        let Some(entry) = self.entries.get_mut(&task) else {
            return;
        };
        let bytes = &mut self.bytes;
        match event {
            IoEvent::HeadersReceived(head) => entry.answer(head),
            IoEvent::Redirected(redirected) => entry.redirected(redirected, bytes, limits),
            IoEvent::Chunk(data) | IoEvent::Written(data) => entry.body.add(data, bytes, limits),
            IoEvent::Finished(finished) => {
                entry.profile = Some(Arc::clone(&finished.profile));
                if let Ok(Answer { head, body }) = &finished.outcome {
                    entry.answer(head);
                    match body {
                        ReceivedBody::Whole(data, _) => entry.body.add(data, bytes, limits),
                        ReceivedBody::Chunked | ReceivedBody::File(_) => {}
                    }
                }
            }
            IoEvent::Socket(SocketIo::Opened(opened)) => {
                entry.answer(&opened.head);
                entry.profile = Some(Arc::clone(&opened.profile));
            }
            IoEvent::Socket(SocketIo::Message(message)) => {
                entry.exchange(false, message, bytes, limits);
            }
            IoEvent::Socket(SocketIo::Closed { code, reason }) => {
                entry.closed = Some((*code, reason.clone()));
            }
            IoEvent::Socket(SocketIo::Sent(_) | SocketIo::NotSent(..) | SocketIo::Failed(_))
            | IoEvent::Progress(_)
            | IoEvent::AwaitsApp
            | IoEvent::Crashed => {}
        }
    }

    /// A call whose options could not be read was not seen before.
    fn ended(&mut self, record: &CallRecord) {
        let known = self.entries.get(&record.task);
        if known.is_none_or(|entry| entry.end.is_some()) {
            self.begin(&record.app, record.task, record.api, record.url.clone());
        }
        if let Some(entry) = self.entries.get_mut(&record.task) {
            entry.end = Some(Box::new(record.clone()));
            entry.ended = Some(SystemTime::now());
        }
    }

    /// Forgets those that ended first, until there are no more calls and bytes than this.
    pub(crate) fn forget(&mut self, calls: usize, bytes: usize) {
        while self.entries.len() > calls || self.bytes > bytes {
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
    fn new(app: &AppId, task: TaskId, serial: u64, api: Api, url: String) -> Self {
        Self {
            app: app.clone(),
            task,
            serial,
            api,
            url,
            began: SystemTime::now(),
            stack: None,
            request: None,
            hops: Vec::new(),
            head: None,
            answered: None,
            body: Body::default(),
            messages: Vec::new(),
            closed: None,
            closed_by_app: false,
            profile: None,
            end: None,
            ended: None,
        }
    }

    /// Where in the program it was made, innermost first; empty if nobody told.
    #[must_use]
    pub fn frames(&self) -> Vec<CallFrame> {
        let stack = self.stack.as_ref();
        stack.map_or_else(Vec::new, |stack| stack.frames())
    }

    /// How long it took, from the call to its end.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.end
            .as_ref()
            .map_or(Duration::ZERO, |end| end.queued + end.ran)
    }

    /// All but the bodies of its request and its answer, of which the lengths stay.
    #[cfg(feature = "devtools")]
    pub(crate) fn without_bodies(&self) -> Self {
        let bare = |request: &SentRequest| SentRequest {
            body: Body {
                bytes: Vec::new(),
                length: request.body.length,
            },
            form: None,
            url: request.url.clone(),
            headers: request.headers.clone(),
            ..*request
        };
        let hops = self.hops.iter().map(|hop| Hop {
            request: bare(&hop.request),
            head: hop.head.clone(),
            answered: hop.answered,
            profile: hop.profile.clone(),
        });
        Self {
            request: self.request.as_ref().map(bare),
            hops: hops.collect(),
            body: Body {
                bytes: Vec::new(),
                length: self.body.length,
            },
            app: self.app.clone(),
            url: self.url.clone(),
            stack: self.stack.clone(),
            head: self.head.clone(),
            messages: self.messages.clone(),
            closed: self.closed.clone(),
            profile: self.profile.clone(),
            end: self.end.clone(),
            ..*self
        }
    }

    /// The request that left the queue; of several hops the first.
    #[must_use]
    pub fn first_request(&self) -> Option<&SentRequest> {
        let first = self.hops.first().map(|hop| &hop.request);
        first.or(self.request.as_ref())
    }

    fn redirected(&mut self, redirected: &Redirected, bytes: &mut usize, limits: &Limits) {
        let next = SentRequest::http(&redirected.next, bytes, limits);
        if let Some(request) = self.request.replace(next) {
            self.hops.push(Hop {
                request,
                head: redirected.head.clone(),
                answered: SystemTime::now(),
                profile: redirected.profile.clone(),
            });
        }
    }

    fn answer(&mut self, head: &ResponseHead) {
        self.answered.get_or_insert_with(SystemTime::now);
        self.head = Some(head.clone());
    }

    fn exchange(
        &mut self,
        sent: bool,
        message: &SocketMessage,
        in_use: &mut usize,
        limits: &Limits,
    ) {
        if self.messages.len() < limits.messages {
            self.messages
                .push(Frame::new(sent, message, in_use, limits));
        }
    }

    pub(crate) fn kept_bytes(&self) -> usize {
        let hops = self.hops.iter().map(|hop| &hop.request);
        let requests = hops.chain(&self.request);
        let sent: usize = requests.map(|request| request.body.bytes.len()).sum();
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
            at: SystemTime::now(),
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

    /// As text, or in base64 with the name of that encoding.
    pub(crate) fn text(&self) -> (Cow<'_, str>, Option<&'static str>) {
        // A beginning may end inside a character.
        let whole = match std::str::from_utf8(&self.bytes) {
            Ok(text) => Some(text),
            Err(error) if error.error_len().is_none() && !self.is_whole() => {
                std::str::from_utf8(&self.bytes[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        };
        match whole {
            Some(text) => (Cow::Borrowed(text), None),
            None => (Cow::Owned(STANDARD.encode(&self.bytes)), Some("base64")),
        }
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
    pub(crate) fn new(
        sent: bool,
        message: &SocketMessage,
        in_use: &mut usize,
        limits: &Limits,
    ) -> Self {
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
