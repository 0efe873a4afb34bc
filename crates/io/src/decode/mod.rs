//! From the bytes of a body to the bytes that were meant (RFC 9110 §8.4), within the bounds of P6.

mod deflate;
mod gzip;
#[cfg(test)]
mod tests;
mod whole;

use std::{cell::Cell, io, pin::Pin, rc::Rc};

use appnet_policy::{exchange::Header, failure::Bound, preset::ResponseLimits};
use async_compression::{
    tokio::bufread::{BrotliDecoder, ZstdDecoder},
    zstd::DParameter,
};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_core::Stream;
use futures_util::StreamExt as _;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio_util::io::StreamReader;

use self::{deflate::Deflate, gzip::Gzip, whole::Whole};
use crate::error::Happened;

/// Takes a decoded body as it comes.
pub(crate) trait Sink {
    /// Refuses more bytes than it can take: of the decoded body, or of what follows it undecoded.
    fn check(&self, bytes: u64) -> Result<(), Happened>;

    /// Takes the next bytes. The server waits until it has.
    async fn take(&mut self, data: Bytes) -> Result<(), Happened>;
}

/// Reads a whole body and undoes its content codings.
///
/// # Errors
/// As [`read_into`]; [`Happened::TooLarge`] over the bound on a body in memory.
pub(crate) async fn read<S>(
    raw: S,
    headers: &[Header],
    limits: &ResponseLimits,
) -> Result<Bytes, Happened>
where
    S: Stream<Item = Result<Bytes, Happened>> + Unpin,
{
    let mut whole = Whole::new(limits.body_bytes);
    read_into(raw, headers, limits, &mut whole).await?;
    Ok(whole.into_bytes())
}

/// Reads a body to its end, undoes its content codings, and gives on what is decoded as soon as it can be decoded.
///
/// # Errors
/// What `raw` or `sink` fails with; [`Happened::TooLarge`] over a bound; [`Happened::Malformed`] for compressed data that is damaged or
/// cut short.
pub(crate) async fn read_into<S>(
    raw: S,
    headers: &[Header],
    limits: &ResponseLimits,
    sink: &mut impl Sink,
) -> Result<(), Happened>
where
    S: Stream<Item = Result<Bytes, Happened>> + Unpin,
{
    let codings = codings(headers)?;
    // awc panics when a body is polled after its end, and a decoder that looks for one more member polls it.
    let raw = raw.fuse();
    let budget = Budget {
        ratio: limits.decompression_ratio,
        received: Rc::default(),
    };
    if codings.is_empty() {
        read_plain(raw, sink).await
    } else {
        read_coded(raw, &codings, &budget, sink).await
    }
}

/// A content coding that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// As many as curl undoes; nobody means more.
const MOST_CODINGS: usize = 5;

/// RFC 9659 §3: the window that every client can be expected to have.
const ZSTD_WINDOW_LOG: u32 = 23;

const READ_SIZE: usize = 16 << 10;

/// Below this, a ratio says nothing: a few bytes may well stand for a page.
const RATIO_FROM: u64 = 1 << 20;

/// The codings to undo, the last applied first. One that is unknown stays, and with it all below it: the app gets the bytes as
/// they came, as it does from browsers.
fn codings(headers: &[Header]) -> Result<Vec<Coding>, Happened> {
    let fields = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("content-encoding"));
    let applied: Vec<_> = fields
        .flat_map(|header| header.value.split(','))
        .map(str::trim)
        .collect();
    if applied.len() > MOST_CODINGS {
        return Err(Happened::Malformed(format!(
            "more than {MOST_CODINGS} content codings"
        )));
    }
    let mut codings = Vec::new();
    for name in applied.into_iter().rev() {
        match name.to_ascii_lowercase().as_str() {
            "" | "identity" => {}
            "gzip" | "x-gzip" => codings.push(Coding::Gzip),
            "deflate" => codings.push(Coding::Deflate),
            "br" => codings.push(Coding::Brotli),
            "zstd" => codings.push(Coding::Zstd),
            unknown => {
                tracing::debug!(
                    coding = unknown,
                    "an unknown content coding is left as it is"
                );
                break;
            }
        }
    }
    Ok(codings)
}

/// The bound of P6 on how much a body may swell.
struct Budget {
    ratio: u32,
    received: Rc<Cell<u64>>,
}

