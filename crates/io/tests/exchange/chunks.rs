//! Bodies that are given as they come (`enableChunked`).

use appnet_policy::failure::ServerFault;
use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

use appnet_io::Listener;
use appnet_policy::{
    Failure, Policy, exchange::ReceivedBody, failure::Bound, prepare::RequestOptions,
};
use appnet_testkit::{Gate, HttpOrigin, RawOrigin, Reply, Script, http::filler};
use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::{
    files::Seen,
    support::{App, answer, assert_fails, options, run, url},
};

fn chunked(address: &str) -> RequestOptions {
    RequestOptions {
        enable_chunked: true,
        ..options(address)
    }
}

/// Two events as one compressed stream, and where the first ends: it can be decoded by itself.
async fn two_events<W: AsyncWrite + Unpin>(
    mut encoder: W,
    written: fn(&W) -> &Vec<u8>,
) -> (Vec<u8>, usize) {
    encoder.write_all("data: 小\n\n".as_bytes()).await.unwrap();
    encoder.flush().await.unwrap();
    let first = written(&encoder).len();
    encoder
        .write_all("data: 程序\n\n".as_bytes())
        .await
        .unwrap();
    encoder.shutdown().await.unwrap();
    (written(&encoder).clone(), first)
}

/// Opens its gate at the first chunk.
struct Opens(Gate, Seen);

impl Listener for Opens {
    fn chunk(&mut self, data: Bytes) {
        self.0.open();
        self.1.chunk(data);
    }
}

