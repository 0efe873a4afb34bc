//! A proxy that a host may set: HTTP `CONNECT` (RFC 9110) and SOCKS 5 (RFC 1928, RFC 1929), right or wrong as a test needs it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional, sink},
    net::TcpStream,
};

use crate::thread::{ServerThread, accept_each, listen};

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP/1.1 `CONNECT`.
    Http,
    /// SOCKS 5.
    Socks5,
}

/// What a proxy does with who connects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Conduct {
    /// It leads where it is asked to.
    #[default]
    Serves,
    /// It sends the first of these after the first bytes that it has read, the next after the next, then nothing more.
    Answers(Vec<Vec<u8>>),
    /// It sends this again and again, and reads nothing.
    Floods(Vec<u8>),
    /// It reads, and says nothing.
    Silent,
    /// It closes.
    Closes,
}

/// A proxy on a free port of 127.0.0.1. Dropped, it is gone, with its tunnels.
#[derive(Debug)]
pub struct TestProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _thread: ServerThread,
}

#[derive(Debug)]
struct Shared {
    speaks: Speaks,
    conduct: Conduct,
    credentials: Option<(String, String)>,
    /// Where every tunnel leads, whatever was asked.
    leads_to: Option<SocketAddr>,
    asked: Mutex<Vec<String>>,
}

/// What a proxy will be.
#[derive(Debug, Clone)]
pub struct TestProxyBuilder {
    speaks: Speaks,
    conduct: Conduct,
    credentials: Option<(String, String)>,
    leads_to: Option<SocketAddr>,
}

impl TestProxyBuilder {
    /// Serves only who says this user and password.
    #[must_use]
    pub fn knowing(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Leads every tunnel there, whatever it is asked for: for addresses that a test cannot have.
    #[must_use]
    pub const fn leading_to(mut self, address: SocketAddr) -> Self {
        self.leads_to = Some(address);
        self
    }

    /// Does this.
    #[must_use]
    pub fn conduct(mut self, conduct: Conduct) -> Self {
        self.conduct = conduct;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The system gives no socket or thread.
    pub fn start(self) -> io::Result<TestProxy> {
        let listener = listen(0, false)?.remove(0);
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            speaks: self.speaks,
            conduct: self.conduct,
            credentials: self.credentials,
            leads_to: self.leads_to,
            asked: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        let thread = ServerThread::start("test-proxy", move || {
            accept_each(listener, move |client| {
                let shared = Arc::clone(&for_thread);
                // An error is one of either end, which shows at the other.
                tokio::spawn(async move { drop(shared.serve(client).await) });
            })
        })?;
        Ok(TestProxy {
            address,
            shared,
            _thread: thread,
        })
    }
}

impl TestProxy {
    /// One of this protocol.
    #[must_use]
    pub const fn speaking(speaks: Speaks) -> TestProxyBuilder {
        TestProxyBuilder {
            speaks,
            conduct: Conduct::Serves,
            credentials: None,
            leads_to: None,
        }
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it was asked to connect to, `HOST:PORT` each, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked().clone()
    }
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, Vec<String>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        match &self.conduct {
            Conduct::Serves => {}
            Conduct::Answers(answers) => {
                for answer in answers {
                    let mut heard = [0; 4096];
                    if client.read(&mut heard).await? == 0 {
                        return Ok(());
                    }
                    client.write_all(answer).await?;
                }
                return copy(&mut client, &mut sink()).await.map(drop);
            }
            Conduct::Floods(bytes) => loop {
                client.write_all(bytes).await?;
            },
            Conduct::Silent => return copy(&mut client, &mut sink()).await.map(drop),
            Conduct::Closes => return Ok(()),
        }
        let server = match self.speaks {
            Speaks::Http => self.http(&mut client).await?,
            Speaks::Socks5 => self.socks(&mut client).await?,
        };
        match server {
            Some(mut server) => copy_bidirectional(&mut client, &mut server).await.map(drop),
            None => Ok(()),
        }
    }

    async fn connect(&self, target: String) -> io::Result<TcpStream> {
        self.asked().push(target.clone());
        let server = match self.leads_to {
            Some(address) => TcpStream::connect(address).await?,
            None => TcpStream::connect(target).await?,
        };
        server.set_nodelay(true)?;
        Ok(server)
    }

    async fn http(&self, client: &mut TcpStream) -> io::Result<Option<TcpStream>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await?); // what follows is the server's
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut words = head.split(' ');
        let (Some("CONNECT"), Some(target)) = (words.next(), words.next()) else {
            client
                .write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
                .await?;
            return Ok(None);
        };
        if !self.knows(&head) {
            client
                .write_all(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n",
                )
                .await?;
            return Ok(None);
        }
        match self.connect(target.to_owned()).await {
            Ok(server) => {
                client
                    .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    .await?;
                Ok(Some(server))
            }
            Err(_) => {
                client
                    .write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                    .await?;
                Ok(None)
            }
        }
    }

    fn knows(&self, head: &str) -> bool {
        let Some((user, password)) = &self.credentials else {
            return true;
        };
        let pair = format!("{user}:{password}");
        head.lines()
            .filter_map(|line| line.strip_prefix("Proxy-Authorization: Basic "))
            .any(|given| given == BASE64_STANDARD.encode(&pair))
    }

    async fn socks(&self, client: &mut TcpStream) -> io::Result<Option<TcpStream>> {
        const NONE: u8 = 0;
        const PASSWORD: u8 = 2;
        const NO_METHOD: u8 = 0xff;
        let _version = client.read_u8().await?;
        let methods = read(client).await?;
        let wanted = match self.credentials {
            Some(_) => PASSWORD,
            None => NONE,
        };
        if !methods.contains(&wanted) {
            client.write_all(&[5, NO_METHOD]).await?;
            return Ok(None);
        }
        client.write_all(&[5, wanted]).await?;
        if let Some((user, password)) = &self.credentials {
            let _version = client.read_u8().await?;
            let given = (read(client).await?, read(client).await?);
            let known = given == (user.clone().into_bytes(), password.clone().into_bytes());
            client.write_all(&[1, u8::from(!known)]).await?;
            if !known {
                return Ok(None);
            }
        }
        let target = socks_target(client).await?;
        let (server, code) = match self.connect(target).await {
            Ok(server) => (Some(server), 0),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => (None, 5),
            Err(_) => (None, 1),
        };
        client.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
        Ok(server)
    }
}

/// The address and port of a request, `HOST:PORT`.
async fn socks_target(client: &mut TcpStream) -> io::Result<String> {
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    let host = match request[3] {
        1 => {
            let mut octets = [0; 4];
            client.read_exact(&mut octets).await?;
            IpAddr::from(octets).to_string()
        }
        4 => {
            let mut octets = [0; 16];
            client.read_exact(&mut octets).await?;
            format!("[{}]", IpAddr::from(octets))
        }
        _ => String::from_utf8_lossy(&read(client).await?).into_owned(),
    };
    let port = client.read_u16().await?;
    Ok(format!("{host}:{port}"))
}

/// What has its length before it.
async fn read(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; client.read_u8().await?.into()];
    client.read_exact(&mut bytes).await?;
    Ok(bytes)
}
