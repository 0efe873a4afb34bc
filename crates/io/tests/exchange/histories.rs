//! Random histories: whatever servers and apps do, no body of one call reaches another (H4, C4).

use std::{future::poll_fn, net::SocketAddr, pin::pin, rc::Rc, sync::Arc, task::Poll};

use appnet_policy::prepare::RequestOptions;
use appnet_testkit::Ca;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use h2::{Reason, server::SendResponse};
use http::Response;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::support::{App, HOST, options, post, run, text};

/// Numbers that look random and are the same each time.
#[derive(Clone, Copy)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Makes calls, eight at a time; some are given up after a while. How many brought an answer.
async fn play(app: &App, base: &str, calls: u64, http2: bool) -> u64 {
    let base = Rc::from(base);
    let one = |number: u64| call(app, Rc::clone(&base), number, http2);
    stream::iter(0..calls)
        .map(one)
        .buffer_unordered(8)
        .fold(0, async |sum, answered| sum + u64::from(answered))
        .await
}

async fn call(app: &App, base: Rc<str>, number: u64, http2: bool) -> bool {
    let mut dice = Dice(number);
    dice.roll(2);
    let address = format!("{base}/{number}");
    let options = RequestOptions {
        enable_http2: http2,
        ..match dice.roll(3) {
            0 => options(&address),
            1 => post(&address, "short"),
            _ => post(&address, vec![b'x'; 100_000]),
        }
    };
    let exchange = app.call(options);
    let patience = match dice.roll(3) {
        0 => dice.roll(60),
        _ => 600,
    };
    let Some(exchanged) = within(patience, exchange).await else {
        return false;
    };
    if exchanged.outcome.is_err() {
        return false;
    }
    assert_eq!(text(exchanged), number.to_string());
    true
}

/// Gives up after so many turns of the runtime.
async fn within<T>(turns: u64, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), turns);
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// An HTTP/1 server that answers each request with its number, and does all sorts of things around it.
async fn http1_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        let mut seed = 0;
        while let Ok((tcp, _)) = listener.accept().await {
            seed += 1;
            tokio::task::spawn_local(async move { serve_http1(tcp, Dice(seed)).await });
        }
    });
    address
}

async fn serve_http1(tcp: TcpStream, mut dice: Dice) -> Option<()> {
    let mut tcp = tokio::io::BufReader::new(tcp);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(tcp.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let number = head.split(['/', ' ']).nth(2)?.to_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        let early = dice.roll(6) == 0;
        if !early {
            tcp.read_exact(&mut vec![0; length]).await.ok()?;
        }
        let whole = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{number}",
            number.len()
        );
        match dice.roll(10) {
            0 => return None, // closes without a word
            1 => tcp
                .write_all(&whole.as_bytes()[..whole.len() - 1])
                .await
                .ok()?, // cuts it short
            2 => tcp
                .write_all(
                    format!("{whole}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray").as_bytes(),
                )
                .await
                .ok()?,
            3 => std::future::pending().await, // never answers
            4 => tcp.get_ref().set_zero_linger().ok()?, // resets
            5 => {
                let chunked = format!(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{number}\r\n0\r\n\r\n",
                    number.len()
                );
                tcp.write_all(chunked.as_bytes()).await.ok()?;
                continue;
            }
            6 => {
                tcp.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{number}").as_bytes())
                    .await
                    .ok()?;
                return None;
            }
            7 => {
                for byte in whole.as_bytes() {
                    tcp.write_all(&[*byte]).await.ok()?;
                    tokio::task::yield_now().await;
                }
            }
            _ => tcp.write_all(whole.as_bytes()).await.ok()?,
        }
        if early || dice.roll(8) == 0 {
            return None;
        }
    }
}

#[test]
fn h4_no_body_reaches_another_call_over_http1() {
    run(async {
        let address = http1_server().await;
        let app = App::plain();
        let answered = play(&app, &format!("http://{address}"), 3000, false).await;
        assert!(answered > 1000, "{answered}");
    });
}

/// The same over HTTP/2.
async fn http2_server(config: Arc<ServerConfig>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        let mut seed = 0;
        while let Ok((tcp, _)) = listener.accept().await {
            seed += 1;
            let acceptor = TlsAcceptor::from(Arc::clone(&config));
            tokio::task::spawn_local(async move {
                let tls = acceptor.accept(tcp).await.ok()?;
                serve_http2(tls, Dice(seed)).await
            });
        }
    });
    address
}

async fn serve_http2(
    tls: tokio_rustls::server::TlsStream<TcpStream>,
    mut dice: Dice,
) -> Option<()> {
    let mut connection = h2::server::Builder::new()
        .max_concurrent_streams(3)
        .handshake(tls)
        .await
        .ok()?;
    while let Some(request) = connection.accept().await {
        let (request, mut respond) = request.ok()?;
        match dice.roll(40) {
            0 => connection.graceful_shutdown(),
            1 => return None, // closes on all of them
            2 => connection.abrupt_shutdown(Reason::INTERNAL_ERROR),
            _ => {}
        }
        let (early, kind) = (dice.roll(4) == 0, dice.roll(8));
        tokio::task::spawn_local(async move {
            let number = request.uri().path()[1..].to_owned();
            let mut body = request.into_body();
            if !early {
                while let Some(data) = body.data().await {
                    body.flow_control()
                        .release_capacity(data.ok()?.len())
                        .ok()?;
                }
            }
            answer_http2(&mut respond, number, kind)
        });
    }
    None
}

fn answer_http2(respond: &mut SendResponse<Bytes>, number: String, kind: u64) -> Option<()> {
    match kind {
        0 => respond.send_reset(Reason::REFUSED_STREAM),
        1 => respond.send_reset(Reason::CANCEL),
        2 => {
            let mut body = respond.send_response(Response::new(()), false).ok()?;
            body.send_data(number.into(), false).ok()?;
            body.send_reset(Reason::INTERNAL_ERROR);
        }
        _ => {
            let mut body = respond.send_response(Response::new(()), false).ok()?;
            body.send_data(number.into(), true).ok()?;
        }
    }
    Some(())
}

#[test]
fn h4_no_body_reaches_another_call_over_http2() {
    run(async {
        let ca = Ca::new();
        let address = http2_server(ca.issue(&[HOST]).http2()).await;
        let app = App::new(&ca, address.port());
        let answered = play(&app, &format!("https://{HOST}"), 2000, true).await;
        assert!(answered > 1000, "{answered}");
    });
}
