//! The floor of HTTP/1.1: a loop over rustls by hand that writes the same bytes for each request and reads as long as the answer says.

use std::{fs::File, io::Write as _, rc::Rc, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use super::{
    Order,
    job::{Files, check_json},
};
use crate::{
    headers::HEADERS,
    origin::HOST,
    tls,
    turn::{Failure, Lane, Runners},
    work::What,
};

/// What is read at once.
const ROOM: usize = 64 << 10;

/// One connection.
#[derive(Debug)]
pub(crate) struct Floor {
    tls: TlsStream<TcpStream>,
    what: What,
    head: Vec<u8>,
    files: Rc<Files>,
    room: Vec<u8>,
    body: Vec<u8>,
}

pub(crate) async fn connect(order: Order<'_>) -> Result<Runners<Floor>, Failure> {
    let config = Arc::new(tls::config(order.origin, order.version)?);
    let files = Rc::new(Files::new(order.transfer)?);
    let mut lanes = Vec::new();
    for _ in 0..order.what.lanes() {
        lanes.push(Floor {
            tls: tls::connect(&config, order.origin.port(order.version)).await?,
            what: order.what,
            head: head(order),
            files: Rc::clone(&files),
            room: vec![0; ROOM],
            body: Vec::new(),
        });
    }
    Ok(Runners(lanes))
}

/// The head of the request, which never changes.
fn head(order: Order<'_>) -> Vec<u8> {
    let path = order.what.path(order.transfer);
    let mut head = match order.what {
        What::Upload => format!("POST {path} HTTP/1.1\r\nContent-Length: {}", order.transfer),
        What::Small | What::Json | What::Bytes | What::Download => format!("GET {path} HTTP/1.1"),
    };
    for (name, value) in [("Host", HOST)].iter().chain(&HEADERS) {
        head.push_str(&format!("\r\n{name}: {value}"));
    }
    head.push_str("\r\n\r\n");
    head.into_bytes()
}

impl Lane for Floor {
    async fn call(&mut self) -> Result<(), Failure> {
        self.tls.write_all(&self.head).await?;
        match self.what {
            What::Small | What::Bytes => self.receive(None).await,
            What::Json => {
                self.receive(None).await?;
                check_json(&self.body)
            }
            What::Download => {
                let mut file = self.files.target()?;
                self.receive(Some(&mut file)).await?;
                self.files.check(&file)
            }
            What::Upload => {
                let mut source = self.files.source()?;
                while let Some(piece) = source.next() {
                    self.tls.write_all(&piece?).await?;
                }
                self.receive(None).await
            }
        }
    }
}

impl Floor {
    /// Reads an answer into `body`, or into a file.
    async fn receive(&mut self, mut file: Option<&mut File>) -> Result<(), Failure> {
        self.tls.flush().await?;
        self.body.clear();
        let mut filled = 0;
        let (head, length) = loop {
            filled += self.read(filled).await?;
            if let Some(found) = answer(&self.room[..filled])? {
                break found;
            }
        };
        let mut left = length;
        let mut piece = head..filled;
        loop {
            left = left.saturating_sub(piece.len() as u64);
            match &mut file {
                Some(file) => file.write_all(&self.room[piece])?,
                None => self.body.extend_from_slice(&self.room[piece]),
            }
            if left == 0 {
                return Ok(());
            }
            piece = 0..self.read(0).await?;
        }
    }

    async fn read(&mut self, from: usize) -> Result<usize, Failure> {
        match self.tls.read(&mut self.room[from..]).await? {
            0 => Err("the origin ended".into()),
            read => Ok(read),
        }
    }
}

/// How long the head and the body of an answer are. `None`: the head has not come whole.
fn answer(input: &[u8]) -> Result<Option<(usize, u64)>, Failure> {
    const LENGTH: &[u8] = b"\r\nContent-Length: ";
    let Some(end) = memchr::memmem::find(input, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &input[..end];
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err("not the answer that is expected".into());
    }
    let at = memchr::memmem::find(head, LENGTH).ok_or("a body of unknown length")?;
    let digits = &head[at + LENGTH.len()..];
    let digits = digits.split(|byte| *byte == b'\r').next();
    let length = std::str::from_utf8(digits.unwrap_or_default())?.parse()?;
    Ok(Some((end + 4, length)))
}
