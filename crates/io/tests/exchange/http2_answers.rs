//! Answers over HTTP/2 that are early, odd or malformed (H3, RFC 9113 §8.1).

use std::time::Duration;

use appnet_policy::{
    Failure, Policy,
    failure::{Bound, NetworkFault, ServerFault},
    prepare::RequestOptions,
};

use crate::{
    raw_http2::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, OK, RESET, RawHttp2, RawHttp2Origin,
        WINDOW_UPDATE, field, frame,
    },
    support::{HOST, assert_fails, get_http2, http2, post, run, text},
};

fn upload(bytes: usize) -> RequestOptions {
    http2(post(&format!("https://{HOST}/"), vec![b'x'; bytes]))
}

/// One call, and what a server does when it gets the request.
async fn play(
    call: RequestOptions,
    server: impl AsyncFnOnce(&mut RawHttp2, u32),
) -> appnet_io::Exchanged {
    play_with(call, Policy::seed(), server).await
}

async fn play_with(
    call: RequestOptions,
    policy: Policy,
    server: impl AsyncFnOnce(&mut RawHttp2, u32),
) -> appnet_io::Exchanged {
    let origin = RawHttp2Origin::listen().await;
    let app = origin.app_with(policy);
    let serve = async {
        let mut connection = origin.accept(&[]).await;
        let stream = connection.request().await;
        server(&mut connection, stream).await;
        connection
    };
    let call = tokio::time::timeout(Duration::from_secs(20), app.call(call));
    let (exchanged, _connection) = tokio::join!(call, serve);
    exchanged.expect("the call waits for nothing")
}

#[track_caller]
fn assert_malformed(exchanged: appnet_io::Exchanged, reason: &str) {
    assert_fails(
        exchanged,
        Failure::Server(ServerFault::MalformedResponse),
        reason,
    );
}

fn status(code: &str) -> Vec<u8> {
    [b"\x48\x03", code.as_bytes()].concat()
}

#[test]
fn h3_a_refusal_in_the_middle_of_a_body_is_the_answer_whether_a_reset_follows_or_not() {
    run(async {
        for reset in [true, false] {
            let exchanged = play(upload(5 << 20), async |server, stream| {
                server
                    .send(HEADERS, END_HEADERS, stream, &status("401"))
                    .await;
                server.send(DATA, END_STREAM, stream, b"who are you?").await;
                if reset {
                    server.send(RESET, 0, stream, &[0; 4]).await;
                }
            })
            .await;
            assert_eq!(exchanged.outcome.as_ref().unwrap().head.status, 401);
            assert_eq!(text(exchanged), "who are you?");
        }
    });
}

#[test]
fn h3_a_whole_answer_does_not_wait_for_a_window_that_never_comes() {
    run(async {
        // Of a success the rest might still be wanted, but the answer is whole.
        let exchanged = play(upload(5 << 20), async |server, stream| {
            server.answer(stream, "enough").await
        })
        .await;
        assert_eq!(text(exchanged), "enough");
    });
}

#[test]
fn h3_a_server_that_answers_while_it_reads_does_not_deadlock() {
    run(async {
        let exchanged = play(upload(300_000), async |server, stream| {
            server.send(HEADERS, END_HEADERS, stream, OK).await;
            let mut left = 300_000_u32;
            while left > 0 {
                let piece = server.until(DATA).await.payload;
                let length = u32::try_from(piece.len()).unwrap();
                left -= length;
                // Room for more is given only with an answer to what came.
                server
                    .send(DATA, if left == 0 { END_STREAM } else { 0 }, stream, &piece)
                    .await;
                if length > 0 && left > 0 {
                    server
                        .send(WINDOW_UPDATE, 0, stream, &length.to_be_bytes())
                        .await;
                    server
                        .send(WINDOW_UPDATE, 0, 0, &length.to_be_bytes())
                        .await;
                }
            }
        })
        .await;
        assert_eq!(text(exchanged).len(), 300_000);
    });
}

#[test]
fn an_answer_that_is_malformed_is_no_success() {
    run(async {
        let status_and = |name: &str, value: &str| [OK, &field(name, value)].concat();
        let two_lengths = [
            OK,
            &field("content-length", "2"),
            &field("content-length", "3"),
        ]
        .concat();
        for (block, body, reason) in [
            (field("x", "y"), "ok", "rules of HTTP/2"),
            (two_lengths, "ok", "rules of HTTP/2"),
            (status_and("content-length", "5"), "ok", "rules of HTTP/2"),
            (status_and("content-length", "1"), "ok", "rules of HTTP/2"),
            (
                status_and(":path", "/"),
                "ok",
                "pseudo-header field in an answer",
            ),
            (
                [OK, b"\x84"].concat(),
                "ok",
                "pseudo-header field in an answer",
            ),
            (status_and("connection", "close"), "ok", "rules of HTTP/2"),
        ] {
            let exchanged = play(get_http2(), async |server, stream| {
                server.send(HEADERS, END_HEADERS, stream, &block).await;
                server.send(DATA, END_STREAM, stream, body.as_bytes()).await;
            })
            .await;
            assert_malformed(exchanged, reason);
        }
    });
}

