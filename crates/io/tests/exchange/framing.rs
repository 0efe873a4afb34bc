//! What awc alone reads wrong, or not at all: each reply here is made by hand.

use appnet_policy::failure::{NetworkFault, ServerFault};
use appnet_policy::{Failure, Policy, failure::Bound};
use appnet_testkit::{Ca, Gate, RawOrigin, Script};

use crate::support::{
    App, HOST, OnHead, answer, assert_fails, method, options, play, post, reply, reply_and_close,
    run, text, text_of, url,
};

#[test]
fn a_body_without_length_and_chunks_lasts_until_the_close() {
    run(async {
        assert_eq!(
            text(reply_and_close("HTTP/1.1 200 OK\r\n\r\nall of it").await),
            "all of it"
        );
        assert_eq!(
            text(reply_and_close("HTTP/1.0 200 OK\r\n\r\nall of it").await),
            "all of it"
        );
    });
}

#[test]
fn a_response_of_http10_ends_with_its_length() {
    run(async {
        // The connection stays open: only the length says that this is all.
        let exchanged = reply("HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nall ").await;
        assert_eq!(text(exchanged), "all ");
    });
}

#[test]
fn a_body_cut_short_by_its_length_is_a_failure() {
    run(async {
        let exchanged =
            reply_and_close("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all").await;
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::ConnectionReset),
            "in the middle of a body",
        );
    });
}

#[test]
fn a_body_cut_short_between_chunks_is_a_failure() {
    run(async {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for cut in ["4\r\nab", "4\r\nabcd\r\n", "4\r\nabcd\r\n0\r\n"] {
            let exchanged = reply_and_close(format!("{head}{cut}")).await;
            assert_fails(
                exchanged,
                Failure::Network(NetworkFault::ConnectionReset),
                "in the middle of a body",
            );
        }
    });
}

#[test]
fn a_body_that_is_reset_is_a_failure() {
    run(async {
        let script = Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all").reset();
        let (_, exchanged) = play(script).await;
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::ConnectionReset),
            "",
        );
    });
}

#[test]
fn a_204_and_a_304_with_a_length_do_not_hang() {
    run(async {
        for status in ["204 No Content", "304 Not Modified"] {
            let exchanged = reply(format!("HTTP/1.1 {status}\r\nContent-Length: 10\r\n\r\n")).await;
            assert_eq!(text(exchanged), "", "{status}");
        }
    });
}

#[test]
fn the_answer_to_head_has_no_body_whatever_its_headers_say() {
    run(async {
        for framing in ["Content-Length: 10", "Transfer-Encoding: chunked"] {
            let script = Script::reply(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n")).repeat();
            let origin = RawOrigin::plain().script(script).start();
            let app = App::plain();
            assert_eq!(text(app.call(method("HEAD", &url(&origin, "/"))).await), "");
            assert_eq!(text(app.call(method("HEAD", &url(&origin, "/"))).await), "");
            assert_eq!(origin.connections(), 1, "{framing}");
        }
    });
}

#[test]
fn interim_responses_are_dropped() {
    run(async {
        let exchanged = reply(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
             HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal",
        )
        .await;
        assert_eq!(
            (
                exchanged.outcome.as_ref().unwrap().head.status,
                text(exchanged).as_str()
            ),
            (200, "real")
        );
    });
}

#[test]
fn an_interim_response_as_the_last_word_is_malformed() {
    run(async {
        let exchanged = reply("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::MalformedResponse),
            "101 Switching Protocols",
        );
        let exchanged = reply_and_close("HTTP/1.1 102 Processing\r\n\r\n").await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::MalformedResponse),
            "interim",
        );
    });
}

#[test]
fn a_refusal_that_comes_before_the_whole_body_was_sent_is_delivered() {
    run(async {
        // The origin reads the head only; what it leaves unread is far more than the sockets hold.
        let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!";
        for script in [
            Script::new().read_head().send(refusal),
            Script::new().read_head().send(refusal).close(),
        ] {
            let origin = RawOrigin::plain().script(script).start();
            let exchanged = App::plain()
                .call(post(&url(&origin, "/"), vec![b'x'; 20 << 20]))
                .await;
            assert_eq!(exchanged.outcome.as_ref().unwrap().head.status, 413);
            assert_eq!(text(exchanged), "no!");
        }
    });
}

