//! Plays a script on a connection.

use std::{future::Future, io, sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{
    journal::{Journal, PeerClose, RawRequest},
    script::{Script, Step},
    wire,
};
use crate::conn::Conn;

/// While a script does not read, so much is taken from the peer and kept, to notice its close; beyond it the peer's window
/// fills as with a server that reads nothing.
const READ_AHEAD: usize = 64 * 1024;

/// Plays the whole script and then waits for the peer's close; the journal hears how it ended.
pub(super) async fn play(conn: Conn, script: &Script, journal: &Arc<Journal>, index: usize) {
    let under_tls = matches!(conn, Conn::Tls(_));
    let mut player = Player {
        conn,
        buf: BytesMut::new(),
        journal,
        index,
    };
    let end = player.run(script).await;
    let closed = match end {
        End::Closed(PeerFin) => PeerClose::Clean,
        End::Failed(error) if under_tls && error.kind() == io::ErrorKind::UnexpectedEof => {
            PeerClose::BareFin
        }
        End::Failed(error) => PeerClose::Error(error.to_string()),
        End::Reset => PeerClose::ResetByUs,
    };
    let Player { conn, buf, .. } = player;
    if closed == PeerClose::ResetByUs {
        conn.reset();
    } else {
        drop(conn);
    }
    // After the socket is gone: a test that hears of the end can rely on it.
    journal.update(index, |log| {
        log.unread = buf[..buf.len().min(READ_AHEAD)].to_vec();
        log.closed = Some(closed);
    });
}

/// The peer sent FIN, or close_notify.
struct PeerFin;

/// Why a script cannot go on.
enum End {
    Closed(PeerFin),
    Failed(io::Error),
    Reset,
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

struct Player<'a> {
    conn: Conn,
    /// Read and not yet used by a step.
    buf: BytesMut,
    journal: &'a Journal,
    index: usize,
}

impl Player<'_> {
    async fn run(&mut self, script: &Script) -> End {
        let repeats = script.repeats && script.steps.iter().any(takes_from_peer);
        loop {
            for step in &script.steps {
                if let Err(end) = self.step(step).await {
                    return end;
                }
            }
            if !repeats {
                return self.await_close().await;
            }
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), End> {
        match step {
            Step::ReadRequest => self.read_request().await,
            Step::ReadHead => {
                let request = self.read_head().await?;
                self.journal.request(request);
                Ok(())
            }
            Step::ReadBytes(count) => self.read_bytes(*count).await,
            Step::Send(bytes) => self.send(bytes).await,
            Step::SendPieces { bytes, size, pause } => self.send_pieces(bytes, *size, *pause).await,
            Step::Wait(gate) => self.watch_while(gate.wait()).await,
            Step::Pause(time) => self.watch_while(tokio::time::sleep(*time)).await,
            Step::CloseNotify => Ok(self.conn.close_notify().await?),
            Step::Fin => Ok(self.conn.fin().await?),
            Step::Reset => Err(End::Reset),
            Step::AwaitClose => Err(self.await_close().await),
        }
    }

    async fn read_request(&mut self) -> Result<(), End> {
        let mut request = self.read_head().await?;
        let kind = wire::body_kind(&request);
        let body = loop {
            if let Some(body) = wire::whole_body(kind, &self.buf) {
                break body;
            }
            self.fill().await?;
        };
        drop(self.buf.split_to(body.wire_length));
        request.body = body.content;
        self.journal.request(request);
        Ok(())
    }

    async fn read_head(&mut self) -> Result<RawRequest, End> {
        loop {
            if let Some(length) = wire::head_length(&self.buf) {
                let head = self.buf.split_to(length);
                return Ok(wire::parse_head(self.index, &head));
            }
            self.fill().await?;
        }
    }

    async fn read_bytes(&mut self, count: usize) -> Result<(), End> {
        while self.buf.len() < count {
            self.fill().await?;
        }
        let raw = self.buf.split_to(count);
        self.journal
            .update(self.index, |log| log.raw.extend_from_slice(&raw));
        Ok(())
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.conn.write_all(bytes).await?;
        Ok(self.conn.flush().await?)
    }

    async fn send_pieces(&mut self, bytes: &[u8], size: usize, pause: Duration) -> Result<(), End> {
        for (i, piece) in bytes.chunks(size.max(1)).enumerate() {
            if i > 0 && !pause.is_zero() {
                self.watch_while(tokio::time::sleep(pause)).await?;
            }
            self.send(piece).await?;
        }
        Ok(())
    }

    /// Waits for `until`, or for the peer's close.
    async fn watch_while(&mut self, until: impl Future<Output = ()>) -> Result<(), End> {
        let mut until = std::pin::pin!(until);
        loop {
            let room = self.buf.len() < READ_AHEAD;
            tokio::select! {
                biased;
                () = &mut until => return Ok(()),
                filled = self.fill(), if room => filled?,
            }
        }
    }

    async fn await_close(&mut self) -> End {
        loop {
            if let Err(end) = self.fill().await {
                return end;
            }
            self.buf.truncate(READ_AHEAD);
        }
    }

    /// Reads something; safe to drop, then nothing was read.
    async fn fill(&mut self) -> Result<(), End> {
        self.buf.reserve(16 * 1024);
        match self.conn.read_buf(&mut self.buf).await? {
            0 => Err(End::Closed(PeerFin)),
            _ => Ok(()),
        }
    }
}

/// Whether playing it again makes sense: else a repeated script would spin.
const fn takes_from_peer(step: &Step) -> bool {
    match step {
        Step::ReadRequest
        | Step::ReadHead
        | Step::ReadBytes(_)
        | Step::Wait(_)
        | Step::Pause(_) => true,
        Step::Send(_)
        | Step::SendPieces { .. }
        | Step::CloseNotify
        | Step::Fin
        | Step::Reset
        | Step::AwaitClose => false,
    }
}