#[test]
fn pseudo_headers_in_trailers_are_malformed_and_other_trailers_are_not() {
    run(async {
        let with_trailers = async |trailers: &[u8]| {
            play(get_http2(), async |server, stream| {
                server
                    .send(HEADERS, END_HEADERS, stream, &status("103"))
                    .await;
                server.send(HEADERS, END_HEADERS, stream, OK).await;
                server.send(DATA, 0, stream, b"body").await;
                server
                    .send(HEADERS, END_HEADERS | END_STREAM, stream, trailers)
                    .await;
            })
            .await
        };
        assert_eq!(text(with_trailers(&field("x-sum", "1")).await), "body");
        assert_malformed(with_trailers(OK).await, "in the trailers");
        assert_malformed(with_trailers(&field(":path", "/")).await, "in the trailers");
    });
}

#[test]
fn a_reset_of_one_stream_ends_one_call() {
    run(async {
        let origin = RawHttp2Origin::listen().await;
        let app = origin.app();
        let serve = async {
            let mut server = origin.accept(&[]).await;
            let first = server.request().await;
            let second = server.request().await;
            server.send(RESET, 0, first, &2_u32.to_be_bytes()).await;
            server.answer(second, "kept").await;
            let third = server.request().await;
            server.answer(third, "too").await;
            server
        };
        let calls = async {
            let (first, second) = tokio::join!(app.call(get_http2()), app.call(get_http2()));
            let third = app.call(get_http2()).await;
            (first, second, third)
        };
        let ((first, second, third), _server) = tokio::join!(calls, serve);
        assert_fails(first, Failure::Network(NetworkFault::ConnectionReset), "");
        assert!(third.profile.socket_reused);
        assert_eq!(
            (text(second).as_str(), text(third).as_str()),
            ("kept", "too")
        );
    });
}

#[test]
fn an_answer_that_is_reset_before_its_end_is_cut_short() {
    run(async {
        for code in [0_u32, 8] {
            let exchanged = play(get_http2(), async |server, stream| {
                server.send(HEADERS, END_HEADERS, stream, OK).await;
                server.send(DATA, 0, stream, b"half").await;
                server.send(RESET, 0, stream, &code.to_be_bytes()).await;
            })
            .await;
            assert_fails(
                exchanged,
                Failure::Network(NetworkFault::ConnectionReset),
                "",
            );
        }
    });
}

#[test]
fn p6_a_header_list_over_the_bound_is_refused_in_one_frame_and_in_many() {
    run(async {
        let mut policy = Policy::seed();
        (policy.limits.header_bytes, policy.limits.header_count) = (20_000, 100);
        let fields =
            |count| [OK.to_vec(), field("x-name", &"v".repeat(100)).repeat(count)].concat();
        let too_large = |bound| Failure::Server(ServerFault::ResponseTooLarge(bound));
        let exchanged = play_with(get_http2(), policy.clone(), async |server, stream| {
            // More fields than the policy allows, and less than h2 was told.
            server
                .send(HEADERS, END_HEADERS | END_STREAM, stream, &fields(101))
                .await;
        })
        .await;
        assert_fails(exchanged, too_large(Bound::HeaderCount), "over the bound");
        let exchanged = play_with(get_http2(), policy.clone(), async |server, stream| {
            // Few bytes on the wire, many when they are read: HTTP/2 counts 32 for each field.
            let empty = [OK.to_vec(), field("a", "").repeat(1000)].concat();
            server
                .send(HEADERS, END_HEADERS | END_STREAM, stream, &empty)
                .await;
        })
        .await;
        assert_fails(exchanged, too_large(Bound::HeaderBlock), "over the bound");
        let exchanged = play_with(get_http2(), policy, async |server, stream| {
            server.send(HEADERS, END_STREAM, stream, OK).await;
            while server
                .try_send(&frame(CONTINUATION, 0, stream, &fields(100)[1..]))
                .await
            {}
        })
        .await;
        assert_fails(exchanged, too_large(Bound::HeaderBlock), "over the bound");
    });
}