#[test]
fn a_refusal_that_comes_early_is_announced_before_it_is_whole() {
    run(async {
        let gate = Gate::new();
        let head = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nn";
        let script = Script::new().read_head().send(head).wait(&gate).send("o!");
        let origin = RawOrigin::plain().script(script).start();
        let app = App::plain();
        let (request, receive) = app.prepare(post(&url(&origin, "/"), vec![b'x'; 20 << 20]));
        let exchanged = app
            .client
            .exchange(request, receive, &mut OnHead(|_: &_| gate.open()))
            .await;
        assert_eq!(text(exchanged), "no!");
    });
}

#[test]
fn a_refusal_that_comes_early_over_tls_is_delivered() {
    run(async {
        let ca = Ca::new();
        let script = Script::new()
            .read_head()
            .send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!");
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(script)
            .start();
        let call = post(&format!("https://{HOST}/"), vec![b'x'; 20 << 20]);
        assert_eq!(text(App::new(&ca, origin.port()).call(call).await), "no!");
    });
}

#[test]
fn an_answer_that_begins_early_does_not_stop_the_body() {
    run(async {
        let body = vec![b'x'; 8 << 20];
        let gate = Gate::new();
        let script = Script::new()
            .read_head()
            .send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            .wait(&gate)
            .read_bytes(body.len())
            .send("done");
        let origin = RawOrigin::plain().script(script).start();
        let app = App::plain();
        let call = app.call(post(&url(&origin, "/"), body.clone()));
        let open = async {
            origin.request(0).await;
            gate.open();
        };
        let (exchanged, ()) = tokio::join!(call, open);
        assert_eq!(text(exchanged), "done");
        assert!(origin.connection(0).unwrap().raw == body);
    });
}

#[test]
fn more_headers_than_awc_can_hold_arrive() {
    run(async {
        let fields: String = (0..500).map(|n| format!("X-{n}: {n}\r\n")).collect();
        let answer = answer(
            reply(format!(
                "HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n"
            ))
            .await,
        );
        assert_eq!(answer.head.headers.len(), 501);
        assert_eq!(answer.head.header("x-499"), Some("499"));
    });
}

#[test]
fn a_header_block_larger_than_awc_can_hold_arrives() {
    run(async {
        let long = "y".repeat(200 << 10);
        let answer = answer(
            reply(format!(
                "HTTP/1.1 200 OK\r\nX: {long}\r\nContent-Length: 0\r\n\r\n"
            ))
            .await,
        );
        assert_eq!(answer.head.header("x").unwrap().len(), 200 << 10);
    });
}

#[test]
fn p6_the_header_block_the_headers_and_chunk_extensions_are_bounded() {
    run(async {
        let mut policy = Policy::seed();
        policy.limits.header_bytes = 1000;
        policy.limits.header_count = 10;
        policy.limits.chunk_extension_bytes = 10;
        let fields = "X: y\r\n".repeat(11);
        let long = "y".repeat(1000);
        for (bytes, bound) in [
            (format!("HTTP/1.1 200 OK\r\nX: {long}"), Bound::HeaderBlock),
            (
                format!("HTTP/1.1 200 OK\r\n{fields}\r\n"),
                Bound::HeaderCount,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;abcdefghijklmn".to_owned(),
                Bound::ChunkExtension,
            ),
        ] {
            let origin = RawOrigin::plain().script(Script::reply(bytes)).start();
            let exchanged = App::plain_with(policy.clone())
                .get(&url(&origin, "/"))
                .await;
            assert_fails(
                exchanged,
                Failure::Server(ServerFault::ResponseTooLarge(bound)),
                "over the bound",
            );
        }
    });
}

#[test]
fn a_response_that_arrives_byte_by_byte_is_whole() {
    run(async {
        let bytes = "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                     5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: t\r\n\r\n";
        let (_, exchanged) = play(Script::new().read_request().send_byte_by_byte(bytes)).await;
        assert_eq!(text(exchanged), "hello world");
    });
}

#[test]
fn lengths_may_be_repeated_and_folded_lines_are_joined() {
    run(async {
        let answer = answer(
            reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n  c\r\nContent-Length: 2\r\n\r\nok").await,
        );
        assert_eq!(
            (answer.head.header("a"), text_of(&answer).as_str()),
            (Some("b c"), "ok")
        );
    });
}

