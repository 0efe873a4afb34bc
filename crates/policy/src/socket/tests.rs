//! What an app may say when it closes a socket, what a message costs, and what a text gives back.

use crate::failure::AppFault;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn code_of(code: f64) -> Result<u16, Failure> {
    close(Some(code), None).map(|frame| frame.code)
}

fn with_reason(reason: &str) -> Result<CloseFrame, Failure> {
    close(None, Some(reason.to_owned()))
}

#[test]
fn w3_a_close_without_anything_says_1000_and_nothing() {
    let expected = CloseFrame {
        code: 1000,
        reason: String::new(),
    };
    assert_eq!(close(None, None), Ok(expected));
}

#[test]
fn w3_an_app_may_send_1000_and_the_codes_of_applications() {
    for code in [1000, 3000, 3001, 4000, 4999] {
        assert_eq!(code_of(f64::from(code)), Ok(code));
    }
}

#[test]
fn w3_no_other_number_is_a_close_code() {
    let others = [
        0.0,
        -0.0,
        1.0,
        999.0,
        1001.0,
        1005.0,
        1006.0,
        1015.0,
        2999.0,
        5000.0,
        65535.0,
        65536.0 + 1000.0,
        -1000.0,
        1000.5,
        2999.999,
        4999.1,
        1e300,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    for code in others {
        assert_eq!(
            code_of(code),
            Err(Failure::App(AppFault::InvalidCloseCode)),
            "{code}"
        );
    }
}

#[test]
fn w3_a_reason_is_measured_in_bytes() {
    // 41 characters of three bytes are 123 bytes, with one letter more it is 124.
    let longest = "好".repeat(41);
    assert_eq!(
        with_reason(&longest).map(|frame| frame.reason),
        Ok(longest.clone())
    );
    assert_eq!(
        with_reason(&"x".repeat(123)).map(|frame| frame.reason.len()),
        Ok(123)
    );
    for reason in [longest + "x", "x".repeat(124), "好".repeat(42)] {
        assert_eq!(
            with_reason(&reason),
            Err(Failure::App(AppFault::CloseReasonTooLong)),
            "{reason}"
        );
    }
}

#[test]
fn w3_a_wrong_code_is_named_before_a_long_reason() {
    let closed = close(Some(1001.0), Some("x".repeat(200)));
    assert_eq!(closed, Err(Failure::App(AppFault::InvalidCloseCode)));
}

proptest! {
    #[test]
    fn w3_what_may_be_sent_fits_a_close_frame(code in prop::option::of(any::<f64>()), reason in prop::option::of(any::<String>())) {
        if let Ok(frame) = close(code, reason) {
            prop_assert!(frame.code == 1000 || (3000..5000).contains(&frame.code));
            prop_assert!(frame.reason.len() + 2 <= 125);
        }
    }
}

#[test]
fn w2_a_message_costs_more_than_nothing() {
    let cost = |message: SocketMessage| message.cost();
    let empty = cost(SocketMessage::Text(Text::default()));
    assert!(empty > 0);
    assert_eq!(cost(SocketMessage::Text("好".into())), empty + 3);
    assert_eq!(
        cost(SocketMessage::Binary(Bytes::from_static(b"1234"))),
        empty + 4
    );
}

#[test]
fn a_text_gives_back_what_was_lent_with_it_when_it_is_gone() {
    let room = Arc::new(());
    let text = Text::lent("a".to_owned(), Arc::clone(&room));
    let copy = text.clone();
    drop(text);
    assert_eq!(Arc::strong_count(&room), 2, "the copy still has it");
    assert_eq!(copy.into_string(), "a");
    assert_eq!(Arc::strong_count(&room), 1);
}

#[test]
fn texts_are_alike_if_they_say_the_same() {
    assert_eq!(Text::lent("a".to_owned(), ()), Text::from("a"));
    assert_ne!(Text::from("a"), Text::from("b"));
}

#[test]
fn a_text_is_shown_and_whether_something_is_lent_with_it() {
    assert_eq!(
        format!("{:?} {:?}", Text::from("a"), Text::lent("b".to_owned(), ())),
        r#"Text { text: "a", lent: false } Text { text: "b", lent: true }"#
    );
}
