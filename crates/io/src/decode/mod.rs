//! From the bytes of a body to the bytes that were meant (RFC 9110 §8.4), within the bounds of P6 and in the steps of I1.

mod brotli;
mod coding;
mod decoder;
mod deflate;
mod gzip;
mod layer;
mod layers;
#[cfg(test)]
mod tests;
mod zstd;

use appnet_policy::{exchange::Header, preset::ResponseLimits};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt as _;

use self::layers::Layers;
use crate::{error::ExchangeError, slice::Slice};

/// Takes a decoded body as it comes.
pub(crate) trait Sink {
    /// Refuses more bytes than it can take: of the decoded body, or of what follows it undecoded.
    fn check(&self, bytes: u64) -> Result<(), ExchangeError>;

    /// Takes the next bytes. The server waits until it has.
    async fn take(&mut self, data: Bytes, slice: &mut Slice) -> Result<(), ExchangeError>;
}

/// Reads a body to its end, undoes its content codings, and gives on what is decoded as soon as it can be decoded. The thread is given back after
/// each slice, however much of the body is there already.
///
/// # Errors
/// What `raw` or `sink` fails with; [`ExchangeError::BodyTooLarge`] over a bound; [`ExchangeError::Malformed`] for compressed data that is damaged or
/// cut short, and for more layers of it than are undone.
pub(crate) async fn read_into<S>(
    raw: S,
    headers: &[Header],
    limits: &ResponseLimits,
    slice: &mut Slice,
    sink: &mut impl Sink,
) -> Result<(), ExchangeError>
where
    S: Stream<Item = Result<Bytes, ExchangeError>> + Unpin,
{
    let codings = coding::applied(headers)?;
    if codings.is_empty() {
        read_plain(raw, slice, sink).await
    } else {
        let layers = Layers::new(&codings, limits.decompression_ratio);
        Box::pin(read_coded(raw, layers, slice, sink)).await // what holds decoders is large
    }
}

async fn read_plain<S>(
    mut raw: S,
    slice: &mut Slice,
    sink: &mut impl Sink,
) -> Result<(), ExchangeError>
where
    S: Stream<Item = Result<Bytes, ExchangeError>> + Unpin,
{
    let mut received = 0;
    while let Some(data) = slice.wait(raw.next()).await.transpose()? {
        received += data.len() as u64;
        sink.check(received)?;
        slice.spend(data.len()).await;
        sink.take(data, slice).await?;
    }
    Ok(())
}

async fn read_coded<S>(
    mut raw: S,
    mut layers: Layers,
    slice: &mut Slice,
    sink: &mut impl Sink,
) -> Result<(), ExchangeError>
where
    S: Stream<Item = Result<Bytes, ExchangeError>> + Unpin,
{
    let mut decoded = 0;
    while let Some(data) = slice.wait(raw.next()).await.transpose()? {
        slice.spend(data.len()).await;
        layers.push(data);
        while let Some(data) = layers.next(slice).await? {
            decoded += data.len() as u64;
            sink.check(decoded)?;
            sink.take(data, slice).await?;
        }
        // What follows the compressed data is no part of it, but the connection is free only after it.
        sink.check(layers.ignored())?;
    }
    layers.finish()
}
