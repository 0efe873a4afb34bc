//! I1: how much is read before the thread is given back.

use super::{compression::zeros, *};
use crate::work::PIECE;

/// How much comes of these bytes before the thread is given back.
fn between_yields(mut assembler: Assembler, bytes: &[u8]) -> Vec<usize> {
    let mut input = BytesMut::from(bytes);
    let mut counts = vec![0];
    let mut work = WorkLimit::of(PIECE);
    loop {
        let before = input.len();
        let polled = assembler.next(&mut input, &mut work).unwrap();
        *counts.last_mut().unwrap() += before - input.len();
        match polled {
            Polled::Ready(_) => {}
            Polled::Yield => {
                assert!(work.renew_if_spent());
                counts.push(0);
            }
            Polled::Idle => return counts,
        }
    }
}

#[test]
fn i1_empty_fragments_pings_and_small_messages_give_the_thread_back() {
    let fragments = [&b"\x01\x00"[..], &b"\x00\x00".repeat(9_999)].concat();
    for (flood, frame) in [
        (fragments, 2),
        (b"\x89\x00".repeat(10_000), 2),
        (b"\x8a\x01x".repeat(10_000), 3),
        (b"\x81\x01x".repeat(10_000), 3),
    ] {
        let counts = between_yields(plain(), &flood);
        assert!(counts.len() > 10_000 / 257, "{counts:?}");
        assert!(
            counts.iter().all(|bytes| *bytes <= 256 * frame),
            "{counts:?}"
        );
    }
}

#[test]
fn i1_a_bomb_is_unpacked_a_piece_at_a_time() {
    let mut assembler = compressed();
    let mut input = BytesMut::from(&zeros(1 << 20)[..]);
    let mut work = WorkLimit::of(PIECE);
    let mut lengths = vec![0];
    while assembler.next(&mut input, &mut work).unwrap() == Polled::Yield {
        assert!(work.renew_if_spent());
        lengths.push(assembler.message.as_ref().unwrap().len());
    }
    assert!(lengths.len() > 10, "{lengths:?}");
    let most = lengths.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(most <= Some(PIECE + (16 << 10)), "{lengths:?}");
}
