//! The task that writes what a socket has to send.

use std::{future::poll_fn, io, rc::Rc};

use appnet_websocket::Polled;
use tokio::task::yield_now;

use super::shared::SharedSocket;

/// Writes until our close frame is out or the connection breaks. Dropped, it says so.
pub(super) struct Transmitter {
    shared: Rc<SharedSocket>,
}

impl Transmitter {
    pub(super) const fn new(shared: Rc<SharedSocket>) -> Self {
        Self { shared }
    }

    pub(super) async fn run(self) {
        // Why it broke is told by the reading side, which sees the same end.
        if let Err(error) = self.transmit().await {
            tracing::debug!(%error, "a socket cannot be written to");
        }
    }

    async fn transmit(&self) -> io::Result<()> {
        let mut output = Vec::new();
        loop {
            match self.shared.poll_transmit(&mut output) {
                Polled::Ready(()) => {
                    self.write(&output).await?;
                    self.shared.transmitted();
                    output.clear();
                }
                Polled::Yield => yield_now().await,
                Polled::Idle => {
                    // A socket that is silent holds no buffer.
                    output = Vec::new();
                    if !self.shared.wait_to_transmit().await {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn write(&self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            let written = poll_fn(|cx| self.shared.poll_write(cx, rest)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            rest = &rest[written..];
        }
        poll_fn(|cx| self.shared.poll_flush(cx)).await
    }
}

impl Drop for Transmitter {
    fn drop(&mut self) {
        self.shared.writer_ended();
    }
}
