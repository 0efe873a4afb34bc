//! What an app may put into the options of `connectSocket` (W4, R7).

use appnet_policy::prepare::{Call, SocketOptions};

use super::{VALUES, is_nothing};
use crate::{Command, CommandKind, Malformed, Message, command, errors::err_msg};

fn read(options: &str) -> Result<Command, Malformed> {
    let json = format!(r#"{{"type":"call","task":7,"api":"connectSocket","options":{options}}}"#);
    command::read(&Message::from(json))
}

fn options(options: &str) -> SocketOptions {
    match read(options) {
        Ok(Command {
            what: CommandKind::Call(call),
            ..
        }) => match *call {
            Call::Socket(options) => options,
            other => panic!("{options}: {other:?}"),
        },
        other => panic!("{options}: {other:?}"),
    }
}

fn option(name: &str, json: &str) -> String {
    format!(r#"{{"url":"wss://a.com","{name}":{json}}}"#)
}

/// What the app hears of its options: `None` if nothing is wrong.
fn complaint(options: &str) -> Option<String> {
    match read(options) {
        Ok(Command {
            what: CommandKind::Call(_),
            ..
        }) => None,
        Ok(Command {
            what: CommandKind::Unreadable { api, refusal },
            ..
        }) => Some(err_msg(api, &refusal.failure)),
        other => panic!("{options}: {other:?}"),
    }
}

#[test]
fn w4_each_option_is_read() {
    let read = options(
        r#"{"url":"wss://a.com","header":{"a":1},"protocols":["mqtt","v2"],"tcpNoDelay":true,"perMessageDeflate":true,"timeout":5,"forceCellularNetwork":true}"#,
    );
    assert_eq!(read.url, "wss://a.com");
    assert_eq!(
        (read.header[0].name.as_str(), read.header[0].value.as_str()),
        ("a", "1")
    );
    assert_eq!(read.protocols, ["mqtt", "v2"]);
    assert!(read.tcp_no_delay && read.per_message_deflate);
    assert_eq!(read.timeout, Some(5.0));
    assert!(read.force_cellular);
}

#[test]
fn j2_what_is_absent_null_or_undefined_is_not_given() {
    let bare = format!("{:?}", options(r#"{"url":"wss://a.com"}"#));
    assert_eq!(
        bare,
        format!(
            "{:?}",
            SocketOptions {
                url: "wss://a.com".to_owned(),
                ..SocketOptions::default()
            }
        )
    );
    for nothing in ["null", r#"{"$type":"Undefined"}"#] {
        for name in crate::options::SOCKET
            .into_iter()
            .filter(|name| *name != "url")
        {
            let read = options(&option(name, nothing));
            assert_eq!(format!("{read:?}"), bare, "{name}: {nothing}");
        }
    }
}

#[test]
fn r7_each_option_refuses_each_wrong_type_by_name() {
    let checked = [
        ("header", "Object"),
        ("tcpNoDelay", "Boolean"),
        ("perMessageDeflate", "Boolean"),
        ("forceCellularNetwork", "Boolean"),
    ];
    for (name, expected) in checked {
        for (json, found) in VALUES {
            let fits = found == expected || is_nothing(found);
            let clause = format!("parameter.{name} should be {expected} instead of {found};");
            let heard = complaint(&option(name, json));
            let expected = format!("connectSocket:fail parameter error: {clause}");
            assert_eq!(heard, (!fits).then_some(expected), "{name}: {json}");
        }
    }
}

#[test]
fn w4_protocols_are_a_list_of_texts_and_one_text_counts_as_one() {
    let protocols = |json: &str| options(&option("protocols", json)).protocols;
    assert_eq!(protocols(r#""mqtt""#), ["mqtt"]);
    assert_eq!(protocols(r#"[ "a" , "\u0062" ]"#), ["a", "b"]);
    assert!(protocols("[]").is_empty());
    // Whether a text is a protocol is for the policy to say.
    assert_eq!(protocols(r#""""#), [""]);
}

#[test]
fn r7_what_is_no_text_among_protocols_is_named_with_its_place() {
    for (json, found) in [
        ("{}", "Object"),
        ("1", "Number"),
        (r#"{"$type":"Set"}"#, "Set"),
    ] {
        let heard = complaint(&option("protocols", json)).expect(json);
        assert_eq!(
            heard,
            format!(
                "connectSocket:fail parameter error: parameter.protocols should be Array instead of {found};"
            )
        );
    }
    insta::assert_snapshot!(
        complaint(&option("protocols", r#"["a",null,["b"],{"$type":"Symbol"}]"#)).expect("three mistakes"),
        @"connectSocket:fail parameter error: parameter.protocols[1] should be String instead of Null; parameter.protocols[2] should be String instead of Array; parameter.protocols[3] should be String instead of Symbol;"
    );
}
