//! A link slow enough to watch a transfer on it: on loopback it would be over before a person sees a bar move.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// One piece each pause: some 15 MiB a second.
const PIECE: usize = 64 << 10;
const PAUSE: Duration = Duration::from_millis(4);

/// Carries connections to `target`, slowly, until the process ends. Answers the port it listens on.
///
/// # Errors
/// The system gives no socket or thread.
pub(super) fn start(target: SocketAddr) -> io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    spawn(move || {
        for client in listener.incoming() {
            // A connection that cannot be carried is one that breaks.
            drop(client.and_then(|client| carry(client, target)));
        }
    })?;
    Ok(port)
}

fn carry(client: TcpStream, target: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    let (from_client, from_server) = (client.try_clone()?, server.try_clone()?);
    spawn(move || pass(from_client, server))?;
    spawn(move || pass(from_server, client))
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = vec![0; PIECE];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
        thread::sleep(PAUSE);
    }
    drop(to.shutdown(Shutdown::Write)); // fails if the other end is gone, which is what it says
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name("slow-link".to_owned())
        .spawn(work)
        .map(drop)
}
