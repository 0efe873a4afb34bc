//! What can happen to an app, at random. All times are in milliseconds.

use appnet_policy::exchange::Progress;
use proptest::{collection::vec, prelude::*};

/// The policy an app lives under: small, so that its limits are hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct World {
    pub(super) pools: Pools,
    /// How many exchanges of `wx.request` may be at one host.
    pub(super) requests_per_host: Option<usize>,
    /// How many places a level of priority is worth, where there are priorities: handshakes before uploads and downloads before requests.
    pub(super) head_start: Option<u32>,
    pub(super) queue_limit: usize,
    pub(super) grace: u64,
    pub(super) calls_during_grace: bool,
    pub(super) sockets: usize,
    /// What the messages of a socket may cost that wait.
    pub(super) unsent: usize,
}

impl World {
    pub(super) const DEFAULT_TIMEOUT: u64 = 6_000;
    pub(super) const MAX_TIMEOUT: u64 = 8_000;
    pub(super) const CLOSE_WAIT: u64 = 2_000;
    pub(super) const END_WAIT: u64 = 500;
}

/// How many tasks run at once (C1).
#[derive(Debug, Clone, Copy)]
pub(super) enum Pools {
    Shared(usize),
    /// Of requests and handshakes, uploads, downloads.
    PerApi([usize; 3]),
}

/// Time passes, then something happens.
#[derive(Debug, Clone)]
pub(super) struct Step(pub(super) Pause, pub(super) Action);

