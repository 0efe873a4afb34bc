//! What is asked of a socket: each ask has exactly one answer (W2, B3, R7).

use appnet_policy::failure::{AppFault, HostFault, NetworkFault};
use appnet_policy::{
    Failure, Policy,
    socket::{SocketLimits, SocketMessage},
};

use crate::{
    SocketIo,
    event::SocketVerb,
    test_support::{
        AppUnderTest, Did, Said, ask, heard, io_closed, io_failed, io_opened, ms, secs, text,
    },
};

/// Its only socket is open, and holds at most two small messages that are not sent.
fn with_little_room() -> AppUnderTest {
    let mut app = AppUnderTest::with(Policy {
        socket: SocketLimits {
            unsent_bytes: 2 * SocketMessage::OVERHEAD + 44,
            ..SocketLimits::seed()
        },
        ..Policy::seed()
    });
    app.open(1, ms(0));
    app
}

fn sent(number: u64) -> Said {
    Said::Sent(number, Ok(()))
}

fn not_sent(number: u64, failure: Failure) -> Said {
    Said::Sent(number, Err(failure))
}

#[test]
fn w2_a_message_is_sent_when_it_is_with_the_transport() {
    let mut app = AppUnderTest::with_sockets([1]);
    let turn = app.send(1, 7, 3, ms(1));
    assert_eq!(turn.did, [Did::Send(1, 7)]);
    assert!(turn.heard.is_empty());
    assert_eq!(app.sent(1, 7, ms(2)).heard, heard(1, [sent(7)]));
    assert!(app.sent(1, 7, ms(3)).is_quiet(), "it has its answer");
}

#[test]
fn w2_what_is_not_open_sends_nothing() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.connect(2, ms(0));
    app.close_socket(1, 1, ms(0));
    for task in [1, 2, 3] {
        let turn = app.send(task, 7, 3, ms(1));
        assert_eq!(
            turn.heard,
            heard(task, [not_sent(7, Failure::App(AppFault::SocketNotOpen))])
        );
        assert!(turn.did.is_empty());
    }
}

#[test]
fn w2_a_message_that_does_not_fit_behind_what_waits_fails_and_a_smaller_one_is_sent() {
    let mut app = with_little_room();
    assert_eq!(app.send(1, 1, 10, ms(1)).did, [Did::Send(1, 1)]); // 10 of 44
    let turn = app.send(1, 2, 35, ms(1)); // 45
    assert_eq!(
        turn.heard,
        heard(1, [not_sent(2, Failure::App(AppFault::TooMuchUnsent))])
    );
    assert!(turn.did.is_empty());
    assert_eq!(app.send(1, 3, 34, ms(1)).did, [Did::Send(1, 3)]);
}

#[test]
fn w2_many_empty_messages_are_too_much_too() {
    let mut app = with_little_room();
    app.send(1, 1, 0, ms(1));
    app.send(1, 2, 0, ms(1));
    let turn = app.send(1, 3, 0, ms(1));
    assert_eq!(
        turn.heard,
        heard(1, [not_sent(3, Failure::App(AppFault::TooMuchUnsent))])
    );
}

#[test]
fn w2_what_was_sent_or_refused_makes_room() {
    let mut app = with_little_room();
    app.send(1, 1, 100, ms(1));
    app.sent(1, 1, ms(2));
    app.send(1, 2, 100, ms(3));
    let refused = SocketIo::NotSent(ask(2), Failure::App(AppFault::SocketNotOpen));
    assert_eq!(
        app.socket_io(1, refused, ms(4)).heard,
        heard(1, [not_sent(2, Failure::App(AppFault::SocketNotOpen))])
    );
    assert_eq!(app.send(1, 3, 172, ms(5)).did, [Did::Send(1, 3)]);
}

#[test]
fn w2_each_socket_has_its_own_room() {
    let mut app = with_little_room();
    app.open(2, ms(0));
    app.send(1, 1, 172, ms(1));
    assert_eq!(app.send(2, 1, 172, ms(1)).did, [Did::Send(2, 1)]);
}

#[test]
fn w2_what_waits_when_a_socket_ends_is_answered_before_the_end() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.send(1, 7, 1, ms(1));
    app.send(1, 8, 1, ms(1));
    let turn = app.socket_io(
        1,
        io_failed(Failure::Network(NetworkFault::ConnectionReset)),
        ms(2),
    );
    let expected = [
        not_sent(7, Failure::Network(NetworkFault::ConnectionReset)),
        not_sent(8, Failure::Network(NetworkFault::ConnectionReset)),
        Said::Error(Failure::Network(NetworkFault::ConnectionReset)),
        Said::Broken(Failure::Network(NetworkFault::ConnectionReset)),
    ];
    assert_eq!(turn.heard, heard(1, expected));
    assert!(app.sent(1, 7, ms(3)).is_quiet());
}

