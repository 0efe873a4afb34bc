//! Section 8 and RFC 6455 §5, RFC 7692 §7.2.3, frame by frame.

mod compression;
mod floods;

use proptest::prelude::*;

use super::*;

const LIMITS: SocketLimits = SocketLimits {
    message_bytes: 1 << 20,
    frame_bytes: 1 << 20,
    decompression_ratio: 1000,
    unsent_bytes: 0,
    untaken_bytes: 0,
    close_wait: std::time::Duration::ZERO,
    end_wait: std::time::Duration::ZERO,
    answer_wait: std::time::Duration::ZERO,
    ping_interval: None,
};

fn plain() -> Assembler {
    Assembler::new(LIMITS, None)
}

fn compressed() -> Assembler {
    Assembler::new(LIMITS, Some(PerMessageDeflate::PLAIN))
}

/// Reads all of it in one piece.
fn read(mut assembler: Assembler, bytes: &[u8]) -> Result<Vec<Incoming>, Violation> {
    read_on(&mut assembler, bytes)
}

fn read_on(assembler: &mut Assembler, bytes: &[u8]) -> Result<Vec<Incoming>, Violation> {
    let mut input = BytesMut::from(bytes);
    let mut all = Vec::new();
    while let Some(incoming) = next(assembler, &mut input)? {
        all.push(incoming);
    }
    Ok(all)
}

/// What comes next, however much work it is.
fn next(assembler: &mut Assembler, input: &mut BytesMut) -> Result<Option<Incoming>, Violation> {
    loop {
        match assembler.next(input, &mut WorkLimit::of(PIECE))? {
            Polled::Ready(incoming) => return Ok(Some(incoming)),
            Polled::Yield => {}
            Polled::Idle => return Ok(None),
        }
    }
}

/// How many bytes it takes until they are refused, and why.
fn refused(mut assembler: Assembler, bytes: &[u8]) -> Option<(usize, Violation)> {
    let mut input = BytesMut::new();
    for (i, byte) in bytes.iter().enumerate() {
        input.extend_from_slice(&[*byte]);
        loop {
            match next(&mut assembler, &mut input) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(violation) => return Some((i + 1, violation)),
            }
        }
    }
    None
}

fn text(text: &str) -> Incoming {
    Incoming::Message(SocketMessage::Text(text.into()))
}

fn binary(bytes: &[u8]) -> Incoming {
    Incoming::Message(SocketMessage::Binary(Bytes::copy_from_slice(bytes)))
}

fn protocol(what: &'static str, after: usize) -> Option<(usize, Violation)> {
    Some((after, Violation::Protocol(what)))
}

#[test]
fn w4_fragments_make_one_message_with_control_frames_between_them() {
    let bytes = b"\x01\x03Hel\x89\x01p\x00\x00\x8a\x00\x80\x02lo\x82\x01\xff";
    let expected = vec![
        Incoming::Ping(Bytes::from_static(b"p")),
        Incoming::Pong,
        text("Hello"),
        binary(b"\xff"),
    ];
    assert_eq!(read(plain(), bytes), Ok(expected));
}

#[test]
fn w4_the_longest_control_frame_has_125_bytes() {
    let ping = [&b"\x89\x7d"[..], &[b'x'; 125]].concat();
    let expected = Incoming::Ping(Bytes::from_static(&[b'x'; 125]));
    assert_eq!(read(plain(), &ping), Ok(vec![expected]));
}

#[test]
fn w4_empty_messages_are_messages() {
    assert_eq!(
        read(plain(), b"\x81\x00\x82\x00\x01\x00\x80\x00"),
        Ok(vec![text(""), binary(b""), text("")])
    );
}

#[test]
fn w4_a_length_has_three_forms_and_only_the_shortest_is_right() {
    let sized = |head: &[u8], length: usize| [head, &vec![b'x'; length]].concat();
    for (head, length) in [
        (&b"\x82\x7d"[..], 125),
        (b"\x82\x7e\x00\x7e", 126),
        (b"\x82\x7e\xff\xff", 65535),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 65536),
    ] {
        let read = read(plain(), &sized(head, length)).unwrap();
        assert_eq!(read, [binary(&vec![b'x'; length])]);
    }
    let what = "a length that is not in its shortest form";
    assert_eq!(refused(plain(), b"\x82\x7e\x00\x7d"), protocol(what, 4));
    let long = b"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff";
    assert_eq!(refused(plain(), long), protocol(what, 10));
}

#[test]
fn w4_frames_against_the_rules_are_refused_at_their_header() {
    let bit = "a frame with a reserved bit set";
    let unknown = "a frame of a kind that does not exist";
    for (bytes, what, after) in [
        (&b"\x81\x81abcdx"[..], "a masked frame", 6),
        (b"\xc1\x00", bit, 2),
        (b"\xa1\x00", bit, 2),
        (b"\x91\x00", bit, 2),
        (b"\xc9\x00", bit, 2),
        (b"\x83\x00", unknown, 2),
        (b"\x8b\x00", unknown, 2),
        (b"\x80\x00", "a continuation of nothing", 2),
        (
            b"\x01\x00\x81\x00",
            "a new message in the middle of another",
            4,
        ),
        (b"\x09\x00", "a control frame in fragments", 2),
        (
            b"\x89\x7e\x00\x7e",
            "a control frame of more than 125 bytes",
            4,
        ),
    ] {
        assert_eq!(refused(plain(), bytes), protocol(what, after), "{bytes:x?}");
    }
}

