//! A server's own thread and runtime, so that it serves whatever runtime a test has: actix, virtual time, or none.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    thread::JoinHandle,
    time::Duration,
};

use tokio::{net::TcpStream, sync::oneshot};

/// Runs until it is dropped; after the drop its sockets are closed.
#[derive(Debug)]
pub(crate) struct ServerThread {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ServerThread {
    /// Starts `main` on a current-thread runtime of its own. What `main` spawned ends with it.
    ///
    /// # Errors
    /// The system refuses a thread or an I/O driver.
    pub(crate) fn start<F, M>(name: &str, main: F) -> io::Result<Self>
    where
        F: FnOnce() -> M + Send + 'static,
        M: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = main() => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for ServerThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        let Some(thread) = self.thread.take() else {
            return;
        };
        // A server dropped by its own handler cannot wait for itself.
        if thread.thread().id() != std::thread::current().id() {
            // A panic in there was printed by its thread and is the test's to judge by what it sees.
            drop(thread.join());
        }
    }
}

/// Listens on a port of 127.0.0.1 (0: any free one) and, if asked, on the same port of ::1.
///
/// # Errors
/// The port is taken, or the machine has no such address.
pub(crate) fn listen(port: u16, ipv6: bool) -> io::Result<Vec<TcpListener>> {
    // A port that is free on 127.0.0.1 can be taken on ::1: another one is tried.
    let attempts = if ipv6 && port == 0 { 20 } else { 1 };
    let mut result = listen_once(port, ipv6);
    for _ in 1..attempts {
        if result.is_ok() {
            break;
        }
        result = listen_once(port, ipv6);
    }
    result
}

/// Hands over each connection that comes.
pub(crate) async fn accept_each(listener: TcpListener, mut each: impl FnMut(TcpStream)) {
    let listener = tokio::net::TcpListener::from_std(listener)
        .expect("the listener is non-blocking and this is a runtime");
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => {
                // Pieces must leave one by one; a socket that refuses is gone already, which the first read will show.
                drop(tcp.set_nodelay(true));
                each(tcp);
            }
            // Mostly the process is out of descriptors: do not spin until one is free.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

fn listen_once(port: u16, ipv6: bool) -> io::Result<Vec<TcpListener>> {
    let first = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    if !ipv6 {
        return Ok(vec![first]);
    }
    let second = bind(SocketAddr::from((
        Ipv6Addr::LOCALHOST,
        first.local_addr()?.port(),
    )))?;
    Ok(vec![first, second])
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
