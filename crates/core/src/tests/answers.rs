//! What I/O says reaches the app once, in order, and only if it is still meant for it (P1, P8).

use appnet_policy::failure::{AppFault, HttpDnsFault, InternalFault, NetworkFault};
use appnet_policy::{
    Failure, Policy,
    exchange::{Header, Profile},
    prepare::{Call, Warning},
    preset::Permits,
};
use std::num::NonZeroUsize;

use crate::{
    CheckedCall, Effect, Epoch, IoEvent, JobId, TaskEvent,
    event::{Exception, SocketVerb},
    test_support::{
        AppUnderTest, Did, EPOCH, Heard, download, head, id, io_closed, job, ms, options,
        options_to, secs, success, upload,
    },
};

#[test]
fn p1_any_status_is_a_success() {
    for status in [204, 404, 500, 999] {
        let mut app = AppUnderTest::with_calls([1]);
        let turn = app.io(job(1), success(status), secs(1));
        assert_eq!(turn.heard, [Heard::Success(1, status)]);
        assert_eq!(app.record(1).outcome, Ok(status));
    }
}

#[test]
fn p7_an_exception_has_each_failure_below_the_call_in_order() {
    let network = |fault| Failure::Network(fault);
    let http_dns = network(NetworkFault::HttpDns(HttpDnsFault::TimedOut));
    let (reset, slow) = (
        network(NetworkFault::ConnectionReset),
        network(NetworkFault::TimedOut),
    );
    let profile = |resent, resent_after: Option<&Failure>, http_dns: Option<&Failure>| Profile {
        resent,
        resent_after: resent_after.cloned(),
        http_dns_failure: http_dns.cloned(),
        ..Profile::default()
    };
    let of = |profile: &Profile| Exception::of(profile).map(|it| (it.reasons, it.retries));
    assert_eq!(of(&profile(false, None, None)), None);
    // A misdirected request is sent again, and nothing failed.
    assert_eq!(of(&profile(true, None, None)), Some((vec![], 1)));
    let fallen_back = profile(false, None, Some(&http_dns));
    assert_eq!(of(&fallen_back), Some((vec![http_dns.clone()], 0)));
    let both = profile(true, Some(&reset), Some(&http_dns));
    let told = Exception::of_failed(&both, &slow);
    assert_eq!(
        (told.reasons, told.retries),
        (vec![http_dns, reset, slow], 1)
    );
}

/// A header of which the app is warned (R2).
fn dropped(name: &str) -> Vec<Header> {
    vec![Header {
        name: name.to_owned(),
        value: "other.com".to_owned(),
    }]
}

#[test]
fn p8_warnings_come_first_then_headers_then_the_end() {
    let mut app = AppUnderTest::new();
    let mut options = options();
    options.header = dropped("Host");
    let mut heard = app.call_with(1, options, ms(0)).heard;
    heard.extend(app.headers(1, secs(1)).heard);
    heard.extend(app.succeed(1, secs(2)).heard);
    let expected = [
        Heard::Warning(1, Warning::HeaderDropped("Host".to_owned())), // R2
        Heard::Headers(1),
        Heard::Success(1, 200),
    ];
    assert_eq!(heard, expected);
}

#[test]
fn p8_a_task_that_waits_is_warned_at_once_and_only_once() {
    let mut app = AppUnderTest::with_calls(1..=10);
    let mut options = options();
    options.header = dropped("Host");
    let turn = app.call_with(11, options, ms(0));
    let warning = Warning::HeaderDropped("Host".to_owned());
    assert_eq!(turn.heard, [Heard::Warning(11, warning)]);
    let turn = app.succeed(1, secs(1));
    assert_eq!(turn.heard, [Heard::Success(1, 200)]);
}

