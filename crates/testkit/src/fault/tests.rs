use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Fault, FaultProxy};
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
