//! Frames of HTTP/2 (RFC 9113 §4.1), by hand.

use appnet_testkit::{Script, raw::Step};

use super::payloads::{self, ENDLESS};

/// The client's first bytes: its preface.
const PREFACE: usize = 24;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;

const END_HEADERS: u8 = 4;

/// `:status: 200` in the static table of HPACK (RFC 7541, appendix A).
const STATUS_200: u8 = 0x88;

pub(super) fn ping_flood() -> Script {
    flood(Vec::new(), &frame(PING, 0, 0, &[0; 8]))
}

pub(super) fn settings_flood() -> Script {
    flood(Vec::new(), &frame(SETTINGS, 0, 0, &[]))
}

/// An answer to the first request whose body is in empty frames.
pub(super) fn empty_data_flood() -> Script {
    let head = frame(HEADERS, END_HEADERS, 1, &[STATUS_200]);
    flood(head, &frame(DATA, 0, 1, &[]))
}

fn flood(first: Vec<u8>, again: &[u8]) -> Script {
    /// The preface, a SETTINGS frame and the first request are longer than this.
    const FIRST_REQUEST: usize = PREFACE + 60;
    let script = Script::new()
        .send(frame(SETTINGS, 0, 0, &[]))
        .step(Step::ReadBytes(FIRST_REQUEST))
        .send(first);
    let again = payloads::repeated(again);
    (0..ENDLESS).fold(script, |script, _| script.send(again.clone()))
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u32;
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}