impl Budget {
    fn receive(&self, count: usize) {
        self.received
            .set(self.received.get().saturating_add(count as u64));
    }

    fn check(&self, decoded: u64) -> Result<(), Happened> {
        let ratio = u64::from(self.ratio.max(1));
        if decoded > RATIO_FROM && decoded / ratio > self.received.get() {
            return Err(Happened::TooLarge(Bound::DecompressionRatio));
        }
        Ok(())
    }
}

async fn read_plain<S>(mut raw: S, sink: &mut impl Sink) -> Result<(), Happened>
where
    S: Stream<Item = Result<Bytes, Happened>> + Unpin,
{
    let mut received = 0;
    while let Some(data) = raw.next().await.transpose()? {
        received += data.len() as u64;
        sink.check(received)?;
        sink.take(data).await?;
    }
    Ok(())
}

async fn read_coded<S>(
    mut raw: S,
    codings: &[Coding],
    budget: &Budget,
    sink: &mut impl Sink,
) -> Result<(), Happened>
where
    S: Stream<Item = Result<Bytes, Happened>> + Unpin,
{
    let failed = Cell::new(None);
    let decoded = decode(source(&mut raw, budget, &failed), codings, budget, sink).await;
    // A body that broke off makes the data look damaged; what happened is that it broke off.
    if let Some(happened) = failed.take() {
        return Err(happened);
    }
    decoded?;
    // Whatever follows the compressed data is not part of it, but the connection is free only after it.
    while let Some(rest) = raw.next().await.transpose()? {
        budget.receive(rest.len());
        sink.check(budget.received.get())?;
    }
    Ok(())
}

type Source<'a> = Pin<Box<dyn AsyncBufRead + 'a>>;

fn source<'a, S>(
    raw: &'a mut S,
    budget: &'a Budget,
    failed: &'a Cell<Option<Happened>>,
) -> Source<'a>
where
    S: Stream<Item = Result<Bytes, Happened>> + Unpin,
{
    Box::pin(StreamReader::new(raw.map(|data| match data {
        Ok(data) => {
            budget.receive(data.len());
            Ok(data)
        }
        Err(happened) => {
            failed.set(Some(happened));
            Err(io::Error::other("see what happened to the body"))
        }
    })))
}

async fn decode(
    mut source: Source<'_>,
    codings: &[Coding],
    budget: &Budget,
    sink: &mut impl Sink,
) -> Result<(), Happened> {
    // Nothing at all is not even the header of a coding, and yet what many servers mean by an empty body.
    if source
        .fill_buf()
        .await
        .map_err(|error| damaged(codings, &error))?
        .is_empty()
    {
        return Ok(());
    }
    let mut reader = codings
        .iter()
        .fold(source, |source, coding| coding.undo(source));
    let (mut decoded, mut buffer) = (0, BytesMut::new());
    loop {
        buffer.reserve(READ_SIZE);
        let mut room = (&mut buffer).limit(READ_SIZE);
        let read = reader.read_buf(&mut room).await;
        if read.map_err(|error| damaged(codings, &error))? == 0 {
            return Ok(());
        }
        decoded += buffer.len() as u64;
        sink.check(decoded)?;
        budget.check(decoded)?;
        sink.take(buffer.split().freeze()).await?;
    }
}

fn damaged(codings: &[Coding], error: &io::Error) -> Happened {
    Happened::Malformed(format!(
        "the {codings:?} data is damaged or cut short: {error}"
    ))
}

impl Coding {
    fn undo<'a>(self, source: Source<'a>) -> Source<'a> {
        match self {
            Self::Gzip => buffered(Gzip::new(source)),
            Self::Deflate => buffered(Deflate::new(source)),
            Self::Brotli => buffered(BrotliDecoder::new(source)),
            Self::Zstd => buffered(zstd(source)),
        }
    }
}

/// RFC 8878 §3: frames may follow one another.
fn zstd(source: Source<'_>) -> ZstdDecoder<Source<'_>> {
    let mut decoder =
        ZstdDecoder::with_params(source, &[DParameter::window_log_max(ZSTD_WINDOW_LOG)]);
    decoder.multiple_members(true);
    decoder
}

fn buffered<'a>(reader: impl AsyncRead + 'a) -> Source<'a> {
    Box::pin(BufReader::with_capacity(READ_SIZE, reader))
}
