//! One body in every content-coding (P4).

use std::io::Write as _;

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use crate::Reply;

/// The body of all of them, decoded.
pub const CODED_TEXT: &str = r#"{"coded":true,"text":"压缩 compressed compressed compressed"}"#;

/// The usual window of brotli's format: 4 MiB.
const BROTLI_WINDOW: u32 = 22;

pub(super) fn gzip() -> Reply {
    coded("gzip", gzip_member(CODED_TEXT))
}

/// Two members in a row are one body (RFC 1952 §2.2).
pub(super) fn gzip_members() -> Reply {
    let (first, second) = CODED_TEXT.split_at(CODED_TEXT.len() / 4);
    coded("gzip", [gzip_member(first), gzip_member(second)].concat())
}

/// In zlib's format, as RFC 9110 §8.4.1.2 has it.
pub(super) fn deflate() -> Reply {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(CODED_TEXT.as_bytes())
        .expect("a Vec takes everything");
    coded("deflate", encoder.finish().expect("a Vec takes everything"))
}

/// Without zlib's frame, as some servers have it.
pub(super) fn deflate_raw() -> Reply {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(CODED_TEXT.as_bytes())
        .expect("a Vec takes everything");
    coded("deflate", encoder.finish().expect("a Vec takes everything"))
}

pub(super) fn br() -> Reply {
    let mut body = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut body, 4096, 5, BROTLI_WINDOW);
    encoder
        .write_all(CODED_TEXT.as_bytes())
        .expect("a Vec takes everything");
    // Dropping it writes the end.
    drop(encoder);
    coded("br", body)
}

pub(super) fn zstd() -> Reply {
    coded(
        "zstd",
        zstd::encode_all(CODED_TEXT.as_bytes(), 0)
            .expect("a slice reads and a Vec takes everything"),
    )
}

fn gzip_member(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(text.as_bytes())
        .expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

fn coded(coding: &'static str, body: Vec<u8>) -> Reply {
    Reply::json(body).header("content-encoding", coding)
}
