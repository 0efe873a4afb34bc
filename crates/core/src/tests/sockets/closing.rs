//! An app closes a socket (W3, J10).

use appnet_policy::Failure;
use appnet_policy::failure::{AppFault, NetworkFault};

use crate::{
    SocketIo,
    test_support::{AppUnderTest, Did, Said, heard, io_closed, io_opened, ms, secs, text},
};

fn closing(number: u64) -> Said {
    Said::Closing(number, Ok(()))
}

fn not_closing(number: u64, failure: Failure) -> Said {
    Said::Closing(number, Err(failure))
}

#[test]
fn w3_a_close_is_answered_at_once_and_followed_by_the_peers() {
    let mut app = AppUnderTest::with_sockets([1]);
    let turn = app.close_socket_with(1, 7, Some(4001.0), Some("bye"), ms(1));
    assert_eq!(turn.heard, heard(1, [closing(7)]));
    assert_eq!(turn.did, [Did::Close(1, 4001, "bye".to_owned())]);
    let turn = app.socket_io(1, io_closed(4001, "bye"), ms(30));
    assert_eq!(turn.heard, heard(1, [Said::Closed(4001, "bye".to_owned())]));
    assert!(turn.did.is_empty());
    assert_eq!(app.wakes_at(), None);
    let record = app.record(1);
    assert_eq!((&record.outcome, &record.reason), (&Ok(101), &None));
    assert!(record.profile.is_some());
}

#[test]
fn w3_j10_a_close_without_anything_says_1000() {
    let turn = AppUnderTest::with_sockets([1]).close_socket(1, 7, ms(1));
    assert_eq!(turn.did, [Did::Close(1, 1000, String::new())]);
}

#[test]
fn w3_a_close_that_may_not_be_sent_leaves_the_socket_as_it_was() {
    let mut app = AppUnderTest::with_sockets([1]);
    let turn = app.close_socket_with(1, 7, Some(1001.0), None, ms(1));
    assert_eq!(
        turn.heard,
        heard(
            1,
            [not_closing(7, Failure::App(AppFault::InvalidCloseCode))]
        )
    );
    assert!(turn.did.is_empty());
    let reason = "好".repeat(41) + "x"; // 124 bytes
    let turn = app.close_socket_with(1, 8, None, Some(&reason), ms(1));
    assert_eq!(
        turn.heard,
        heard(
            1,
            [not_closing(8, Failure::App(AppFault::CloseReasonTooLong))]
        )
    );
    assert_eq!(app.send(1, 9, 1, ms(2)).did, [Did::Send(1, 9)]);
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn j10_a_second_close_fails() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.close_socket(1, 7, ms(1));
    let turn = app.close_socket(1, 8, ms(2));
    assert_eq!(
        turn.heard,
        heard(1, [not_closing(8, Failure::App(AppFault::SocketNotOpen))])
    );
    assert!(turn.did.is_empty());
    app.socket_io(1, io_closed(1000, ""), ms(3));
    let turn = app.close_socket(1, 9, ms(4));
    assert_eq!(
        turn.heard,
        heard(1, [not_closing(9, Failure::App(AppFault::SocketNotOpen))])
    );
}

#[test]
fn w3_who_has_closed_hears_no_more_messages() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.close_socket(1, 7, ms(1));
    assert!(
        app.socket_io(1, SocketIo::Message(text(1)), ms(2))
            .is_quiet()
    );
}

#[test]
fn w3_a_peer_that_does_not_answer_is_not_waited_for_for_ever() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.close_socket(1, 7, secs(1));
    assert_eq!(app.wakes_at(), Some(secs(7)));
    assert!(app.timer(ms(6_999)).is_quiet());
    let turn = app.timer(secs(7));
    assert_eq!(
        turn.heard,
        heard(1, [Said::Broken(Failure::Network(NetworkFault::TimedOut))])
    );
    assert_eq!(turn.did, [Did::Cancel(1)]);
    assert_eq!(app.wakes_at(), None);
}

#[test]
fn w3_a_socket_that_is_closed_before_it_is_open_is_dropped_without_an_error() {
    let mut app = AppUnderTest::new();
    app.connect(1, ms(0));
    let turn = app.close_socket_with(1, 7, Some(1000.0), Some("x"), ms(1));
    assert_eq!(
        turn.heard,
        heard(
            1,
            [closing(7), Said::Broken(Failure::App(AppFault::Aborted))]
        )
    );
    assert_eq!(turn.did, [Did::Cancel(1)]);
    assert!(app.socket_io(1, io_opened(), ms(2)).is_quiet());
}

#[test]
fn w3_c1_a_socket_that_is_closed_in_the_queue_leaves_it_and_one_that_connects_makes_room() {
    let mut app = AppUnderTest::with_calls(1..=9);
    app.connect(10, ms(0));
    app.connect(11, ms(0)); // waits
    app.call(12, ms(0)); // waits
    let turn = app.close_socket(11, 1, ms(1));
    assert_eq!(
        turn.heard,
        heard(
            11,
            [closing(1), Said::Broken(Failure::App(AppFault::Aborted))]
        )
    );
    assert!(turn.did.is_empty(), "I/O never had it");
    let turn = app.close_socket(10, 1, ms(2));
    assert_eq!(turn.did, [Did::Cancel(10), Did::Start(12)]);
}

#[test]
fn w3_a_wrong_code_leaves_a_socket_that_connects_as_it_was() {
    let mut app = AppUnderTest::new();
    app.connect(1, ms(0));
    let turn = app.close_socket_with(1, 7, Some(0.5), None, ms(1));
    assert_eq!(
        turn.heard,
        heard(
            1,
            [not_closing(7, Failure::App(AppFault::InvalidCloseCode))]
        )
    );
    let turn = app.socket_io(1, io_opened(), ms(2));
    assert_eq!(turn.heard, heard(1, [Said::Opened]));
}
