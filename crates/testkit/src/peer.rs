//! A connection and what was read from it ahead.

use std::{future::Future, io};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::conn::Conn;

/// While a server does not read, so much is taken from the peer and kept, to notice its close; beyond it the peer's window
/// fills as with a server that reads nothing.
pub(crate) const READ_AHEAD: usize = 64 * 1024;

/// How the peer ended the connection.
#[derive(Debug)]
pub(crate) enum Gone {
    /// FIN, or close_notify under TLS.
    Closed,
    /// RST, an error of TLS, or FIN without close_notify (an unexpected end of file).
    Failed(io::Error),
}

impl From<io::Error> for Gone {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// The peer of a server.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) conn: Conn,
    /// Read and not yet used.
    pub(crate) buf: BytesMut,
}

impl Peer {
    pub(crate) fn new(conn: Conn) -> Self {
        Self {
            conn,
            buf: BytesMut::new(),
        }
    }

    /// Reads something into `buf`. Safe to drop: then nothing was read.
    ///
    /// # Errors
    /// There is nothing more to read.
    pub(crate) async fn fill(&mut self) -> Result<(), Gone> {
        self.buf.reserve(16 * 1024);
        match self.conn.read_buf(&mut self.buf).await? {
            0 => Err(Gone::Closed),
            _ => Ok(()),
        }
    }

    /// Sends all of it, now.
    ///
    /// # Errors
    /// The peer is gone.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.conn.write_all(bytes).await?;
        Ok(self.conn.flush().await?)
    }

    /// Waits for `until` and reads ahead meanwhile, to notice a close.
    ///
    /// # Errors
    /// The peer is gone.
    pub(crate) async fn watch_while<T>(
        &mut self,
        until: impl Future<Output = T>,
    ) -> Result<T, Gone> {
        let mut until = std::pin::pin!(until);
        loop {
            let room = self.buf.len() < READ_AHEAD;
            tokio::select! {
                biased;
                done = &mut until => return Ok(done),
                filled = self.fill(), if room => filled?,
            }
        }
    }

    /// Reads until the peer closes; keeps the start of what came.
    pub(crate) async fn drain(&mut self) -> Gone {
        loop {
            if let Err(gone) = self.fill().await {
                return gone;
            }
            self.buf.truncate(READ_AHEAD);
        }
    }
}
