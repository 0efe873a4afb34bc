//! What is accepted, and how it opens (W1, C1, C3, T2).

use appnet_policy::exchange::{Header, Method};
use appnet_policy::failure::{AppFault, NetworkFault};
use appnet_policy::{
    Failure, Policy,
    prepare::{Call, SocketOptions, Warning},
};
use std::num::NonZeroUsize;

use crate::{
    IoEvent, SocketEvent, SocketIo, TaskEvent,
    effect::Opened,
    test_support::{
        AppUnderTest, Did, Heard, Said, UNIX_ZERO, chunk, failure, head, heard, io_closed,
        io_failed, io_opened, job, ms, secs, socket_options, success, text,
    },
};

fn with_one_permit() -> AppUnderTest {
    AppUnderTest::with(Policy {
        permits: appnet_policy::preset::Permits::Shared(NonZeroUsize::MIN),
        queue_limit: 1,
        ..Policy::seed()
    })
}

#[test]
fn w1_success_means_accepted_and_open_follows_the_handshake() {
    let mut app = AppUnderTest::new();
    let turn = app.connect(1, ms(0));
    assert_eq!(turn.heard, heard(1, [Said::Accepted]));
    assert_eq!(turn.did, [Did::Start(1)]);
    assert_eq!(turn.sockets[0].id, job(1));
    assert_eq!(turn.sockets[0].limits, Policy::seed().socket);
    let turn = app.socket_io(1, io_opened(), ms(80));
    assert_eq!(turn.heard, heard(1, [Said::Opened]));
    assert!(turn.did.is_empty());
    assert_eq!(app.wakes_at(), None, "an open socket has no deadline");
}

#[test]
fn w1_success_comes_also_to_a_socket_that_has_to_wait() {
    let mut app = AppUnderTest::with_calls(1..=10);
    let turn = app.connect(11, ms(0));
    assert_eq!(turn.heard, heard(11, [Said::Accepted]));
    assert!(turn.did.is_empty());
    assert_eq!(app.succeed(3, ms(5)).did, [Did::Start(11)]);
    assert_eq!(
        app.socket_io(11, io_opened(), ms(9)).heard,
        heard(11, [Said::Opened])
    );
}

#[test]
fn w1_what_was_done_differently_is_said_before_success() {
    let options = SocketOptions {
        header: vec![Header {
            name: "Host".to_owned(),
            value: "other.com".to_owned(),
        }],
        ..socket_options()
    };
    let turn = AppUnderTest::new().begin(1, Call::Socket(options), ms(0));
    let warning = Warning::HeaderDropped("Host".to_owned());
    assert_eq!(
        turn.heard,
        [Heard::Warning(1, warning), Heard::Socket(1, Said::Accepted)]
    );
}

#[test]
fn w1_the_app_hears_what_the_handshake_brought_and_where_its_time_went() {
    let mut app = AppUnderTest::with_calls(1..=10);
    app.connect(11, ms(100));
    app.succeed(1, ms(400));
    let opened = SocketIo::Opened(Box::new(Opened {
        head: head(101),
        protocol: Some("mqtt".to_owned()),
        profile: Default::default(),
        would_refuse: Vec::new(),
    }));
    let turn = app.socket_io(11, opened, ms(450));
    let [TaskEvent::Socket(SocketEvent::Opened(opened))] = turn.what()[..] else {
        panic!("{:?}", turn.events);
    };
    assert_eq!(opened.head, head(101));
    assert_eq!(opened.protocol.as_deref(), Some("mqtt"));
    assert_eq!(opened.profile.invoked - UNIX_ZERO, ms(100).since_zero());
    assert_eq!(opened.profile.started - UNIX_ZERO, ms(400).since_zero());
}

#[test]
fn w1_a_connection_that_fails_is_an_error_and_then_closed() {
    let mut app = AppUnderTest::new();
    app.connect(1, ms(0));
    let turn = app.socket_io(
        1,
        io_failed(Failure::Network(NetworkFault::ConnectionRefused)),
        ms(20),
    );
    assert_eq!(
        turn.heard,
        heard(
            1,
            [
                Said::Error(Failure::Network(NetworkFault::ConnectionRefused)),
                Said::Broken(Failure::Network(NetworkFault::ConnectionRefused))
            ]
        )
    );
    assert!(turn.did.is_empty(), "I/O is done with it");
    let record = app.record(1);
    assert_eq!(
        record.outcome,
        Err(Failure::Network(NetworkFault::ConnectionRefused))
    );
    assert_eq!(record.method, Some(Method::Get));
    assert_eq!(record.url, "wss://myserver.com/ws");
    assert_eq!(
        record.reason.as_deref(),
        Some("the peer reset the connection")
    );
}

#[test]
fn w1_a_call_that_is_refused_fails_and_nothing_else() {
    let refused =
        |options: SocketOptions| AppUnderTest::new().begin(1, Call::Socket(options), ms(0));
    let unlisted = SocketOptions {
        url: "wss://other.com".to_owned(),
        ..SocketOptions::default()
    };
    let turn = refused(unlisted);
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::App(AppFault::NotInDomainList))]
    );
    assert!(turn.did.is_empty());
    let nonsense = SocketOptions {
        protocols: vec!["a b".to_owned()],
        ..socket_options()
    };
    assert_eq!(
        refused(nonsense).heard,
        [Heard::Fail(1, Failure::App(AppFault::InvalidProtocols))]
    );
}

