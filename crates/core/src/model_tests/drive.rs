//! Plays a step of a history to the app.

use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Failure, Policy, Rules,
    prepare::RequestOptions,
    preset::{BackgroundCalls, Permits},
    rules::Refusal,
};

use super::history::{Action, Call, Job, World};
use crate::{
    Epoch, Instant, IoEvent, JobId,
    app::CloseReport,
    test_support::{
        AppUnderTest, EPOCH, Turn, config, failure, head, id, options_to, rules_of, success,
    },
};

/// `last` is the id of the last call before this step.
pub(super) fn act(
    app: &mut AppUnderTest,
    action: &Action,
    world: World,
    last: u64,
    now: Instant,
) -> (Turn, CloseReport) {
    let turn = match action {
        Action::Call(call) => app.call_with(last + 1, options(call), now),
        Action::CallAgain(of) => app.call_with(of.task(last), options(&Call::default()), now),
        Action::CallUnreadable => app.call_unreadable(last + 1, unreadable(), now),
        Action::Abort(of) => app.abort(of.task(last), now),
        Action::Headers(of) => app.io(job(*of, last), IoEvent::HeadersReceived(head(200)), now),
        Action::Succeed(of) => app.io(job(*of, last), success(200), now),
        Action::Reset(of) => app.io(job(*of, last), failure(Failure::ConnectionReset), now),
        Action::Crash(of) => app.io(job(*of, last), IoEvent::Crashed, now),
        Action::LoseWorker => app.worker_lost(now),
        Action::Background { pinned: true } => app.background_pinned(now),
        Action::Background { pinned: false } => app.background(now),
        Action::Foreground => app.foreground(now),
        Action::Configure { open } => app.configure(rules(world, *open), now),
        Action::Timer => app.timer(now),
        Action::Close => {
            let (report, turn) = app.close(now);
            return (turn, report);
        }
    };
    (turn, CloseReport::default())
}

/// Lists that let calls out, or empty ones.
pub(super) fn rules(world: World, open: bool) -> Arc<Rules> {
    let mut config = config();
    if !open {
        config.domains.request.clear();
    }
    rules_of(policy(world), config)
}

fn policy(world: World) -> Policy {
    Policy {
        permits: Permits::Shared(world.permits),
        queue_limit: world.queue_limit,
        grace: Duration::from_millis(world.grace),
        background_calls: if world.calls_during_grace {
            BackgroundCalls::DuringGrace
        } else {
            BackgroundCalls::Refused
        },
        default_timeout: Duration::from_millis(World::DEFAULT_TIMEOUT),
        max_timeout: Duration::from_millis(World::MAX_TIMEOUT),
        ..Policy::seed()
    }
}

fn options(call: &Call) -> RequestOptions {
    let url = if call.listed {
        "https://myserver.com/a"
    } else {
        "https://other.com/"
    };
    RequestOptions {
        timeout: call.timeout.map(|ms| ms as f64),
        not_implemented: if call.warned {
            vec!["enableQuic"]
        } else {
            Vec::new()
        },
        ..options_to(url)
    }
}

pub(super) fn unreadable() -> Refusal {
    Refusal {
        failure: Failure::Parameters(Vec::new()),
        rule: "R7",
        reason: "url should be a String".to_owned(),
        nearest: None,
    }
}

fn job(Job { of, stale }: Job, last: u64) -> JobId {
    JobId {
        task: id(of.task(last)),
        epoch: if stale { Epoch(EPOCH.0 - 1) } else { EPOCH },
    }
}
