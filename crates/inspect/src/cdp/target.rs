//! One app, and the front ends that look at it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use appnet::{Sight, TaskId};
use appnet_policy::identity::AppId;
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    cdp::{
        console::{Console, Line},
        event::{self, Domain, Event, request_id},
        follow::Told,
    },
    log::{CallFrame, Calls, Entry, Limits, Stack},
};

/// What may wait for one front end, in bytes. A front end that is further behind is dropped.
pub(crate) const QUEUE_BYTES: usize = 32 << 20;

/// How many files of one program are told of.
const SCRIPTS: usize = 1000;

/// What an event costs beside its text while it waits, roughly.
const OVERHEAD: usize = 128;

/// One app.
#[derive(Debug)]
pub(crate) struct Target {
    id: u64,
    app: AppId,
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: Calls,
    told: BTreeMap<TaskId, Told>,
    console: Console,
    /// The files that were seen on a stack by a front end.
    scripts: BTreeSet<String>,
    outlets: Vec<Arc<Outlet>>,
}

impl State {
    /// What is told of a file that is new.
    fn seen(&mut self, file: &str) -> Option<Event> {
        let is_new = !self.scripts.contains(file) && self.scripts.len() < SCRIPTS;
        is_new.then(|| {
            self.scripts.insert(file.to_owned());
            event::script(file)
        })
    }
}

impl Target {
    pub(crate) fn new(id: u64, app: AppId, limits: Limits) -> Self {
        Self {
            id,
            app,
            limits,
            state: Mutex::default(),
        }
    }

    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    pub(crate) const fn app(&self) -> &AppId {
        &self.app
    }

    /// Something happened to a call. It is on a thread of the network.
    pub(crate) fn see(&self, task: TaskId, sight: Sight<'_>) {
        let mut state = self.lock();
        let State {
            calls,
            told,
            outlets,
            ..
        } = &mut *state;
        if matches!(sight, Sight::Called(_)) {
            told.remove(&task); // of an earlier launch of the app
        }
        calls.see(&self.app, task, sight, &self.limits);
        if let Some(entry) = calls.entry(task) {
            let news = told.entry(task).or_default().follow(entry, sight);
            if !outlets.is_empty() {
                let events = news.iter().flat_map(|it| it.events(entry, &self.limits));
                events.for_each(|event| give(outlets, &event));
            }
        }
        if matches!(sight, Sight::Ended(_)) {
            // So that there is room for the bodies of the calls that come.
            calls.forget(self.limits.calls, self.limits.app_bytes / 2);
            // Not at each end: that is a look at all of them.
            if told.len() > 2 * self.limits.calls {
                told.retain(|task, _| calls.entry(*task).is_some());
            }
        }
    }

    /// A call is about to be made at this place of the program.
    pub(crate) fn called_from(&self, task: TaskId, stack: Arc<dyn Stack>) {
        let mut state = self.lock();
        if state.outlets.is_empty() {
            return state.calls.called_from(task, stack);
        }
        drop(state);
        // Once, and not under the lock: it is on the program's thread here, and the network's shows the call.
        let frames = stack.frames();
        state = self.lock();
        for CallFrame { file, .. } in &frames {
            if let Some(event) = state.seen(file) {
                give(&state.outlets, &event);
            }
        }
        state
            .calls
            .called_from(task, Arc::new(Framed { frames, of: stack }));
    }

    /// The text of a file that calls were made in, as far as these calls are kept.
    pub(crate) fn source(&self, file: &str) -> Option<String> {
        // Not under the lock: the network's thread may want it.
        let stacks: Vec<_> = self.lock().calls.stacks().map(Arc::clone).collect();
        stacks.iter().find_map(|stack| stack.source(file))
    }

    /// The program says something.
    pub(crate) fn say(&self, line: Line) {
        let mut state = self.lock();
        if !state.outlets.is_empty() {
            give(&state.outlets, &event::console(&line));
        }
        state.console.keep(line);
    }

    /// One more front end.
    pub(crate) fn attach(&self, outlet: Arc<Outlet>) {
        self.lock().outlets.push(outlet);
    }

    pub(crate) fn detach(&self, outlet: &Arc<Outlet>) {
        self.lock().outlets.retain(|it| !Arc::ptr_eq(it, outlet));
    }