#[test]
fn c2_a_socket_for_which_the_queue_has_no_place_fails() {
    let mut app = with_one_permit();
    app.call(1, ms(0));
    app.call(2, ms(0));
    assert_eq!(
        app.connect(3, ms(0)).heard,
        [Heard::Fail(3, Failure::App(AppFault::TooManyTasks))]
    );
    assert_eq!(app.core.open_sockets(), 0);
}

#[test]
fn c3_the_sixth_socket_fails_at_once_whatever_the_other_five_are_at() {
    let mut app = AppUnderTest::with_sockets(1..=2);
    app.close_socket(2, 1, ms(1)); // closing
    app.connect(3, ms(1)); // connecting
    for task in 4..=12 {
        app.call(task, ms(1));
    }
    app.connect(13, ms(1)); // queued
    app.connect(14, ms(1)); // queued
    assert_eq!(app.core.open_sockets(), 5);
    let turn = app.connect(15, ms(1));
    assert_eq!(
        turn.heard,
        [Heard::Fail(15, Failure::App(AppFault::TooManySockets(5)))]
    );
}

#[test]
fn c3_a_socket_that_is_gone_makes_room_for_another_in_the_same_turn() {
    let mut app = AppUnderTest::with_sockets(1..=5);
    assert_eq!(
        app.connect(6, ms(1)).heard,
        [Heard::Fail(6, Failure::App(AppFault::TooManySockets(5)))]
    );
    app.socket_io(
        4,
        io_failed(Failure::Network(NetworkFault::ConnectionRefused)),
        ms(2),
    );
    assert_eq!(app.connect(7, ms(2)).heard, heard(7, [Said::Accepted]));
}

#[test]
fn c3_requests_are_no_sockets() {
    let mut app = AppUnderTest::with_calls(1..=9);
    assert_eq!(app.connect(10, ms(0)).heard, heard(10, [Said::Accepted]));
    assert_eq!((app.core.open_tasks(), app.core.open_sockets()), (10, 1));
}

#[test]
fn c1_the_permit_of_a_handshake_is_free_in_the_turn_in_which_the_socket_opens() {
    let mut app = with_one_permit();
    app.connect(1, ms(0));
    assert!(
        app.call(2, ms(0)).is_quiet(),
        "the handshake has the permit"
    );
    let turn = app.socket_io(1, io_opened(), ms(5));
    assert_eq!(turn.did, [Did::Start(2)]);
    assert_eq!(app.succeed(2, ms(6)).heard, [Heard::Success(2, 200)]);
}

#[test]
fn c1_the_permit_of_a_handshake_that_fails_is_free_in_that_turn() {
    let mut app = with_one_permit();
    app.connect(1, ms(0));
    app.call(2, ms(0));
    let turn = app.socket_io(
        1,
        io_failed(Failure::Network(NetworkFault::ConnectionRefused)),
        ms(5),
    );
    assert_eq!(turn.did, [Did::Start(2)]);
}

#[test]
fn t2_the_deadline_of_a_socket_is_that_of_its_handshake() {
    let mut app = AppUnderTest::new();
    let options = SocketOptions {
        timeout: Some(2_000.0),
        ..socket_options()
    };
    app.begin(1, Call::Socket(options), ms(0));
    assert_eq!(app.wakes_at(), Some(secs(2)));
    let turn = app.timer(secs(2));
    assert_eq!(
        turn.heard,
        heard(
            1,
            [
                Said::Error(Failure::Network(NetworkFault::TimedOut)),
                Said::Broken(Failure::Network(NetworkFault::TimedOut))
            ]
        )
    );
    assert_eq!(turn.did, [Did::Cancel(1)]);
}

#[test]
fn t2_c2_the_time_in_the_queue_does_not_count() {
    let mut app = with_one_permit();
    app.call(1, ms(0));
    app.connect(2, ms(0));
    app.succeed(1, secs(50));
    assert_eq!(app.wakes_at(), Some(secs(110)));
}

#[test]
fn c4_an_abort_of_a_socket_closes_it_without_an_error() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.connect(2, ms(1));
    for task in [1, 2] {
        let turn = app.abort(task, ms(2));
        assert_eq!(
            turn.heard,
            heard(task, [Said::Broken(Failure::App(AppFault::Aborted))])
        );
        assert_eq!(turn.did, [Did::Cancel(task)]);
    }
}

#[test]
fn p8_what_an_exchange_would_say_is_nothing_to_a_socket() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.connect(2, ms(1));
    for task in [1, 2] {
        for event in [
            IoEvent::HeadersReceived(head(200).into()),
            chunk(1),
            success(200),
            failure(Failure::Network(NetworkFault::ConnectionRefused)),
            IoEvent::AwaitsApp,
        ] {
            assert!(app.io(job(task), event, ms(2)).is_quiet());
        }
    }
    assert_eq!(app.core.open_sockets(), 2);
}

#[test]
fn p8_what_a_socket_would_say_is_nothing_to_an_exchange_or_a_call_that_waits() {
    let mut app = with_one_permit();
    app.call(1, ms(0));
    app.connect(2, ms(0)); // waits
    for task in [1, 2, 3] {
        for event in [
            io_opened(),
            SocketIo::Message(text(1)),
            io_closed(1000, ""),
            io_failed(Failure::Network(NetworkFault::ConnectionRefused)),
        ] {
            assert!(app.socket_io(task, event, ms(1)).is_quiet());
        }
    }
    assert!(app.crash(2, ms(2)).is_quiet(), "I/O has not got it yet");
    assert_eq!(app.succeed(1, ms(3)).did, [Did::Start(2)]);
}

#[test]
fn p8_a_handshake_is_done_once() {
    let mut app = AppUnderTest::with_sockets([1]);
    assert!(app.socket_io(1, io_opened(), ms(1)).is_quiet());
}
