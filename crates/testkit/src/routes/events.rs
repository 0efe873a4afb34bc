//! `/sse`: a stream of events, as a language model sends its tokens.

use std::time::Duration;

use crate::Reply;

/// Five bytes are never a whole number of characters of three or four bytes for long.
const PIECE: usize = 5;

/// More would stand in memory for nothing.
const MOST: u64 = 100_000;

/// The event of this number, counted from 0, as it is sent.
#[must_use]
pub fn event(number: u64) -> String {
    format!("id: {number}\ndata: {{\"token\":\"第{number}个词🎈\"}}\n\n")
}

pub(super) fn reply(count: u64, pause: Duration) -> Reply {
    let events: String = (0..count.min(MOST)).map(event).collect();
    Reply::ok("text/event-stream", events)
        .chunked()
        .drip(PIECE, pause)
}
