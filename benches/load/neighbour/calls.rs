//! Calls: large ones, many, and many that fail.

use appnet::{Message, policy::rules::AppConfig};
use appnet_testkit::{Leaf, Reply};
use bytes::Bytes;

use super::{
    attacker::{call, request},
    bodies::fixed,
    case::{Case, Server},
    payloads::MIB,
};
use crate::origin::HOST;

const ALL: usize = 10;

/// Calls that wait in the queue beside those under way.
const MANY: usize = 1_000;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "large-form",
        what: "an object of 32 MiB as the data of a form",
        serve: small,
        attack: |it| Box::pin(it.keep_calling(ALL, large_form())),
    },
    Case {
        name: "long-url",
        what: "URLs of 32 MiB",
        serve: small,
        attack: |it| {
            let url = format!("https://{HOST}/{}", "a/".repeat(16 * MIB));
            Box::pin(it.keep_calling(ALL, call("request", &url, "")))
        },
    },
    Case {
        name: "many-headers",
        what: "calls with 500,000 headers",
        serve: small,
        attack: |it| Box::pin(it.keep_calling(ALL, many_headers())),
    },
    Case {
        name: "many-keys",
        what: "GETs whose data has 1,000,000 keys",
        serve: small,
        attack: |it| Box::pin(it.keep_calling(ALL, many_keys())),
    },
    Case {
        name: "refused",
        what: "refused calls without pause, of an app with 19 entries of 253 bytes",
        serve: small,
        attack: |it| {
            let url = format!("https://{}.test/", long_name(99));
            let refused = call("request", &url, "");
            Box::pin(it.send_without_pause(move |task| [refused(task)]))
        },
    },
    Case {
        name: "heavy-calls",
        what: "1,010 calls with 64 MiB of data each, never answered",
        serve: silent,
        attack: |it| {
            let data = Bytes::from(vec![b'x'; 64 * MIB]);
            let post = request("/", r#","method":"POST","data":{"bytes":0}"#);
            Box::pin(it.call_and_rest(1_010, move |task| Message {
                attachments: vec![data.clone()],
                ..post(task)
            }))
        },
    },
    Case {
        name: "call-flood",
        what: "calls without pause, a thousand in the queue",
        serve: small,
        attack: |it| Box::pin(it.keep_calling(MANY, request("/", ""))),
    },
    Case {
        name: "abort-pairs",
        what: "pairs of call and abort without pause",
        serve: silent,
        attack: |it| {
            let call = request("/", "");
            Box::pin(it.send_without_pause(move |task| {
                [
                    call(task),
                    format!(r#"{{"type":"abort","task":{task}}}"#).into(),
                ]
            }))
        },
    },
    Case {
        name: "wrong-messages",
        what: "messages that are no commands, without pause",
        serve: small,
        attack: |it| Box::pin(it.send_without_pause(|_| [r#"{"type":"nonsense"}"#.into()])),
    },
    Case {
        name: "timeouts",
        what: "a thousand calls with a timeout of 1 ms, never answered",
        serve: silent,
        attack: |it| Box::pin(it.keep_calling(MANY, request("/", r#","timeout":1"#))),
    },
];

/// D4, D5: as many entries as there may be, each as long as a name of DNS may be, behind the one that the origin has.
pub(super) fn add_long_entries(config: &mut AppConfig) {
    let entries = (1..20).map(|number| format!("https://{}.test", long_name(number)));
    config.domains.request.extend(entries);
}

/// 248 bytes: with `.test` behind it, as long as a name may be.
fn long_name(number: usize) -> String {
    let label = format!("{number:02}{}", "x".repeat(60));
    format!("{label}.{label}.{label}.{}", &label[..59])
}

fn small(leaf: &Leaf) -> std::io::Result<Server> {
    fixed(leaf, Reply::json("{}"))
}

fn silent(leaf: &Leaf) -> std::io::Result<Server> {
    fixed(leaf, Reply::never())
}

fn large_form() -> impl Fn(u64) -> Message {
    let value = "x".repeat(32 * MIB);
    request(
        "/",
        &format!(
            r#","method":"POST","header":{{"content-type":"application/x-www-form-urlencoded"}},"data":{{"json":{{"a":"{value}"}}}}"#
        ),
    )
}

fn many_headers() -> impl Fn(u64) -> Message {
    let headers: Vec<_> = (0..500_000).map(|n| format!(r#""x-{n}":"1""#)).collect();
    request("/", &format!(r#","header":{{{}}}"#, headers.join(",")))
}

fn many_keys() -> impl Fn(u64) -> Message {
    let keys: Vec<_> = (0..1_000_000).map(|n| format!(r#""k{n}":1"#)).collect();
    request(
        "/",
        &format!(r#","data":{{"json":{{{}}}}}"#, keys.join(",")),
    )
}