#[derive(Debug, Clone)]
pub(super) enum Pause {
    For(u64),
    /// To a millisecond before the next timer (`late: 0`), to that very one, or beyond; no pause without a timer.
    UntilAboutTheTimer {
        late: u64,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Action {
    Call(Call),
    /// A call with the id of an earlier one.
    CallAgain(Ago),
    CallUnreadable,
    Abort(Ago),
    Headers(Job),
    /// So many bytes; 0 is no chunk.
    Chunk(Job, usize),
    AwaitsApp(Job),
    Progress(Job, Progress),
    Succeed(Job),
    Reset(Job),
    Crash(Job),
    LoseWorker,
    /// Under this ask, so many bytes.
    Send(Ago, u64, usize),
    /// Under this ask, with a code that may be sent or not.
    CloseSocket(Ago, u64, bool),
    AskUnreadably(Ago, u64),
    Socket(Job, SocketSays),
    Move(MoveTo, Heard),
    /// The core panics, and another one takes over (P8).
    CrashCore,
    /// Lists that let calls out, or empty ones.
    Configure {
        open: bool,
    },
    Timer,
    Close,
}

/// Where the host moves the app.
#[derive(Debug, Clone, Copy)]
pub(super) enum MoveTo {
    Back { pinned: bool },
    Screen,
}

/// When the core hears what the host said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    AtOnce,
    /// With the next step (B4).
    Late,
}

/// What I/O says of a socket.
#[derive(Debug, Clone, Copy)]
pub(super) enum SocketSays {
    Opened,
    Message(usize),
    Sent(u64),
    NotSent(u64),
    Closed,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Request,
    Chunked,
    Upload,
    Download,
    Socket,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Call {
    pub(super) kind: Kind,
    /// Whether the list has its URL.
    pub(super) listed: bool,
    /// Whether it goes to the second of two hosts.
    pub(super) elsewhere: bool,
    pub(super) timeout: Option<u64>,
    pub(super) warned: bool,
}

/// A task by its age: 0 is that of the last call. It may have ended, or never have been.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ago(u64);

impl Ago {
    pub(super) fn task(self, last: u64) -> u64 {
        last.saturating_sub(self.0).max(1)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    pub(super) of: Ago,
    /// From an older life of the app.
    pub(super) stale: bool,
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let grace = prop_oneof![Just(5_000_u64), Just(0), Just(1_000)];
    let pools = prop_oneof![
        2 => (1..=3_usize).prop_map(Pools::Shared),
        1 => [1..=2_usize, 1..=2_usize, 1..=2_usize].prop_map(Pools::PerApi),
    ];
    let sizes = (pools, 0..=5_usize, 1..=4_usize, 600..1_800_usize);
    let order = (prop::option::of(1..=2_usize), prop::option::of(1..=2_u32));
    (sizes, order, grace, any::<bool>()).prop_map(
        |((pools, queue_limit, sockets, unsent), order, grace, calls_during_grace)| World {
            pools,
            requests_per_host: order.0,
            head_start: order.1,
            queue_limit,
            grace,
            calls_during_grace,
            sockets,
            unsent,
        },
    )
}

pub(super) fn history() -> impl Strategy<Value = Vec<Step>> {
    vec((pause(), action()).prop_map(|(p, a)| Step(p, a)), 0..80)
}

fn pause() -> impl Strategy<Value = Pause> {
    prop_oneof![
        // Short beside grace and timeouts, so that an app gets something done before the next of them.
        16 => Just(Pause::For(0)),
        8 => (1..400_u64).prop_map(Pause::For),
        2 => (0..4_u64).prop_map(|late| Pause::UntilAboutTheTimer { late }),
        1 => (1_500..30_000_u64).prop_map(Pause::For),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        24 => call().prop_map(Action::Call),
        1 => ago().prop_map(Action::CallAgain),
        1 => Just(Action::CallUnreadable),
        4 => ago().prop_map(Action::Abort),
        8 => job().prop_map(Action::Headers),
        8 => (job(), 0..4_usize).prop_map(|(job, bytes)| Action::Chunk(job, bytes)),
        3 => job().prop_map(Action::AwaitsApp),
        8 => (job(), progress()).prop_map(|(job, progress)| Action::Progress(job, progress)),
        12 => job().prop_map(Action::Succeed),
        4 => job().prop_map(Action::Reset),
        2 => job().prop_map(Action::Crash),
        1 => Just(Action::LoseWorker),
        12 => (ago(), ask(), 0..200_usize).prop_map(|(of, ask, bytes)| Action::Send(of, ask, bytes)),
        4 => (ago(), ask(), prop::bool::weighted(0.8)).prop_map(|(of, ask, well)| Action::CloseSocket(of, ask, well)),
        1 => (ago(), ask()).prop_map(|(of, ask)| Action::AskUnreadably(of, ask)),
        24 => (job(), socket_says()).prop_map(|(job, says)| Action::Socket(job, says)),
        2 => (prop::bool::weighted(0.2), heard()).prop_map(|(pinned, heard)| Action::Move(MoveTo::Back { pinned }, heard)),
        5 => heard().prop_map(|heard| Action::Move(MoveTo::Screen, heard)),
        1 => prop::bool::weighted(0.3).prop_map(|crash| if crash { Action::CrashCore } else { Action::Timer }),
        2 => prop::bool::weighted(0.7).prop_map(|open| Action::Configure { open }),
        4 => Just(Action::Timer),
        1 => prop::bool::weighted(0.2).prop_map(|close| if close { Action::Close } else { Action::Timer }),
    ]
}

fn heard() -> impl Strategy<Value = Heard> {
    prop_oneof![Just(Heard::AtOnce), Just(Heard::Late)]
}

fn call() -> impl Strategy<Value = Call> {
    // Round ones end together with each other and with a grace.
    let timeout = prop_oneof![Just(1_000), Just(5_000), 1..12_000_u64];
    let timeout = prop::option::of(timeout);
    let [listed, elsewhere, warned] = [0.9, 0.4, 0.1].map(prop::bool::weighted);
    let flags = (listed, elsewhere, warned);
    (kind(), flags, timeout).prop_map(|(kind, (listed, elsewhere, warned), timeout)| Call {
        kind,
        listed,
        elsewhere,
        timeout,
        warned,
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        1 => Just(Kind::Request),
        2 => Just(Kind::Chunked),
        1 => Just(Kind::Upload),
        1 => Just(Kind::Download),
        4 => Just(Kind::Socket),
    ]
}

fn socket_says() -> impl Strategy<Value = SocketSays> {
    prop_oneof![
        6 => Just(SocketSays::Opened),
        3 => (0..4_usize).prop_map(SocketSays::Message),
        4 => ask().prop_map(SocketSays::Sent),
        1 => ask().prop_map(SocketSays::NotSent),
        1 => Just(SocketSays::Closed),
        1 => Just(SocketSays::Failed),
    ]
}

/// Few, so that numbers are used twice.
fn ask() -> impl Strategy<Value = u64> {
    1..=4_u64
}

/// Often less than before, or of another total.
fn progress() -> impl Strategy<Value = Progress> {
    let total =
        prop_oneof![4 => Just(Some(8)), 1 => Just(None), 1 => Just(Some(16)), 1 => Just(Some(0))];
    (0..=9_u64, total).prop_map(|(done, total)| Progress { done, total })
}

/// Mostly one of the last few, which are likely to be open; with three that run and three that wait, some of the last eight have ended.
fn ago() -> impl Strategy<Value = Ago> {
    prop_oneof![3 => 0..4_u64, 1 => 0..8_u64].prop_map(Ago)
}

fn job() -> impl Strategy<Value = Job> {
    (ago(), prop::bool::weighted(0.1)).prop_map(|(of, stale)| Job { of, stale })
}
