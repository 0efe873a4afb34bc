//! One connection through the proxy.

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, sink},
    net::TcpStream,
};

use super::Fault;

/// Serves one connection. An error of either end shows at the other one as its end.
pub(super) async fn relay(mut client: TcpStream, target: SocketAddr, fault: Fault) {
    if fault == Fault::BlackHole {
        return drop(copy(&mut client, &mut sink()).await);
    }
    let resets = match TcpStream::connect(target).await {
        Ok(server) => carry(&mut client, server, fault).await,
        Err(_) => true,
    };
    if resets {
        // It fails only if the socket is gone already. The RST leaves when the stream is dropped.
        drop(client.set_zero_linger());
    }
}

/// Carries bytes both ways until both have ended; says whether a reset follows.
async fn carry(client: &mut TcpStream, mut server: TcpStream, fault: Fault) -> bool {
    drop(server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut up = pin!(async {
        drop(copy(&mut from_client, &mut to_server).await);
        drop(to_server.shutdown().await);
    });
    let mut down = pin!(async {
        let resets = pass(&mut from_server, &mut to_client, fault).await;
        if !resets {
            drop(to_client.shutdown().await);
        }
        resets
    });
    tokio::select! {
        // A client that has said everything may still wait for its answer.
        () = &mut up => down.await,
        resets = &mut down => {
            if !resets {
                up.await;
            }
            resets
        }
    }
}

/// Passes bytes on as the fault lets it; says whether a reset follows.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    fault: Fault,
) -> bool {
    match fault {
        Fault::None | Fault::BlackHole => drop(copy(from, to).await),
        Fault::Delay(time) => drop(copy_slowly(from, to, time).await),
        Fault::CutAfter(bytes) => drop(copy(&mut from.take(bytes), to).await),
        Fault::ResetAfter(bytes) => {
            return copy(&mut from.take(bytes), to)
                .await
                .is_ok_and(|sent| sent == bytes);
        }
    }
    false
}

async fn copy_slowly(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    time: Duration,
) -> io::Result<()> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        tokio::time::sleep(time).await;
        to.write_all(&piece[..length]).await?;
    }
}
