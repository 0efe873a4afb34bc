//! `enableCache` with a server: what is asked again, and what is not (RFC 9111).

use std::{path::Path, sync::Arc};

use appnet_io::{Cache, ClientOptions, DirectorySandbox, HttpClient};
use appnet_policy::{Policy, prepare::RequestOptions, preset::FileLimits};
use appnet_testkit::{RawOrigin, Script};

use crate::support::{App, answer, method, options, run, text, trust, url};

/// "one" in gzip, with this header.
fn gzip(header: &str) -> Vec<u8> {
    const ONE: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xcb\xcf\x4b\x05\x00\xf1\x86\x6c\x7a\x03\x00\x00\x00";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n{header}\r\n\r\n",
        ONE.len()
    );
    [head.as_bytes(), ONE].concat()
}

fn cached(url: &str) -> RequestOptions {
    RequestOptions {
        enable_cache: true,
        ..options(url)
    }
}

#[test]
fn a_fresh_answer_comes_without_its_server_also_to_another_client_of_the_app() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(gzip("Cache-Control: max-age=60")))
            .start();
        let (ca, cache) = (appnet_testkit::Ca::new(), Cache::default());
        let client = || ClientOptions {
            cache: cache.clone(),
            ..ClientOptions::default()
        };
        let mut app = App::plain().with_options(&ca, client());
        let first = app.call(cached(&url(&origin, "/"))).await;
        assert!(!first.profile.from_cache);
        assert_eq!(text(first), "one");
        app.client = HttpClient::with_options(&trust(&ca), client());
        let second = app.call_with_head(cached(&url(&origin, "/"))).await;
        assert!(second.0.profile.from_cache && second.0.profile.peer.is_none());
        assert_eq!(second.1.unwrap().header("age"), Some("0"));
        assert_eq!(text(second.0), "one");
        assert_eq!(origin.requests().len(), 1);
    });
}

/// A life of an app whose files are in this directory.
fn life(directory: &Path, limits: FileLimits) -> (App, Cache) {
    let sandbox = Arc::new(DirectorySandbox::open(directory, limits).unwrap());
    let cache = Cache::kept_in(sandbox, Policy::seed().cache);
    let options = ClientOptions {
        cache: cache.clone(),
        ..ClientOptions::default()
    };
    let app = App::plain().with_options(&appnet_testkit::Ca::new(), options);
    (app, cache)
}

#[test]
fn what_an_app_kept_is_there_in_its_next_life() {
    run(async {
        let fresh = gzip("Cache-Control: max-age=60");
        let origin = RawOrigin::plain()
            .script(Script::reply(fresh.clone()))
            .start();
        let directory = tempfile::tempdir().unwrap();
        for from_cache in [false, true, true] {
            let (app, cache) = life(directory.path(), Policy::seed().files);
            let exchanged = app.call(cached(&url(&origin, "/"))).await;
            assert_eq!(exchanged.profile.from_cache, from_cache);
            assert_eq!(text(exchanged), "one");
            cache.write().await;
        }
        assert_eq!(origin.requests().len(), 1);
    });
}

#[test]
fn a_post_makes_void_what_an_earlier_life_kept() {
    run(async {
        let fresh = gzip("Cache-Control: max-age=60");
        let origin = RawOrigin::plain()
            .script(Script::reply(fresh.clone()).close())
            .script(Script::reply("HTTP/1.1 204 No Content\r\n\r\n").close())
            .script(Script::reply(fresh))
            .start();
        let directory = tempfile::tempdir().unwrap();
        let (app, cache) = life(directory.path(), Policy::seed().files);
        app.call(cached(&url(&origin, "/"))).await;
        cache.write().await;
        drop(app);
        let (app, _) = life(directory.path(), Policy::seed().files);
        app.call(method("POST", &url(&origin, "/"))).await;
        let exchanged = app.call(cached(&url(&origin, "/"))).await;
        assert!(!exchanged.profile.from_cache);
        assert_eq!(text(exchanged), "one");
    });
}

#[test]
fn i3_what_an_app_keeps_counts_in_its_quota_and_is_not_kept_beyond_it() {
    run(async {
        let fresh = gzip("Cache-Control: max-age=60");
        for (user_bytes, next_life_has_it) in [(64 << 10, true), (16, false)] {
            let limits = FileLimits {
                user_bytes,
                ..Policy::seed().files
            };
            let origin = RawOrigin::plain()
                .script(Script::reply(fresh.clone()).close())
                .script(Script::reply(fresh.clone()))
                .start();
            let directory = tempfile::tempdir().unwrap();
            for (number, from_cache) in [(0, false), (1, next_life_has_it)] {
                let (app, cache) = life(directory.path(), limits);
                let exchanged = app.call(cached(&url(&origin, "/"))).await;
                assert_eq!(exchanged.profile.from_cache, from_cache, "life {number}");
                cache.write().await;
            }
            let kept = std::fs::metadata(directory.path().join("cache.bin"));
            assert!(kept.map_or(0, |file| file.len()) <= user_bytes);
        }
    });
}

