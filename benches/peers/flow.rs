//! Sending over HTTP/2 by hand.

use std::future::poll_fn;

use bytes::Bytes;
use h2::SendStream;

/// Sends as the window of the other side allows.
pub(crate) async fn send(
    stream: &mut SendStream<Bytes>,
    mut data: Bytes,
    last: bool,
) -> Result<(), h2::Error> {
    stream.reserve_capacity(data.len());
    while stream.capacity() < data.len() {
        let Some(capacity) = poll_fn(|cx| stream.poll_capacity(cx)).await else {
            return Ok(()); // the other side has given it up
        };
        let now = data.split_to(capacity?.min(data.len()));
        if !now.is_empty() {
            let ended = last && data.is_empty();
            stream.send_data(now, ended)?;
            if data.is_empty() {
                return Ok(());
            }
            stream.reserve_capacity(data.len());
        }
    }
    stream.send_data(data, last)
}
