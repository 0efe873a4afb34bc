//! What is true of every app at any time, whatever a test plays.

use std::collections::BTreeMap;

use appnet_policy::{
    Policy,
    exchange::{Body, Progress, Receive},
    preset::Permits,
};

use super::{Did, Heard, Said, Turn};
use crate::{CallRecord, HttpJob};

/// Sees every effect, event and record of an app, and panics at the first that may not be.
pub(super) struct Witness {
    permits: usize,
    sockets: usize,
    tasks: BTreeMap<u64, Life>,
}

#[derive(Debug, Default)]
struct Life {
    runs: bool,
    /// Whether its body is asked for in chunks, and whether it sends a file.
    chunks: bool,
    sends: bool,
    headers: bool,
    progress: Option<Progress>,
    socket: Option<Socket>,
    ended: bool,
}

/// What is known of a socket from its `success` on.
#[derive(Debug, Default)]
struct Socket {
    open: bool,
    error: bool,
    closing: bool,
}

impl Witness {
    pub(super) fn new(policy: &Policy) -> Self {
        let permits = match policy.permits {
            Permits::Shared(size) => size.get(),
            Permits::PerApi {
                request,
                upload_file,
                download_file,
            } => request.get() + upload_file.get() + download_file.get(),
        };
        Self {
            permits,
            sockets: policy.socket_limit,
            tasks: BTreeMap::new(),
        }
    }

    pub(super) fn sees(&mut self, turn: &Turn, records: &[CallRecord]) {
        for job in &turn.jobs {
            self.learns(job);
        }
        for heard in &turn.heard {
            self.hears(heard);
        }
        for did in &turn.did {
            self.watches(did);
        }
        self.counts();
        self.reads(turn, records);
    }

    /// The core crashed: what it had started is gone.
    pub(super) fn forget_jobs(&mut self) {
        for life in self.tasks.values_mut() {
            life.runs = false;
        }
    }

    fn learns(&mut self, job: &HttpJob) {
        let life = self.tasks.entry(job.id.task.number()).or_default();
        life.chunks = job.receive == Receive::Chunks;
        life.sends = matches!(job.request.body, Body::Form(_));
    }

    /// P8: warnings, then at most one `headersReceived`, behind it chunks or progress (an upload's also before it), then one terminal
    /// event, then nothing, but answers to what was asked of a socket.
    fn hears(&mut self, heard: &Heard) {
        let life = self.tasks.entry(heard.task()).or_default();
        if let Heard::Socket(_, said) = heard {
            return life.hears(said);
        }
        assert!(!life.ended, "P8: {heard:?} after the terminal event");
        assert!(life.socket.is_none(), "W1: {heard:?} of a socket");
        match heard {
            Heard::Warning(..) => assert!(!life.headers, "P8: {heard:?} after the headers"),
            Heard::Headers(_) => {
                assert!(!life.headers, "P8: {heard:?} twice");
                life.headers = true;
            }
            Heard::Chunk(_, bytes) => {
                assert!(life.headers && life.chunks, "P8: {heard:?} of {life:?}");
                assert!(*bytes > 0, "{heard:?}");
            }
            Heard::Progress(_, progress) => {
                let in_order = life.runs && (life.headers || life.sends);
                assert!(in_order && !life.chunks, "P8: {heard:?} of {life:?}");
                let last = life.progress.replace(*progress);
                assert!(
                    last.is_none_or(|last| !progress.is_less_than(last)),
                    "F5: {heard:?}"
                );
            }
            Heard::Success(..) | Heard::Fail(..) => life.ended = true,
            Heard::Socket(..) => unreachable!("it is heard above"),
        }
    }

    /// A job is started once, and cancelled only while it runs; on a socket nothing is done but while it is open.
    fn watches(&mut self, did: &Did) {
        let life = self.tasks.entry(did.task()).or_default();
        match did {
            Did::Start(_) => {
                assert!(!life.runs, "{did:?} twice");
                assert!(!life.ended, "P8: {did:?} after the terminal event");
                life.runs = true;
            }
            Did::Cancel(_) => assert!(life.runs && life.ended, "C4: {did:?} of {life:?}"),
            Did::Send(..) => assert!(life.is_open(), "W2: {did:?} of {life:?}"),
            Did::Close(..) => {
                assert!(life.is_open(), "W3: {did:?} of {life:?}");
                life.socket.as_mut().expect("it is open").closing = true;
            }
        }
    }

    /// After every turn: never more than the pool's permits are out (C1), never more sockets than an app may have (C3).
    fn counts(&self) {
        let lives = || self.tasks.values().filter(|life| !life.ended);
        let open = |life: &&Life| life.socket.as_ref().is_some_and(|socket| socket.open);
        let running = lives().filter(|life| life.runs && !open(life)).count();
        assert!(running <= self.permits, "C1: {running} run");
        let sockets = lives().filter(|life| life.socket.is_some()).count();
        assert!(sockets <= self.sockets, "C3: {sockets} sockets");
    }

    /// One record for each terminal event.
    fn reads(&self, turn: &Turn, records: &[CallRecord]) {
        let ended: Vec<u64> = (turn.heard.iter())
            .filter(|heard| heard.is_terminal())
            .map(Heard::task)
            .collect();
        let recorded: Vec<u64> = records.iter().map(|r| r.task.number()).collect();
        assert_eq!(ended, recorded, "one record for each terminal event");
    }
}

impl Life {
    /// W1: `success`, then, if it opens, `open` and messages, then one `close`, right behind an error if there is one.
    fn hears(&mut self, said: &Said) {
        if said.answers().is_some() {
            return; // counted by those tests that ask
        }
        assert!(!self.ended, "P8: {said:?} after the terminal event");
        if *said == Said::Accepted {
            let again = self.socket.replace(Socket::default());
            return assert!(again.is_none() && !self.runs, "W1: {said:?} of {again:?}");
        }
        self.ended = said.is_end();
        let runs = self.runs;
        let socket = self.socket.as_mut().expect("W1: it was accepted");
        match said {
            Said::Opened => {
                assert!(runs && !socket.open, "W1: {said:?} of {socket:?}");
                socket.open = true;
            }
            Said::Message(_) => {
                assert!(socket.open && !socket.closing, "W1: {said:?} of {socket:?}");
            }
            Said::Error(_) => socket.error = true,
            Said::Closed(..) => {
                assert!(socket.open && !socket.error, "W1: {said:?} of {socket:?}");
            }
            Said::Accepted | Said::Broken(_) | Said::Sent(..) | Said::Closing(..) => {}
        }
    }

    fn is_open(&self) -> bool {
        let socket = self.socket.as_ref();
        !self.ended && socket.is_some_and(|socket| socket.open && !socket.closing)
    }
}