#[test]
fn p8_a_call_that_finds_the_queue_full_is_warned_before_it_fails() {
    let mut app = AppUnderTest::with(Policy {
        permits: Permits::Shared(NonZeroUsize::MIN),
        queue_limit: 0,
        ..Policy::seed()
    });
    app.call(1, ms(0));
    let mut options = options();
    options.header = dropped("Host");
    let expected = [
        Heard::Warning(2, Warning::HeaderDropped("Host".to_owned())),
        Heard::Fail(2, Failure::App(AppFault::TooManyTasks)),
    ];
    assert_eq!(app.call_with(2, options, ms(0)).heard, expected);
}

#[test]
fn p8_after_its_end_nothing_is_heard_of_a_task() {
    let mut app = AppUnderTest::with_calls([1]);
    assert_eq!(
        app.reset(1, secs(1)).heard,
        [Heard::Fail(
            1,
            Failure::Network(NetworkFault::ConnectionReset)
        )]
    );
    assert!(app.headers(1, secs(2)).is_quiet());
    assert!(app.succeed(1, secs(2)).is_quiet());
    assert!(app.crash(1, secs(2)).is_quiet());
    assert!(app.worker_lost(secs(2)).is_quiet());
    assert!(app.timer(secs(99)).is_quiet());
}

#[test]
fn p8_what_ended_by_itself_needs_no_cancelling() {
    let mut app = AppUnderTest::with_calls([1, 2, 3]);
    assert_eq!(app.succeed(1, secs(1)).did, []);
    assert_eq!(app.reset(2, secs(1)).did, []);
    assert_eq!(app.crash(3, secs(1)).did, []);
}

#[test]
fn p8_a_crash_is_one_failure_like_any_other() {
    let mut app = AppUnderTest::with_calls([1]);
    app.headers(1, secs(1));
    assert_eq!(
        app.crash(1, secs(2)).heard,
        [Heard::Fail(1, Failure::Internal(InternalFault::Crashed))]
    );
    assert!(app.crash(1, secs(2)).is_quiet());
}

#[test]
fn p8_a_lost_worker_ends_what_it_had_and_nothing_else() {
    let mut app = AppUnderTest::with_calls(1..=11);
    app.succeed(4, secs(1)); // 11 starts
    app.call(12, secs(1));
    let turn = app.worker_lost(secs(2));
    let had = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11];
    assert_eq!(
        turn.heard,
        had.map(|task| Heard::Fail(task, Failure::Internal(InternalFault::Crashed)))
    );
    assert_eq!(turn.did, [Did::Start(12)], "nobody is left to cancel with");
    assert_eq!(app.succeed(12, secs(3)).heard, [Heard::Success(12, 200)]);
}

#[test]
fn p8_losing_an_idle_worker_is_not_heard() {
    assert!(AppUnderTest::new().worker_lost(secs(1)).is_quiet());
}

#[test]
fn p8_what_io_says_of_a_task_that_waits_is_no_answer_to_it() {
    let mut app = AppUnderTest::with_calls(1..=11);
    assert!(app.headers(11, secs(1)).is_quiet());
    assert!(app.succeed(11, secs(1)).is_quiet());
    assert!(app.crash(11, secs(1)).is_quiet());
    assert_eq!(app.core.open_tasks(), 11);
}

#[test]
fn an_answer_to_an_older_life_of_the_app_is_dropped() {
    let mut app = AppUnderTest::with_calls([1]);
    for epoch in [Epoch(EPOCH.0 - 1), EPOCH.next()] {
        let stale = JobId { task: id(1), epoch };
        let headers = IoEvent::HeadersReceived(head(200).into());
        assert!(app.io(stale, headers, secs(1)).is_quiet());
        assert!(app.io(stale, success(200), secs(1)).is_quiet());
        assert!(app.io(stale, IoEvent::Crashed, secs(1)).is_quiet());
    }
    assert_eq!(app.succeed(1, secs(2)).heard, [Heard::Success(1, 200)]);
}

#[test]
fn jobs_carry_the_life_they_were_started_in() {
    let turn = AppUnderTest::new().call(1, ms(0));
    let ids: Vec<_> = turn.jobs.iter().map(|job| job.id).collect();
    assert_eq!(ids, [job(1)]);
}

