//! What an app has not taken, over all its calls (I2).

use std::{cell::RefCell, rc::Rc, time::Duration};

use appnet_io::{Account, ClientOptions, Exchanged, Listener};
use appnet_policy::{Policy, exchange::ReceivedBody, prepare::RequestOptions};
use appnet_testkit::{Ca, Gate, HttpOrigin, RawOrigin, Reply, Script, http::filler};
use bytes::Bytes;

use crate::support::{App, answer, options, run, url};

/// An app whose account has so many bytes.
fn app(limit: usize) -> (App, Account) {
    let account = Account::new(limit);
    let options = ClientOptions {
        account: account.clone(),
        ..ClientOptions::default()
    };
    (App::plain().with_options(&Ca::new(), options), account)
}

fn body(exchanged: Exchanged) -> Bytes {
    match answer(exchanged).body {
        ReceivedBody::Whole(bytes, _) => bytes,
        other @ (ReceivedBody::Chunked | ReceivedBody::File(_)) => panic!("{other:?}"),
    }
}

/// Remembers whether it was told to wait.
#[derive(Clone, Default)]
struct Waits(Rc<RefCell<bool>>);

impl Listener for Waits {
    fn awaits_app(&mut self) {
        *self.0.borrow_mut() = true;
    }
}

const LENGTH: u64 = 100_000;

#[test]
fn i2_two_large_bodies_at_once_both_arrive_whatever_the_account_holds() {
    run(async {
        let drip = Reply::status(200)
            .filler(LENGTH)
            .drip(1000, Duration::from_micros(10));
        let origin = HttpOrigin::plain().start(move |_| drip.clone()).unwrap();
        let address = format!("http://{}/", origin.address());
        for limit in [1, 10_000, 150_000] {
            let (app, account) = app(limit);
            let call = async || body(app.get(&address).await).len();
            let both = async { tokio::join!(call(), call()) };
            let lengths = tokio::time::timeout(Duration::from_secs(30), both).await;
            assert_eq!(lengths, Ok((100_000, 100_000)), "{limit}");
            assert_eq!(account.untaken(), 0);
        }
    });
}

#[test]
fn i2_bodies_that_the_app_does_not_take_stop_at_the_bound_and_go_on_when_it_takes() {
    run(async {
        const CALLS: usize = 10;
        const LIMIT: usize = 250_000;
        let origin = HttpOrigin::plain()
            .start(|_| Reply::status(200).filler(LENGTH))
            .unwrap();
        let (app, account) = app(LIMIT);
        let (app, address) = (Rc::new(app), format!("http://{}/", origin.address()));
        let untaken: Rc<RefCell<Vec<Bytes>>> = Rc::default();
        let calls: Vec<(Waits, _)> = (0..CALLS)
            .map(|_| {
                let waits = Waits::default();
                let (request, receive) = app.prepare(options(&address));
                let (app, untaken, mut listener) =
                    (Rc::clone(&app), Rc::clone(&untaken), waits.clone());
                let call = tokio::task::spawn_local(async move {
                    let exchange = app.client.exchange(request, receive, &mut listener);
                    let whole = body(exchange.await);
                    untaken.borrow_mut().push(whole);
                });
                (waits, call)
            })
            .collect();
        // Nothing is given back yet, so who waits goes on waiting.
        while calls
            .iter()
            .any(|(waits, call)| !call.is_finished() && !*waits.0.borrow())
        {
            tokio::task::yield_now().await;
        }
        let whole = untaken.borrow().len();
        assert!((1..=3).contains(&whole), "{whole}");
        let bound = LIMIT + usize::try_from(LENGTH).unwrap() + CALLS * 70_000;
        assert!(account.untaken() <= bound, "{}", account.untaken());
        let mut taken = 0;
        while taken < CALLS {
            let next = untaken.borrow_mut().pop();
            match next {
                Some(body) => {
                    assert_eq!(body, filler::bytes(100_000));
                    taken += 1;
                }
                None => tokio::task::yield_now().await,
            }
        }
        assert_eq!(account.untaken(), 0);
    });
}

#[test]
fn i2_the_credit_of_a_call_that_is_dropped_comes_back_at_once() {
    run(async {
        let gate = Gate::new();
        let script =
            Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome").wait(&gate);
        let origin = RawOrigin::plain().script(script).start();
        let (app, account) = app(1000);
        {
            let address = url(&origin, "/");
            let mut call = std::pin::pin!(app.get(&address));
            while account.untaken() == 0 {
                tokio::select! {
                    biased;
                    _ = &mut call => panic!("the rest has not come"),
                    () = tokio::task::yield_now() => {}
                }
            }
        }
        assert_eq!(account.untaken(), 0);
    });
}

#[test]
fn i2_an_empty_answer_counts_until_it_is_taken() {
    run(async {
        let origin = HttpOrigin::plain().start(|_| Reply::status(204)).unwrap();
        let (app, account) = app(1000);
        let exchanged = app.get(&format!("http://{}/", origin.address())).await;
        assert!(account.untaken() > 0);
        drop(exchanged);
        assert_eq!(account.untaken(), 0);
    });
}

/// Keeps its chunks.
#[derive(Clone, Default)]
struct Keeps(Rc<RefCell<Vec<Bytes>>>, Waits);

impl Listener for Keeps {
    fn chunk(&mut self, data: Bytes) {
        self.0.borrow_mut().push(data);
    }

    fn awaits_app(&mut self) {
        self.1.awaits_app();
    }
}

#[test]
fn i2_chunks_of_one_call_and_bodies_of_another_share_the_account() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|_| Reply::status(200).filler(LENGTH))
            .unwrap();
        let address = format!("http://{}/", origin.address());
        let (app, account) = app(120_000);
        assert!(Policy::seed().chunk_backlog_bytes > 120_000);
        let whole = body(app.get(&address).await);
        let (request, receive) = app.prepare(RequestOptions {
            enable_chunked: true,
            ..options(&address)
        });
        let keeps = Keeps::default();
        let mut listener = keeps.clone();
        let mut call = std::pin::pin!(app.client.exchange(request, receive, &mut listener));
        while !*keeps.1.0.borrow() {
            tokio::select! {
                biased;
                _ = &mut call => panic!("the account is full"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert!(account.untaken() <= 120_000);
        drop(whole);
        answer(call.await);
        assert_eq!(keeps.0.borrow().concat(), filler::bytes(100_000));
        keeps.0.borrow_mut().clear();
        assert_eq!(account.untaken(), 0);
    });
}
