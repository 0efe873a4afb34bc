//! HTTP/1.1 by hand: no library's server is as cheap, and what the server does not cost leaves the clients apart.

use std::{io, rc::Rc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::resources::{PIECE, Resource, Resources, receipt};

/// Answers one request after another until the client is gone.
pub(crate) async fn serve(
    mut tls: TlsStream<TcpStream>,
    resources: Rc<Resources>,
) -> io::Result<()> {
    let mut input = vec![0; PIECE];
    let mut output = Vec::with_capacity(PIECE);
    let mut filled = 0;
    loop {
        let Some(head) = Head::read(&input[..filled]) else {
            match tls.read(&mut input[filled..]).await? {
                0 => return Ok(()),
                read => filled += read,
            }
            continue;
        };
        output.clear();
        match head {
            Head::Get { path, length } => {
                let resource = resources.at(path);
                input.copy_within(length..filled, 0);
                filled -= length;
                answer(&mut tls, &mut output, resource, &resources).await?;
            }
            Head::Upload { length, body } => {
                let mut left = body.saturating_sub((filled - length) as u64);
                filled = 0; // clients here wait for their answer
                while left > 0 {
                    let read = tls.read(&mut input).await?;
                    if read == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    left = left.saturating_sub(read as u64);
                }
                let receipt = receipt(body);
                write_head(
                    &mut output,
                    "200 OK",
                    "application/json",
                    receipt.len() as u64,
                );
                output.extend_from_slice(receipt.as_bytes());
                tls.write_all(&output).await?;
            }
        }
        tls.flush().await?;
    }
}

async fn answer(
    tls: &mut TlsStream<TcpStream>,
    output: &mut Vec<u8>,
    resource: Resource,
    resources: &Resources,
) -> io::Result<()> {
    let (kind, length) = resource.describe();
    match resource {
        Resource::Json(body) | Resource::Bytes(body) => {
            write_head(output, "200 OK", kind, length);
            if body.len() < PIECE {
                output.extend_from_slice(&body);
                return tls.write_all(output).await;
            }
            tls.write_all(output).await?;
            tls.write_all(&body).await
        }
        Resource::Large(mut left) => {
            write_head(output, "200 OK", kind, length);
            tls.write_all(output).await?;
            while left > 0 {
                let piece = left.min(PIECE as u64);
                tls.write_all(&resources.piece[..piece as usize]).await?;
                left -= piece;
            }
            Ok(())
        }
        Resource::Missing => {
            write_head(output, "404 Not Found", kind, length);
            tls.write_all(output).await
        }
    }
}

fn write_head(output: &mut Vec<u8>, status: &str, kind: &str, length: u64) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nServer: bench\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n"
    );
    output.extend_from_slice(head.as_bytes());
}

/// What the head of a request says, and how long it is.
enum Head<'a> {
    Get { path: &'a str, length: usize },
    Upload { length: usize, body: u64 },
}

impl<'a> Head<'a> {
    /// `None`: it has not come whole.
    fn read(input: &'a [u8]) -> Option<Self> {
        let length = memchr::memmem::find(input, b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&input[..length]).ok()?;
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        match (words.next()?, words.next()?) {
            ("POST", _) => Some(Self::Upload {
                length,
                body: lines.find_map(content_length).unwrap_or(0),
            }),
            (_, path) => Some(Self::Get { path, length }),
        }
    }
}

fn content_length(line: &str) -> Option<u64> {
    let (name, value) = line.split_once(':')?;
    let found = name.eq_ignore_ascii_case("content-length");
    found.then(|| value.trim().parse().ok()).flatten()
}
