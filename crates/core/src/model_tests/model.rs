//! The contract told a second time, as naively as can be: one list of all calls ever made, looked through again for every question.
//! It shares nothing with what it checks but the words of [`Heard`] and [`Did`].

mod sockets;

use appnet_policy::failure::{AppFault, HostFault, InternalFault, NetworkFault};
use appnet_policy::{Failure, exchange::Progress, prepare::Warning};

use super::drive;
use super::history::{Action, Call, Job, Kind, MoveTo, Pools, World};
use crate::test_support::{Did, Heard, Said};

pub(super) struct Model {
    world: World,
    place: Place,
    open_lists: bool,
    /// In the order of their ids, which is that of the calls.
    tasks: Vec<Task>,
    last: u64,
    said: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Screen,
    Pinned,
    /// Behind, with a grace to come to its end or not.
    Back {
        interrupts: Option<u64>,
    },
    Closed,
}

struct Task {
    id: u64,
    kind: Kind,
    elsewhere: bool,
    called: u64,
    /// How many had joined its queue before it, if it joined it.
    joined: Option<u64>,
    timeout: u64,
    phase: Phase,
    /// When its clock began to run, if it runs (T2).
    clock: Option<u64>,
    headers: bool,
    progress: Option<Progress>,
    /// Of a socket: messages that are not sent yet, and what they cost.
    asks: Vec<(u64, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waits,
    Runs {
        since: u64,
    },
    /// A socket that has shaken hands; once the app has closed it, until when the peer may take.
    Open {
        since: u64,
        closing: Option<u64>,
    },
    Ended,
}

/// What a step should lead to.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) starts: Vec<Did>,
    /// All else that is done; sorted.
    pub(super) others: Vec<Did>,
    pub(super) heard: Vec<Heard>,
    /// Of each call that ended: its id, its time in the queue, its time after it.
    pub(super) times: Vec<(u64, u64, u64)>,
    /// Who was closed while running, while waiting, and as an open socket.
    pub(super) report: [Vec<u64>; 3],
}

impl Expected {
    pub(super) fn append(&mut self, next: Self) {
        self.starts.extend(next.starts);
        self.others.extend(next.others);
        self.others.sort();
        self.heard.extend(next.heard);
        self.times.extend(next.times);
    }
}

/// How a task ends.
enum End {
    Succeeds,
    Fails(Failure),
    /// A socket, by close frames.
    Closes,
}

/// Who stops a task.
#[derive(PartialEq, Eq)]
enum By {
    Us,
    Io,
}

impl Model {
    pub(super) fn new(world: World) -> Self {
        Self {
            world,
            place: Place::Screen,
            open_lists: true,
            tasks: Vec::new(),
            last: 0,
            said: Expected::default(),
        }
    }

    pub(super) fn does(&mut self, now: u64, action: &Action) -> Expected {
        self.ends_what_is_due(now);
        let last = self.last;
        if drive::is_seen_to(action) {
            self.starts_who_may(now);
        }
        match action {
            Action::Call(call) => self.calls(last + 1, call, now),
            Action::CallAgain(of) => self.calls(of.task(last), &Call::default(), now),
            Action::CallUnreadable => {
                self.last = last + 1;
                let wrong = Failure::App(AppFault::Parameters(Vec::new()));
                self.refuses(self.last, self.closed_doors().unwrap_or(wrong));
            }
            Action::Abort(of) => {
                let task = of.task(last);
                self.ends(
                    task,
                    End::Fails(Failure::App(AppFault::Aborted)),
                    By::Us,
                    now,
                );
            }
            Action::Headers(job) => self.hears_headers(*job, now),
            Action::Chunk(job, bytes) => self.hears_chunk(*job, *bytes, now),
            Action::AwaitsApp(job) => {
                if let Some(task) = self.streaming(*job) {
                    task.clock = None;
                }
            }
            Action::Progress(job, progress) => self.hears_progress(*job, *progress),
            Action::Succeed(job) => self.answers(*job, End::Succeeds, now),
            Action::Reset(job) => self.answers(
                *job,
                End::Fails(Failure::Network(NetworkFault::ConnectionReset)),
                now,
            ),
            Action::Crash(job) => self.crashes(*job, now),
            Action::LoseWorker => {
                for task in self.exchanges() {
                    self.ends(
                        task,
                        End::Fails(Failure::Internal(InternalFault::Crashed)),
                        By::Io,
                        now,
                    );
                }
            }
            Action::Send(of, ask, bytes) => self.sends(*of, *ask, *bytes),
            Action::CloseSocket(of, ask, well) => self.closes_socket(*of, *ask, *well, now),
            Action::AskUnreadably(of, ask) => self.asks_unreadably(*of, *ask),
            Action::Socket(job, says) => self.hears_socket(*job, *says, now),
            Action::Move(MoveTo::Back { pinned }, _) => self.goes_back(*pinned, now),
            Action::Move(MoveTo::Screen, _) => self.moves(Place::Screen),
            Action::CrashCore => self.crashes_whole(now),
            Action::Configure { open } => self.open_lists = *open,
            Action::Timer => {}
            Action::Close => self.closes(now),
        }
        self.starts_who_may(now);
        self.said.others.sort();
        std::mem::take(&mut self.said)
    }