    /// From now on the front end gets the events of this domain. Those before are the answer; they are made outside the lock, so that the network does not
    /// wait for them.
    pub(crate) fn enable(&self, outlet: &Outlet, domain: Domain) -> Vec<Event> {
        let mut known = {
            let state = self.lock();
            if outlet.enabled(domain).swap(true, Ordering::Relaxed) {
                return Vec::new();
            }
            match domain {
                Domain::Runtime => return state.console.lines().map(event::console).collect(),
                Domain::Debugger => {
                    let told: Vec<Event> =
                        state.scripts.iter().map(|it| event::script(it)).collect();
                    let stacks: Vec<_> = state.calls.stacks().map(Arc::clone).collect();
                    drop(state);
                    return told.into_iter().chain(self.scripts_of(&stacks)).collect();
                }
                Domain::Network | Domain::Log => {}
            }
            let told = |entry: &Entry| state.told.get(&entry.task).copied().unwrap_or_default();
            let entries = state.calls.entries();
            entries
                .map(|entry| (entry.without_bodies(), told(entry)))
                .collect::<Vec<_>>()
        };
        known.sort_by_key(|(entry, _)| entry.serial);
        let events = known.iter().flat_map(|(entry, told)| told.replay(entry));
        events.filter(|event| event.domain == domain).collect()
    }

    /// Those files of these stacks that no front end has heard of.
    fn scripts_of(&self, stacks: &[Arc<dyn Stack>]) -> Vec<Event> {
        let frames = stacks.iter().flat_map(|stack| stack.frames());
        let files: BTreeSet<String> = frames.map(|frame| frame.file).collect();
        let mut state = self.lock();
        files.iter().filter_map(|it| state.seen(it)).collect()
    }

    /// Reads something of a call.
    pub(crate) fn read<T>(&self, id: &str, read: impl FnOnce(&Entry) -> T) -> Option<T> {
        let state = self.lock();
        let entry = state.calls.entries().find(|entry| request_id(entry) == id);
        entry.map(read)
    }

    /// Nothing that holds the lock can leave a log half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stack whose frames were made.
#[derive(Debug)]
struct Framed {
    frames: Vec<CallFrame>,
    of: Arc<dyn Stack>,
}

impl Stack for Framed {
    fn frames(&self) -> Vec<CallFrame> {
        self.frames.clone()
    }

    fn source(&self, file: &str) -> Option<String> {
        self.of.source(file)
    }
}

fn give(outlets: &[Arc<Outlet>], event: &Event) {
    let wants = |outlet: &&Arc<Outlet>| outlet.enabled(event.domain).load(Ordering::Relaxed);
    let mut wanting = outlets.iter().filter(wants).peekable();
    if wanting.peek().is_some() {
        let text = Utf8Bytes::from(event.text());
        wanting.for_each(|outlet| outlet.push(text.clone()));
    }
}

/// Where the events for one front end go.
#[derive(Debug)]
pub(crate) struct Outlet {
    network: AtomicBool,
    log: AtomicBool,
    runtime: AtomicBool,
    debugger: AtomicBool,
    queue: mpsc::UnboundedSender<Utf8Bytes>,
    /// Bytes that wait or are being sent.
    waiting: AtomicUsize,
    over: AtomicBool,
    overflow: Notify,
}

impl Outlet {
    pub(crate) fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Utf8Bytes>) {
        // Bounded by `waiting`.
        let (queue, events) = mpsc::unbounded_channel();
        let outlet = Self {
            network: AtomicBool::new(false),
            log: AtomicBool::new(false),
            runtime: AtomicBool::new(false),
            debugger: AtomicBool::new(false),
            queue,
            waiting: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            overflow: Notify::new(),
        };
        (Arc::new(outlet), events)
    }

    pub(crate) fn disable(&self, domain: Domain) {
        self.enabled(domain).store(false, Ordering::Relaxed);
    }

    /// Never waits.
    fn push(&self, text: Utf8Bytes) {
        if self.over.load(Ordering::Relaxed) {
            return;
        }
        let cost = cost(&text);
        if self.waiting.fetch_add(cost, Ordering::Relaxed) + cost > QUEUE_BYTES {
            self.over.store(true, Ordering::Relaxed);
            self.overflow.notify_one();
        } else {
            drop(self.queue.send(text)); // a session that has ended takes nothing
        }
    }

    /// It has been sent.
    pub(crate) fn sent(&self, text: &Utf8Bytes) {
        self.waiting.fetch_sub(cost(text), Ordering::Relaxed);
    }

    /// Returns when more waits than may.
    pub(crate) async fn overflow(&self) {
        self.overflow.notified().await;
    }

    const fn enabled(&self, domain: Domain) -> &AtomicBool {
        match domain {
            Domain::Network => &self.network,
            Domain::Log => &self.log,
            Domain::Runtime => &self.runtime,
            Domain::Debugger => &self.debugger,
        }
    }
}

fn cost(text: &Utf8Bytes) -> usize {
    text.len() + OVERHEAD
}
