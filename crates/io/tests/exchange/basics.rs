//! The plain case: a request goes out as the policy built it, and its answer comes back.

use appnet_policy::exchange::{Header, HttpVersion};
use appnet_testkit::{Ca, RawOrigin, Script};

use crate::support::{App, HOST, answer, options, post, run, text, text_of, url};

#[test]
fn a_get_over_https_brings_the_json_answer() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"))
            .start();
        let app = App::new(&ca, origin.port());
        let (exchanged, head) = app
            .call_with_head(options(&format!("https://{HOST}/x?y=1")))
            .await;
        let answer = answer(exchanged);
        assert_eq!(text_of(&answer), "{\"a\":1}");
        assert_eq!(
            (answer.head.status, answer.head.version),
            (200, HttpVersion::Http1)
        );
        assert_eq!(head.as_ref(), Some(&*answer.head));
        let request = origin.request(0).await;
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("GET", "/x?y=1")
        );
    });
}

#[test]
fn a_request_carries_the_headers_of_the_policy_and_no_others() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 204 No Content\r\n\r\n"))
            .start();
        let mut call = options(&url(&origin, "/"));
        call.header = vec![Header {
            name: "X-Token".to_owned(),
            value: "ä=1; b".to_owned(),
        }];
        answer(App::plain().call(call).await);
        let request = origin.request(0).await;
        let mut names: Vec<_> = request
            .headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "accept",
                "accept-encoding",
                "content-type",
                "host",
                "referer",
                "user-agent",
                "x-token"
            ]
        );
        assert_eq!(
            request.header("host").unwrap(),
            origin.address().to_string()
        );
        assert_eq!(request.header("accept").unwrap(), "*/*");
        assert_eq!(
            request.header("accept-encoding").unwrap(),
            "gzip, deflate, br, zstd"
        );
        // Not ASCII: as UTF-8.
        let head = String::from_utf8(request.head).unwrap();
        assert!(head.contains("X-Token: ä=1; b\r\n"), "{head}");
    });
}

#[test]
fn r4_host_comes_first_then_the_apps_headers_as_it_wrote_them_then_ours() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 204 No Content\r\n\r\n").repeat())
            .start();
        let app = App::plain();
        for _ in 0..5 {
            let mut call = post(&url(&origin, "/"), "x");
            call.header = ["zZ-top", "ACCEPT", "b", "X-a", "cookie"]
                .map(|name| Header {
                    name: name.to_owned(),
                    value: "v".to_owned(),
                })
                .to_vec();
            answer(app.call(call).await);
        }
        for number in 0..5 {
            let request = origin.request(number).await;
            let names: Vec<_> = request
                .headers
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(
                names,
                [
                    "Host",
                    "zZ-top",
                    "ACCEPT",
                    "b",
                    "X-a",
                    "cookie",
                    "content-type",
                    "Accept-Encoding",
                    "Referer",
                    "User-Agent",
                    "Content-Length"
                ]
            );
        }
    });
}

#[test]
fn an_accept_encoding_of_the_app_is_sent_as_it_is() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 204 No Content\r\n\r\n"))
            .start();
        let mut call = options(&url(&origin, "/"));
        call.header = vec![Header {
            name: "Accept-Encoding".to_owned(),
            value: "identity".to_owned(),
        }];
        answer(App::plain().call(call).await);
        assert_eq!(
            origin
                .request(0)
                .await
                .headers_named("accept-encoding")
                .collect::<Vec<_>>(),
            ["identity"]
        );
    });
}

#[test]
fn r4_a_call_for_a_range_asks_for_no_coding() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 204 No Content\r\n\r\n"))
            .start();
        let mut call = options(&url(&origin, "/"));
        call.header = vec![Header {
            name: "range".to_owned(),
            value: "bytes=1-2".to_owned(),
        }];
        answer(App::plain().call(call).await);
        let request = origin.request(0).await;
        let asked: Vec<_> = request.headers_named("accept-encoding").collect();
        assert_eq!(asked, ["identity"]);
    });
}

#[test]
fn a_body_is_sent_with_its_length_in_one_piece_with_the_head() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            ))
            .start();
        let exchanged = App::plain().call(post(&url(&origin, "/"), "hello")).await;
        assert_eq!(text(exchanged), "ok");
        let request = origin.request(0).await;
        assert_eq!(
            (request.header("content-length"), &request.body[..]),
            (Some("5"), &b"hello"[..])
        );
    });
}

#[test]
fn a_large_body_arrives_whole() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            ))
            .start();
        let body: Vec<u8> = (0..3_000_000_u32)
            .map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1])
            .collect();
        let exchanged = App::plain()
            .call(post(&url(&origin, "/"), body.clone()))
            .await;
        assert_eq!(text(exchanged), "ok");
        assert!(origin.request(0).await.body == body);
    });
}

#[test]
fn an_empty_post_says_that_it_is_empty() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 204 No Content\r\n\r\n"))
            .start();
        answer(App::plain().call(post(&url(&origin, "/"), "")).await);
        assert_eq!(origin.request(0).await.header("content-length"), Some("0"));
    });
}

#[test]
fn a_connection_serves_one_exchange_after_the_other() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").repeat())
            .start();
        let app = App::plain();
        for n in 0..3 {
            let exchanged = app.get(&url(&origin, "/")).await;
            assert_eq!(exchanged.profile.socket_reused, n > 0);
            assert_eq!(text(exchanged), "ok");
        }
        assert_eq!(origin.connections(), 1);
    });
}

#[test]
fn a_url_longer_than_awc_was_made_for_is_sent_whole() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 204 No Content\r\n\r\n"))
            .start();
        let target = format!("/{}?{}", "p".repeat(70_000), "q".repeat(70_000));
        answer(App::plain().get(&url(&origin, &target)).await);
        assert!(origin.request(0).await.target == target);
    });
}
