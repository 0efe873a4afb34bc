use std::{
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, poll};
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf,
};

use super::*;
use crate::{framing::FramingError, outgoing::tests::request};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nok";

/// A connection, and the server's end of it; so many bytes fit in between.
fn connection(room: usize) -> (Http1, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(room);
    (Http1::new(Box::new(ours)), theirs)
}

fn begin(http1: &Http1, body: impl Into<Bytes>) -> Http1Exchange {
    let mut request = request("https://a.test/p", &[]).unwrap();
    let payload = Payload::Bytes(body.into());
    if payload.length() > 0 {
        request.method = appnet_policy::exchange::Method::Post;
    }
    http1.begin(&request, payload).unwrap()
}

async fn body(exchange: &mut Http1Exchange) -> Result<String, ExchangeError> {
    let mut body = Vec::new();
    while let Some(data) = exchange.next().await.transpose()? {
        body.extend_from_slice(&data);
    }
    Ok(String::from_utf8(body).unwrap())
}

/// The head of the request that the server gets.
async fn received_head(server: &mut DuplexStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(server.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn exchange(http1: &Http1, server: &mut DuplexStream, reply: &[u8]) -> Http1Exchange {
    let mut exchange = begin(http1, "");
    let answer = async {
        received_head(server).await;
        server.write_all(reply).await.unwrap();
    };
    let (head, ()) = tokio::join!(exchange.head(), answer);
    head.unwrap();
    assert_eq!(body(&mut exchange).await.unwrap(), "ok");
    exchange
}

#[tokio::test(flavor = "local")]
async fn r4_a_request_goes_out_with_host_first_and_without_a_date() {
    let (http1, mut server) = connection(1000);
    let mut exchange = begin(&http1, "body");
    let answer = async {
        let head = received_head(&mut server).await;
        server.write_all(OK).await.unwrap();
        head
    };
    let (head, received) = tokio::join!(exchange.head(), answer);
    assert_eq!(head.unwrap().header("x"), Some("y"));
    assert_eq!(
        received,
        "POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\n"
    );
}

/// A transport that takes everything, and counts the bytes of each write.
#[derive(Default)]
struct Writes(Rc<RefCell<Vec<usize>>>);

impl AsyncRead for Writes {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Writes {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().push(data.len());
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Transport for Writes {
    fn measured(&self) -> Option<Measured> {
        None
    }
}

#[tokio::test(flavor = "local")]
async fn what_fits_into_one_tls_record_leaves_in_one_write() {
    let writes = |body: usize| async move {
        let transport = Writes::default();
        let writes = Rc::clone(&transport.0);
        let http1 = Http1::new(Box::new(transport));
        let mut exchange = begin(&http1, vec![b'x'; body]);
        let mut head = pin!(exchange.head());
        assert!(poll!(&mut head).is_pending());
        assert!(poll!(head).is_pending());
        writes.take()
    };
    let [head] = writes(0).await[..] else {
        panic!("more than one write")
    };
    assert_eq!(
        writes(4000).await,
        [head + "Content-Length: 4000\r\n".len() + 1 + 4000]
    );
    let [first, second] = writes(20_000).await[..] else {
        panic!("not two writes")
    };
    assert!(first <= 16 << 10, "{first}");
    assert_eq!(
        first + second,
        head + "Content-Length: 20000\r\n".len() + 1 + 20_000
    );
}

#[tokio::test(flavor = "local")]
async fn a_request_leaves_when_the_tasks_that_are_ready_have_run() {
    let (http1, mut server) = connection(1000);
    let mut exchange = begin(&http1, "");
    let mut head = pin!(exchange.head());
    assert!(poll!(&mut head).is_pending());
    assert!(server.read_u8().now_or_never().is_none());
    assert!(poll!(head).is_pending());
    received_head(&mut server).await;
}

#[tokio::test(flavor = "local")]
async fn a_connection_is_not_usable_before_its_answer_is_whole() {
    let (http1, mut server) = connection(1000);
    let mut exchange = begin(&http1, "");
    let half = server.write_all(&OK[..OK.len() - 1]);
    let (head, half) = tokio::join!(exchange.head(), half);
    head.unwrap();
    half.unwrap();
    exchange.next().await.unwrap().unwrap();
    assert!(!exchange.is_over());
    server.write_all(b"k").await.unwrap();
    assert_eq!(body(&mut exchange).await.unwrap(), "k");
    assert!(exchange.is_over() && http1.is_quiet());
}

#[tokio::test(flavor = "local")]
async fn h4_a_connection_is_not_usable_after_bytes_that_nobody_asked_for_or_its_end() {
    let (http1, mut server) = connection(1000);
    assert!(exchange(&http1, &mut server, OK).await.is_over());
    server.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
    assert!(!http1.is_quiet());
    let (http1, mut server) = connection(1000);
    assert!(exchange(&http1, &mut server, OK).await.is_over());
    drop(server);
    assert!(!http1.is_quiet());
    let (http1, mut server) = connection(1000);
    let with_more = [OK, b"x"].concat();
    assert!(!exchange(&http1, &mut server, &with_more).await.is_over());
    assert!(!http1.is_quiet());
}

#[tokio::test(flavor = "local")]
async fn a_second_exchange_counts_from_its_own_begin() {
    let (http1, mut server) = connection(1000);
    let first = exchange(&http1, &mut server, OK).await.traffic();
    let second = exchange(&http1, &mut server, OK).await.traffic();
    assert!(first.sent > 0 && first.received == OK.len() as u64);
    assert_eq!((first.sent, first.received), (second.sent, second.received));
}

#[tokio::test(flavor = "local")]
async fn h3_a_refusal_counts_when_it_comes_and_the_rest_is_not_sent() {
    let (http1, mut server) = connection(100);
    let mut exchange = begin(&http1, vec![b'x'; 1000]);
    let refuse = server.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
    // Nobody reads the request: without the refusal this would wait for ever.
    let (head, refused) = tokio::join!(exchange.head(), refuse);
    refused.unwrap();
    assert_eq!(head.unwrap().status, 413);
    assert_eq!(body(&mut exchange).await.unwrap(), "no");
    assert!(!exchange.is_over());
}

#[tokio::test(flavor = "local")]
async fn h3_a_server_that_answers_while_it_reads_gets_the_whole_request() {
    let (http1, mut server) = connection(100);
    let mut exchange = begin(&http1, vec![b'x'; 1000]);
    let echo = async {
        received_head(&mut server).await;
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
        server.write_all(head).await.unwrap();
        for _ in 0..100 {
            let mut piece = [0; 10];
            server.read_exact(&mut piece).await.unwrap();
            server.write_all(&piece).await.unwrap();
        }
    };
    let read = async {
        exchange.head().await.unwrap();
        body(&mut exchange).await.unwrap()
    };
    let (body, ()) = tokio::join!(read, echo);
    assert_eq!(body, "x".repeat(1000));
    assert!(exchange.is_over());
}

#[tokio::test(flavor = "local")]
async fn an_answer_that_is_whole_before_the_request_is_does_not_wait_for_it() {
    let (http1, mut server) = connection(100);
    let mut exchange = begin(&http1, vec![b'x'; 1000]);
    let (head, written) = tokio::join!(exchange.head(), server.write_all(OK));
    head.unwrap();
    written.unwrap();
    assert_eq!(body(&mut exchange).await.unwrap(), "ok");
    assert!(!exchange.is_over());
}

#[tokio::test(flavor = "local")]
async fn that_nothing_can_be_sent_is_told_by_what_the_server_says() {
    let (http1, server) = connection(100);
    drop(server);
    let mut silent = begin(&http1, "x");
    let empty = ExchangeError::Framing(FramingError::Empty);
    assert_eq!(silent.head().await, Err(empty));
    assert!(!silent.is_heard() && silent.traffic().sent == 0);
    let (http1, mut server) = connection(100);
    server.write_all(OK).await.unwrap();
    drop(server);
    let mut answered = begin(&http1, vec![b'x'; 1000]);
    assert_eq!(answered.head().await.unwrap().status, 200);
    assert_eq!(body(&mut answered).await.unwrap(), "ok");
}

#[tokio::test(flavor = "local")]
async fn a_closed_connection_ends_the_exchange() {
    let (http1, _server) = connection(100);
    let mut exchange = begin(&http1, "");
    let close = async {
        tokio::task::yield_now().await;
        http1.close();
    };
    let (head, ()) = tokio::join!(exchange.head(), close);
    head.unwrap_err();
}
