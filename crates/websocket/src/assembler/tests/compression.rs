//! RFC 7692 §7.2.3, and the bounds of what is unpacked.

use super::*;

#[test]
fn w4_compressed_messages_are_read_as_rfc_7692_shows_them() {
    let hello = || Ok(vec![text("Hello")]);
    let mut assembler = compressed();
    // §7.2.3.1, .2 (the window is kept), fragments, .3 (a block without compression), .4 (a last block), then an uncompressed one.
    for bytes in [
        &b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"[..],
        b"\xc1\x05\xf2\x00\x11\x00\x00",
        b"\x41\x03\xf2\x00\x11\x80\x02\x00\x00",
        b"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
        b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
        b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
        b"\x81\x05Hello",
    ] {
        assert_eq!(read_on(&mut assembler, bytes), hello(), "{bytes:x?}");
    }
    // Two blocks in one message (§7.2.3.5), and no bytes at all.
    let two = b"\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
    assert_eq!(read(compressed(), two), hello());
    assert_eq!(read(compressed(), b"\xc1\x01\x00"), Ok(vec![text("")]));
}

#[test]
fn a_last_block_at_the_very_end_of_a_message_leaves_the_next_one_readable() {
    let mut assembler = compressed();
    let ended = b"\xc1\x07\xf3\x48\xcd\xc9\xc9\x07\x00";
    for bytes in [
        &ended[..],
        &ended[..],
        b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
    ] {
        assert_eq!(read_on(&mut assembler, bytes), Ok(vec![text("Hello")]));
    }
}

#[test]
fn w4_a_server_that_forgets_its_window_cannot_refer_to_it() {
    let agreed = PerMessageDeflate {
        server_no_context_takeover: true,
        ..PerMessageDeflate::PLAIN
    };
    let mut assembler = Assembler::new(LIMITS, Some(agreed));
    let whole = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    for _ in 0..2 {
        assert_eq!(read_on(&mut assembler, whole), Ok(vec![text("Hello")]));
    }
    let refers_back = read_on(&mut assembler, b"\xc1\x05\xf2\x00\x11\x00\x00");
    assert_eq!(refers_back, Err(Violation::Undecodable));
}

#[test]
fn w4_the_bit_of_compression_belongs_to_the_first_frame_and_to_no_control_frame() {
    let bit = "a frame with a reserved bit set";
    assert_eq!(refused(compressed(), b"\x41\x00\xc0\x00"), protocol(bit, 4));
    assert_eq!(refused(compressed(), b"\xc9\x00"), protocol(bit, 2));
    assert_eq!(refused(compressed(), b"\xa1\x00"), protocol(bit, 2));
}

#[test]
fn what_is_not_compressed_data_is_refused() {
    let wrong = read(compressed(), b"\xc1\x03\xff\xff\xff");
    assert_eq!(wrong, Err(Violation::Undecodable));
}

#[test]
fn w4_compressed_text_is_checked_as_it_is_decoded() {
    // 0xff as a block without compression; the message goes on.
    let bytes = b"\x41\x06\x00\x01\x00\xfe\xff\xff";
    let not_text = Some((8, Violation::NotUtf8("a text message")));
    assert_eq!(refused(compressed(), bytes), not_text);
}

/// Zeros, compressed as one message.
pub(super) fn zeros(count: usize) -> Vec<u8> {
    let mut stream = flate2::Compress::new(flate2::Compression::best(), false);
    let mut output = Vec::with_capacity(count / 500 + 64);
    stream
        .compress_vec(&vec![0; count], &mut output, flate2::FlushCompress::Sync)
        .unwrap();
    let payload = &output[..output.len() - 4];
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0xc2, 0x7e], &length[..], payload].concat()
}

#[test]
fn p6_a_message_that_unpacks_beyond_the_limit_is_stopped_at_the_limit() {
    assert_eq!(
        read(compressed(), &zeros(1 << 20)),
        Ok(vec![binary(&vec![0; 1 << 20])])
    );
    let mut assembler = compressed();
    let over = read_on(&mut assembler, &zeros((1 << 20) + 1));
    assert_eq!(over, Err(Violation::TooLarge(Bound::Body)));
    let mut assembler = compressed();
    assert_eq!(
        read_on(&mut assembler, &zeros(16 << 20)),
        Err(Violation::TooLarge(Bound::Body))
    );
    assert!(assembler.message.unwrap().len() <= 1 << 20);
}

/// The first frame of a message of zeros that goes on.
fn first_frame(count: usize) -> Vec<u8> {
    let whole = zeros(count);
    let payload = [&whole[4..], &[0, 0, 0xff, 0xff]].concat();
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0x42, 0x7e], &length[..], &payload].concat()
}

#[test]
fn p6_of_a_compressed_frame_counts_what_comes_out_and_not_what_it_announces() {
    let mut assembler = compressed();
    let first = first_frame((1 << 20) - 4);
    assert_eq!(read_on(&mut assembler, &first), Ok(Vec::new()));
    // Four bytes without compression, which take ten.
    let last = b"\x80\x0a\x00\x04\x00\xfb\xff\x00\x00\x00\x00\x00";
    let whole = binary(&vec![0; 1 << 20]);
    assert_eq!(read_on(&mut assembler, last), Ok(vec![whole]));
}

#[test]
fn p6_the_first_frame_is_over_the_limit_though_the_message_goes_on() {
    for over in [1, 100, 1 << 10, 10 << 10] {
        let mut assembler = compressed();
        let first = read_on(&mut assembler, &first_frame((1 << 20) + over));
        assert_eq!(first, Err(Violation::TooLarge(Bound::Body)), "{over}");
    }
}

#[test]
fn p6_the_ratio_is_bounded_beyond_the_first_mebibyte() {
    let limits = SocketLimits {
        message_bytes: 16 << 20,
        decompression_ratio: 100,
        ..LIMITS
    };
    let read = |count| {
        read(
            Assembler::new(limits, Some(PerMessageDeflate::PLAIN)),
            &zeros(count),
        )
    };
    assert!(read(1 << 20).is_ok());
    let over = Violation::TooLarge(Bound::DecompressionRatio);
    assert_eq!(read(2 << 20), Err(over));
}

#[test]
fn a_last_block_may_be_followed_by_an_empty_fragment() {
    let bytes = b"\x41\x07\xf3\x48\xcd\xc9\xc9\x07\x00\x80\x00";
    assert_eq!(read(compressed(), bytes), Ok(vec![text("Hello")]));
}