#[test]
fn a_stale_answer_is_asked_about_and_served_again() {
    run(async {
        let origin = RawOrigin::plain()
            .script(
                Script::reply(gzip("Cache-Control: max-age=0\r\nETag: \"1\""))
                    .read_request()
                    .send("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n")
                    .read_request()
                    .send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"),
            )
            .start();
        let app = App::plain();
        for (text_of_it, from_cache) in [("one", false), ("one", true), ("two", false)] {
            let exchanged = app.call(cached(&url(&origin, "/"))).await;
            assert_eq!(exchanged.profile.from_cache, from_cache);
            assert_eq!(text(exchanged), text_of_it);
        }
        let asked: Vec<_> = origin
            .requests()
            .iter()
            .map(|request| request.header("if-none-match").map(str::to_owned))
            .collect();
        assert_eq!(asked, [None, Some("\"1\"".into()), Some("\"1\"".into())]);
        assert_eq!(
            origin.connections(),
            1,
            "a 304 leaves the connection usable"
        );
    });
}

#[test]
fn a_304_that_means_another_answer_is_not_the_apps() {
    run(async {
        let origin = RawOrigin::plain()
            .script(
                Script::reply(gzip("Cache-Control: max-age=0\r\nETag: \"1\""))
                    .read_request()
                    .send("HTTP/1.1 304 Not Modified\r\nETag: \"2\"\r\n\r\n")
                    .read_request()
                    .send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"),
            )
            .start();
        let app = App::plain();
        assert_eq!(text(app.call(cached(&url(&origin, "/"))).await), "one");
        let second = app.call(cached(&url(&origin, "/"))).await;
        assert!(!second.profile.from_cache);
        assert_eq!(text(second), "two");
        assert_eq!(origin.requests()[2].header("if-none-match"), None);
    });
}

#[test]
fn an_answer_that_is_not_whole_or_not_readable_is_not_kept() {
    run(async {
        let mut broken = gzip("Cache-Control: max-age=60");
        let length = broken.len();
        broken[length - 1] ^= 1; // the length at the end of the gzip stream
        let cut = gzip("Cache-Control: max-age=60");
        for first in [
            Script::reply(broken),
            Script::reply(cut[..cut.len() - 3].to_vec()).close(),
        ] {
            let origin = RawOrigin::plain()
                .script(first)
                .script(Script::reply(gzip("Cache-Control: max-age=60")))
                .start();
            let app = App::plain();
            app.call(cached(&url(&origin, "/")))
                .await
                .outcome
                .unwrap_err();
            let second = app.call(cached(&url(&origin, "/"))).await;
            assert!(!second.profile.from_cache);
            assert_eq!(text(second), "one");
        }
    });
}

#[test]
fn u6_a_redirect_that_is_kept_is_followed_and_checked_like_any() {
    run(async {
        let origin = RawOrigin::plain()
            .script(
                Script::reply(
                    "HTTP/1.1 301 Moved\r\nLocation: /b\r\nCache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n",
                )
                .read_request()
                .send("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 3\r\n\r\none")
                .read_request()
                .send("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 3\r\n\r\ntwo"),
            )
            .start();
        let app = App::plain();
        for expected in ["one", "two"] {
            assert_eq!(text(app.call(cached(&url(&origin, "/a"))).await), expected);
        }
    });
}

#[test]
fn a_post_makes_what_was_kept_unusable() {
    run(async {
        let origin = RawOrigin::plain()
            .script(
                Script::reply(gzip("Cache-Control: max-age=60"))
                    .read_request()
                    .send("HTTP/1.1 204 No Content\r\n\r\n")
                    .read_request()
                    .send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"),
            )
            .start();
        let app = App::plain();
        assert_eq!(text(app.call(cached(&url(&origin, "/"))).await), "one");
        let posted = answer(app.call(method("POST", &url(&origin, "/"))).await);
        assert_eq!(posted.head.status, 204);
        assert_eq!(text(app.call(cached(&url(&origin, "/"))).await), "two");
    });
}
