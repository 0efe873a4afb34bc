//! What is true of every app at any time, whatever a test plays.

use std::collections::BTreeMap;

use appnet_policy::{
    Policy,
    exchange::{Body, Progress, Receive},
    preset::Permits,
};

use super::{Did, Heard, Turn};
use crate::{CallRecord, HttpJob};

/// Sees every effect, event and record of an app, and panics at the first that may not be.
pub(super) struct Witness {
    permits: usize,
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
    ended: bool,
}

impl Witness {
    pub(super) fn new(policy: &Policy) -> Self {
        let permits = match policy.permits {
            Permits::Shared(size) => size,
            Permits::PerApi {
                request,
                upload_file,
                download_file,
            } => request + upload_file + download_file,
        };
        Self {
            permits,
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

    fn learns(&mut self, job: &HttpJob) {
        let life = self.tasks.entry(job.id.task.number()).or_default();
        life.chunks = job.receive == Receive::Chunks;
        life.sends = matches!(job.request.body, Body::Form(_));
    }

    /// P8: warnings, then at most one `headersReceived`, behind it chunks or progress (an upload's also before it), then one terminal
    /// event, then nothing.
    fn hears(&mut self, heard: &Heard) {
        let life = self.tasks.entry(heard.task()).or_default();
        assert!(!life.ended, "P8: {heard:?} after the terminal event");
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
            Heard::Socket(..) => {}
        }
    }

    /// A job is started once, and cancelled only while it runs.
    fn watches(&mut self, did: &Did) {
        match did {
            Did::Start(task) => {
                let life = self.tasks.entry(*task).or_default();
                assert!(!life.runs, "{did:?} twice");
                assert!(!life.ended, "P8: {did:?} after the terminal event");
                life.runs = true;
            }
            Did::Send(..) | Did::Close(..) => {}
            Did::Cancel(task) => {
                let life = self.tasks.entry(*task).or_default();
                assert!(life.runs && life.ended, "C4: {did:?} of {life:?}");
            }
        }
    }

    /// C1, after every turn: never more than the pool's permits are out.
    fn counts(&self) {
        let running = self.tasks.values().filter(|l| l.runs && !l.ended).count();
        assert!(running <= self.permits, "C1: {running} run");
    }

    /// One record for each terminal event.
    fn reads(&self, turn: &Turn, records: &[CallRecord]) {
        let ended: Vec<u64> = (turn.heard.iter())
            .filter(|heard| matches!(heard, Heard::Success(..) | Heard::Fail(..)))
            .map(Heard::task)
            .collect();
        let recorded: Vec<u64> = records.iter().map(|r| r.task.number()).collect();
        assert_eq!(ended, recorded, "one record for each terminal event");
    }
}
