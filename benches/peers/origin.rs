//! The origin: a process of its own on a core of its own, as fast as it can be, so that the clients are what is measured.

mod echo;
mod http1;
mod http2;
mod resources;

use std::{
    error::Error,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, ChildStdin, Command, Stdio},
    rc::Rc,
    sync::Arc,
    thread,
};

use appnet_testkit::Ca;
use rustls::{ALL_VERSIONS, ServerConfig};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::spawn_local,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{machine, work::Version};

/// The name it has a certificate for.
pub(crate) const HOST: &str = "api.bench.test";

/// A running origin; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Its authority, in PEM.
    pub(crate) ca_pem: String,
    http1: u16,
    http2: u16,
    /// Where it echoes messages.
    pub(crate) echo: u16,
    asks: Option<ChildStdin>,
    child: Child,
}

impl Origin {
    /// Starts it on this core.
    pub(crate) fn start(core: usize) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["origin", &core.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let asks = child.stdin.take();
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let mut line = || lines.next().ok_or("the origin ended");
        let mut port = || -> Result<u16, Box<dyn Error>> { Ok(line()??.parse()?) };
        let (http1, http2, echo) = (port()?, port()?, port()?);
        let mut ca_pem = String::new();
        while !ca_pem.contains("-----END") {
            ca_pem.push_str(&(line()?? + "\n"));
        }
        Ok(Self {
            ca_pem,
            http1,
            http2,
            echo,
            asks,
            child,
        })
    }

    /// Where it speaks this version of HTTP, and no other.
    pub(crate) const fn port(&self, version: Version) -> u16 {
        match version {
            Version::One => self.http1,
            Version::Two => self.http2,
        }
    }

    /// The same, as an address.
    pub(crate) fn address(&self, version: Version) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port(version)).into()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.asks.take());
        drop(self.child.wait()); // it ends with its standard input
    }
}

/// What the child does: serves until its standard input ends.
pub(crate) async fn serve(core: usize) -> Result<(), Box<dyn Error>> {
    machine::pin(core)?;
    let ca = Ca::new();
    let leaf = ca.issue(&[HOST]);
    let (first, second): (&[u8], &[u8]) = (b"http/1.1", b"h2");
    let resources = Rc::new(resources::Resources::new());
    let for_http1 = Rc::clone(&resources);
    let http1 = listen(leaf.server_config(&[first], ALL_VERSIONS), move |tls| {
        http1::serve(tls, Rc::clone(&for_http1))
    })
    .await?;
    let http2 = listen(leaf.server_config(&[second], ALL_VERSIONS), move |tls| {
        http2::serve(tls, Rc::clone(&resources))
    })
    .await?;
    let echo = listen(leaf.server_config(&[first], ALL_VERSIONS), echo::serve).await?;
    introduce([http1, http2, echo], &ca)?;
    until_input_ends().await
}

#[expect(clippy::print_stdout, reason = "it tells its parent where it is")]
fn introduce(ports: [u16; 3], ca: &Ca) -> io::Result<()> {
    for port in ports {
        println!("{port}");
    }
    println!("{}", ca.pem().trim());
    io::stdout().flush()?;
    Ok(())
}

async fn until_input_ends() -> Result<(), Box<dyn Error>> {
    let (ended, end) = oneshot::channel::<()>();
    thread::spawn(move || {
        drop(io::copy(&mut io::stdin(), &mut io::sink()));
        drop(ended);
    });
    drop(end.await);
    Ok(())
}

/// Accepts connections for ever; gives the port.
async fn listen<S, F>(config: Arc<ServerConfig>, serve: S) -> io::Result<u16>
where
    S: Fn(TlsStream<TcpStream>) -> F + 'static,
    F: Future<Output = io::Result<()>> + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let serve = Rc::new(serve);
    spawn_local(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, serve) = (TlsAcceptor::from(Arc::clone(&config)), Rc::clone(&serve));
            spawn_local(async move {
                tcp.set_nodelay(true)?;
                serve(acceptor.accept(tcp).await?).await
            });
        }
    });
    Ok(port)
}
