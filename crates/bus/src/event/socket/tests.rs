use appnet_core::{AskId, Event, TaskEvent, TaskId};
use appnet_policy::{
    exchange::HttpVersion,
    failure::{AppFault, HostFault, NetworkFault},
    socket::Text,
};
use bytes::Bytes;
use serde_json::Value;

use super::*;
use crate::{event, samples};

fn write_one(event: SocketEvent) -> Message {
    event::write(&samples::socket(event))
}

fn closed(failure: Failure) -> String {
    write_one(SocketEvent::Closed(SocketEnd::Broken(failure))).json
}

#[test]
fn b2_a_socket_that_is_interrupted_is_closed_with_1006_and_says_so() {
    insta::assert_snapshot!(closed(Failure::Host(HostFault::Interrupted)), @r#"{"type":"close","task":1,"code":1006,"reason":"interrupted"}"#);
    insta::assert_snapshot!(closed(Failure::Host(HostFault::AppClosed)), @r#"{"type":"close","task":1,"code":1006,"reason":"app is closed"}"#);
    insta::assert_snapshot!(closed(Failure::Network(NetworkFault::TimedOut)), @r#"{"type":"close","task":1,"code":1006,"reason":"timeout"}"#);
}

/// Invariant 7: the reason of a broken socket is a text of the one table too.
#[test]
fn w1_a_socket_breaks_with_the_texts_of_the_table() {
    for failure in Failure::one_of_each() {
        let json: Value = serde_json::from_str(&closed(failure.clone())).expect("JSON");
        assert_eq!(json["code"], 1006);
        assert_eq!(json["reason"], *failure.text_and_errno().0);
    }
}

#[test]
fn w1_a_close_frame_is_told_as_it_came() {
    let reason = "再见\u{0}\"".to_owned();
    let end = SocketEnd::Closed { code: 1005, reason };
    insta::assert_snapshot!(write_one(SocketEvent::Closed(end)).json, @r#"{"type":"close","task":1,"code":1005,"reason":"再见\u0000\""}"#);
}

#[test]
fn w1_a_server_that_chose_no_protocol_has_none() {
    let json = event::write(&samples::opened(None)).json;
    assert!(
        json.contains(r#""header":{"Upgrade":"websocket"},"profile":{"#),
        "{json}"
    );
}

#[test]
fn w1_c3_the_sixth_socket_fails_like_any_call() {
    let failure = Failure::App(AppFault::TooManySockets(5));
    let event = samples::fail_of(Api::ConnectSocket, failure);
    insta::assert_snapshot!(event::write(&event).json, @r#"{"type":"fail","task":1,"result":{"errMsg":"connectSocket:fail reach max websocket connect count 5","errno":600007}}"#);
}

#[test]
fn w2_an_answer_names_its_ask_whatever_its_number() {
    let event = Event::socket(
        TaskId::new(TaskId::MAX).expect("the last task"),
        SocketEvent::Answered {
            ask: AskId::new(TaskId::MAX).expect("the last ask"),
            verb: SocketVerb::Send,
            outcome: Err(Failure::Host(HostFault::Interrupted)),
        },
    );
    insta::assert_snapshot!(event::write(&event).json, @r#"{"type":"done","task":9007199254740991,"id":9007199254740991,"ok":false,"result":{"errMsg":"SocketTask.send:fail interrupted","errno":600003}}"#);
}

/// Room is given back to I/O when the last copy is dropped: the message's must be the only one left.
#[test]
fn w2_a_binary_message_goes_out_as_the_very_bytes_that_came() {
    let data = Bytes::from(vec![7; 3]);
    let address = data.as_ptr();
    let Message { attachments, .. } = write_one(SocketEvent::Message(SocketMessage::Binary(data)));
    let [written] = attachments.as_slice() else {
        panic!("{attachments:?}")
    };
    assert_eq!(written.as_ptr(), address);
    assert!(written.is_unique());
}

#[test]
fn w2_a_text_message_gives_its_room_back_when_it_is_written() {
    let room = std::sync::Arc::new(());
    let text = Text::lent("a".to_owned(), std::sync::Arc::clone(&room));
    let message = write_one(SocketEvent::Message(SocketMessage::Text(text)));
    assert_eq!(std::sync::Arc::strong_count(&room), 1);
    assert_eq!(
        message.json,
        r#"{"type":"message","task":1,"data":{"text":"a"}}"#
    );
}

#[test]
fn p5_headers_of_a_handshake_are_joined_as_those_of_a_response() {
    let TaskEvent::Socket(SocketEvent::Opened(mut opened)) = samples::opened(None).what else {
        panic!("it is open");
    };
    opened.head = samples::head(
        HttpVersion::Http1,
        &[("set-cookie", "a"), ("Set-cookie", "b")],
    );
    let json = write_one(SocketEvent::Opened(opened)).json;
    assert!(json.contains(r#""header":{"Set-Cookie":"a,b"}"#), "{json}");
}
