//! Connections and heads: what a server says before and around a body.

use std::io;

use appnet_testkit::{Leaf, RawOrigin, Reply, Script};

use super::{
    attacker::request,
    bodies::{fixed, scripted, without_end},
    case::{Case, Server},
    http2,
    payloads::{self, chunked_head},
};

const ALL: usize = 10;

/// Time enough for a flood, and not for all of an endless one.
const SHORT: &str = r#","timeout":1000"#;
const HTTP2: &str = r#","timeout":1000,"enableHttp2":true"#;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "handshakes",
        what: "a TLS handshake for each call",
        serve: |leaf| fixed(leaf, Reply::json("{}").close()),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", ""))),
    },
    Case {
        name: "redirects",
        what: "redirects without end",
        serve: |leaf| fixed(leaf, Reply::status(302).header("location", "/")),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", ""))),
    },
    Case {
        name: "many-fields",
        what: "answers with 500 fields of 500 bytes",
        serve: |leaf| {
            let value = "v".repeat(490);
            let reply = (0..500).fold(Reply::json("{}"), |reply, n| {
                reply.header(format!("x-{n}"), value.clone())
            });
            fixed(leaf, reply)
        },
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", ""))),
    },
    Case {
        name: "early-hints",
        what: "103 without end",
        serve: |leaf| {
            scripted(
                leaf,
                without_end("", &payloads::repeated(b"HTTP/1.1 103 Early Hints\r\n\r\n")),
            )
        },
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", SHORT))),
    },
    Case {
        name: "chunk-extensions",
        what: "chunks of one byte with extensions of 1 KiB",
        serve: |leaf| {
            let chunk = format!("1;x={}\r\nx\r\n", "y".repeat(1_000));
            scripted(
                leaf,
                without_end(chunked_head(""), &payloads::repeated(chunk.as_bytes())),
            )
        },
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", SHORT))),
    },
    Case {
        name: "h2-pings",
        what: "PING frames without end (HTTP/2)",
        serve: |leaf| http2(leaf, http2::ping_flood()),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", HTTP2))),
    },
    Case {
        name: "h2-settings",
        what: "SETTINGS frames without end (HTTP/2)",
        serve: |leaf| http2(leaf, http2::settings_flood()),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", HTTP2))),
    },
    Case {
        name: "h2-empty-data",
        what: "empty DATA frames without end (HTTP/2)",
        serve: |leaf| http2(leaf, http2::empty_data_flood()),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", HTTP2))),
    },
    Case {
        name: "h2-calls",
        what: "small calls without pause over one connection (HTTP/2)",
        serve: |leaf| fixed(leaf, Reply::json("{}")),
        attack: |it| Box::pin(it.keep_calling(1_000, request("/", HTTP2))),
    },
    Case {
        name: "no-tls",
        what: "connections that end before their TLS handshake",
        serve: |_| {
            Ok(Server::Raw(
                RawOrigin::plain().script(Script::new().reset()).start(),
            ))
        },
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", ""))),
    },
];

fn http2(leaf: &Leaf, script: Script) -> io::Result<Server> {
    Ok(Server::Raw(
        RawOrigin::tls(leaf.http2()).script(script).start(),
    ))
}