#[test]
fn two_lengths_that_differ_are_malformed() {
    run(async {
        let fields = "Content-Length: 2\r\nContent-Length: 3";
        let exchanged = reply(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nok")).await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::MalformedResponse),
            "Content-Length",
        );
    });
}

#[test]
fn h2_chunked_counts_once_and_the_connection_serves_no_more_where_that_was_doubtful() {
    run(async {
        let doubtful =
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\ntransfer-encoding: Chunked";
        for (fields, connections) in [("Transfer-Encoding: chunked", 1), (doubtful, 2)] {
            let reply = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n6\r\nwhole!\r\n0\r\n\r\n");
            let origin = RawOrigin::plain()
                .script(Script::reply(reply).repeat())
                .start();
            let app = App::plain();
            for _ in 0..2 {
                assert_eq!(text(app.get(&url(&origin, "/")).await), "whole!");
            }
            assert_eq!(origin.connections(), connections, "{fields}");
        }
    });
}

#[test]
fn h2_a_transfer_coding_that_is_known_is_undone() {
    run(async {
        let mut encoder = async_compression::tokio::write::GzipEncoder::new(Vec::new());
        tokio::io::AsyncWriteExt::write_all(&mut encoder, b"packed on the way")
            .await
            .unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut encoder)
            .await
            .unwrap();
        let coded = encoder.into_inner();
        let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n".to_vec();
        bytes.extend_from_slice(format!("{:x}\r\n", coded.len()).as_bytes());
        bytes.extend_from_slice(&coded);
        bytes.extend_from_slice(b"\r\n0\r\n\r\n");
        assert_eq!(text(reply(bytes).await), "packed on the way");
    });
}

#[test]
fn h1_a_line_that_is_no_header_costs_itself_only() {
    run(async {
        for line in [
            "Warning in /var/www/x.php: odd",
            "Server : old",
            "=: =",
            "just words",
        ] {
            let exchanged = reply(format!(
                "HTTP/1.1 200 Fine\r\nX-Kept: yes\r\n{line}\r\nContent-Length: 3\r\n\r\nyes"
            ))
            .await;
            let answer = answer(exchanged);
            assert_eq!(answer.head.header("x-kept"), Some("yes"), "{line}");
            assert_eq!(text_of(&answer), "yes");
        }
    });
}

#[test]
fn what_is_not_http_is_malformed_at_once() {
    run(async {
        // No line end follows, and the connection stays open.
        assert_fails(
            reply("SSH-2.0-x").await,
            Failure::Server(ServerFault::MalformedResponse),
            "does not start with HTTP/1.",
        );
    });
}

#[test]
fn a_server_that_closes_without_a_word_gave_an_empty_response() {
    run(async {
        let (_, exchanged) = play(Script::new().read_request().close()).await;
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::EmptyResponse),
            "without an answer",
        );
        let exchanged = reply_and_close("HTTP/1.1 200 OK\r\nA:").await;
        assert_fails(
            exchanged,
            Failure::Network(NetworkFault::ConnectionReset),
            "in the middle of the headers",
        );
    });
}

#[test]
fn a_body_until_close_may_end_without_close_notify_but_no_other_may() {
    run(async {
        let ca = Ca::new();
        let until_close = Script::reply("HTTP/1.1 200 OK\r\n\r\nall of it").fin();
        let cut = Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all").fin();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(until_close)
            .script(cut)
            .start();
        let app = App::new(&ca, origin.port());
        let address = format!("https://{HOST}/");
        assert_eq!(text(app.get(&address).await), "all of it");
        assert_fails(
            app.get(&address).await,
            Failure::Network(NetworkFault::ConnectionReset),
            "in the middle of a body",
        );
    });
}

#[test]
fn the_head_is_announced_before_the_body_is_there() {
    run(async {
        let gate = Gate::new();
        let script = Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
            .wait(&gate)
            .send("ok");
        let origin = RawOrigin::plain().script(script).start();
        let app = App::plain();
        let (request, receive) = app.prepare(options(&url(&origin, "/")));
        // The body comes only because of the head.
        let exchanged = app
            .client
            .exchange(request, receive, &mut OnHead(|_: &_| gate.open()))
            .await;
        assert_eq!(text(exchanged), "ok");
    });
}
