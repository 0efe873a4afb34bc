//! Sockets end in other ways than by close frames that were asked for (B2, B5, B7, P8).

use appnet_policy::Failure;
use appnet_policy::failure::{HostFault, InternalFault, NetworkFault};

use crate::{
    Epoch, IoEvent, JobId,
    app::CloseReport,
    test_support::{
        AppUnderTest, Did, EPOCH, Heard, Said, heard, id, io_closed, io_failed, io_opened, job, ms,
        secs,
    },
};

/// Socket 1 is open, 2 is closing, 3 shakes hands, and 13 waits behind nine requests.
fn with_one_of_each() -> AppUnderTest {
    let mut app = AppUnderTest::with_sockets(1..=2);
    app.close_socket(2, 1, ms(0));
    app.connect(3, ms(0));
    for task in 4..=12 {
        app.call(task, ms(0));
    }
    app.connect(13, ms(0));
    app
}

fn of(task: u64, turn: &[Heard]) -> Vec<Heard> {
    let of_task = turn.iter().filter(|heard| heard.task() == task);
    of_task.cloned().collect()
}

#[test]
fn b2_the_end_of_the_grace_closes_what_is_open_and_fails_what_is_not_yet() {
    let mut app = with_one_of_each();
    app.background(secs(0));
    let turn = app.timer(secs(5));
    for task in [1, 2] {
        let closed = heard(task, [Said::Broken(Failure::Host(HostFault::Interrupted))]);
        assert_eq!(of(task, &turn.heard), closed);
    }
    for task in [3, 13] {
        let failed = heard(
            task,
            [
                Said::Error(Failure::Host(HostFault::Interrupted)),
                Said::Broken(Failure::Host(HostFault::Interrupted)),
            ],
        );
        assert_eq!(of(task, &turn.heard), failed);
    }
    let cancelled: Vec<_> = (1..=12).map(Did::Cancel).collect();
    assert_eq!(turn.did, cancelled, "and not 13, which I/O never had");
    assert_eq!(app.core.open_sockets(), 0);
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn b2_what_waits_to_be_sent_is_interrupted_too() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.send(1, 7, 1, ms(0));
    app.background(secs(1));
    let expected = [
        Said::Sent(7, Err(Failure::Host(HostFault::Interrupted))),
        Said::Broken(Failure::Host(HostFault::Interrupted)),
    ];
    assert_eq!(app.timer(secs(6)).heard, heard(1, expected));
    assert_eq!(
        app.record(1).outcome,
        Err(Failure::Host(HostFault::Interrupted))
    );
}

#[test]
fn b3_in_the_background_no_socket_is_accepted() {
    let mut app = AppUnderTest::new();
    app.background(secs(1));
    assert_eq!(
        app.connect(1, secs(2)).heard,
        [Heard::Fail(1, Failure::Host(HostFault::Interrupted))]
    );
}

#[test]
fn b4_a_return_in_time_leaves_sockets_as_they_were() {
    let mut app = with_one_of_each();
    app.background(secs(1));
    app.foreground(secs(5));
    assert_eq!(app.core.open_sockets(), 4);
    assert_eq!(app.send(1, 7, 1, secs(5)).did, [Did::Send(1, 7)]);
}

#[test]
fn b5_a_pinned_app_keeps_its_sockets_and_uses_them() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.background_pinned(secs(1));
    assert!(app.timer(secs(60)).is_quiet());
    assert_eq!(app.send(1, 7, 1, secs(60)).did, [Did::Send(1, 7)]);
    assert_eq!(app.connect(2, secs(60)).heard, heard(2, [Said::Accepted]));
}

#[test]
fn b7_a_closed_app_has_no_sockets_and_says_which_it_had() {
    let mut app = with_one_of_each();
    let (report, turn) = app.close(ms(1));
    let expected = CloseReport {
        running: (3..=12).map(id).collect(),
        queued: vec![id(13)],
        sockets: vec![id(1), id(2)],
    };
    assert_eq!(report, expected);
    for task in [1, 2] {
        let closed = heard(task, [Said::Broken(Failure::Host(HostFault::AppClosed))]);
        assert_eq!(of(task, &turn.heard), closed);
    }
    assert_eq!(turn.did, (1..=12).map(Did::Cancel).collect::<Vec<_>>());
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn b7_a_closed_app_accepts_no_socket() {
    let mut app = AppUnderTest::new();
    app.close(ms(0));
    assert_eq!(
        app.connect(1, ms(1)).heard,
        [Heard::Fail(1, Failure::Host(HostFault::AppClosed))]
    );
}

#[test]
fn p8_a_socket_whose_worker_crashed_has_an_error_and_is_closed() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.connect(2, ms(0));
    for task in [1, 2] {
        let turn = app.crash(task, ms(1));
        let expected = [
            Said::Error(Failure::Internal(InternalFault::Crashed)),
            Said::Broken(Failure::Internal(InternalFault::Crashed)),
        ];
        assert_eq!(turn.heard, heard(task, expected));
        assert!(turn.did.is_empty(), "nobody is left to be told");
        assert!(app.crash(task, ms(2)).is_quiet());
    }
}

#[test]
fn p8_the_loss_of_the_worker_of_exchanges_harms_no_socket() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.connect(2, ms(0));
    app.call(3, ms(0));
    let turn = app.worker_lost(ms(1));
    assert_eq!(
        turn.heard,
        [Heard::Fail(3, Failure::Internal(InternalFault::Crashed))]
    );
    assert_eq!(app.core.open_sockets(), 2);
}

#[test]
fn p8_what_breaks_while_it_is_closed_by_the_app_is_an_error() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.close_socket(1, 7, ms(1));
    let turn = app.socket_io(
        1,
        io_failed(Failure::Network(NetworkFault::ConnectionReset)),
        ms(2),
    );
    let expected = [
        Said::Error(Failure::Network(NetworkFault::ConnectionReset)),
        Said::Broken(Failure::Network(NetworkFault::ConnectionReset)),
    ];
    assert_eq!(turn.heard, heard(1, expected));
    assert_eq!(app.wakes_at(), None, "and its deadline is gone");
}

#[test]
fn p8_a_socket_that_is_closed_before_it_was_open_was_never_connected() {
    let mut app = AppUnderTest::new();
    app.connect(1, ms(0));
    let turn = app.socket_io(1, io_closed(1000, ""), ms(1));
    let expected = [
        Said::Error(Failure::Network(NetworkFault::ConnectionReset)),
        Said::Broken(Failure::Network(NetworkFault::ConnectionReset)),
    ];
    assert_eq!(turn.heard, heard(1, expected));
}

#[test]
fn p8_what_belongs_to_an_older_life_is_dropped() {
    let mut app = AppUnderTest::with_sockets([1]);
    let older = JobId {
        epoch: Epoch(EPOCH.0 - 1),
        ..job(1)
    };
    assert!(
        app.io(older, IoEvent::Socket(io_closed(1000, "")), ms(1))
            .is_quiet()
    );
    assert!(
        app.io(older, IoEvent::Socket(io_opened()), ms(1))
            .is_quiet()
    );
    assert_eq!(app.core.open_sockets(), 1);
}

#[test]
fn c2_the_record_of_a_socket_counts_its_life_from_leaving_the_queue() {
    let mut app = AppUnderTest::with_calls(1..=10);
    app.connect(11, secs(1));
    app.succeed(1, secs(3));
    app.socket_io(11, io_opened(), secs(4));
    app.socket_io(11, io_closed(1000, ""), secs(10));
    let record = app.record(11);
    assert_eq!((record.queued.as_secs(), record.ran.as_secs()), (2, 7));
}
