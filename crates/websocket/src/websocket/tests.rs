//! Whole sockets without a connection, in virtual time.

mod work;

use std::time::Duration;

use appnet_policy::failure::Bound;

use super::*;
use crate::event::Closed;

/// A socket, its time, and a connection that takes everything.
struct Played {
    socket: WebSocket,
    now: Instant,
    /// What was sent, frame by frame: first byte and payload.
    sent: Vec<(u8, Vec<u8>)>,
    confirmed: usize,
}

impl Played {
    fn new() -> Self {
        Self::with(SocketLimits::seed())
    }

    fn with(limits: SocketLimits) -> Self {
        let now = Instant::now();
        Self {
            socket: WebSocket::new(limits, None, now),
            now,
            sent: Vec::new(),
            confirmed: 0,
        }
    }

    fn after(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.socket.handle_timeout(self.now);
    }

    fn hears(&mut self, bytes: &[u8]) -> Option<WebSocketEvent> {
        self.socket.handle_input(BytesMut::from(bytes), self.now);
        self.event()
    }

    /// The next event, however much work it is.
    fn event(&mut self) -> Option<WebSocketEvent> {
        loop {
            match self.socket.poll_event(self.now) {
                Polled::Ready(event) => return Some(event),
                Polled::Yield => {}
                Polled::Idle => return None,
            }
        }
    }

    /// Sends all there is.
    fn transmit(&mut self) {
        let mut output = Vec::new();
        while self.socket.poll_transmit(&mut output) != Polled::Idle {}
        let mut rest = &output[..];
        while !rest.is_empty() {
            let frame;
            (frame, rest) = unmasked(rest);
            self.sent.push(frame);
        }
        self.confirmed += self.socket.handle_transmitted();
    }
}

/// The first frame, of fewer than 64 KiB, and what follows it.
fn unmasked(bytes: &[u8]) -> ((u8, Vec<u8>), &[u8]) {
    let (head, length) = match bytes[1] & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes([bytes[2], bytes[3]]))),
        length => (2, usize::from(length)),
    };
    let mask = &bytes[head..head + 4];
    let (payload, rest) = bytes[head + 4..].split_at(length);
    let payload = payload.iter().zip(mask.iter().cycle());
    let payload = payload.map(|(byte, mask)| byte ^ mask).collect();
    ((bytes[0], payload), rest)
}

fn text(text: &str) -> SocketMessage {
    SocketMessage::Text(text.into())
}

fn heard(text: &str) -> Option<WebSocketEvent> {
    Some(WebSocketEvent::Message(SocketMessage::Text(text.into())))
}

fn closed(code: u16, reason: &str, clean: bool) -> Option<WebSocketEvent> {
    let reason = reason.to_owned();
    Some(WebSocketEvent::Closed(Closed {
        code,
        reason,
        clean,
    }))
}

fn failed(error: WebSocketError) -> Option<WebSocketEvent> {
    Some(WebSocketEvent::Failed(error))
}

#[test]
fn w2_a_message_is_unsent_until_the_transport_has_it() {
    let mut played = Played::with(SocketLimits {
        unsent_bytes: text("abc").cost(),
        ..SocketLimits::seed()
    });
    assert_eq!(played.socket.send(text("abc")), Ok(()));
    let mut output = Vec::new();
    assert_eq!(played.socket.poll_transmit(&mut output), Polled::Ready(()));
    let too_much = Err(SendError::TooMuchUnsent);
    assert_eq!(played.socket.send(text("abc")), too_much);
    assert_eq!(played.socket.handle_transmitted(), 1);
    assert_eq!(played.socket.send(text("abc")), Ok(()));
}

#[test]
fn w3_both_close_frames_and_the_end_of_the_connection_make_a_clean_close() {
    let mut played = Played::new();
    played.socket.send(text("last")).unwrap();
    played.socket.close(Some(3000), "bye", played.now).unwrap();
    let again = played.socket.close(Some(1000), "", played.now);
    assert_eq!(again, Err(SendError::NotOpen));
    assert_eq!(played.socket.send(text("x")), Err(SendError::NotOpen));
    played.transmit();
    let frames = [(0x81, b"last".to_vec()), (0x88, b"\x0b\xb8bye".to_vec())];
    assert_eq!((&played.sent[..], played.confirmed), (&frames[..], 1));
    // A message that comes after our close is not told.
    assert_eq!(played.hears(b"\x81\x01x\x88\x02\x0b\xb8"), None);
    assert!(played.socket.wants_input());
    played.socket.handle_input_end(InputEnd::Closed);
    assert_eq!(played.event(), closed(3000, "", true));
    assert_eq!(played.event(), None);
}

