//! Where compressed data ends (H6), and what may follow it.

use std::io::Write as _;

use super::*;

/// Every format, and how many bytes its checksum and length have at the end.
const FORMATS: [(&str, &str, usize); 6] = [
    ("gzip", "gzip", 8),
    ("deflate", "zlib", 4),
    ("deflate", "raw", 0),
    ("br", "br", 0),
    ("zstd", "zstd", 0),
    ("zstd", "zstd+", 4),
];

fn whole(format: &str, data: &[u8]) -> Vec<u8> {
    if format != "zstd+" {
        return encoded(format, data);
    }
    let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Bytes that nothing makes smaller.
fn noise(count: usize) -> Vec<u8> {
    let mut seed = 1_u32;
    let bytes = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    });
    bytes.take(count).collect()
}

/// In several blocks, in few, and in blocks that are stored or one byte repeated.
fn samples() -> [Vec<u8>; 5] {
    let numbers = sample()[..40_000].to_vec();
    let noise = encoded("br", &numbers);
    [numbers, b"short".to_vec(), vec![0; 140_000], noise, vec![7]]
}

#[test]
fn h6_compressed_data_whose_last_block_was_read_is_whole() {
    for (coding, format, trailer) in FORMATS {
        for data in samples() {
            let body = whole(format, &data);
            for missing in 0..=trailer {
                for piece in [1, 1000] {
                    let cut = decoded_in(piece, coding, &body[..body.len() - missing], &limits());
                    let cut =
                        cut.unwrap_or_else(|error| panic!("{format} without {missing}: {error}"));
                    assert!(cut == data, "{format} without {missing}");
                }
            }
        }
    }
}

#[test]
fn h6_compressed_data_cut_before_the_end_of_its_last_block_is_malformed() {
    for (coding, format, trailer) in FORMATS {
        for data in samples() {
            let body = whole(format, &data);
            let blocks = body.len() - trailer;
            let ends = [1, 5, blocks / 2]
                .into_iter()
                .chain(blocks.saturating_sub(5)..blocks);
            for end in ends.filter(|&end| 0 < end && end < blocks) {
                let cut = decoded(coding, &body[..end]);
                assert!(
                    matches!(cut, Err(ExchangeError::Malformed(_))),
                    "{format} cut to {end} of {}",
                    body.len()
                );
            }
        }
    }
}

#[test]
fn h6_a_checksum_that_is_there_must_be_right() {
    for (coding, format, trailer) in FORMATS {
        let whole = whole(format, &sample()[..1000]);
        for place in whole.len() - trailer..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            assert_malformed(decoded(coding, &damaged));
        }
    }
}

/// Each format as the inner one, with bytes behind its end that are nothing of its own, within each as the outer one.
#[test]
fn h6_an_outer_layer_is_read_to_its_end_behind_that_of_the_inner_one() {
    let rest = noise(3000);
    for (inner_coding, inner_format, _) in FORMATS {
        let inner = [&whole(inner_format, b"data")[..], b"\0", &rest].concat();
        for (outer_coding, outer_format, trailer) in FORMATS {
            let coding = format!("{inner_coding}, {outer_coding}");
            let formats = format!("{inner_format} in {outer_format}");
            let outer = whole(outer_format, &inner);
            let mut damaged = outer.clone();
            damaged[outer.len() - trailer.max(1)] ^= 1;
            let cut = &outer[..outer.len() - trailer - 1];
            let followed = [&outer[..], b"\r\n"].concat();
            for piece in [1, 7, 1000, usize::MAX] {
                let read = |body| decoded_in(piece, &coding, body, &limits());
                assert_eq!(read(&outer).as_deref(), Ok(&b"data"[..]), "{formats}");
                assert_eq!(read(&followed).as_deref(), Ok(&b"data"[..]), "{formats}");
                assert!(read(cut).is_err(), "{formats}, cut, in pieces of {piece}");
                assert!(
                    trailer == 0 || read(&damaged).is_err(),
                    "{formats}, damaged, in pieces of {piece}"
                );
            }
        }
    }
}

#[test]
fn h6_each_member_and_each_layer_may_lack_its_trailer_at_the_end() {
    let gzip = encoded("gzip", b"data");
    let twice = |cut: usize| [&gzip[..], &gzip[..gzip.len() - cut]].concat();
    for cut in 0..=8 {
        assert_eq!(decoded("gzip", &twice(cut)).unwrap(), "datadata", "{cut}");
        let layered = encoded("br", &gzip[..gzip.len() - cut]);
        assert_eq!(decoded("gzip, br", &layered).unwrap(), "data", "{cut}");
        assert_malformed(decoded("gzip, br", &layered[..layered.len() - 1]));
    }
    assert_malformed(decoded("gzip", &twice(9)));
    // Two bytes of a member are certain, one is not.
    for (begun, is_whole) in [(1, true), (2, false), (9, false)] {
        let body = [&gzip[..], &gzip[..begun]].concat();
        assert_eq!(decoded("gzip", &body).is_ok(), is_whole, "{begun}");
    }
}

#[test]
fn a_header_of_gzip_may_have_all_its_parts() {
    let gzip = encoded("gzip", b"data");
    let header = [
        &[0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 3][..],
        &[3, 0, 1, 2, 3], // extra
        b"a name\0a comment\0",
        &[0, 0], // a checksum, which nobody looks at
    ]
    .concat();
    let no_extra = [&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3][..], &[0, 0]].concat();
    for header in [&header, &no_extra] {
        let body = [header, &gzip[10..]].concat();
        assert_eq!(decoded_in(1, "gzip", &body, &limits()).unwrap(), "data");
        assert_eq!(decoded("gzip", &body).unwrap(), "data");
    }
    for (place, byte) in [(0, 0), (1, 0), (2, 7), (3, 0x20)] {
        let mut wrong = gzip.clone();
        wrong[place] = byte;
        assert_malformed(decoded("gzip", &wrong));
    }
}

#[test]
fn what_follows_the_last_frame_of_zstd_is_ignored() {
    let body = [&encoded("zstd", b"data")[..], b"\r\n"].concat();
    assert_eq!(decoded("zstd", &body).unwrap(), "data");
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9];
    let body = [&skippable[..], &body, &skippable].concat();
    assert_eq!(decoded_in(1, "zstd", &body, &limits()).unwrap(), "data");
}

#[test]
fn what_is_in_no_coding_is_malformed() {
    for coding in ["gzip", "deflate", "br", "zstd"] {
        assert_malformed(decoded(coding, b"this is nothing compressed"));
    }
}

#[test]
fn what_follows_the_last_member_of_gzip_is_ignored() {
    for rest in [&b"\0\0\0\0"[..], b"\r\n", b"garbage"] {
        let body = [&encoded("gzip", b"data")[..], rest].concat();
        assert_eq!(decoded("gzip", &body).unwrap(), "data");
        assert_eq!(decoded_in(1, "gzip", &body, &limits()).unwrap(), "data");
    }
}

#[test]
fn an_empty_body_is_empty_in_every_coding() {
    for coding in ["gzip", "deflate", "br", "zstd", "gzip, br"] {
        assert_eq!(decoded(coding, b"").unwrap(), "", "{coding}");
    }
}
