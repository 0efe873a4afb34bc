//! Plays a step of a history to the app.

use appnet_policy::failure::{AppFault, NetworkFault};
use appnet_policy::rules::Rule;
use std::num::{NonZeroU32, NonZeroUsize};
use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Failure, Policy, Rules,
    api::PerApi,
    domains::DomainLists,
    exchange::Header,
    prepare::{self, DownloadOptions, RequestOptions, SocketOptions, UploadOptions},
    preset::{BackgroundCalls, Permits, Priority, QueueOrder, TimeoutRule},
    rules::Refusal,
    socket::SocketLimits,
};

use super::history::{Action, Call, Heard, Job, Kind, MoveTo, Pools, SocketSays, World};
use crate::{
    Epoch, Instant, IoEvent, JobId, SocketIo,
    app::CloseReport,
    event::SocketVerb,
    test_support::{
        AppUnderTest, EPOCH, Turn, ask, chunk, config, failure, head, id, io_closed, io_failed,
        io_opened, rules_of, success, text,
    },
};

/// A header that an app cannot set: it is warned (R2).
pub(super) const DROPPED_HEADER: &str = "Host";

/// A busy core takes what the host said late. The timer may ring before that, and must find nothing due (B4).
pub(super) fn take_late(app: &mut AppUnderTest, rings_before: bool, now: Instant) -> Turn {
    if rings_before {
        let turn = app.timer(now);
        assert!(
            turn.is_quiet(),
            "B4: time stands at the host's word: {turn:?}"
        );
    }
    let mut turn = app.hears(now);
    turn.append(app.timer(now));
    turn
}

/// `last` is the id of the last call before this step.
pub(super) fn act(
    app: &mut AppUnderTest,
    action: &Action,
    world: World,
    last: u64,
    now: Instant,
) -> (Turn, CloseReport) {
    let mut turn = match is_seen_to(action) {
        true => app.timer(now),
        false => Turn::default(),
    };
    turn.append(match action {
        Action::Call(call) => app.begin(last + 1, made(call), now),
        Action::CallAgain(of) => app.begin(of.task(last), made(&Call::default()), now),
        Action::CallUnreadable => app.call_unreadable(last + 1, unreadable(), now),
        Action::Abort(of) => app.abort(of.task(last), now),
        Action::Headers(of) => app.io(
            job(*of, last),
            IoEvent::HeadersReceived(head(200).into()),
            now,
        ),
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
        Action::Move(to, when) => {
            match to {
                MoveTo::Back { pinned } => app.says_background(*pinned, now),
                MoveTo::Screen => app.says_foreground(now),
            }
            match when {
                Heard::AtOnce => app.hears(now),
                Heard::Late => Turn::default(),
            }
        }
        Action::CrashCore => app.crash_core(now),
        Action::Configure { open } => {
            app.configure(rules(world, *open));
            Turn::default()
        }
        Action::Timer => app.timer(now),
        Action::Close => {
            let (report, turn) = app.close(now);
            return (turn, report);
        }
    });
    if !matches!(action, Action::Move(_, Heard::Late)) {
        turn.append(app.timer(now)); // not everything reaches the core: what is due is due all the same
    }
    (turn, CloseReport::default())
}

/// Whether the core sees to what is due before this action: whether a number is free, and what a crash takes, depends on it, and the link
/// knows of no timer.
pub(super) const fn is_seen_to(action: &Action) -> bool {
    matches!(
        action,
        Action::Send(..) | Action::CloseSocket(..) | Action::AskUnreadably(..) | Action::CrashCore
    )
}

/// Lists that let calls out, or empty ones.
pub(super) fn rules(world: World, open: bool) -> Arc<Rules> {
    let mut config = config();
    let lists = &mut config.domains;
    for list in [
        &mut lists.request,
        &mut lists.upload_file,
        &mut lists.download_file,
    ] {
        list.push("https://second.com".to_owned());
    }
    lists.socket.push("wss://second.com".to_owned());
    if !open {
        config.domains = DomainLists::default();
    }
    rules_of(policy(world), config)
}

fn policy(world: World) -> Policy {
    Policy {
        permits: permits(world),
        host_permits: PerApi {
            request: world.requests_per_host.and_then(NonZeroUsize::new),
            ..PerApi::all(None)
        },
        queue_order: match world.head_start.and_then(NonZeroU32::new) {
            None => QueueOrder::Fifo,
            Some(head_start) => QueueOrder::ByPriority {
                of: PerApi {
                    request: Priority::Low,
                    upload_file: Priority::Normal,
                    download_file: Priority::Normal,
                    connect_socket: Priority::High,
                },
                head_start,
            },
        },
        queue_limit: world.queue_limit,
        grace: Duration::from_millis(world.grace),
        background_calls: if world.calls_during_grace {
            BackgroundCalls::DuringGrace
        } else {
            BackgroundCalls::Refused
        },
        timeouts: PerApi::all(TimeoutRule {
            default: Duration::from_millis(World::DEFAULT_TIMEOUT),
            maximum: Duration::from_millis(World::MAX_TIMEOUT),
        }),
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

fn permits(world: World) -> Permits {
    let size = |permits| NonZeroUsize::new(permits).expect("a pool has a permit");
    match world.pools {
        Pools::Shared(all) => Permits::Shared(size(all)),
        Pools::PerApi([request, upload, download]) => Permits::PerApi {
            request: size(request),
            upload_file: size(upload),
            download_file: size(download),
        },
    }
}

fn made(call: &Call) -> prepare::Call {
    let host = match (call.listed, call.elsewhere) {
        (true, false) => "myserver",
        (true, true) => "second",
        (false, _) => "other",
    };
    let scheme = if call.kind == Kind::Socket {
        "wss"
    } else {
        "https"
    };
    let url = format!("{scheme}://{host}.com/a");
    let timeout = call.timeout.map(|ms| ms as f64);
    let dropped = || Header {
        name: DROPPED_HEADER.to_owned(),
        value: "other.com".to_owned(),
    };
    let header = call.warned.then(dropped).into_iter().collect();
    match call.kind {
        Kind::Request | Kind::Chunked => prepare::Call::Request(RequestOptions {
            url,
            timeout,
            header,
            enable_chunked: call.kind == Kind::Chunked,
            ..RequestOptions::default()
        }),
        Kind::Upload => prepare::Call::Upload(UploadOptions {
            url,
            file_path: "wxfile://tmp_1".to_owned(),
            name: "file".to_owned(),
            timeout,
            header,
            ..UploadOptions::default()
        }),
        Kind::Download => prepare::Call::Download(DownloadOptions {
            url,
            timeout,
            header,
            ..DownloadOptions::default()
        }),
        Kind::Socket => prepare::Call::Socket(SocketOptions {
            url,
            timeout,
            header,
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
