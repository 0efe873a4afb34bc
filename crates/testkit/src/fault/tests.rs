use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Fault, FaultProxy, Side};
use crate::{RawOrigin, Script, raw::PeerClose};

const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

fn start(fault: Fault) -> (RawOrigin, FaultProxy) {
    let origin = RawOrigin::plain()
        .script(Script::reply("abcdef").close())
        .start();
    let proxy = FaultProxy::start(origin.address(), fault).unwrap();
    (origin, proxy)
}

async fn ask(proxy: &FaultProxy) -> std::io::Result<Vec<u8>> {
    let mut client = TcpStream::connect(proxy.address()).await?;
    client.write_all(GET).await?;
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.map(|_| answer)
}

#[tokio::test]
async fn without_a_fault_everything_goes_through() {
    let (origin, proxy) = start(Fault::None);
    assert_eq!(ask(&proxy).await.unwrap(), b"abcdef");
    assert_eq!(origin.closed(0).await, PeerClose::Clean);
}

#[tokio::test]
async fn a_cut_lets_just_so_many_bytes_through() {
    let (_origin, proxy) = start(Fault::CutAfter(2));
    assert_eq!(ask(&proxy).await.unwrap(), b"ab");
    proxy.set(Fault::CutAfter(0));
    assert_eq!(ask(&proxy).await.unwrap(), b"");
}

#[tokio::test]
async fn a_reset_is_an_error_for_the_client_and_an_end_for_the_target() {
    let (origin, proxy) = start(Fault::ResetAfter(2));
    let error = ask(&proxy).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    origin.closed(0).await;
}

#[tokio::test]
async fn a_delay_keeps_an_answer_back() {
    let (_origin, proxy) = start(Fault::Delay(Duration::from_millis(30)));
    let start = Instant::now();
    assert_eq!(ask(&proxy).await.unwrap(), b"abcdef");
    assert!(
        start.elapsed() >= Duration::from_millis(30),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_black_hole_keeps_the_target_unaware() {
    let (origin, proxy) = start(Fault::BlackHole);
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    client.write_all(GET).await.unwrap();
    proxy.accepted(1).await;
    proxy.set(Fault::None);
    assert_eq!(ask(&proxy).await.unwrap(), b"abcdef");
    assert_eq!(origin.connections(), 1);
    assert_eq!(
        client.try_read(&mut [0]).unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
}

#[tokio::test]
async fn a_drip_brings_everything_in_small_pieces() {
    let (_origin, proxy) = start(Fault::Drip(2, Duration::from_millis(10)));
    let start = Instant::now();
    assert_eq!(ask(&proxy).await.unwrap(), b"abcdef");
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert_eq!(
        (proxy.passed(Side::Target), proxy.passed(Side::Client)),
        (6, GET.len() as u64)
    );
}

#[tokio::test]
async fn a_byte_is_corrupted_and_the_others_are_not() {
    let (_origin, proxy) = start(Fault::CorruptAt(2));
    assert_eq!(ask(&proxy).await.unwrap(), b"ab\x9cdef");
    let (origin, proxy) = start(Fault::None);
    proxy.set_for(Side::Client, Fault::CorruptAt(0));
    ask(&proxy).await.unwrap();
    assert_eq!(origin.request(0).await.head[0], b'G' ^ 0xff);
}

#[tokio::test]
async fn a_cut_leaves_the_other_side_a_word_and_a_close_does_not() {
    for (fault, answer) in [
        (Fault::CutAfter(18), &b"abcdef"[..]), // all of the request
        (Fault::CloseAfter(4), b""),
    ] {
        let (origin, proxy) = start(Fault::None);
        proxy.set_for(Side::Client, fault);
        // Bytes that the proxy has not read make its close a reset.
        assert_eq!(ask(&proxy).await.unwrap_or_default(), answer, "{fault:?}");
        origin.closed(0).await;
    }
}

#[tokio::test]
async fn silence_loses_what_comes_until_its_side_closes() {
    let (origin, proxy) = start(Fault::SilentAfter(2));
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    client.write_all(GET).await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"ab");
    drop(client);
    origin.closed(0).await;
}
