//! C4: an exchange that is given up reaches the transport.

use std::{future::Future, pin::pin};

use appnet_io::Exchanged;
use appnet_testkit::{Ca, RawOrigin, Script};

use crate::support::{App, HOST, OnHead, answer, loopback_is_quiet, post, run, text, url};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Polls the exchange until something else has happened, then drops it.
async fn give_up_when(exchange: impl Future<Output = Exchanged>, happened: impl Future) {
    let (exchange, happened) = (pin!(exchange), pin!(happened));
    match futures_util::future::select(exchange, happened).await {
        futures_util::future::Either::Left((exchanged, _)) => {
            panic!("it ended by itself: {exchanged:?}")
        }
        futures_util::future::Either::Right(_) => {}
    }
}

#[test]
fn c4_an_exchange_dropped_before_the_head_closes_its_connection() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::new().read_request())
            .script(Script::reply(OK))
            .start();
        let app = App::plain();
        give_up_when(app.get(&url(&origin, "/")), origin.request(0)).await;
        origin.closed(0).await;
        assert_eq!(text(app.get(&url(&origin, "/")).await), "ok");
        assert_eq!(origin.connections(), 2);
    });
}

#[test]
fn c4_an_exchange_dropped_in_the_middle_of_the_head_closes_its_connection() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 200 OK\r\nConte"))
            .start();
        let app = App::plain();
        let address = url(&origin, "/");
        let call = app.get(&address);
        // The answer of another origin comes after the half head of this one.
        give_up_when(call, after_another_exchange(&origin)).await;
        origin.closed(0).await;
    });
}

#[test]
fn c4_an_exchange_dropped_in_the_middle_of_the_body_closes_its_connection() {
    run(async {
        let ca = Ca::new();
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(half))
            .script(Script::reply(OK))
            .start();
        let app = App::new(&ca, origin.port());
        let address = format!("https://{HOST}/");
        let (head_is_here, mut heads) = tokio::sync::mpsc::unbounded_channel();
        let (request, receive) = app.prepare(crate::support::options(&address));
        let mut listener = OnHead(|_: &_| head_is_here.send(()).unwrap());
        let call = app.client.exchange(request, receive, &mut listener);
        give_up_when(call, heads.recv()).await;
        origin.closed(0).await;
        assert_eq!(text(app.get(&address).await), "ok");
        assert_eq!(origin.connections(), 2);
    });
}

#[test]
fn c4_an_exchange_dropped_while_it_sends_closes_its_connection() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::new().read_head().await_close())
            .start();
        let app = App::plain();
        let call = app.call(post(&url(&origin, "/"), vec![b'x'; 50 << 20]));
        give_up_when(call, origin.request(0)).await;
        origin.closed(0).await;
    });
}

#[test]
fn an_exchange_that_is_never_polled_opens_nothing() {
    run(async {
        let origin = RawOrigin::plain().script(Script::reply(OK)).start();
        let app = App::plain();
        drop(app.get(&url(&origin, "/")));
        answer(app.get(&url(&origin, "/")).await);
        assert_eq!(origin.connections(), 1);
    });
}

async fn after_another_exchange(first: &RawOrigin) {
    first.request(0).await;
    loopback_is_quiet().await;
}
