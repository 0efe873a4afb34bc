//! Invariant 4: each task gets exactly one terminal event, whatever happens.
//!
//! Random histories are played to an [`AppCore`](crate::AppCore) and to a naive [`Model`] of the contract; after each step both must
//! have said and done the same, and what is true of any app at any time is watched by the test support on the way.
//!
//! The histories are the same in every run. Others: `PROPTEST_RNG_SEED=2 PROPTEST_CASES=100000 cargo test -p appnet-core invariant_4`.

mod drive;
mod history;
mod model;

#[cfg(test)]
use proptest::test_runner::RngSeed;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    app::CloseReport,
    lifecycle::Lifecycle,
    test_support::{AppUnderTest, Did, Heard, Turn, id, ms},
};
use history::{Action, Pause, Step, World, history, world};
use model::{Expected, Model, Place};

#[cfg(test)]
proptest! {
    #![proptest_config(config())]

    #[test]
    fn invariant_4_each_task_ends_exactly_once_and_as_the_model_says(world in world(), history in history()) {
        play(world, &history);
    }
}

/// A history that these bytes are the seed of.
pub(crate) fn play_bytes(bytes: &[u8]) {
    let mut seed = [0_u8; 32];
    for (place, byte) in bytes.iter().enumerate() {
        let folded = &mut seed[place % 32];
        *folded = folded.rotate_left(3) ^ byte;
    }
    // Not the bytes themselves: proptest's `PassThrough` does not end when they do.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    if let Ok(chosen) = (world(), history()).new_tree(&mut runner) {
        let (world, history) = chosen.current();
        play(world, &history);
    }
}

/// The same cases in every run, unless the environment asks for others or for more.
#[cfg(test)]
fn config() -> Config {
    let asked = Config::default();
    Config {
        cases: asked.cases.max(1_024),
        rng_seed: match asked.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            RngSeed::Fixed(seed) => RngSeed::Fixed(seed),
        },
        failure_persistence: None,
        ..asked
    }
}

/// Plays a history to its end, closes the app, and counts.
fn play(world: World, history: &[Step]) {
    let mut play = Play {
        app: AppUnderTest::configured(drive::rules(world, true)),
        model: Model::new(world),
        world,
        now: 0,
        late: None,
    };
    for step in history {
        play.step(step);
    }
    play.step(&Step(Pause::For(0), Action::Close));
    assert_eq!(play.app.records.len() as u64, play.model.last());
}

struct Play {
    app: AppUnderTest,
    model: Model,
    world: World,
    /// In milliseconds.
    now: u64,
    /// What the host's last word leads to, which the core has not heard; and whether nothing else was due then.
    late: Option<(Expected, bool)>,
}

impl Play {
    fn step(&mut self, Step(pause, action): &Step) {
        if matches!(action, Action::CrashCore) && self.model.place() == Place::Closed {
            return; // a closed app has no core
        }
        self.now = match *pause {
            Pause::For(pause) => self.now + pause,
            Pause::UntilAboutTheTimer { late } => self.model.next_due().map_or(self.now, |due| {
                // One millisecond early, in time, or late.
                (due + late - 1).max(self.now)
            }),
        };
        self.catch_up(action);
        let last = self.model.last();
        let (turn, report) = drive::act(&mut self.app, action, self.world, last, ms(self.now));
        let context = format!("{action:?} at {} ms", self.now);
        let nothing_due = self.model.next_due().is_none_or(|due| due > self.now);
        let expected = self.model.does(self.now, action);
        if matches!(action, Action::Move(_, history::Heard::Late)) {
            self.late = Some((expected, nothing_due));
            return;
        }
        agree_on_what_was_done(&turn, &expected, &context);
        agree_on_report(&report, &expected, &context);
        self.agree_on_state(&context);
        self.agree_on_times(&expected, &context);
    }

    /// What the host said late is heard before the next step, and leads to what it would have led to then.
    fn catch_up(&mut self, next: &Action) {
        let Some((mut expected, nothing_due)) = self.late.take() else {
            return;
        };
        let turn = drive::take_late(&mut self.app, nothing_due, ms(self.now));
        expected.append(self.model.does(self.now, &Action::Timer));
        let context = format!("late, before {next:?} at {} ms", self.now);
        agree_on_what_was_done(&turn, &expected, &context);
        self.agree_on_times(&expected, &context);
    }

    fn agree_on_state(&self, context: &str) {
        let timer = self.model.next_due();
        assert_eq!(
            self.app.wakes_at(),
            timer.map(ms),
            "poll_timeout: {context}"
        );
        assert!(timer.is_none_or(|at| at > self.now), "timer: {context}");
        let lifecycle = self.app.core.lifecycle();
        assert!(is_at(lifecycle, self.model.place()), "B: {context}");
        let open = self.app.core.open_tasks();
        assert_eq!(open, self.model.open_tasks(), "open tasks: {context}");
        let sockets = self.app.core.open_sockets();
        assert_eq!(sockets, self.model.sockets(), "C3: {context}");
    }

    /// C2: what the records of this step say of the time in the queue and after it.
    fn agree_on_times(&self, expected: &Expected, context: &str) {
        for &(task, queued, ran) in &expected.times {
            let record = self.app.record(task);
            let recorded = [record.queued, record.ran].map(|time| time.as_millis() as u64);
            assert_eq!(recorded, [queued, ran], "C2: task {task}, {context}");
        }
    }
}

/// The same starts in the same order, the same of all else, and the same events of each task.
fn agree_on_what_was_done(turn: &Turn, expected: &Expected, context: &str) {
    let (starts, mut others): (Vec<_>, Vec<_>) =
        (turn.did.iter().cloned()).partition(|did| matches!(did, Did::Start(_)));
    others.sort();
    assert_eq!(starts, expected.starts, "C1, C2: {context}");
    assert_eq!(others, expected.others, "C4, W2, W3: {context}");
    let (heard, said) = (by_task(&turn.heard), by_task(&expected.heard));
    assert_eq!(heard, said, "P8: {context}");
}

fn agree_on_report(report: &CloseReport, expected: &Expected, context: &str) {
    let [running, queued, sockets] = expected.report.clone();
    let said = CloseReport {
        running: running.into_iter().map(id).collect(),
        queued: queued.into_iter().map(id).collect(),
        sockets: sockets.into_iter().map(id).collect(),
    };
    assert_eq!(*report, said, "B7: {context}");
}

/// Each task's events in their order; between tasks the contract asks for none.
fn by_task(heard: &[Heard]) -> Vec<Heard> {
    let mut heard = heard.to_vec();
    heard.sort_by_key(Heard::task);
    heard
}

fn is_at(lifecycle: Lifecycle, place: Place) -> bool {
    match lifecycle {
        Lifecycle::Foreground => place == Place::Screen,
        Lifecycle::Pinned => place == Place::Pinned,
        Lifecycle::Grace { ends } => {
            matches!(place, Place::Back { interrupts: Some(at) } if ms(at) == ends)
        }
        Lifecycle::Interrupted => place == Place::Back { interrupts: None },
        Lifecycle::Closed => place == Place::Closed,
    }
}
