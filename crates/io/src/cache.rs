//! Answers that an app has had and may have again, for its calls with `enableCache` (RFC 9111).
//!
//! What may be kept, for how long it is fresh and how it is validated is decided by `http-cache-semantics`; here is where the answers are, how
//! many, and which call may have which. A kept answer belongs to one app and to the way in which it was received: an answer over a connection whose
//! certificate was not checked is not for a call that checks it (U8). The answers are in memory; between two lives of the app they are in a file of
//! its sandbox.

mod disk;
mod message;
mod stream;
#[cfg(test)]
mod tests;

use std::{cell::RefCell, fmt, rc::Rc, sync::Arc, time::SystemTime};

use appnet_policy::{
    exchange::{Body, Header, Method, OutgoingRequest, ResponseHead},
    preset::CacheLimits,
};
use bytes::Bytes;
use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions, CachePolicy};
use serde::{Deserialize, Serialize};

pub(crate) use stream::{Recorded, Replayed};

use self::disk::Disk;
use crate::{
    connect::{Destination, resolve::Source},
    files::FileSandbox,
};

/// The cache of one app, bounded. A clone is the same cache. The default one is in memory alone.
#[derive(Clone, Default)]
pub struct Cache(Rc<Shared>);

#[derive(Default)]
struct Shared {
    store: RefCell<Store>,
    disk: Option<Disk>,
}

/// The answers, the one that was used last at the end.
#[derive(Default)]
struct Store {
    entries: Vec<Entry>,
    /// What they take together.
    bytes: usize,
    /// Numbers for entries.
    made: u64,
    /// Whether there is something that is not on the disk, or not there any more.
    changed: bool,
}

#[derive(Clone)]
struct Entry {
    id: u64,
    resource: Resource,
    policy: CachePolicy,
    kept: Kept,
}

/// An answer as it was received.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) head: ResponseHead,
    /// With its content coding.
    pub(crate) body: Bytes,
}

/// What a call asks for, and how it is reached: as text, for nothing but to be compared, here and in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Resource(String);

/// What the cache says to a call.
pub(crate) enum Consulted {
    /// This is the answer.
    Fresh(Kept),
    /// The server has to be asked; what it says may be kept.
    Ask(Box<Ask>),
}

/// A call that goes to the server.
pub(crate) struct Ask {
    cache: Cache,
    resource: Resource,
    asked: http::Request<()>,
    /// An answer that the server may call good still.
    stale: Option<Stale>,
}

/// A kept answer that is not fresh any more.
struct Stale {
    id: u64,
    /// What asks the server for it: `If-None-Match`, `If-Modified-Since`.
    conditions: Vec<Header>,
}

/// An answer that is being received and will be kept if it is whole.
pub(crate) struct Recording {
    cache: Cache,
    resource: Resource,
    asked: http::Request<()>,
    policy: CachePolicy,
    head: ResponseHead,
    body: Vec<u8>,
    limits: CacheLimits,
}

/// What an answer costs beside its body, its head and what its freshness is judged by: all of them twice.
const OVERHEAD: usize = 1 << 10;

const NOT_MODIFIED: u16 = 304;

/// The only user is the app.
const PRIVATE: CacheOptions = CacheOptions {
    shared: false,
    cache_heuristic: 0.1, // RFC 9111 §4.2.2
    immutable_min_time_to_live: std::time::Duration::from_secs(24 * 3600),
    ignore_cargo_cult: false,
};

impl Cache {
    /// The cache of an app that has files: what it kept is there again in its next life, within these bounds and the app's quota (I3).
    #[must_use]
    pub fn kept_in(files: Arc<dyn FileSandbox>, limits: CacheLimits) -> Self {
        Self(Rc::new(Shared {
            store: RefCell::default(),
            disk: Some(Disk::new(files, limits)),
        }))
    }

    /// Writes what it has for the app's next life, if that has changed. It is a cache: of what goes wrong only the log hears.
    pub async fn write(self) {
        let Some(disk) = &self.0.disk else {
            return;
        };
        let _turn = disk.writing.lock().await;
        let entries = {
            let mut store = self.0.store.borrow_mut();
            if !std::mem::take(&mut store.changed) {
                return;
            }
            store.entries.clone()
        };
        if let Err(error) = disk.save(entries).await {
            tracing::debug!(%error, "the app's answers are not kept for its next life");
        }
    }

    /// Whether what is on the disk has to be read before this request: it may be answered by that, or make it void.
    pub(crate) fn is_to_be_read_for(&self, request: &OutgoingRequest) -> bool {
        let unread = |disk: &Disk| !disk.read.initialized();
        (request.cache || changes(request.method)) && self.0.disk.as_ref().is_some_and(unread)
    }

