//! What compressed data may cost (P6, I1).

use super::*;

const fn swollen(limit: u64) -> ExchangeError {
    ExchangeError::BodyTooLarge {
        bound: Bound::DecompressionRatio,
        limit,
    }
}

/// The header of gzip, and so many blocks that are stored, empty, and not the last.
fn empty_blocks(count: usize) -> Vec<u8> {
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    [&header[..], &[0, 0, 0, 0xff, 0xff].repeat(count)].concat()
}

/// How often decoding this body gives the thread back.
fn turns(coding: &str, pieces: Vec<Bytes>, slice: Duration) -> usize {
    let (headers, limits) = (header(coding), limits());
    let mut kept = Kept {
        bound: u64::MAX,
        ..Kept::default()
    };
    let pieces: Vec<_> = pieces.into_iter().map(Ok).collect();
    let mut slice = Slice::new(slice.into());
    let reading = read_into(once(pieces), &headers, &limits, &mut slice, &mut kept);
    let (_outcome, turns) = run(reading);
    turns
}

#[test]
fn p6_more_than_two_layers_are_refused() {
    let twice = encoded("br", &encoded("gzip", b"data"));
    assert_eq!(decoded("identity, gzip, , br", &twice).unwrap(), "data");
    let thrice = encoded("gzip", &twice);
    let refused = decoded("gzip, br, gzip", &thrice);
    assert!(
        matches!(&refused, Err(ExchangeError::Malformed(reason)) if reason.contains("3 layers")),
        "{refused:?}"
    );
    assert_malformed(decoded("gzip, gzip, gzip, gzip, gzip, gzip", b"x"));
}

#[test]
fn p6_the_decoded_body_is_bounded() {
    let limits = ResponseLimits {
        body_bytes: 1000,
        ..limits()
    };
    let too_large = Err(OVER);
    assert_eq!(
        decoded_in(100, "identity", &[b'x'; 1000], &limits)
            .unwrap()
            .len(),
        1000
    );
    assert_eq!(
        decoded_in(100, "identity", &[b'x'; 1001], &limits),
        too_large
    );
    assert_eq!(
        decoded_in(5000, "identity", &[b'x'; 1001], &limits),
        too_large
    );
    assert_eq!(
        decoded_in(100, "gzip", &encoded("gzip", &[b'x'; 1000]), &limits)
            .unwrap()
            .len(),
        1000
    );
    assert_eq!(
        decoded_in(100, "gzip", &encoded("gzip", &[b'x'; 1001]), &limits),
        too_large
    );
    let trailing = [encoded("gzip", b"x"), vec![0; 1001]].concat();
    assert_eq!(decoded_in(100, "gzip", &trailing, &limits), too_large);
}

#[test]
fn p6_a_body_that_swells_too_much_is_refused() {
    let limits = ResponseLimits {
        decompression_ratio: 100,
        ..limits()
    };
    let zeros = vec![0; 8 << 20];
    for (coding, format) in [
        ("gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, br", "gzip"),
    ] {
        let body = if coding == "gzip, br" {
            encoded("br", &encoded(format, &zeros))
        } else {
            encoded(format, &zeros)
        };
        assert_eq!(
            decoded_in(4096, coding, &body, &limits),
            Err(swollen(100)),
            "{coding}"
        );
    }
    // Below a MiB it says nothing.
    let small = encoded("gzip", &[0; 1 << 20]);
    assert_eq!(
        decoded_in(4096, "gzip", &small, &limits).unwrap().len(),
        1 << 20
    );
}

/// Each member swells four times, and what repeats them a thousand times: together more than either may.
#[test]
fn p6_the_ratio_holds_for_each_layer_by_itself() {
    let mut seed = 1_u32;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    });
    let data: Vec<u8> = noise.take(1000).chain([0; 3000]).collect();
    let members = encoded("gzip", &data).repeat(1100);
    let body = encoded("br", &members);
    let outer = u32::try_from(members.len() / body.len()).unwrap();
    let with = |decompression_ratio| {
        let limits = ResponseLimits {
            decompression_ratio,
            ..limits()
        };
        decoded_in(100, "gzip, br", &body, &limits)
    };
    assert_eq!(with(outer + 1).unwrap().len(), data.len() * 1100);
    assert_eq!(with(outer / 2), Err(swollen(u64::from(outer / 2))));
}

#[test]
fn i1_data_that_stands_for_nothing_ends_early() {
    let nothing = empty_blocks(200_000);
    for (coding, body) in [
        ("gzip", nothing.clone()),
        ("gzip, br", encoded("br", &nothing)),
    ] {
        let outcome = decoded_in(10_000, coding, &body, &limits());
        assert!(
            matches!(&outcome, Err(ExchangeError::Malformed(reason)) if reason.contains("stands for nothing")),
            "{coding}: {outcome:?}"
        );
    }
    let flushed = [empty_blocks(1000), vec![3, 0]].concat();
    assert_eq!(decoded("gzip", &flushed).unwrap(), "");
}

#[test]
fn i1_decoding_gives_the_thread_back_after_256_kib_of_work() {
    const MIB: usize = 1 << 20;
    let long = Duration::from_secs(3600);
    let text = sample().repeat(20); // 8 MB
    for (coding, format) in [
        ("gzip", "gzip"),
        ("deflate", "raw"),
        ("br", "br"),
        ("zstd", "zstd"),
    ] {
        let body = Bytes::from(encoded(format, &text));
        let turns = turns(coding, vec![body], long);
        assert!(turns >= text.len() / (MIB / 4), "{coding}: {turns}");
    }
    let plain = vec![Bytes::from(vec![0; 1000]); 1000];
    assert!(turns("identity", plain, long) >= 3);
}

#[test]
fn i1_a_slice_ends_whatever_a_server_sends_little_of() {
    let over = Duration::ZERO;
    let byte_by_byte = vec![Bytes::from_static(b"x"); 100];
    assert!(turns("identity", byte_by_byte, over) >= 100);
    // Nothing comes of it, and yet it is work.
    let nothing = Bytes::from(empty_blocks(10_000));
    assert!(turns("gzip", vec![nothing], over) >= 40);
}