#[test]
fn w2_what_waits_when_the_peer_closes_was_sent_to_a_socket_that_is_not_open() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.send(1, 7, 1, ms(1));
    let turn = app.socket_io(1, io_closed(1001, "away"), ms(2));
    let expected = [
        not_sent(7, Failure::App(AppFault::SocketNotOpen)),
        Said::Closed(1001, "away".to_owned()),
    ];
    assert_eq!(turn.heard, heard(1, expected));
}

#[test]
fn w2_what_was_given_to_send_before_the_close_is_still_sent() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.send(1, 7, 1, ms(1));
    app.close_socket(1, 8, ms(1));
    assert_eq!(app.sent(1, 7, ms(2)).heard, heard(1, [sent(7)]));
}

#[test]
fn w2_an_ask_that_waits_already_is_no_new_one() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.send(1, 7, 1, ms(1));
    assert!(app.send(1, 7, 1, ms(1)).is_quiet());
    assert!(app.close_socket(1, 7, ms(1)).is_quiet());
    assert!(app.ask_unreadably(1, 7, SocketVerb::Send, ms(1)).is_quiet());
    assert_eq!(app.sent(1, 7, ms(2)).heard, heard(1, [sent(7)]));
    // After its answer its number is free.
    assert_eq!(app.send(1, 7, 1, ms(3)).did, [Did::Send(1, 7)]);
}

#[test]
fn w2_messages_arrive_in_their_order_while_the_socket_is_open() {
    let mut app = AppUnderTest::with_sockets([1]);
    for bytes in [3, 0, 1] {
        let turn = app.socket_io(1, SocketIo::Message(text(bytes)), ms(1));
        assert_eq!(turn.heard, heard(1, [Said::Message(bytes)]));
    }
}

#[test]
fn b3_in_the_background_nothing_is_sent() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.background(secs(1));
    let turn = app.send(1, 7, 1, secs(2));
    assert_eq!(
        turn.heard,
        heard(1, [not_sent(7, Failure::Host(HostFault::Interrupted))])
    );
    assert!(turn.did.is_empty());
    app.foreground(secs(3));
    assert_eq!(app.send(1, 8, 1, secs(3)).did, [Did::Send(1, 8)]);
}

#[test]
fn b3_a_socket_can_be_closed_in_the_background() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.background(secs(1));
    let turn = app.close_socket(1, 7, secs(2));
    assert_eq!(turn.heard, heard(1, [Said::Closing(7, Ok(()))]));
}

#[test]
fn b4_what_was_given_before_the_background_is_sent_in_the_grace() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.send(1, 7, 1, secs(1));
    app.background(secs(1));
    assert_eq!(app.sent(1, 7, secs(2)).heard, heard(1, [sent(7)]));
    let turn = app.socket_io(1, SocketIo::Message(text(2)), secs(3));
    assert_eq!(turn.heard, heard(1, [Said::Message(2)]));
}

#[test]
fn r7_an_ask_that_cannot_be_read_fails_and_changes_nothing() {
    let mut app = AppUnderTest::with_sockets([1]);
    let wrong = || Err(Failure::App(AppFault::Parameters(Vec::new())));
    let turn = app.ask_unreadably(1, 7, SocketVerb::Send, ms(1));
    assert_eq!(turn.heard, heard(1, [Said::Sent(7, wrong())]));
    let turn = app.ask_unreadably(1, 8, SocketVerb::Close, ms(1));
    assert_eq!(turn.heard, heard(1, [Said::Closing(8, wrong())]));
    assert_eq!(app.send(1, 9, 1, ms(2)).did, [Did::Send(1, 9)]);
}

#[test]
fn p8_what_is_asked_of_a_socket_that_is_gone_is_answered() {
    let mut app = AppUnderTest::with_sockets([1]);
    app.socket_io(
        1,
        io_failed(Failure::Network(NetworkFault::ConnectionReset)),
        ms(1),
    );
    assert_eq!(
        app.send(1, 7, 1, ms(2)).heard,
        heard(1, [not_sent(7, Failure::App(AppFault::SocketNotOpen))])
    );
    assert!(app.socket_io(1, io_opened(), ms(3)).is_quiet());
}