    // ---- questions ---------------------------------------------------------------------------------------------------------

    /// The greatest id of a call.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    pub(super) fn open_tasks(&self) -> usize {
        self.running().len() + self.waiting().len()
    }

    /// The first point in time at which something happens by itself.
    pub(super) fn next_due(&self) -> Option<u64> {
        let deadlines = self.tasks.iter().filter_map(Task::deadline);
        deadlines.chain(self.grace_ends()).min()
    }

    fn grace_ends(&self) -> Option<u64> {
        match self.place {
            Place::Back { interrupts } => interrupts,
            Place::Screen | Place::Pinned | Place::Closed => None,
        }
    }

    fn running(&self) -> Vec<u64> {
        let running = |task: &&Task| matches!(task.phase, Phase::Runs { .. });
        self.tasks
            .iter()
            .filter(running)
            .map(|task| task.id)
            .collect()
    }

    /// Who runs and is no handshake.
    fn exchanges(&self) -> Vec<u64> {
        let running = |task: &&Task| matches!(task.phase, Phase::Runs { .. });
        let exchanges = self.tasks.iter().filter(running);
        exchanges
            .filter(|task| task.kind != Kind::Socket)
            .map(|task| task.id)
            .collect()
    }

    fn waiting(&self) -> Vec<u64> {
        let waits = |task: &&Task| task.phase == Phase::Waits;
        self.tasks
            .iter()
            .filter(waits)
            .map(|task| task.id)
            .collect()
    }

    fn open(&self) -> Vec<u64> {
        [self.running(), self.waiting(), self.open_sockets()].concat()
    }

    fn task(&mut self, id: u64) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.id == id)
    }

    // ---- time --------------------------------------------------------------------------------------------------------------

    /// T2, B2: the grace takes all that is left at its end; before that, deadlines take theirs.
    fn ends_what_is_due(&mut self, now: u64) {
        let grace_over = self.grace_ends().filter(|ends| *ends <= now);
        let too_late = |deadline: u64| match grace_over {
            Some(ends) => deadline < ends,
            None => deadline <= now,
        };
        for task in self.open() {
            let deadline = self.task(task).and_then(|task| task.deadline());
            if deadline.is_some_and(too_late) {
                self.ends(
                    task,
                    End::Fails(Failure::Network(NetworkFault::TimedOut)),
                    By::Us,
                    now,
                );
            }
        }
        if grace_over.is_some() {
            self.place = Place::Back { interrupts: None };
            for task in self.open() {
                self.ends(
                    task,
                    End::Fails(Failure::Host(HostFault::Interrupted)),
                    By::Us,
                    now,
                );
            }
        }
    }

    /// C1, C2: as many as there are permits and places at hosts, those with the least rank first.
    fn starts_who_may(&mut self, now: u64) {
        for pool in 0..3 {
            while let Some(id) = self.next_of(pool) {
                self.runs(id, now);
            }
        }
    }

    fn next_of(&self, pool: usize) -> Option<u64> {
        if self.of_pool(self.running(), pool).len() == self.permits(pool) {
            return None;
        }
        let waiting = self.of_pool(self.waiting(), pool).into_iter();
        waiting
            .filter_map(|id| self.tasks.iter().find(|task| task.id == id))
            .filter(|task| self.has_place(task.kind, task.elsewhere))
            .min_by_key(|task| (self.rank(task), task.id))
            .map(|task| task.id)
    }

    /// C1: whether one more call of this kind may be at its host.
    fn has_place(&self, kind: Kind, elsewhere: bool) -> bool {
        let is_request = |kind| matches!(kind, Kind::Request | Kind::Chunked);
        let there = self.tasks.iter().filter(|task| {
            matches!(task.phase, Phase::Runs { .. })
                && is_request(task.kind)
                && task.elsewhere == elsewhere
        });
        let most = self.world.requests_per_host;
        !is_request(kind) || most.is_none_or(|most| there.count() < most)
    }

    /// C2: its place in the queue, and so many places behind it; of equals the more urgent goes first.
    fn rank(&self, task: &Task) -> (u64, u64) {
        let level = match task.kind {
            Kind::Socket => 0,
            Kind::Upload | Kind::Download => 1,
            Kind::Request | Kind::Chunked => 2,
        };
        let head_start = self.world.head_start.unwrap_or(0);
        let behind = level * u64::from(head_start);
        (task.joined.unwrap_or(0) + behind, level)
    }

    fn permits(&self, pool: usize) -> usize {
        match self.world.pools {
            Pools::Shared(all) => [all, 0, 0][pool],
            Pools::PerApi(permits) => permits[pool],
        }
    }

    /// Those of these tasks that take their permits from this pool.
    fn of_pool(&self, ids: Vec<u64>, pool: usize) -> Vec<u64> {
        let kind = |id: u64| {
            self.tasks
                .iter()
                .find(|task| task.id == id)
                .map(|task| task.kind)
        };
        let in_pool = |id: &u64| kind(*id).map(|kind| self.pool(kind)) == Some(pool);
        ids.into_iter().filter(in_pool).collect()
    }

    fn pool(&self, kind: Kind) -> usize {
        match (self.world.pools, kind) {
            (Pools::Shared(_), _) | (_, Kind::Request | Kind::Chunked | Kind::Socket) => 0,
            (Pools::PerApi(_), Kind::Upload) => 1,
            (Pools::PerApi(_), Kind::Download) => 2,
        }
    }

    // ---- events ------------------------------------------------------------------------------------------------------------

    fn calls(&mut self, id: u64, call: &Call, now: u64) {
        self.starts_who_may(now); // their places are free for this call
        if id <= self.last {
            return;
        }
        self.last = id;
        if let Some(failure) = self.refusal(call) {
            return self.refuses(id, failure);
        }
        if call.warned {
            let warning = Warning::HeaderDropped(drive::DROPPED_HEADER.to_owned());
            self.said.heard.push(Heard::Warning(id, warning));
        }
        let limit = self.world.sockets;
        if call.kind == Kind::Socket && self.sockets() >= limit {
            return self.refuses(id, Failure::App(AppFault::TooManySockets(limit)));
        }
        let pool = self.pool(call.kind);
        let full = self.of_pool(self.running(), pool).len() == self.permits(pool);
        let waits = full || !self.has_place(call.kind, call.elsewhere);
        if waits && self.of_pool(self.waiting(), pool).len() == self.world.queue_limit {
            return self.refuses(id, Failure::App(AppFault::TooManyTasks));
        }
        let timeout = call.timeout.unwrap_or(World::DEFAULT_TIMEOUT);
        self.tasks.push(Task {
            id,
            kind: call.kind,
            elsewhere: call.elsewhere,
            called: now,
            joined: waits.then(|| self.joined(pool)),
            timeout: timeout.min(World::MAX_TIMEOUT),
            phase: Phase::Waits,
            clock: None,
            headers: false,
            progress: None,
            asks: Vec::new(),
        });
        if call.kind == Kind::Socket {
            self.says(id, Said::Accepted);
        }
        if !waits {
            self.runs(id, now);
        }
    }

    /// How many ever joined the queue of a pool.
    fn joined(&self, pool: usize) -> u64 {
        let there = |task: &&Task| task.joined.is_some() && self.pool(task.kind) == pool;
        self.tasks.iter().filter(there).count() as u64
    }

    /// B3, B7, U5
    fn refusal(&self, call: &Call) -> Option<Failure> {
        let in_grace = self.grace_ends().is_some();
        match self.place {
            Place::Closed => Some(Failure::Host(HostFault::AppClosed)),
            Place::Back { .. } if !(in_grace && self.world.calls_during_grace) => {
                Some(Failure::Host(HostFault::Interrupted))
            }
            Place::Screen | Place::Pinned | Place::Back { .. } => (!(call.listed
                && self.open_lists))
                .then_some(Failure::App(AppFault::NotInDomainList)),
        }
    }

    fn goes_back(&mut self, pinned: bool, now: u64) {
        let interrupts = Some(now + self.world.grace);
        match (self.place, pinned) {
            (Place::Closed, _) | (Place::Back { .. }, false) => {}
            (_, true) => self.place = Place::Pinned,
            (_, false) => self.place = Place::Back { interrupts },
        }
        self.ends_what_is_due(now);
    }

    fn moves(&mut self, place: Place) {
        if self.place != Place::Closed {
            self.place = place;
        }
    }

    /// The exchange that I/O speaks of, if it runs.
    fn at_work(&mut self, job: Job) -> Option<&mut Task> {
        let id = job.of.task(self.last);
        let task = self.task(id).filter(|task| task.kind != Kind::Socket)?;
        (!job.stale && matches!(task.phase, Phase::Runs { .. })).then_some(task)
    }

    /// The same, if its body comes in chunks.
    fn streaming(&mut self, job: Job) -> Option<&mut Task> {
        self.at_work(job)
            .filter(|task| task.kind == Kind::Chunked && task.headers)
    }

    fn hears_headers(&mut self, job: Job, now: u64) {
        let Some(task) = self.at_work(job).filter(|task| !task.headers) else {
            return;
        };
        task.headers = true;
        if task.kind == Kind::Chunked {
            task.clock = Some(now);
        }
        let id = task.id;
        self.said.heard.push(Heard::Headers(id));
    }

    fn hears_chunk(&mut self, job: Job, bytes: usize, now: u64) {
        let Some(task) = self.streaming(job).filter(|_| bytes > 0) else {
            return;
        };
        task.clock = Some(now);
        let id = task.id;
        self.said.heard.push(Heard::Chunk(id, bytes));
    }

    /// F5, P8
    fn hears_progress(&mut self, job: Job, progress: Progress) {
        let Some(task) = self.at_work(job) else {
            return;
        };
        let has_progress = match task.kind {
            Kind::Request | Kind::Chunked | Kind::Socket => false,
            Kind::Upload => true,
            Kind::Download => task.headers,
        };
        let grows =
            |last: Progress| last.done <= progress.done && percents(last) <= percents(progress);
        if has_progress && task.progress.is_none_or(grows) {
            task.progress = Some(progress);
            let id = task.id;
            self.said.heard.push(Heard::Progress(id, progress));
        }
    }

    fn answers(&mut self, job: Job, end: End, now: u64) {
        let id = job.of.task(self.last);
        if !job.stale && self.exchanges().contains(&id) {
            self.ends(id, end, By::Io, now);
        }
    }

    fn crashes(&mut self, job: Job, now: u64) {
        let id = job.of.task(self.last);
        let had = [self.running(), self.open_sockets()].concat();
        if !job.stale && had.contains(&id) {
            self.ends(
                id,
                End::Fails(Failure::Internal(InternalFault::Crashed)),
                By::Io,
                now,
            );
        }
    }

    /// P8: the core is gone, with all that it had; I/O is not told, for it goes with it.
    fn crashes_whole(&mut self, now: u64) {
        let crashed = || End::Fails(Failure::Internal(InternalFault::Crashed));
        for task in self.open() {
            self.ends(task, crashed(), By::Io, now);
        }
    }

    fn closes(&mut self, now: u64) {
        self.place = Place::Closed;
        self.said.report = [self.running(), self.waiting(), self.open_sockets()];
        for task in self.open() {
            self.ends(
                task,
                End::Fails(Failure::Host(HostFault::AppClosed)),
                By::Us,
                now,
            );
        }
    }

    // ---- what follows ------------------------------------------------------------------------------------------------------

    fn runs(&mut self, id: u64, now: u64) {
        let task = self.task(id).expect("only known tasks are started");
        task.phase = Phase::Runs { since: now };
        task.clock = Some(now);
        self.said.starts.push(Did::Start(id));
    }

    fn refuses(&mut self, id: u64, failure: Failure) {
        self.said.heard.push(Heard::Fail(id, failure));
        self.said.times.push((id, 0, 0));
    }

    fn ends(&mut self, id: u64, end: End, by: By, now: u64) {
        let Some(task) = self.task(id) else { return };
        let (called, kind) = (task.called, task.kind);
        let asks = std::mem::take(&mut task.asks).into_iter();
        let asks = asks.map(|(ask, _)| ask).collect();
        let phase = std::mem::replace(&mut task.phase, Phase::Ended);
        let (left_queue, was_open) = match phase {
            Phase::Ended => return,
            Phase::Waits => (now, false),
            Phase::Runs { since } => (since, false),
            Phase::Open { since, .. } => (since, true),
        };
        if by == By::Us && phase != Phase::Waits {
            self.said.others.push(Did::Cancel(id)); // C4
        }
        match end {
            end if kind == Kind::Socket => self.parts(id, was_open, asks, end, by),
            End::Succeeds => self.said.heard.push(Heard::Success(id, 200)),
            End::Fails(failure) => self.said.heard.push(Heard::Fail(id, failure)),
            End::Closes => unreachable!("only sockets are closed"),
        }
        self.said
            .times
            .push((id, left_queue - called, now - left_queue));
    }
}

impl Task {
    fn deadline(&self) -> Option<u64> {
        match self.phase {
            Phase::Runs { .. } => self.clock.map(|since| since + self.timeout),
            Phase::Open { closing, .. } => closing,
            Phase::Waits | Phase::Ended => None,
        }
    }
}

fn percents(Progress { done, total }: Progress) -> u64 {
    match total {
        Some(total) if total > done => done * 100 / total,
        Some(_) => 100,
        None => 0,
    }
}
