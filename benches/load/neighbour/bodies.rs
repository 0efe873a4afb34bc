//! Bodies of answers: what they swell to, what pieces they come in, and that nobody takes them.

use std::io;

use appnet_testkit::{HttpOrigin, Leaf, RawOrigin, Reply, Script};
use bytes::Bytes;

use super::{
    attacker::request,
    case::{Case, Server},
    payloads::{self, ENDLESS, MIB, chunk, chunked_head},
};

/// As many as an app's permits.
const ALL: usize = 10;

const STREAMED: &str = r#","enableChunked":true"#;
const RAW: &str = r#","responseType":"arraybuffer""#;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "gzip-text",
        what: "answers of 70 KiB of gzip that unpack to 60 MiB of text without charset",
        serve: |leaf| {
            let body = payloads::gzip(&payloads::dull_text(60 * MIB));
            fixed(
                leaf,
                Reply::ok("text/plain", body).header("content-encoding", "gzip"),
            )
        },
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", ""))),
    },
    Case {
        name: "empty-blocks-three",
        what: "answers of some hundred bytes: gzip in gzip in brotli, of empty blocks",
        serve: |leaf| {
            let blocks = payloads::gzip(&payloads::gzip_of_empty_blocks(20 * MIB));
            empty_blocks(leaf, &blocks, "gzip, gzip, br")
        },
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", r#","timeout":1000"#))),
    },
    Case {
        name: "empty-blocks",
        what: "answers of some hundred bytes: gzip in brotli, of empty blocks",
        serve: |leaf| empty_blocks(leaf, &payloads::gzip_of_empty_blocks(20 * MIB), "gzip, br"),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", r#","timeout":1000"#))),
    },
    Case {
        name: "gbk",
        what: "answers of 60 MiB of GBK without charset",
        serve: |leaf| fixed(leaf, Reply::ok("text/plain", payloads::gbk(60 * MIB))),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", ""))),
    },
    Case {
        name: "json",
        what: "answers of 1 MiB of JSON, ten at a time",
        serve: |leaf| {
            let list = format!("[{}0]", r#"{"name":"小程序","n":12345},"#.repeat(MIB / 32));
            fixed(leaf, Reply::json(list))
        },
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", ""))),
    },
    Case {
        name: "endless",
        what: "bodies without end and without length",
        serve: |leaf| fixed(leaf, Reply::status(200).filler(1 << 40).until_close()),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", RAW))),
    },
    Case {
        name: "endless-chunked",
        what: "bodies without end, in chunks of 64 KiB",
        serve: |leaf| fixed(leaf, Reply::status(200).filler(1 << 40).chunked()),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", RAW))),
    },
    Case {
        name: "endless-streamed",
        what: "the same, with enableChunked",
        serve: |leaf| fixed(leaf, Reply::status(200).filler(1 << 40).chunked()),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", STREAMED))),
    },
    Case {
        name: "endless-gzip",
        what: "gzip without end",
        serve: endless_gzip,
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", RAW))),
    },
    Case {
        name: "endless-gzip-streamed",
        what: "gzip without end, with enableChunked",
        serve: endless_gzip,
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", STREAMED))),
    },
    Case {
        name: "one-byte-chunks",
        what: "bodies in chunks of one byte, thousands in each TLS record",
        serve: one_byte_chunks,
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", RAW))),
    },
    Case {
        name: "one-byte-streamed",
        what: "the same, with enableChunked",
        serve: one_byte_chunks,
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", STREAMED))),
    },
    Case {
        name: "one-byte-records",
        what: "bodies in chunks of one byte, each in a TLS record of its own",
        serve: |leaf| fixed(leaf, dripping().chunked()),
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", RAW))),
    },
    Case {
        name: "one-byte-frames",
        what: "bodies in DATA frames of one byte (HTTP/2)",
        serve: |leaf| fixed(leaf, dripping()),
        attack: |it| {
            Box::pin(it.keep_calling(
                ALL,
                request("/", r#","enableHttp2":true,"responseType":"arraybuffer""#),
            ))
        },
    },
    Case {
        name: "untaken-answers",
        what: "answers of 60 MiB that are not taken",
        serve: |leaf| fixed(leaf, Reply::status(200).filler(60 << 20)),
        attack: |it| Box::pin(it.call_and_rest(1_000, request("/", RAW))),
    },
];

/// Whatever is asked for, the same.
pub(super) fn fixed(leaf: &Leaf, reply: Reply) -> io::Result<Server> {
    let origin = HttpOrigin::tls(leaf.http2()).start(move |_| reply.clone())?;
    Ok(Server::Http(origin))
}

/// One connection after another, each the same.
pub(super) fn scripted(leaf: &Leaf, script: Script) -> io::Result<Server> {
    Ok(Server::Raw(
        RawOrigin::tls(leaf.http1()).script(script).start(),
    ))
}

/// Reads a request, then sends this and that again and again.
pub(super) fn without_end(first: impl Into<Bytes>, again: &Bytes) -> Script {
    let first = Script::new().read_request().send(first);
    (0..ENDLESS).fold(first, |script, _| script.send(again.clone()))
}

fn dripping() -> Reply {
    Reply::status(200)
        .filler(1 << 40)
        .drip(1, std::time::Duration::ZERO)
}

fn empty_blocks(leaf: &Leaf, blocks: &[u8], codings: &'static str) -> io::Result<Server> {
    let body = payloads::brotli(blocks);
    fixed(
        leaf,
        Reply::ok("text/plain", body).header("content-encoding", codings),
    )
}

fn endless_gzip(leaf: &Leaf) -> io::Result<Server> {
    let head = chunked_head("Content-Encoding: gzip\r\n");
    let member = chunk(&payloads::gzip(&payloads::dull_text(8 * MIB)));
    scripted(leaf, without_end(head, &member.into()))
}

fn one_byte_chunks(leaf: &Leaf) -> io::Result<Server> {
    scripted(
        leaf,
        without_end(chunked_head(""), &payloads::repeated(b"1\r\nx\r\n")),
    )
}