#[test]
fn w3_a_close_of_the_peer_waits_for_our_answer_and_for_its_end_but_not_for_ever() {
    let mut played = Played::new();
    assert_eq!(played.hears(b"\x88\x04\x03\xe9ok"), None);
    played.socket.handle_input_end(InputEnd::Closed);
    // Our close frame is still to be written.
    assert_eq!(played.event(), None);
    played.transmit();
    assert_eq!(played.sent, [(0x88, b"\x03\xe9".to_vec())]);
    assert_eq!(played.event(), closed(1001, "ok", true));

    let mut played = Played::new();
    assert_eq!(played.hears(b"\x88\x00"), None);
    played.after(999);
    assert_eq!(played.event(), None);
    played.after(1);
    assert_eq!(played.event(), closed(1005, "", false));
}

#[test]
fn a_peer_that_does_not_answer_our_close_is_left_after_its_time() {
    let mut played = Played::new();
    played.socket.close(None, "", played.now).unwrap();
    played.transmit();
    let due = played.now + SocketLimits::seed().close_wait;
    assert_eq!(played.socket.poll_timeout(), Some(due));
    played.after(4_999);
    assert_eq!(played.hears(b"\x89\x00"), None);
    played.after(1);
    assert_eq!(played.event(), closed(1006, "", false));
}

#[test]
fn w1_how_a_connection_ended_without_a_close_frame_is_told_apart() {
    let ended = |part: &[u8], end| {
        let mut played = Played::new();
        assert_eq!(played.hears(part), None);
        played.socket.handle_input_end(end);
        played.event()
    };
    let not_closed = failed(WebSocketError::NotClosed);
    assert_eq!(ended(b"\x89\x00", InputEnd::Closed), not_closed);
    for part in [&b"\x81"[..], b"\x81\x05Hel", b"\x01\x03Hel"] {
        let cut_short = failed(WebSocketError::CutShort);
        assert_eq!(ended(part, InputEnd::Closed), cut_short);
    }
    let not_readable = failed(WebSocketError::NotReadable);
    assert_eq!(ended(b"", InputEnd::Broken), not_readable);
}

#[test]
fn what_came_before_the_end_is_told_before_it() {
    let mut played = Played::new();
    let bytes = BytesMut::from(&b"\x81\x01a\x81\x01b"[..]);
    played.socket.handle_input(bytes, played.now);
    played.socket.handle_input_end(InputEnd::Broken);
    assert_eq!(played.event(), heard("a"));
    assert_eq!(played.event(), heard("b"));
    assert_eq!(played.event(), failed(WebSocketError::NotReadable));
}

#[test]
fn a_connection_that_cannot_be_written_to_is_read_on_for_a_while() {
    let mut played = Played::new();
    played.socket.send(text("x")).unwrap();
    played.socket.handle_write_error(played.now);
    assert!(!played.socket.is_open() && played.socket.has_sent_all());
    assert_eq!(played.hears(b"\x81\x01a"), heard("a"));
    played.after(999);
    assert_eq!(played.event(), None);
    played.after(1);
    assert_eq!(played.event(), failed(WebSocketError::NotWritable));
}

#[test]
fn a_connection_that_cannot_be_written_to_and_ends_failed_when_it_was_written_to() {
    let mut played = Played::new();
    played.socket.handle_write_error(played.now);
    played.socket.handle_input_end(InputEnd::Closed);
    assert_eq!(played.event(), failed(WebSocketError::NotWritable));
}

#[test]
fn it_says_whether_there_is_something_to_send_and_whether_all_is_sent() {
    let mut played = Played::with(SocketLimits {
        ping_interval: Some(Duration::from_secs(10)),
        ..SocketLimits::seed()
    });
    assert!(!played.socket.wants_transmit());
    played.after(10_000);
    assert!(played.socket.wants_transmit(), "a ping");
    played.transmit();
    assert!(!played.socket.wants_transmit());
    assert_eq!(played.hears(b"\x89\x00"), None);
    assert!(played.socket.wants_transmit(), "a pong");
    played.transmit();
    assert!(!played.socket.wants_transmit());
    played.socket.send(text("x")).unwrap();
    assert!(played.socket.wants_transmit(), "a message");
    played.transmit();
    assert!(!played.socket.wants_transmit());
    played.socket.close(None, "", played.now).unwrap();
    assert!(played.socket.wants_transmit(), "a close frame");
    assert!(!played.socket.has_sent_all());
    played.transmit();
    assert!(!played.socket.wants_transmit() && played.socket.has_sent_all());
}