    /// Takes in what an earlier life of the app kept, once.
    pub(crate) async fn read(&self) {
        let Some(disk) = &self.0.disk else {
            return;
        };
        let read = || async {
            let entries = disk.load().await;
            self.0.store.borrow_mut().take_in(entries, &disk.limits);
        };
        disk.read.get_or_init(read).await;
    }

    /// What it has for a request. `None`: it has no part in this one.
    pub(crate) fn consult(&self, request: &OutgoingRequest, now: SystemTime) -> Option<Consulted> {
        if !request.cache || request.method != Method::Get || decides_for_itself(request) {
            return None;
        }
        let asked = message::request(request)?;
        let resource = Resource::of(request)?;
        let mut store = self.0.store.borrow_mut();
        let mut stale = None;
        for place in (0..store.entries.len()).rev() {
            let entry = &store.entries[place];
            if entry.resource != resource {
                continue;
            }
            match entry.policy.before_request(&asked, now) {
                BeforeRequest::Fresh(_) => {
                    let age = entry.policy.age(now);
                    let mut kept = entry.kept.clone();
                    message::set(&mut kept.head, "age", &age.as_secs().to_string());
                    let used = store.entries.remove(place);
                    store.entries.push(used);
                    return Some(Consulted::Fresh(kept));
                }
                BeforeRequest::Stale {
                    request,
                    matches: true,
                } => {
                    stale = Some(Stale {
                        id: entry.id,
                        conditions: message::conditions(&request.headers),
                    });
                    break;
                }
                BeforeRequest::Stale { matches: false, .. } => {} // of another variant (`Vary`)
            }
        }
        Some(Consulted::Ask(Box::new(Ask {
            cache: self.clone(),
            resource,
            asked,
            stale: stale.filter(|stale| !stale.conditions.is_empty()),
        })))
    }

    /// A request that may have changed what it names was answered: what is kept of that is not to be trusted any more (RFC 9111 §4.4).
    pub(crate) fn note_answer(&self, request: &OutgoingRequest, status: u16) {
        if !changes(request.method) || status >= 400 || self.0.store.borrow().entries.is_empty() {
            return;
        }
        if let Some(resource) = Resource::of(request) {
            let mut store = self.0.store.borrow_mut();
            store.remove(|entry| entry.resource == resource);
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.0.store.borrow();
        f.debug_struct("Cache")
            .field("entries", &store.entries.len())
            .field("bytes", &store.bytes)
            .finish()
    }
}

impl Store {
    fn remove(&mut self, which: impl Fn(&Entry) -> bool) {
        let (bytes, changed) = (&mut self.bytes, &mut self.changed);
        self.entries.retain(|entry| {
            let goes = which(entry);
            if goes {
                *bytes -= entry.kept.size();
                *changed = true;
            }
            !goes
        });
    }

    /// Takes in what was on the disk; it is all there still.
    fn take_in(&mut self, entries: Vec<Entry>, limits: &CacheLimits) {
        for entry in entries {
            self.put(entry, limits);
        }
        self.changed = false;
    }

    /// Keeps an answer; those that were not used for longest go.
    fn put(&mut self, mut entry: Entry, limits: &CacheLimits) {
        self.made += 1;
        entry.id = self.made;
        self.changed = true;
        self.bytes += entry.kept.size();
        self.entries.push(entry);
        let mut going = 0;
        let mut bytes = self.bytes;
        while self.entries.len() - going > limits.entries || bytes > limits.bytes {
            bytes -= self.entries[going].kept.size();
            going += 1;
        }
        self.bytes = bytes;
        self.entries.drain(..going);
    }
}

impl Kept {
    fn size(&self) -> usize {
        let fields = self.head.headers.iter();
        let head: usize = fields
            .map(|header| header.name.len() + header.value.len())
            .sum();
        self.body.len() + 2 * head + OVERHEAD
    }
}

impl Resource {
    /// `None`: it cannot be said in JSON, which does not happen.
    fn of(request: &OutgoingRequest) -> Option<Self> {
        // The version of HTTP makes no difference to what comes.
        let destination = Destination::of_request(request, Source::Ordinary).over_http1();
        // The service of HttpDNS by whose word the server was found.
        let service = request.http_dns.as_ref().map(|it| &it.service_id);
        let path = crate::outgoing::path_and_query(request);
        let text = serde_json::to_string(&(destination, service, path)).ok()?;
        Some(Self(text))
    }
}

impl Ask {
    /// The request as it goes to the server.
    pub(crate) fn conditional(&self, request: &OutgoingRequest) -> OutgoingRequest {
        let mut conditional = request.clone();
        if let Some(stale) = &self.stale {
            conditional.headers.extend(stale.conditions.iter().cloned());
        }
        conditional
    }

