//! One connection through the proxy.

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, sink},
    net::TcpStream,
};

use super::{Fault, Passed, Side};

/// The most that is read at once.
const PIECE: usize = 16 * 1024;

/// How one direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its side has said everything, or was cut off.
    Finished,
    /// The connection is closed for both.
    Closed,
    Reset,
}

/// Serves one connection. An error of either end shows at the other one as its end.
pub(super) async fn relay(
    mut client: TcpStream,
    target: SocketAddr,
    (side, fault): (Side, Fault),
    passed: &Passed,
) {
    if fault == Fault::BlackHole {
        return drop(copy(&mut client, &mut sink()).await);
    }
    let resets = match TcpStream::connect(target).await {
        Ok(server) => carry(&mut client, server, (side, fault), passed).await,
        Err(_) => true,
    };
    if resets {
        // It fails only if the socket is gone already. The RST leaves when the stream is dropped.
        drop(client.set_zero_linger());
    }
}

/// Carries bytes both ways until both have ended; says whether a reset follows.
async fn carry(
    client: &mut TcpStream,
    mut server: TcpStream,
    (side, fault): (Side, Fault),
    passed: &Passed,
) -> bool {
    drop(server.set_nodelay(true));
    let fault_of = |of| if of == side { fault } else { Fault::None };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let (of_client, of_target) = (Side::Client, Side::Target);
    let up = one_way(
        from_client,
        to_server,
        fault_of(of_client),
        passed.of(of_client),
    );
    let down = one_way(
        from_server,
        to_client,
        fault_of(of_target),
        passed.of(of_target),
    );
    let (mut up, mut down) = (pin!(up), pin!(down));
    let (first, up_ended) = tokio::select! {
        end = &mut up => (end, true),
        end = &mut down => (end, false),
    };
    // A side that has said everything may still wait for the other.
    let last = match first {
        End::Finished if up_ended => down.await,
        End::Finished => up.await,
        end => end,
    };
    last == End::Reset
}

/// Passes bytes on as the fault lets it.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    fault: Fault,
    passed: &AtomicU64,
) -> End {
    let limit = match fault {
        Fault::CutAfter(bytes)
        | Fault::CloseAfter(bytes)
        | Fault::ResetAfter(bytes)
        | Fault::SilentAfter(bytes) => bytes,
        Fault::None
        | Fault::Delay(_)
        | Fault::Drip(..)
        | Fault::CorruptAt(_)
        | Fault::BlackHole => u64::MAX,
    };
    let sent = pass(&mut from, &mut to, fault, limit, passed).await;
    let over = sent.is_ok_and(|sent| sent == limit);
    match fault {
        Fault::CloseAfter(_) if over => return End::Closed,
        Fault::ResetAfter(_) if over => return End::Reset,
        Fault::SilentAfter(_) if over => drop(copy(&mut from, &mut sink()).await),
        _ => {}
    }
    drop(to.shutdown().await);
    End::Finished
}

/// Passes on at most so many bytes; says how many it were.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    fault: Fault,
    limit: u64,
    passed: &AtomicU64,
) -> io::Result<u64> {
    let (size, pause) = match fault {
        Fault::Delay(pause) => (PIECE, pause),
        Fault::Drip(size, pause) => (size.clamp(1, PIECE), pause),
        _ => (PIECE, Duration::ZERO),
    };
    let mut piece = vec![0; size];
    let mut sent = 0;
    while sent < limit {
        let most = usize::try_from(limit - sent).map_or(size, |left| left.min(size));
        let length = from.read(&mut piece[..most]).await?;
        if length == 0 {
            break;
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        if let Fault::CorruptAt(place) = fault
            && let Some(byte) = place
                .checked_sub(sent)
                .and_then(|at| piece[..length].get_mut(usize::try_from(at).ok()?))
        {
            *byte ^= 0xff;
        }
        // Counted first: who has the bytes may ask for the count.
        passed.fetch_add(length as u64, SeqCst);
        to.write_all(&piece[..length]).await?;
        sent += length as u64;
    }
    Ok(sent)
}
