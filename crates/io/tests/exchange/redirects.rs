//! U6: hop by hop, each permitted like a first call.

use std::rc::Rc;

use appnet_io::ClientOptions;
use appnet_policy::failure::ServerFault;
use appnet_policy::rules::Rule;
use appnet_policy::{
    Failure, Policy,
    exchange::{Header, RedirectMode},
};
use appnet_testkit::{Ca, HttpOrigin, RawOrigin, Reply, Script};

use crate::scripted::{Scripted, forever};
use crate::support::{App, HOST, answer, assert_fails, failure, options, post, run, text, url};

fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 4\r\n\r\nmove")
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn u6_a_redirect_is_followed_over_the_same_connection_and_counted() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(redirect("/two?x=1")).read_request().send(OK))
            .start();
        let (exchanged, head) = App::plain()
            .call_with_head(options(&url(&origin, "/one")))
            .await;
        assert_eq!(exchanged.profile.hops, 1);
        let redirect = exchanged.profile.redirect.unwrap();
        assert!(redirect.start <= redirect.end && redirect.end <= exchanged.profile.fetch_start);
        assert_eq!(text(exchanged), "ok");
        // Only the final head is announced.
        assert_eq!(head.unwrap().status, 200);
        let targets: Vec<_> = origin
            .requests()
            .into_iter()
            .map(|request| request.target)
            .collect();
        assert_eq!(
            (targets, origin.connections()),
            (vec!["/one".to_owned(), "/two?x=1".to_owned()], 1)
        );
    });
}

#[test]
fn u6_a_redirect_that_keeps_its_method_sends_the_body_again() {
    run(async {
        let moved = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n";
        let origin = RawOrigin::plain()
            .script(Script::reply(moved).read_request().send(OK))
            .start();
        assert_eq!(
            text(App::plain().call(post(&url(&origin, "/a"), "body")).await),
            "ok"
        );
        let second = origin.request(1).await;
        assert_eq!(
            (second.method.as_str(), &second.body[..]),
            ("POST", &b"body"[..])
        );
    });
}

#[test]
fn u6_a_redirect_off_the_list_is_refused_and_not_connected_to() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(redirect("https://evil.example.test/")))
            .start();
        let failure = failure(
            App::new(&ca, origin.port())
                .get(&format!("https://{HOST}/"))
                .await,
        );
        assert_eq!(
            failure.failure,
            Failure::Server(ServerFault::RedirectNotInDomainList(
                "evil.example.test".to_owned()
            ))
        );
        assert_eq!(failure.refusal.unwrap().rule, Rule::U3);
        assert_eq!(origin.connections(), 1);
    });
}

#[test]
fn u6_an_empty_location_makes_the_redirect_the_answer() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(redirect(" ")))
            .start();
        let exchanged = App::plain().get(&url(&origin, "/")).await;
        assert_eq!(exchanged.profile.hops, 0);
        assert_eq!(answer(exchanged).head.status, 302);
    });
}

#[test]
fn u6_the_bytes_of_a_location_reach_the_server_whatever_charset_they_were() {
    run(async {
        for (bytes, target) in [
            (&b"/caf\xe9?\xb2\xe9"[..], "/caf%E9?%B2%E9"),
            ("/caf\u{e9}".as_bytes(), "/caf%C3%A9"),
        ] {
            let head = [
                b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ",
                bytes,
                b"\r\n\r\n",
            ]
            .concat();
            let origin = RawOrigin::plain()
                .script(
                    Script::reply(head)
                        .read_request()
                        .send("HTTP/1.1 204 No Content\r\n\r\n"),
                )
                .start();
            answer(App::plain().get(&url(&origin, "/")).await);
            assert_eq!(origin.request(1).await.target, target);
        }
    });
}

#[test]
fn u6_u7_a_redirect_to_addresses_that_are_refused_is_refused_as_a_redirect() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(redirect("https://inside.example.test/")))
            .start();
        let app = App::with(&ca, origin.port(), Policy::seed(), |config| {
            config
                .domains
                .request
                .push("https://inside.example.test".to_owned());
        });
        let app = app.with_options(
            &ca,
            ClientOptions {
                resolver: Rc::new(Scripted::answering(forever(&["127.0.0.1"]))),
                ..ClientOptions::default()
            },
        );
        let failure = failure(app.get(&format!("https://{HOST}/")).await);
        let refused = ServerFault::RedirectNotInDomainList("inside.example.test".to_owned());
        assert_eq!(failure.failure, Failure::Server(refused));
        assert_eq!(failure.refusal.unwrap().rule, Rule::U7);
    });
}

#[test]
fn u6_redirects_are_counted_and_have_a_limit() {
    run(async {
        let origin = HttpOrigin::plain()
            .start(|_| Reply::status(302).header("Location", "/again"))
            .unwrap();
        let mut policy = Policy::seed();
        policy.max_redirects = 4;
        let exchanged = App::plain_with(policy)
            .get(&format!("http://{}/", origin.address()))
            .await;
        assert_eq!(exchanged.profile.hops, 4);
        assert_fails(
            exchanged,
            Failure::Server(ServerFault::TooManyRedirects),
            "",
        );
        assert_eq!(
            (origin.counts().requests, origin.counts().connections),
            (5, 1)
        );
    });
}

#[test]
fn u6_manual_gives_the_redirect_itself() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(redirect("/two")))
            .start();
        let mut call = options(&url(&origin, "/"));
        call.redirect = RedirectMode::Manual;
        let answer = answer(App::plain().call(call).await);
        assert_eq!(
            (answer.head.status, answer.head.header("location")),
            (302, Some("/two"))
        );
    });
}

#[test]
fn u6_secrets_do_not_follow_to_another_origin() {
    run(async {
        let second = RawOrigin::plain().script(Script::reply(OK)).start();
        let first = RawOrigin::plain()
            .script(Script::reply(redirect(&url(&second, "/"))))
            .start();
        let mut call = options(&url(&first, "/"));
        call.header = ["Authorization", "Cookie", "X-Own"]
            .map(|name| Header {
                name: name.to_owned(),
                value: "secret".to_owned(),
            })
            .into();
        assert_eq!(text(App::plain().call(call).await), "ok");
        assert_eq!(
            first.request(0).await.header("authorization"),
            Some("secret")
        );
        let request = second.request(0).await;
        assert_eq!(
            (request.header("authorization"), request.header("cookie")),
            (None, None)
        );
        assert_eq!(request.header("x-own"), Some("secret"));
        assert_eq!(
            request.header("host").unwrap(),
            second.address().to_string()
        );
    });
}

#[test]
fn the_body_of_a_redirect_is_not_waited_for() {
    run(async {
        let endless =
            "HTTP/1.1 302 Found\r\nLocation: /two\r\nContent-Length: 1000\r\n\r\nonly a part";
        let origin = RawOrigin::plain()
            .script(Script::reply(endless))
            .script(Script::reply(OK))
            .start();
        assert_eq!(text(App::plain().get(&url(&origin, "/")).await), "ok");
        origin.closed(0).await;
    });
}
