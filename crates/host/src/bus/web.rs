//! A connection of the bus that is a WebSocket: one message of the bus is one of the WebSocket's. Without attachments it is a text, the JSON; with
//! attachments it is binary, as on a pipe.

use std::future::{Future, pending};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream, duplex, split},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    accept_async_with_config,
    tungstenite::{Message as WebMessage, protocol::WebSocketConfig},
};

use super::{
    PATIENCE,
    frame::{self, FrameReader},
};

/// Bytes that wait between the WebSocket and who serves it, in each direction.
const WAITING: usize = 64 << 10;

/// What the line of lengths and the line ends of a frame take, at most.
const AROUND: usize = 2 << 10;

/// Reads what the network itself has written, which bounds it.
const OURS: usize = u32::MAX as usize;

/// Serves a connection by what serves a stream of bytes. `limit` is in bytes, of one message.
pub(super) async fn serve<F: Future<Output = ()>>(
    stream: TcpStream,
    limit: usize,
    served: impl FnOnce(DuplexStream) -> F,
) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(2 * limit + AROUND)) // a line and its attachments
        .max_frame_size(Some(2 * limit + AROUND));
    let handshake = timeout(PATIENCE, accept_async_with_config(stream, Some(config))).await;
    let Ok(Ok(socket)) = handshake else {
        return; // not a WebSocket: nobody to tell
    };
    let (mut sink, mut messages) = socket.split();
    let (ours, theirs) = duplex(WAITING);
    let (output, mut input) = split(ours);
    let inward = async {
        while let Some(Ok(message)) = messages.next().await {
            if write(&mut input, message).await.is_err() {
                break;
            }
        }
        drop(input.shutdown().await); // who serves has gone
    };
    let outward = async {
        let mut frames = FrameReader::new(BufReader::new(output), OURS);
        while let Ok(Some(message)) = frames.next().await {
            let message = if message.attachments.is_empty() {
                WebMessage::text(message.json)
            } else {
                WebMessage::binary(frame::write(&message))
            };
            if sink.send(message).await.is_err() {
                return;
            }
        }
        drop(sink.close().await); // the peer has gone
    };
    tokio::select! {
        _ = async { tokio::join!(served(theirs), outward) } => {}
        () = async { inward.await; pending().await } => {}
    }
}

async fn write(input: &mut (impl AsyncWrite + Unpin), message: WebMessage) -> std::io::Result<()> {
    match message {
        WebMessage::Text(json) => {
            // On a pipe a line end ends the message; in JSON it stands for a blank.
            let line = json.replace(['\n', '\r'], " ") + "\n";
            input.write_all(line.as_bytes()).await
        }
        WebMessage::Binary(frame) => input.write_all(&frame).await,
        WebMessage::Ping(_) | WebMessage::Pong(_) | WebMessage::Close(_) | WebMessage::Frame(_) => {
            Ok(())
        }
    }
}