#[test]
fn every_coding_gives_what_it_has_without_waiting_for_more() {
    run(async {
        for coding in ["identity", "gzip", "deflate", "br", "zstd"] {
            let (body, first) = match coding {
                "gzip" => two_events(GzipEncoder::new(Vec::new()), GzipEncoder::get_ref).await,
                "deflate" => two_events(ZlibEncoder::new(Vec::new()), ZlibEncoder::get_ref).await,
                "br" => two_events(BrotliEncoder::new(Vec::new()), BrotliEncoder::get_ref).await,
                "zstd" => two_events(ZstdEncoder::new(Vec::new()), ZstdEncoder::get_ref).await,
                _ => two_events(Vec::new(), |plain| plain).await,
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let gate = Gate::new();
            let script = Script::reply(head)
                .send(body[..first].to_vec())
                .wait(&gate)
                .send(body[first..].to_vec());
            let origin = RawOrigin::plain().script(script).start();
            let app = App::plain();
            let (request, receive) = app.prepare(chunked(&url(&origin, "/")));
            let mut opens = Opens(gate, Seen::default());
            // The rest does not come before the first chunk is given: a decoder that waits for it waits for ever.
            let exchange = app.client.exchange(request, receive, &mut opens);
            let exchanged = tokio::time::timeout(Duration::from_secs(20), exchange)
                .await
                .unwrap_or_else(|_| panic!("{coding} held back what it had"));
            assert_eq!(answer(exchanged).body, ReceivedBody::Chunked);
            assert_eq!(opens.1.chunks[0], "data: 小\n\n");
            assert_eq!(
                opens.1.chunks.concat(),
                "data: 小\n\ndata: 程序\n\n".as_bytes()
            );
        }
    });
}

#[test]
fn p6_a_body_in_chunks_has_no_bound_but_may_not_swell_without_measure() {
    run(async {
        let mut zeros = GzipEncoder::new(Vec::new());
        zeros.write_all(&vec![0; 8 << 20]).await.unwrap();
        zeros.shutdown().await.unwrap();
        let zeros = zeros.into_inner();
        let origin = HttpOrigin::plain()
            .start(move |request| match request.path() {
                "/long" => Reply::status(200).filler(300_000),
                _ => Reply::status(200)
                    .header("content-encoding", "gzip")
                    .body(zeros.clone()),
            })
            .unwrap();
        let mut policy = Policy::seed();
        (policy.limits.body_bytes, policy.limits.decompression_ratio) = (1000, 100);
        policy.chunk_backlog_bytes = 64 << 20;
        let app = App::plain_with(policy);
        let call = async |path: &str| {
            let (request, receive) =
                app.prepare(chunked(&format!("http://{}{path}", origin.address())));
            let mut seen = Seen::default();
            let exchanged = app.client.exchange(request, receive, &mut seen).await;
            (exchanged, seen)
        };
        let (exchanged, seen) = call("/long").await;
        assert_eq!(answer(exchanged).body, ReceivedBody::Chunked);
        assert_eq!(seen.chunks.concat(), filler::bytes(300_000));
        let too_large = Failure::Server(ServerFault::ResponseTooLarge(Bound::DecompressionRatio));
        assert_fails(call("/zeros").await.0, too_large, "DecompressionRatio");
    });
}

/// Keeps chunks until it is told to take them.
#[derive(Clone, Default)]
struct Slow(Rc<RefCell<Held>>);

#[derive(Default)]
struct Held {
    chunks: VecDeque<Bytes>,
    waiting: bool,
    taken: Vec<u8>,
}

impl Slow {
    /// Takes a chunk if the server waits for that. Bytes and chunks that were held before.
    fn take_one(&self) -> (usize, usize) {
        let mut held = self.0.borrow_mut();
        let before = (held.chunks.iter().map(Bytes::len).sum(), held.chunks.len());
        if held.waiting
            && let Some(chunk) = held.chunks.pop_front()
        {
            held.taken.extend_from_slice(&chunk);
        }
        before
    }
}

impl Listener for Slow {
    fn chunk(&mut self, data: Bytes) {
        let mut held = self.0.borrow_mut();
        held.waiting = false;
        held.chunks.push_back(data);
    }

    fn awaits_app(&mut self) {
        self.0.borrow_mut().waiting = true;
    }
}

/// Reads a body with a slow app: each time the server has to wait, one chunk is taken. The most that were held, as bytes and chunks.
async fn read_slowly(backlog: usize, reply: Reply) -> (Vec<u8>, usize, usize) {
    let origin = HttpOrigin::plain().start(move |_| reply.clone()).unwrap();
    let app = App::plain_with(Policy {
        chunk_backlog_bytes: backlog,
        ..Policy::seed()
    });
    let (request, receive) = app.prepare(chunked(&format!("http://{}/", origin.address())));
    let slow = Slow::default();
    let (mut bytes, mut count) = (0, 0);
    let takes = async {
        loop {
            let held = slow.take_one();
            (bytes, count) = (bytes.max(held.0), count.max(held.1));
            tokio::task::yield_now().await;
        }
    };
    let mut listener = slow.clone();
    tokio::select! {
        exchanged = app.client.exchange(request, receive, &mut listener) => {
            assert_eq!(answer(exchanged).body, ReceivedBody::Chunked);
        }
        () = takes => {}
    }
    let held = std::mem::take(&mut *slow.0.borrow_mut());
    let rest = held.chunks.iter().flatten().copied();
    (held.taken.into_iter().chain(rest).collect(), bytes, count)
}

#[test]
fn an_app_that_does_not_take_its_chunks_slows_its_own_server_down() {
    run(async {
        for backlog in [1, 1000, 100_000] {
            let length = if backlog == 1 { 5000 } else { 1_000_000 };
            let (body, bytes, _) = read_slowly(backlog, Reply::status(200).filler(length)).await;
            assert_eq!(body, filler::bytes(usize::try_from(length).unwrap()));
            assert!(bytes <= backlog, "{bytes} of {backlog}");
        }
    });
}

#[test]
fn a_body_that_comes_byte_by_byte_does_not_fill_the_memory_with_chunks() {
    run(async {
        let drip = Reply::status(200)
            .filler(500)
            .drip(1, Duration::from_micros(1))
            .chunked();
        let (body, _, count) = read_slowly(2570, drip).await;
        assert_eq!(body, filler::bytes(500));
        assert!(count <= 10, "{count}");
    });
}

#[test]
fn a_copy_of_a_chunk_counts_until_it_is_dropped_too() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|_| Reply::status(200).filler(100_000))
            .unwrap();
        let app = App::plain_with(Policy {
            chunk_backlog_bytes: 1000,
            ..Policy::seed()
        });
        let (request, receive) = app.prepare(chunked(&format!("http://{}/", origin.address())));
        let slow = Slow::default();
        let mut listener = slow.clone();
        let mut exchange = std::pin::pin!(app.client.exchange(request, receive, &mut listener));
        let waits = async || {
            while !slow.0.borrow().waiting {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { _ = &mut exchange => panic!("it did not wait"), () = waits() => {} }
        let chunk = slow.0.borrow_mut().chunks.pop_front().unwrap();
        let copy = chunk.slice(..1);
        drop(chunk);
        let quiet = tokio::time::timeout(Duration::from_millis(20), &mut exchange).await;
        assert!(quiet.is_err() && slow.0.borrow().chunks.is_empty());
        drop(copy);
        let goes_on = async {
            while slow.0.borrow().chunks.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { _ = &mut exchange => panic!("it did not wait"), () = goes_on => {} }
    });
}