#[test]
fn a_silent_peer_is_asked_and_left_when_it_stays_silent() {
    let mut played = Played::with(SocketLimits {
        ping_interval: Some(Duration::from_secs(10)),
        ..SocketLimits::seed()
    });
    played.after(10_000);
    played.transmit();
    assert_eq!(played.sent, [(0x89, Vec::new())]);
    played.after(5_000);
    assert_eq!(played.hears(b"\x8a\x00"), None);
    played.after(9_999);
    assert!(!played.socket.wants_transmit());
    played.after(1);
    played.after(10_000);
    assert_eq!(played.event(), failed(WebSocketError::NoPong));
}

#[test]
fn w4_a_violation_right_behind_a_message_waits_for_the_answer_to_it() {
    let violation = Violation::Protocol("a frame with a reserved bit set");
    let mut played = Played::new();
    assert_eq!(played.hears(b"\x81\x01a\xf1\x01b\x81\x01c"), heard("a"));
    assert_eq!(played.event(), None);
    assert!(!played.socket.wants_input());
    played.socket.send(text("echo")).unwrap();
    played.after(50);
    played.transmit();
    let frames = [(0x81, b"echo".to_vec()), (0x88, b"\x03\xea".to_vec())];
    assert_eq!(played.sent, frames);
    played.socket.handle_input_end(InputEnd::Closed);
    assert_eq!(played.event(), failed(violation.into()));
}

#[test]
fn w4_a_violation_after_the_time_for_an_answer_waits_for_none() {
    let mut played = Played::new();
    assert_eq!(played.hears(b"\x81\x01a"), heard("a"));
    played.now += SocketLimits::seed().answer_wait;
    assert_eq!(played.hears(b"\xf1\x01b"), None);
    assert!(!played.socket.is_open(), "the close frame is due at once");
}

#[test]
fn a_violation_is_told_to_the_peer_by_its_code() {
    for (bytes, code) in [
        (&b"\x83\x00"[..], 1002u16),
        (b"\x81\x01\xff", 1007),
        (b"\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00", 1009),
    ] {
        let mut played = Played::new();
        assert_eq!(played.hears(bytes), None);
        played.transmit();
        assert_eq!(played.sent, [(0x88, code.to_be_bytes().to_vec())]);
    }
    let mut played = Played::new();
    assert_eq!(
        played.hears(b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"),
        None
    );
    played.after(1000);
    let too_large = Violation::TooLarge(Bound::Body);
    assert_eq!(played.event(), failed(too_large.into()));
}

#[test]
fn c4_an_abandoned_socket_says_and_sends_nothing() {
    let mut played = Played::new();
    played.socket.send(text("x")).unwrap();
    played.socket.abandon();
    assert_eq!(played.hears(b"\x81\x01a"), None);
    played.transmit();
    assert!(played.sent.is_empty() && played.socket.poll_timeout().is_none());
    assert_eq!(played.socket.send(text("x")), Err(SendError::NotOpen));
}

#[test]
fn c4_a_message_that_is_half_encoded_wants_the_rest_sent_until_the_socket_is_abandoned() {
    let mut socket = Played::new().socket;
    let large = SocketMessage::Binary(vec![0; 1 << 20].into());
    socket.send(large).unwrap();
    let mut output = Vec::new();
    assert_eq!(socket.poll_transmit(&mut output), Polled::Ready(()));
    assert!(output.len() < 1 << 20);
    assert!(socket.wants_transmit());
    socket.abandon();
    assert!(!socket.wants_transmit());
    output.clear();
    while socket.poll_transmit(&mut output) == Polled::Yield {}
    assert!(output.is_empty());
}

#[test]
fn w4_a_compressed_message_says_so_and_unpacks_to_what_was_sent() {
    let deflate = PerMessageDeflate::PLAIN;
    let mut socket = WebSocket::new(SocketLimits::seed(), Some(deflate), Instant::now());
    socket.send(text("Hello")).unwrap();
    let mut output = Vec::new();
    assert_eq!(socket.poll_transmit(&mut output), Polled::Ready(()));
    let ((first, mut payload), rest) = unmasked(&output);
    assert_eq!((first, rest), (0xc1, &b""[..]), "RFC 7692 §6: RSV1");
    payload.extend([0, 0, 0xff, 0xff]);
    let mut unpacked = Vec::with_capacity(100);
    flate2::Decompress::new(false)
        .decompress_vec(&payload, &mut unpacked, flate2::FlushDecompress::Sync)
        .unwrap();
    assert_eq!(unpacked, b"Hello");
}
