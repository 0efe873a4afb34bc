//! A connection on loopback whose other end the test holds; the latencies are seen by order, not by a clock.

use std::time::Duration;

use appnet_policy::shape::{Preset, Shape};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

async fn pair(shaping: &Shaping) -> (Line, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ours, theirs) = tokio::join!(TcpStream::connect(address), listener.accept());
    let line = Line::connected(ours.unwrap(), shaping.clone()).await;
    (line.unwrap(), theirs.unwrap().0)
}

fn shape(text: &str) -> Option<Shape> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn without_a_shape_a_line_is_its_connection() {
    let (mut line, mut peer) = pair(&Shaping::default()).await;
    peer.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    line.read_exact(&mut heard).await.unwrap();
    line.write_all(&heard).await.unwrap();
    peer.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"hello");
    assert!(line.is_plain());
}

#[tokio::test]
async fn what_was_delayed_is_there_when_the_shape_is_taken_away_and_in_its_order() {
    let shaping = Shaping::default();
    let (mut line, mut peer) = pair(&shaping).await;
    shaping.set(shape("latency=60000"));
    peer.write_all(b"one ").await.unwrap();
    let mut heard = [0; 8];
    let read = async { line.read_exact(&mut heard).await.unwrap() };
    let relieve = async {
        peer.write_all(b"two ").await.unwrap();
        shaping.set(None);
    };
    tokio::join!(read, relieve);
    assert_eq!(&heard, b"one two ");
    assert!(line.is_plain() || line.delayed.is_some_and(|it| it.bytes == 0));
}

#[tokio::test]
async fn what_comes_is_as_late_as_the_shape_says_and_the_end_comes_after_it() {
    let shaping = Shaping::default();
    shaping.set(shape("latency=80,jitter=20,down=100k"));
    let begun = Instant::now();
    let (mut line, mut peer) = pair(&shaping).await;
    assert!(begun.elapsed() >= Duration::from_millis(80), "the connect");
    let begun = Instant::now();
    peer.write_all(&[7; 10_000]).await.unwrap();
    drop(peer);
    let mut heard = Vec::new();
    line.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, [7; 10_000]);
    let least = Duration::from_millis(180);
    assert!(begun.elapsed() >= least, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_goes_out_is_as_slow_as_the_shape_says() {
    let shaping = Shaping::default();
    let (mut line, mut peer) = pair(&shaping).await;
    shaping.set(shape("up=100k"));
    let begun = Instant::now();
    let write = async {
        line.write_all(&[7; 20_000]).await.unwrap();
        line.shutdown().await.unwrap();
    };
    let mut heard = Vec::new();
    let (_, read) = tokio::join!(write, peer.read_to_end(&mut heard));
    read.unwrap();
    assert_eq!(heard, [7; 20_000]);
    // The last piece of 5,000 bytes has left the app when it is written.
    assert!(
        begun.elapsed() >= Duration::from_millis(149),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn whoever_waits_is_told_when_the_app_is_taken_off_the_network() {
    let shaping = Shaping::default();
    let (mut line, _peer) = pair(&shaping).await;
    let mut one = [0];
    let read = line.read(&mut one);
    let leave = async { shaping.set(Some(Preset::Offline.shape())) };
    let (read, ()) = tokio::join!(read, leave);
    let error = read.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NetworkUnreachable);
    assert_eq!(
        line.write(b"x").await.unwrap_err().kind(),
        io::ErrorKind::NetworkUnreachable
    );
    let (tcp, _) = tokio::join!(loopback(), async {});
    let again = Line::connected(tcp, shaping).await;
    assert_eq!(again.err(), Some(BrokenByShape::Offline));
}

async fn loopback() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    TcpStream::connect(address).await.unwrap()
}

#[tokio::test]
async fn a_reset_ends_both_directions() {
    let shaping = Shaping::default();
    let (mut line, _peer) = pair(&shaping).await;
    shaping.set(shape("reset=100"));
    let kinds = [
        line.write(b"x").await.unwrap_err().kind(),
        line.write(b"x").await.unwrap_err().kind(),
        line.read(&mut [0]).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [io::ErrorKind::ConnectionReset; 3]);
}