#[test]
fn w4_close_frames_are_read_by_their_rules() {
    let close = |code, reason: &str| {
        let reason = reason.to_owned();
        Ok(vec![Incoming::Close(CloseReason { code, reason })])
    };
    assert_eq!(read(plain(), b"\x88\x00"), close(1005, ""));
    assert_eq!(read(plain(), b"\x88\x02\x03\xe8"), close(1000, ""));
    assert_eq!(read(plain(), b"\x88\x04\x0b\xb8ok"), close(3000, "ok"));
    let half = Violation::Protocol("a close frame with half a code");
    assert_eq!(read(plain(), b"\x88\x01\x03"), Err(half));
    let not_text = Violation::NotUtf8("a close reason");
    assert_eq!(read(plain(), b"\x88\x03\x03\xe8\xff"), Err(not_text));
    for code in [0u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        let bytes = [&b"\x88\x02"[..], &code.to_be_bytes()].concat();
        let wrong = Violation::Protocol("a close frame with a code that may not be sent");
        assert_eq!(read(plain(), &bytes), Err(wrong), "{code}");
    }
}

#[test]
fn w4_text_is_refused_at_the_byte_that_makes_it_no_text_whatever_cuts_it() {
    let not_text = |after| Some((after, Violation::NotUtf8("a text message")));
    assert_eq!(refused(plain(), b"\x81\x05a\xc0\xafbc"), not_text(4));
    assert_eq!(
        refused(plain(), b"\x01\x02a\xe2\x00\x00\x80\x02\x82b"),
        not_text(10)
    );
    // The last character is cut short: known at the end only.
    assert_eq!(refused(plain(), b"\x01\x02a\xe2\x80\x01\x82"), not_text(7));
    assert_eq!(
        read(plain(), b"\x01\x02a\xe2\x80\x02\x82\xac"),
        Ok(vec![text("a€")])
    );
}

#[test]
fn p6_a_frame_too_large_is_refused_by_what_it_announces_and_allocates_nothing() {
    let too_large = |after| Some((after, Violation::TooLarge(Bound::Body)));
    let gigabyte = b"\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00";
    assert_eq!(refused(plain(), gigabyte), too_large(10));
    assert_eq!(
        refused(compressed(), b"\xc2\x7f\x00\x00\x00\x00\x40\x00\x00\x00"),
        too_large(10)
    );
    let beyond = b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(refused(plain(), beyond), too_large(10));
    // Announced and allowed: room is made for what comes, not for what may come.
    let mut assembler = plain();
    assert_eq!(
        read_on(&mut assembler, b"\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x00x"),
        Ok(vec![])
    );
    assert_eq!(assembler.message.unwrap().len(), 1);
}

#[test]
fn p6_a_message_too_large_is_refused_whatever_its_fragments() {
    let mut assembler = plain();
    let part = [
        &b"\x02\x7f\x00\x00\x00\x00\x00\x08\x00\x00"[..],
        &vec![0; 1 << 19],
    ]
    .concat();
    assert_eq!(read_on(&mut assembler, &part), Ok(vec![]));
    let next = b"\x00\x7f\x00\x00\x00\x00\x00\x08\x00\x01";
    assert_eq!(
        read_on(&mut assembler, next),
        Err(Violation::TooLarge(Bound::Body))
    );
}

proptest! {
    #[test]
    fn frames_read_the_same_wherever_the_network_cuts_them(
        messages in prop::collection::vec((any::<bool>(), ".{0,200}", 1usize..50), 1..5),
        cut in 1usize..30,
    ) {
        let mut bytes = Vec::new();
        for (is_text, text, fragment) in &messages {
            let mut first = if *is_text { 1 } else { 2 };
            for piece in text.as_bytes().chunks(*fragment) {
                bytes.extend([first, u8::try_from(piece.len()).unwrap()]);
                bytes.extend(piece);
                bytes.extend(b"\x89\x00");
                first = 0;
            }
            bytes.extend([0x80 | first, 0]);
        }
        let whole = read(plain(), &bytes).unwrap();
        let mut assembler = plain();
        let mut input = BytesMut::new();
        let mut pieces = Vec::new();
        for piece in bytes.chunks(cut) {
            input.extend_from_slice(piece);
            while let Some(incoming) = next(&mut assembler, &mut input).unwrap() {
                pieces.push(incoming);
            }
        }
        prop_assert_eq!(&whole, &pieces);
        prop_assert!(assembler.is_between_messages());
        let received: Vec<_> = whole.iter().filter(|received| matches!(received, Incoming::Message(_))).collect();
        prop_assert_eq!(received.len(), messages.len());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, starts in prop::collection::vec(0usize..64, 0..6)) {
        drop(read(plain(), &bytes));
        drop(read(compressed(), &bytes));
        // Bytes that look like headers more often.
        let framed: Vec<u8> = starts.iter().flat_map(|&start| {
            let piece = &bytes[start.min(bytes.len())..];
            let piece = &piece[..piece.len().min(20)];
            [&[0xc1 | (start as u8 & 0x0f), piece.len() as u8], piece].concat()
        }).collect();
        drop(read(compressed(), &framed));
    }
}
