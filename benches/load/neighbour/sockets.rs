//! Sockets: floods from the server, floods from the app, and that nobody takes the messages.

use std::io;

use appnet_testkit::{
    Leaf, WsOrigin,
    ws::{Act, WsOriginBuilder},
};
use bytes::Bytes;

use super::{
    attacker::socket,
    case::{Case, Server},
    payloads::{self, MIB},
};

/// As many sockets as an app may have.
const ALL: usize = 5;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "untaken-messages",
        what: "five sockets whose messages of 16 bytes are not taken, while their servers flood",
        serve: |leaf| raw(leaf, &[&[0x82, 16][..], &[b'x'; 16]].concat()),
        attack: |it| Box::pin(it.call_and_rest(ALL, socket("/", ""))),
    },
    Case {
        name: "empty-fragments",
        what: "one message in empty fragments without end",
        serve: |leaf| raw_behind(leaf, &[0x02, 0], &[0x00, 0]),
        attack: |it| Box::pin(it.keep_calling(ALL, socket("/", ""))),
    },
    Case {
        name: "pings",
        what: "pings of 125 bytes without end",
        serve: |leaf| raw(leaf, &[&[0x89, 125][..], &[b'x'; 125]].concat()),
        attack: |it| Box::pin(it.keep_calling(ALL, socket("/", ""))),
    },
    Case {
        name: "empty-pings",
        what: "empty pings without end",
        serve: |leaf| raw(leaf, &[0x89, 0]),
        attack: |it| Box::pin(it.keep_calling(ALL, socket("/", ""))),
    },
    Case {
        name: "one-byte-messages",
        what: "messages of one byte without end",
        serve: |leaf| raw(leaf, &[0x82, 1, b'x']),
        attack: |it| Box::pin(it.keep_calling(ALL, socket("/", ""))),
    },
    Case {
        name: "deflate-bombs",
        what: "compressed messages of 70 KiB that unpack to 60 MiB",
        serve: |leaf| {
            let bomb = payloads::deflated_message(&payloads::dull_text(60 * MIB));
            let origin = WsOrigin::tls(leaf.http1()).agree_to("permessage-deflate");
            start(origin, bomb.repeat(64).into())
        },
        attack: |it| Box::pin(it.keep_calling(ALL, socket("/", r#","perMessageDeflate":true"#))),
    },
    Case {
        name: "sends",
        what: "messages of one byte sent without pause",
        serve: |leaf| {
            Ok(Server::Ws(
                WsOrigin::tls(leaf.http1()).start(|_| Act::Echo)?,
            ))
        },
        attack: |it| {
            Box::pin(async {
                let task = it.open_socket("/").await;
                it.send_without_pause(move |id| {
                    [
                        format!(
                            r#"{{"type":"send","task":{task},"id":{id},"data":{{"text":"x"}}}}"#
                        )
                        .into(),
                    ]
                })
                .await;
            })
        },
    },
    Case {
        name: "socket-churn",
        what: "sockets that are opened, and closed by their server at once",
        serve: |leaf| {
            Ok(Server::Ws(
                WsOrigin::tls(leaf.http1()).start(|_| Act::Close(1000, ""))?,
            ))
        },
        attack: |it| Box::pin(it.keep_calling(ALL, socket("/", ""))),
    },
];

/// How many MiB of frames a server sends before it resets the connection; then the next socket is opened.
const FLOOD: usize = 64;

fn raw(leaf: &Leaf, frame: &[u8]) -> io::Result<Server> {
    raw_behind(leaf, &[], frame)
}

fn raw_behind(leaf: &Leaf, first: &[u8], again: &[u8]) -> io::Result<Server> {
    let frames = [first, &payloads::repeated(again).repeat(FLOOD)].concat();
    start(WsOrigin::tls(leaf.http1()), frames.into())
}

fn start(origin: WsOriginBuilder, bytes: Bytes) -> io::Result<Server> {
    let act = Act::Raw { bytes, reset: true };
    Ok(Server::Ws(origin.start(move |_| act.clone())?))
}
