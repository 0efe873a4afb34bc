//! Plays a script on a connection.

use std::{io, time::Duration};

use super::{
    journal::{Journal, PeerClose, RawRequest},
    script::{Script, Step},
    wire,
};
use crate::{
    conn::Conn,
    peer::{Gone, Peer, READ_AHEAD},
};

/// Plays the whole script and then waits for the peer's close; the journal hears how it ended.
pub(super) async fn play(conn: Conn, script: &Script, journal: &Journal, index: usize) {
    let mut player = Player {
        peer: Peer::new(conn),
        journal,
        index,
    };
    let closed = match player.run(script).await {
        End::Gone(gone) => peer_close(&player.peer.conn, gone),
        End::Reset => PeerClose::ResetByUs,
    };
    let Peer { conn, buf } = player.peer;
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

fn peer_close(conn: &Conn, gone: Gone) -> PeerClose {
    let bare = |error: &io::Error| conn.is_tls() && error.kind() == io::ErrorKind::UnexpectedEof;
    match gone {
        Gone::Closed => PeerClose::Clean,
        Gone::Failed(error) if bare(&error) => PeerClose::BareFin,
        Gone::Failed(error) => PeerClose::Error(error.to_string()),
    }
}

/// Why a script cannot go on.
enum End {
    Gone(Gone),
    Reset,
}

impl From<Gone> for End {
    fn from(gone: Gone) -> Self {
        Self::Gone(gone)
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Gone(error.into())
    }
}

struct Player<'a> {
    peer: Peer,
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
                return self.peer.drain().await.into();
            }
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), End> {
        match step {
            Step::ReadRequest => self.read_request().await?,
            Step::ReadHead => {
                let request = self.read_head().await?;
                self.journal.request(request);
            }
            Step::ReadBytes(count) => self.read_bytes(*count).await?,
            Step::Send(bytes) => self.peer.send(bytes).await?,
            Step::SendPieces { bytes, size, pause } => {
                self.send_pieces(bytes, *size, *pause).await?
            }
            Step::Wait(gate) => self.peer.watch_while(gate.wait()).await?,
            Step::Pause(time) => self.peer.watch_while(tokio::time::sleep(*time)).await?,
            Step::CloseNotify => self.peer.conn.close_notify().await?,
            Step::Fin => self.peer.conn.fin().await?,
            Step::Reset => return Err(End::Reset),
            Step::AwaitClose => return Err(self.peer.drain().await.into()),
        }
        Ok(())
    }

    async fn read_request(&mut self) -> Result<(), Gone> {
        let mut request = self.read_head().await?;
        let kind = wire::body_kind(&request);
        let body = loop {
            if let Some(body) = kind.whole(&self.peer.buf) {
                break body;
            }
            self.peer.fill().await?;
        };
        drop(self.peer.buf.split_to(body.wire_length));
        request.body = body.content;
        self.journal.request(request);
        Ok(())
    }

    async fn read_head(&mut self) -> Result<RawRequest, Gone> {
        loop {
            if let Some(length) = wire::head_length(&self.peer.buf) {
                let head = self.peer.buf.split_to(length);
                return Ok(wire::parse_head(self.index, &head));
            }
            self.peer.fill().await?;
        }
    }

    async fn read_bytes(&mut self, count: usize) -> Result<(), Gone> {
        while self.peer.buf.len() < count {
            self.peer.fill().await?;
        }
        let raw = self.peer.buf.split_to(count);
        self.journal
            .update(self.index, |log| log.raw.extend_from_slice(&raw));
        Ok(())
    }

    async fn send_pieces(
        &mut self,
        bytes: &[u8],
        size: usize,
        pause: Duration,
    ) -> Result<(), Gone> {
        for (i, piece) in bytes.chunks(size.max(1)).enumerate() {
            if i > 0 && !pause.is_zero() {
                self.peer.watch_while(tokio::time::sleep(pause)).await?;
            }
            self.peer.send(piece).await?;
        }
        Ok(())
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