    /// Whether the server was asked if a kept answer is good still, and says so.
    pub(crate) fn is_validated_by(&self, head: &ResponseHead) -> bool {
        self.stale.is_some() && head.status == NOT_MODIFIED
    }

    /// The kept answer, which is good still (RFC 9111 §4.3.4). `None`: it is gone, or the server meant another.
    pub(crate) fn validated(self, head: &ResponseHead, now: SystemTime) -> Option<Kept> {
        let id = self.stale.as_ref()?.id;
        let mut store = self.cache.0.store.borrow_mut();
        let place = store.entries.iter().position(|entry| entry.id == id)?;
        let answer = message::response(head)?;
        let after = store.entries[place]
            .policy
            .after_response(&self.asked, &answer, now);
        // One answer was asked about, so a 304 that names none means that one.
        let names_one = ["etag", "last-modified"]
            .iter()
            .any(|name| head.header(name).is_some());
        if names_one && matches!(after, AfterResponse::Modified(..)) {
            store.remove(|entry| entry.id == id);
            return None;
        }
        let mut entry = store.entries.remove(place);
        store.bytes -= entry.kept.size();
        message::update(&mut entry.kept.head, head);
        // Not the policy that `after` brings: it has one line of each header.
        let answer = message::response(&entry.kept.head)?;
        entry.policy = CachePolicy::new_options(&self.asked, &answer, now, PRIVATE);
        let kept = entry.kept.clone();
        store.bytes += entry.kept.size();
        store.entries.push(entry);
        store.changed = true;
        Some(kept)
    }

    /// Begins to keep a new answer, if it may be kept and is not too large.
    pub(crate) fn record(
        self,
        head: &ResponseHead,
        limits: CacheLimits,
        now: SystemTime,
    ) -> Option<Box<Recording>> {
        let answer = message::response(head)?;
        let policy = CachePolicy::new_options(&self.asked, &answer, now, PRIVATE);
        let announced = head
            .header("content-length")
            .and_then(|length| length.trim().parse::<usize>().ok());
        let fits = announced.is_none_or(|length| length <= limits.entry_bytes);
        (policy.is_storable() && message::can_serve_again(head) && fits).then(|| {
            Box::new(Recording {
                cache: self.cache,
                resource: self.resource,
                asked: self.asked,
                policy,
                head: message::without_connection(head.clone()),
                body: Vec::new(),
                limits,
            })
        })
    }
}

impl Recording {
    /// Takes in what came of the body. `None`: it is too much to be kept.
    fn add(mut self: Box<Self>, data: &[u8]) -> Option<Box<Self>> {
        if self.body.len() + data.len() > self.limits.entry_bytes {
            return None;
        }
        self.body.extend_from_slice(data);
        Some(self)
    }

    /// The answer is whole: it is kept in the place of what answered the same request before.
    pub(crate) fn keep(self, now: SystemTime) {
        let Self {
            cache,
            resource,
            asked,
            policy,
            head,
            body,
            limits,
        } = self;
        let mut store = cache.0.store.borrow_mut();
        store.remove(|entry| {
            let answer = entry.policy.before_request(&asked, now);
            entry.resource == resource
                && !matches!(answer, BeforeRequest::Stale { matches: false, .. })
        });
        let entry = Entry {
            id: 0, // it gets a number now
            resource,
            policy,
            kept: Kept {
                head,
                body: body.into(),
            },
        };
        store.put(entry, &limits);
    }
}

/// Whether a request may change what it names (RFC 9110 §9.2.1).
const fn changes(method: Method) -> bool {
    match method {
        Method::Post | Method::Put | Method::Delete | Method::Patch => true,
        Method::Options | Method::Get | Method::Head | Method::Trace => false,
    }
}

/// An app that asks for a part, or under a condition of its own, gets what the server says.
fn decides_for_itself(request: &OutgoingRequest) -> bool {
    const NAMES: [&str; 6] = [
        "range",
        "if-range",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
    ];
    let has_body = !matches!(&request.body, Body::Bytes(bytes) if bytes.is_empty());
    has_body
        || request.headers.iter().any(|header| {
            NAMES
                .iter()
                .any(|name| header.name.eq_ignore_ascii_case(name))
        })
}