#[test]
fn a_task_id_that_was_used_makes_no_new_call() {
    let mut app = AppUnderTest::with_calls([5]);
    assert!(app.call(5, ms(1)).is_quiet(), "while its task runs");
    assert!(
        app.call(4, ms(1)).is_quiet(),
        "nor one that was passed over"
    );
    app.succeed(5, secs(1));
    assert!(app.call(5, secs(2)).is_quiet(), "nor after its end");
    assert_eq!(app.call(6, secs(2)).did, [Did::Start(6)]);
}

#[test]
fn the_id_of_a_refused_call_is_used_too() {
    let mut app = AppUnderTest::new();
    let turn = app.call_with(1, options_to("https://other.com"), ms(0));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::App(AppFault::NotInDomainList))]
    );
    assert!(app.call(1, ms(1)).is_quiet());
}

#[test]
fn p8_the_success_is_the_answer_as_io_gave_it() {
    let turn = AppUnderTest::with_calls([1]).succeed(1, secs(1));
    let [TaskEvent::Success(success)] = turn.what()[..] else {
        panic!("{:?}", turn.events)
    };
    assert_eq!(*success.answer.head, head(200));
    assert_eq!(success.api, appnet_policy::Api::Request);
    assert!(turn.events[0].is_terminal());
}

#[test]
fn only_a_request_is_told_of_failures_below_it() {
    let failed = |call| {
        let mut app = AppUnderTest::new();
        app.begin(1, call, ms(0));
        let turn = app.reset(1, secs(1));
        match turn.what()[..] {
            [TaskEvent::Fail { exception, .. }] => exception.is_some(),
            _ => panic!("{turn:?}"),
        }
    };
    assert!(failed(Call::Request(options())));
    assert!(!failed(download()));
    assert!(!failed(upload()));
}

#[test]
fn io_is_awaited_while_its_task_runs_or_its_socket_is_open() {
    let state = |app: &AppUnderTest, job| (app.core.is_running(job), app.core.awaits(job));
    let in_an_earlier_life = |task| JobId {
        epoch: Epoch(EPOCH.0 - 1),
        ..job(task)
    };
    let mut app = AppUnderTest::with_calls(1..=11);
    assert_eq!(state(&app, job(10)), (true, true));
    assert_eq!(
        state(&app, job(11)),
        (false, false),
        "it waits for a permit"
    );
    assert_eq!(state(&app, in_an_earlier_life(10)), (false, false));
    app.succeed(10, secs(1));
    assert_eq!(state(&app, job(10)), (false, false));
    assert_eq!(state(&app, job(11)), (true, true));

    let mut app = AppUnderTest::new();
    app.connect(1, ms(0));
    assert_eq!(state(&app, job(1)), (true, true), "the handshake");
    app.open(2, ms(0));
    assert_eq!(state(&app, job(2)), (false, true));
    assert_eq!(state(&app, in_an_earlier_life(2)), (false, false));
    app.socket_io(2, io_closed(1000, ""), secs(1));
    assert_eq!(state(&app, job(2)), (false, false));
}

#[test]
fn an_effect_names_its_task_and_an_ask_of_a_socket_its_verb() {
    let mut app = AppUnderTest::new();
    let call = CheckedCall::new(&app.link.rules(), Call::Request(options()));
    app.link.call(id(3), call, ms(0)).expect("there is room");
    let (inbound, now) = app.link.next_inbound(ms(0)).expect("the call");
    app.core.handle_inbound(inbound, now);
    let effect = app.core.poll_effect().expect("it starts");
    assert_eq!(effect.task(), Some(id(3)));
    assert_eq!(Effect::CancelSocket(job(4)).task(), Some(id(4)));
    assert_eq!(Effect::ReleaseTransport.task(), None);
    let names = [SocketVerb::Send, SocketVerb::Close].map(SocketVerb::name);
    assert_eq!(names, ["SocketTask.send", "SocketTask.close"]);
}
