//! Bodies and frames that are small to send and much to take.

use std::io::Write as _;

use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder},
};

/// One mebibyte: what a server hands to its system at once.
pub(super) const MIB: usize = 1 << 20;

/// As a server that never stops sends it: so many times a mebibyte that nobody sees the end.
pub(super) const ENDLESS: usize = 100_000;

/// A mebibyte of `unit` again and again, cut between two.
pub(super) fn repeated(unit: &[u8]) -> Bytes {
    unit.repeat(MIB / unit.len()).into()
}

pub(super) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

pub(super) fn brotli(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = CompressorWriter::new(&mut out, 1 << 16, 9, 22);
    encoder.write_all(data).expect("a Vec takes everything");
    drop(encoder); // writes the end
    out
}

/// Text that is no UTF-8 and gives no charset away early, with as much noise that it swells a little less than a thousand times.
pub(super) fn dull_text(length: usize) -> Vec<u8> {
    let mut text = vec![b'e'; length];
    for (number, line) in text.chunks_mut(32 << 10).enumerate() {
        let noise = (number as u32).wrapping_mul(2_654_435_761);
        for (at, byte) in line.iter_mut().take(6).enumerate() {
            *byte = b'a' + (noise >> (at * 5)) as u8 % 26;
        }
        if let Some(last) = line.last_mut() {
            *last = 0xe9; // é in Latin-1
        }
    }
    text
}

/// A member of gzip that consists of so many empty blocks, and nothing else.
pub(super) fn gzip_of_empty_blocks(blocks: usize) -> Vec<u8> {
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    const EMPTY: [u8; 5] = [0, 0, 0, 0xff, 0xff];
    const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];
    [
        &HEADER[..],
        &EMPTY.repeat(blocks),
        &LAST,
        &[0; 8], // checksum and length of nothing
    ]
    .concat()
}

/// Chinese text in GBK.
pub(super) fn gbk(length: usize) -> Bytes {
    const WORDS: &[u8] =
        b"\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\xa1\xa3\xd0\xa1\xb3\xcc\xd0\xf2\n"; // 你好，世界。小程序
    WORDS.repeat(length / WORDS.len()).into()
}

/// A head of HTTP/1 whose body is chunked.
pub(super) fn chunked_head(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{fields}\r\n")
}

/// One chunk.
pub(super) fn chunk(data: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
    chunk.extend_from_slice(data);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// A message of a socket with permessage-deflate (RFC 7692).
pub(super) fn deflated_message(data: &[u8]) -> Vec<u8> {
    const FIN_COMPRESSED_BINARY: u8 = 0xc2;
    const EIGHT_BYTES_OF_LENGTH: u8 = 127;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).expect("a Vec takes everything");
    encoder.flush().expect("a Vec takes everything");
    let mut payload = encoder.get_ref().clone();
    payload.truncate(payload.len() - 4); // the empty block that a flush ends with (RFC 7692 §7.2.1)
    let mut frame = vec![FIN_COMPRESSED_BINARY, EIGHT_BYTES_OF_LENGTH];
    frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    frame.extend_from_slice(&payload);
    frame
}
