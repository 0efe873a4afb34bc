use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use appnet_policy::{Policy, failure::Bound};
use async_compression::tokio::bufread::{
    BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use futures_util::stream;
use proptest::prelude::*;
use tokio::io::AsyncReadExt as _;

use super::*;

mod bounds;
mod ends;

/// Runs something that never waits. What it returns, and how often it had the thread.
fn run<T>(work: impl Future<Output = T>) -> (T, usize) {
    let mut work = pin!(work);
    for turns in 1..1_000_000 {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(outcome) = work.as_mut().poll(&mut context) {
            return (outcome, turns);
        }
    }
    panic!("nothing here waits for a socket")
}

fn now<T>(work: impl Future<Output = T>) -> T {
    run(work).0
}

/// Keeps what was decoded.
#[derive(Default)]
struct Kept {
    bound: u64,
    bytes: Vec<u8>,
}

impl Sink for Kept {
    fn check(&self, bytes: u64) -> Result<(), ExchangeError> {
        (bytes <= self.bound).then_some(()).ok_or(OVER)
    }

    async fn take(&mut self, data: Bytes, _: &mut Slice) -> Result<(), ExchangeError> {
        self.bytes.extend_from_slice(&data);
        Ok(())
    }
}

const OVER: ExchangeError = ExchangeError::BodyTooLarge {
    bound: Bound::Body,
    limit: 0,
};

async fn read<S>(
    raw: S,
    headers: &[Header],
    limits: &ResponseLimits,
) -> Result<Bytes, ExchangeError>
where
    S: Stream<Item = Result<Bytes, ExchangeError>> + Unpin,
{
    let mut kept = Kept {
        bound: limits.body_bytes as u64,
        ..Kept::default()
    };
    let mut slice = Slice::new(Duration::from_secs(3600).into());
    read_into(raw, headers, limits, &mut slice, &mut kept).await?;
    Ok(kept.bytes.into())
}

fn encoded(coding: &str, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let written = match coding {
        "gzip" => now(GzipEncoder::new(data).read_to_end(&mut out)),
        "zlib" => now(ZlibEncoder::new(data).read_to_end(&mut out)),
        "raw" => now(DeflateEncoder::new(data).read_to_end(&mut out)),
        "br" => now(BrotliEncoder::new(data).read_to_end(&mut out)),
        "zstd" => now(ZstdEncoder::new(data).read_to_end(&mut out)),
        other => panic!("{other}"),
    };
    written.unwrap();
    out
}

fn limits() -> ResponseLimits {
    Policy::seed().limits
}

fn header(value: &str) -> Vec<Header> {
    vec![Header {
        name: "Content-Encoding".to_owned(),
        value: value.to_owned(),
    }]
}

fn decoded_in(
    piece: usize,
    coding: &str,
    body: &[u8],
    limits: &ResponseLimits,
) -> Result<Bytes, ExchangeError> {
    let pieces: Vec<_> = body
        .chunks(piece)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    now(read(once(pieces), &header(coding), limits))
}

/// As awc's bodies are: they must not be polled after their end.
fn once<T: Unpin>(pieces: Vec<T>) -> impl Stream<Item = T> + Unpin {
    let mut pieces = pieces.into_iter();
    let mut ended = false;
    stream::poll_fn(move |_| {
        assert!(!ended, "polled after the end");
        let next = pieces.next();
        ended = next.is_none();
        std::task::Poll::Ready(next)
    })
}

fn decoded(coding: &str, body: &[u8]) -> Result<Bytes, ExchangeError> {
    decoded_in(1000, coding, body, &limits())
}

#[track_caller]
fn assert_malformed(result: Result<Bytes, ExchangeError>) {
    assert!(
        matches!(result, Err(ExchangeError::Malformed(_))),
        "{result:?}"
    );
}

fn sample() -> Vec<u8> {
    (0..100_000_u32)
        .flat_map(|n| (n / 7).to_le_bytes())
        .collect()
}

#[test]
fn p4_every_coding_is_undone() {
    let sample = sample();
    for (coding, format) in [
        ("gzip", "gzip"),
        ("X-GZip", "gzip"),
        ("deflate", "zlib"),
        ("br", "br"),
        ("zstd", "zstd"),
    ] {
        assert_eq!(
            decoded(coding, &encoded(format, &sample)).unwrap(),
            sample,
            "{coding}"
        );
    }
}

#[test]
fn deflate_without_its_zlib_wrapper_is_undone() {
    assert_eq!(
        decoded("deflate", &encoded("raw", &sample())).unwrap(),
        sample()
    );
    assert_eq!(
        decoded_in(1, "deflate", &encoded("raw", b"short"), &limits()).unwrap(),
        "short"
    );
}

#[test]
fn several_members_of_gzip_are_one_body() {
    let body = [
        encoded("gzip", b"one, "),
        encoded("gzip", b""),
        encoded("gzip", b"two"),
    ]
    .concat();
    assert_eq!(decoded("gzip", &body).unwrap(), "one, two");
    assert_eq!(decoded_in(1, "gzip", &body, &limits()).unwrap(), "one, two");
}

#[test]
fn several_frames_of_zstd_are_one_body() {
    let body = [encoded("zstd", b"one, "), encoded("zstd", b"two")].concat();
    assert_eq!(decoded("zstd", &body).unwrap(), "one, two");
}

#[test]
fn several_codings_are_undone_in_turn() {
    let twice = encoded("br", &encoded("gzip", b"data"));
    assert_eq!(decoded("gzip, br", &twice).unwrap(), "data");
    let headers = [header("gzip"), header("br")].concat();
    let body = stream::iter([Ok(Bytes::from(twice))]);
    assert_eq!(now(read(body, &headers, &limits())).unwrap(), "data");
}

#[test]
fn identity_is_nothing_and_an_unknown_coding_stays() {
    assert_eq!(decoded("identity", b"data").unwrap(), "data");
    assert_eq!(decoded("", b"data").unwrap(), "data");
    assert_eq!(decoded("aes128gcm", b"data").unwrap(), "data");
    assert_eq!(
        decoded("x-new, gzip", &encoded("gzip", b"still x-new")).unwrap(),
        "still x-new"
    );
    let gzip = encoded("gzip", b"data");
    assert_eq!(decoded("gzip, x-new", &gzip).unwrap(), gzip);
}

#[test]
fn a_body_that_breaks_off_is_told_as_that_and_not_as_damaged() {
    let gzip = encoded("gzip", &sample());
    let pieces = [
        Ok(Bytes::from(gzip[..500].to_vec())),
        Err(ExchangeError::Broken("reset".to_owned())),
    ];
    let result = now(read(stream::iter(pieces), &header("gzip"), &limits()));
    assert_eq!(result, Err(ExchangeError::Broken("reset".to_owned())));
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(body in prop::collection::vec(any::<u8>(), 0..400), piece in 1_usize..50) {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let _outcome = decoded_in(piece, coding, &body, &limits());
        }
    }

    #[test]
    fn what_was_encoded_is_decoded_however_it_is_cut(data in prop::collection::vec(any::<u8>(), 0..2000), piece in 1_usize..300) {
        for (coding, format) in [("gzip", "gzip"), ("deflate", "zlib"), ("deflate", "raw"), ("br", "br"), ("zstd", "zstd")] {
            let body = decoded_in(piece, coding, &encoded(format, &data), &limits()).unwrap();
            prop_assert_eq!(&body[..], &data[..]);
        }
    }
}
