//! Plays a step of a history to the app.

use appnet_policy::failure::{AppFault, NetworkFault};
use appnet_policy::rules::Rule;
use std::num::NonZeroUsize;
use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Failure, Policy, Rules,
    domains::DomainLists,
    prepare::{self, DownloadOptions, RequestOptions, SocketOptions, UploadOptions},
    preset::{BackgroundCalls, Permits},
    rules::Refusal,
    socket::SocketLimits,
};

use super::history::{Action, Call, Job, Kind, SocketSays, World};
use crate::{
    Epoch, Instant, IoEvent, JobId, SocketIo,
    app::CloseReport,
    event::SocketVerb,
    test_support::{
        AppUnderTest, EPOCH, Turn, ask, chunk, config, failure, head, id, io_closed, io_failed,
        io_opened, rules_of, success, text,
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
        Action::Call(call) => app.begin(last + 1, made(call), now),
        Action::CallAgain(of) => app.begin(of.task(last), made(&Call::default()), now),
        Action::CallUnreadable => app.call_unreadable(last + 1, unreadable(), now),
        Action::Abort(of) => app.abort(of.task(last), now),
        Action::Headers(of) => app.io(job(*of, last), IoEvent::HeadersReceived(head(200)), now),
        Action::Chunk(of, bytes) => app.io(job(*of, last), chunk(*bytes), now),
        Action::AwaitsApp(of) => app.io(job(*of, last), IoEvent::AwaitsApp, now),
        Action::Progress(of, progress) => app.io(job(*of, last), IoEvent::Progress(*progress), now),
        Action::Succeed(of) => app.io(job(*of, last), success(200), now),
        Action::Reset(of) => app.io(
            job(*of, last),
            failure(Failure::Network(NetworkFault::ConnectionReset)),
            now,
        ),
        Action::Crash(of) => app.io(job(*of, last), IoEvent::Crashed, now),
        Action::LoseWorker => app.worker_lost(now),
        Action::Send(of, ask, bytes) => app.send(of.task(last), *ask, *bytes, now),
        Action::CloseSocket(of, ask, well) => {
            let code = (!well).then_some(1001.0);
            app.close_socket_with(of.task(last), *ask, code, None, now)
        }
        Action::AskUnreadably(of, ask) => {
            app.ask_unreadably(of.task(last), *ask, SocketVerb::Send, now)
        }
        Action::Socket(of, says) => app.io(job(*of, last), IoEvent::Socket(said(*says)), now),
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
        config.domains = DomainLists::default();
    }
    rules_of(policy(world), config)
}

fn policy(world: World) -> Policy {
    Policy {
        permits: Permits::Shared(NonZeroUsize::new(world.permits).expect("a pool has a permit")),
        queue_limit: world.queue_limit,
        grace: Duration::from_millis(world.grace),
        background_calls: if world.calls_during_grace {
            BackgroundCalls::DuringGrace
        } else {
            BackgroundCalls::Refused
        },
        default_timeout: Duration::from_millis(World::DEFAULT_TIMEOUT),
        max_timeout: Duration::from_millis(World::MAX_TIMEOUT),
        socket_limit: world.sockets,
        socket: SocketLimits {
            unsent_bytes: world.unsent,
            close_wait: Duration::from_millis(World::CLOSE_WAIT),
            end_wait: Duration::from_millis(World::END_WAIT),
            ..SocketLimits::seed()
        },
        ..Policy::seed()
    }
}

fn made(call: &Call) -> prepare::Call {
    let host = if call.listed { "myserver" } else { "other" };
    let scheme = if call.kind == Kind::Socket {
        "wss"
    } else {
        "https"
    };
    let url = format!("{scheme}://{host}.com/a");
    let timeout = call.timeout.map(|ms| ms as f64);
    let not_implemented = call.warned.then_some("enableQuic").into_iter().collect();
    match call.kind {
        Kind::Request | Kind::Chunked => prepare::Call::Request(RequestOptions {
            url,
            timeout,
            not_implemented,
            enable_chunked: call.kind == Kind::Chunked,
            ..RequestOptions::default()
        }),
        Kind::Upload => prepare::Call::Upload(UploadOptions {
            url,
            file_path: "wxfile://tmp_1".to_owned(),
            name: "file".to_owned(),
            timeout,
            not_implemented,
            ..UploadOptions::default()
        }),
        Kind::Download => prepare::Call::Download(DownloadOptions {
            url,
            timeout,
            not_implemented,
            ..DownloadOptions::default()
        }),
        Kind::Socket => prepare::Call::Socket(SocketOptions {
            url,
            timeout,
            not_implemented,
            ..SocketOptions::default()
        }),
    }
}

fn said(says: SocketSays) -> SocketIo {
    match says {
        SocketSays::Opened => io_opened(),
        SocketSays::Message(bytes) => SocketIo::Message(text(bytes)),
        SocketSays::Sent(number) => SocketIo::Sent(ask(number)),
        SocketSays::NotSent(number) => {
            SocketIo::NotSent(ask(number), Failure::App(AppFault::SocketNotOpen))
        }
        SocketSays::Closed => io_closed(1000, "bye"),
        SocketSays::Failed => io_failed(Failure::Network(NetworkFault::ConnectionReset)),
    }
}

pub(super) fn unreadable() -> Refusal {
    Refusal {
        failure: Failure::App(AppFault::Parameters(Vec::new())),
        rule: Rule::R7,
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
