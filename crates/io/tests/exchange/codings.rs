//! P4 over real connections: compressed bodies arrive as what was meant, and the connection is free after them.

use appnet_policy::failure::{NetworkFault, ServerFault};
use appnet_policy::{Failure, Policy, exchange::Data, failure::Bound, prepare::RequestOptions};
use appnet_testkit::{Ca, Gate, HttpOrigin, RawOrigin, Script, routes::demo_routes};

use crate::support::{App, HOST, answer, assert_fails, options, run, text};

const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

#[test]
fn p4_every_coding_is_undone_over_http1_and_http2() {
    run(async {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&[HOST]).http2())
            .start(demo_routes(&Gate::new()))
            .unwrap();
        let app = App::new(&ca, origin.port());
        for enable_http2 in [false, true] {
            for coding in CODINGS {
                let options = options(&format!("https://{HOST}/{coding}"));
                let exchanged = app
                    .call(RequestOptions {
                        enable_http2,
                        ..options
                    })
                    .await;
                let answer = answer(exchanged);
                assert_eq!(answer.head.header("content-encoding"), Some(coding));
                assert!(
                    matches!(answer.data(), Data::Json(_)),
                    "{coding}: {:?}",
                    answer.body
                );
            }
        }
        assert_eq!(origin.counts().connections, 2);
    });
}

#[test]
fn bytes_after_compressed_data_belong_to_the_body_and_leave_the_connection_in_step() {
    run(async {
        // Brotli's one byte for "nothing", then ten bytes that mean nothing.
        let reply =
            "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 11\r\n\r\n\u{6}0123456789";
        let origin = RawOrigin::plain()
            .script(Script::reply(reply).repeat())
            .start();
        let app = App::plain();
        for _ in 0..2 {
            assert_eq!(text(app.get(&crate::support::url(&origin, "/")).await), "");
        }
        assert_eq!(origin.connections(), 1);
    });
}

#[test]
fn compressed_data_in_a_body_that_is_cut_short_is_a_broken_connection() {
    run(async {
        let reply = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99\r\n\r\n\x1f\x8b\x08\0";
        let exchanged = crate::support::reply_and_close(&reply[..]).await;
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::ConnectionReset),
            "in the middle of a body",
        );
        let reply =
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\0";
        let exchanged = crate::support::reply(&reply[..]).await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::MalformedResponse),
            "damaged or cut short",
        );
    });
}

#[test]
fn p6_a_body_over_the_bound_is_refused_and_its_connection_closed() {
    run(async {
        let mut policy = Policy::seed();
        policy.limits.body_bytes = 10;
        let reply = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nmore than ten bytes";
        let origin = RawOrigin::plain().script(Script::reply(reply)).start();
        let exchanged = App::plain_with(policy)
            .get(&crate::support::url(&origin, "/"))
            .await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::ResponseTooLarge(Bound::Body)),
            "over the bound",
        );
        origin.closed(0).await;
    });
}
