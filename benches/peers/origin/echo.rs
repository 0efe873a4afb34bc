//! An echo of messages over a socket (RFC 6455) by hand: all frames that came together go back together.

use std::io;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;
use tungstenite::handshake::derive_accept_key;

/// Room for a message that is read at once.
const ROOM: usize = 256 << 10;

const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Echoes until the client closes.
pub(crate) async fn serve(mut tls: TlsStream<TcpStream>) -> io::Result<()> {
    let mut input = vec![0; ROOM];
    let mut filled = handshake(&mut tls, &mut input).await?;
    let mut output = Vec::with_capacity(ROOM);
    loop {
        let mut taken = 0;
        while let Some(frame) = Frame::read(&mut input[taken..filled]) {
            taken += frame.length;
            if frame.opcode() != PONG {
                frame.write(&mut output);
            }
            if frame.opcode() == CLOSE {
                tls.write_all(&output).await?;
                return tls.shutdown().await;
            }
        }
        input.copy_within(taken..filled, 0);
        filled -= taken;
        if !output.is_empty() {
            tls.write_all(&output).await?;
            tls.flush().await?;
            output.clear();
        }
        match tls.read(&mut input[filled..]).await? {
            0 => return Ok(()),
            read => filled += read,
        }
    }
}

/// Gives how much came after the head of the handshake: nothing, as clients wait for the answer.
async fn handshake(tls: &mut TlsStream<TcpStream>, input: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while memchr::memmem::find(&input[..filled], b"\r\n\r\n").is_none() {
        match tls.read(&mut input[filled..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => filled += read,
        }
    }
    let head = String::from_utf8_lossy(&input[..filled]);
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then(|| derive_accept_key(value.trim().as_bytes()))
    });
    let key = key.ok_or(io::ErrorKind::InvalidData)?;
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {key}\r\n\r\n"
    );
    tls.write_all(answer.as_bytes()).await?;
    tls.flush().await?;
    Ok(0)
}

/// A whole frame of a client, unmasked.
struct Frame<'a> {
    first: u8,
    payload: &'a [u8],
    /// With its head.
    length: usize,
}

impl<'a> Frame<'a> {
    /// `None`: it has not come whole.
    fn read(input: &'a mut [u8]) -> Option<Self> {
        let (first, second) = (*input.first()?, *input.get(1)?);
        let (head, payload) = match second & 0x7f {
            126 => (4, usize::from(u16::from_be_bytes(bytes(input, 2)?))),
            127 => (
                10,
                usize::try_from(u64::from_be_bytes(bytes(input, 2)?)).ok()?,
            ),
            short => (2, usize::from(short)),
        };
        let mask: [u8; 4] = bytes(input, head)?;
        let payload = input.get_mut(head + 4..head + 4 + payload)?;
        unmask(payload, mask);
        Some(Self {
            first,
            length: head + 4 + payload.len(),
            payload,
        })
    }

    const fn opcode(&self) -> u8 {
        self.first & 0x0f
    }

    /// Writes it as a server's, a ping as the pong that answers it.
    fn write(&self, output: &mut Vec<u8>) {
        output.push(match self.opcode() {
            PING => self.first & 0xf0 | PONG,
            _ => self.first,
        });
        match self.payload.len() {
            short @ 0..=125 => output.push(short as u8),
            middle @ 126..=0xffff => {
                output.push(126);
                output.extend_from_slice(&(middle as u16).to_be_bytes());
            }
            long => {
                output.push(127);
                output.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        output.extend_from_slice(self.payload);
    }
}

fn bytes<const N: usize>(input: &[u8], from: usize) -> Option<[u8; N]> {
    input.get(from..from + N)?.try_into().ok()
}

/// Eight bytes at a time.
fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let long = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ long).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip([a, b, c, d, a, b, c, d]) {
        *byte ^= mask;
    }
}
