//! RFC 9111 for the one user of a private cache, at set times.

use std::time::Duration;

use appnet_policy::exchange::HttpVersion;
use proptest::prelude::*;

use super::*;
use crate::outgoing::tests::request as outgoing;

const LIMITS: CacheLimits = CacheLimits {
    bytes: 64 << 10,
    entry_bytes: 16 << 10,
    entries: 4,
};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn request(path: &str, headers: &[(&str, &str)]) -> OutgoingRequest {
    let request = outgoing(&format!("https://a.test{path}"), headers).unwrap();
    OutgoingRequest {
        cache: true,
        ..request
    }
}

fn head(status: u16, headers: &[(&str, &str)]) -> ResponseHead {
    let header = |(name, value): &(&str, &str)| Header {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    };
    ResponseHead {
        status,
        version: HttpVersion::Http1,
        headers: headers.iter().map(header).collect(),
    }
}

/// The server is asked, answers, and the answer is received whole; whether it was kept.
fn receive(
    cache: &Cache,
    request: &OutgoingRequest,
    head: &ResponseHead,
    body: &str,
    now: SystemTime,
) -> bool {
    let Some(Consulted::Ask(ask)) = cache.consult(request, now) else {
        return false;
    };
    let recording = ask
        .record(head, LIMITS, now)
        .and_then(|recording| recording.add(body.as_bytes()));
    let kept = recording.is_some();
    if let Some(recording) = recording {
        recording.keep(now);
    }
    kept
}

fn fresh(cache: &Cache, request: &OutgoingRequest, now: SystemTime) -> Option<Kept> {
    match cache.consult(request, now) {
        Some(Consulted::Fresh(kept)) => Some(kept),
        Some(Consulted::Ask(_)) | None => None,
    }
}

fn conditions(cache: &Cache, request: &OutgoingRequest, now: SystemTime) -> Vec<(String, String)> {
    match cache.consult(request, now) {
        Some(Consulted::Ask(ask)) => {
            let sent = ask.conditional(request).headers;
            let added = sent.into_iter().skip(request.headers.len());
            added.map(|Header { name, value }| (name, value)).collect()
        }
        Some(Consulted::Fresh(_)) | None => panic!("the server is asked"),
    }
}

/// Some answers that a cache keeps: with and without a body, and of several variants.
pub(super) fn kept_answers() -> Vec<Entry> {
    let cache = Cache::default();
    let answer = head(200, &[("Cache-Control", "max-age=10"), ("Vary", "x-a")]);
    for (path, x_a, body) in [
        ("/a", "1", "one"),
        ("/a", "2", "t\u{00}o"),
        ("/b?c", "1", ""),
    ] {
        let get = request(path, &[("X-A", x_a)]);
        assert!(receive(&cache, &get, &answer, body, at(0)));
    }
    let entries = cache.0.store.borrow().entries.clone();
    assert_eq!(entries.len(), 3);
    entries
}

#[test]
fn an_answer_is_fresh_for_as_long_as_its_server_says_and_tells_its_age() {
    let cache = Cache::default();
    let get = request("/a", &[]);
    let answer = head(200, &[("Cache-Control", "max-age=10"), ("Age", "2")]);
    assert!(receive(&cache, &get, &answer, "one", at(0)));
    let kept = fresh(&cache, &get, at(7)).unwrap();
    assert_eq!(kept.body, "one");
    assert_eq!(kept.head.header("age"), Some("9"));
    assert!(fresh(&cache, &get, at(8)).is_none());
}

#[test]
fn what_a_server_says_of_time_is_read_as_browsers_read_it() {
    let later = "Mon, 18 Jan 2027 00:00:00 GMT"; // some days after the time of these tests
    for (name, value, keeps) in [
        ("Cache-Control", "Max-Age=10", true),
        ("Cache-Control", "No-Cache", false),
        ("Expires", later, true),
        ("Expires", "Monday, 18-Jan-27 00:00:00 GMT", true),
        ("Expires", "Mon Jan 18 00:00:00 2027", true),
        ("Expires", "Mon,  18 Jan 2027 00:00:00 GMT", false),
        ("Expires", "0", false),
    ] {
        let cache = Cache::default();
        let get = request("/a", &[]);
        receive(&cache, &get, &head(200, &[(name, value)]), "", at(0));
        assert_eq!(fresh(&cache, &get, at(1)).is_some(), keeps, "{value}");
    }
    for (age, keeps) in [
        ("5", true),
        ("50", false),
        ("50a", true),
        ("50, 0", false),
        ("a", true),
        ("99999999999999999999", false),
        ("-1", true),
    ] {
        let cache = Cache::default();
        let get = request("/a", &[]);
        let answer = head(200, &[("Cache-Control", "max-age=10"), ("Age", age)]);
        receive(&cache, &get, &answer, "", at(0));
        assert_eq!(fresh(&cache, &get, at(1)).is_some(), keeps, "{age}");
    }
}

#[test]
fn what_was_said_of_the_connection_is_not_kept() {
    let cache = Cache::default();
    let get = request("/a", &[]);
    let said = [
        ("Cache-Control", "max-age=10"),
        ("Connection", "X-A, close"),
        ("X-A", "1"),
        ("X-B", "2"),
    ];
    assert!(receive(&cache, &get, &head(200, &said), "", at(0)));
    let kept = fresh(&cache, &get, at(1)).unwrap().head;
    assert_eq!((kept.header("x-a"), kept.header("x-b")), (None, Some("2")));
}

#[test]
fn what_a_server_or_an_app_forbids_to_keep_is_not_kept() {
    for (status, header) in [
        (200, ("Cache-Control", "no-store")),
        (200, ("Vary", "*")),
        (206, ("Cache-Control", "max-age=10")),
        (500, ("Cache-Control", "no-store")),
        (200, ("Content-Length", "99999")),
    ] {
        let cache = Cache::default();
        let get = request("/a", &[]);
        assert!(
            !receive(&cache, &get, &head(status, &[header]), "", at(0)),
            "{header:?}"
        );
    }
    let cache = Cache::default();
    let get = request("/a", &[("Cache-Control", "no-store")]);
    let answer = head(200, &[("Cache-Control", "max-age=10")]);
    assert!(!receive(&cache, &get, &answer, "", at(0)));
}

#[test]
fn a_private_answer_is_kept_for_its_one_user() {
    let cache = Cache::default();
    let get = request("/a", &[("Authorization", "Bearer x")]);
    let answer = head(200, &[("Cache-Control", "private, max-age=10")]);
    assert!(receive(&cache, &get, &answer, "mine", at(0)));
    assert!(fresh(&cache, &get, at(1)).is_some());
}

#[test]
fn a_call_that_did_not_ask_for_it_or_decides_for_itself_is_left_alone() {
    let cache = Cache::default();
    let answer = head(200, &[("Cache-Control", "max-age=10")]);
    assert!(receive(&cache, &request("/a", &[]), &answer, "", at(0)));
    let plain = OutgoingRequest {
        cache: false,
        ..request("/a", &[])
    };
    assert!(cache.consult(&plain, at(1)).is_none());
    for header in [("Range", "bytes=0-1"), ("If-None-Match", "\"x\"")] {
        assert!(cache.consult(&request("/a", &[header]), at(1)).is_none());
    }
    for method in [Method::Head, Method::Post] {
        let other = OutgoingRequest {
            method,
            ..request("/a", &[])
        };
        assert!(cache.consult(&other, at(1)).is_none());
    }
}

#[test]
fn an_app_that_wants_it_new_gets_it_new() {
    let cache = Cache::default();
    let answer = head(200, &[("Cache-Control", "max-age=10"), ("ETag", "\"1\"")]);
    assert!(receive(&cache, &request("/a", &[]), &answer, "", at(0)));
    let anew = request("/a", &[("Cache-Control", "no-cache")]);
    assert!(fresh(&cache, &anew, at(1)).is_none());
}

#[test]
fn a_stale_answer_is_validated_and_its_head_brought_up_to_date() {
    let cache = Cache::default();
    let get = request("/a", &[]);
    let answer = head(
        200,
        &[
            ("Cache-Control", "max-age=10"),
            ("ETag", "\"1\""),
            ("Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT"),
            ("Content-Length", "3"),
            ("X-Old", "1"),
        ],
    );
    assert!(receive(&cache, &get, &answer, "one", at(0)));
    let asks = [
        ("If-None-Match".to_owned(), "\"1\"".to_owned()),
        (
            "If-Modified-Since".to_owned(),
            "Sat, 01 Jan 2022 00:00:00 GMT".to_owned(),
        ),
    ];
    assert_eq!(conditions(&cache, &get, at(20)), asks);
    let Some(Consulted::Ask(ask)) = cache.consult(&get, at(20)) else {
        panic!("it is stale");
    };
    let same = head(
        304,
        &[
            ("Cache-Control", "max-age=60"),
            ("ETag", "\"1\""),
            ("Content-Length", "0"),
            ("X-New", "1"),
        ],
    );
    assert!(ask.is_validated_by(&same));
    let kept = ask.validated(&same, at(20)).unwrap();
    assert_eq!((kept.head.status, &kept.body[..]), (200, &b"one"[..]));
    let field = |name| kept.head.header(name);
    assert_eq!(field("content-length"), Some("3"));
    assert_eq!((field("x-old"), field("x-new")), (Some("1"), Some("1")));
    assert!(fresh(&cache, &get, at(79)).is_some());
    assert!(fresh(&cache, &get, at(81)).is_none());
}

#[test]
fn a_304_without_validators_is_for_the_answer_that_was_asked_about() {
    let cache = Cache::default();
    let get = request("/a", &[]);
    let answer = head(200, &[("Cache-Control", "max-age=1"), ("ETag", "\"1\"")]);
    assert!(receive(&cache, &get, &answer, "one", at(0)));
    let Some(Consulted::Ask(ask)) = cache.consult(&get, at(5)) else {
        panic!("it is stale");
    };
    let kept = ask.validated(&head(304, &[("Date", "x")]), at(5)).unwrap();
    assert_eq!(kept.body, "one");
    assert!(fresh(&cache, &get, at(5)).is_some());
}

#[test]
fn a_304_for_another_answer_is_none() {
    let cache = Cache::default();
    let get = request("/a", &[]);
    let answer = head(200, &[("Cache-Control", "max-age=1"), ("ETag", "\"1\"")]);
    assert!(receive(&cache, &get, &answer, "one", at(0)));
    let Some(Consulted::Ask(ask)) = cache.consult(&get, at(5)) else {
        panic!("it is stale");
    };
    assert!(
        ask.validated(&head(304, &[("ETag", "\"2\"")]), at(5))
            .is_none()
    );
    assert!(conditions(&cache, &get, at(6)).is_empty(), "it is gone");
}

#[test]
fn variants_stand_side_by_side_and_a_new_answer_replaces_its_own() {
    let cache = Cache::default();
    let of = |language| request("/a", &[("Accept-Language", language)]);
    let answer = head(
        200,
        &[
            ("Cache-Control", "max-age=10"),
            ("Vary", "Accept-Encoding"),
            ("Vary", "accept-language"),
        ],
    );
    assert!(receive(&cache, &of("zh"), &answer, "你好", at(0)));
    assert!(receive(&cache, &of("en"), &answer, "hello", at(0)));
    assert_eq!(fresh(&cache, &of("zh"), at(1)).unwrap().body, "你好");
    assert!(receive(&cache, &of("zh"), &answer, "您好", at(20)));
    assert_eq!(fresh(&cache, &of("zh"), at(21)).unwrap().body, "您好");
    assert_eq!(cache.0.store.borrow().entries.len(), 2);
}

#[test]
fn u8_an_answer_is_only_for_calls_that_go_the_same_way() {
    let cache = Cache::default();
    let answer = head(200, &[("Cache-Control", "max-age=10")]);
    let get = request("/a", &[]);
    assert!(receive(&cache, &get, &answer, "", at(0)));
    for place in ["/b", "/a?", "/a?x"] {
        assert!(fresh(&cache, &request(place, &[]), at(1)).is_none());
    }
    for url in [
        "https://b.test/a",
        "https://a.test:8443/a",
        "http://a.test/a",
    ] {
        let other = OutgoingRequest {
            cache: true,
            ..outgoing(url, &[]).unwrap()
        };
        assert!(fresh(&cache, &other, at(1)).is_none(), "{url}");
    }
    assert!(
        fresh(&cache, &request("/a#part", &[]), at(1)).is_some(),
        "a fragment is not sent"
    );
}

#[test]
fn a_change_that_the_server_accepted_makes_what_was_kept_unusable() {
    let answer = head(200, &[("Cache-Control", "max-age=10")]);
    for (method, status, usable) in [
        (Method::Post, 200, false),
        (Method::Delete, 204, false),
        (Method::Put, 500, true),
        (Method::Head, 200, true),
    ] {
        let cache = Cache::default();
        let get = request("/a", &[]);
        assert!(receive(&cache, &get, &answer, "", at(0)));
        let change = OutgoingRequest {
            method,
            cache: false,
            ..request("/a", &[])
        };
        cache.note_answer(&change, status);
        assert_eq!(fresh(&cache, &get, at(1)).is_some(), usable, "{method:?}");
    }
}

#[test]
fn i2_what_is_kept_is_bounded_and_the_longest_unused_goes_first() {
    let cache = Cache::default();
    let answer = head(200, &[("Cache-Control", "max-age=10")]);
    let large = "x".repeat(LIMITS.entry_bytes);
    assert!(!receive(
        &cache,
        &request("/a", &[]),
        &answer,
        &format!("{large}x"),
        at(0)
    ));
    for path in ["/a", "/b", "/c"] {
        assert!(receive(&cache, &request(path, &[]), &answer, &large, at(0)));
    }
    assert!(fresh(&cache, &request("/a", &[]), at(1)).is_some());
    assert!(receive(&cache, &request("/d", &[]), &answer, &large, at(1)));
    let has = |path| fresh(&cache, &request(path, &[]), at(1)).is_some();
    assert_eq!(
        ["/a", "/b", "/c", "/d"].map(has),
        [true, false, true, true],
        "by bytes"
    );
    for path in ["/e", "/f", "/g", "/h"] {
        assert!(receive(&cache, &request(path, &[]), &answer, "", at(1)));
    }
    let store = cache.0.store.borrow();
    assert_eq!(store.entries.len(), LIMITS.entries);
    let sizes = store.entries.iter().map(|entry| entry.kept.size());
    assert_eq!(store.bytes, sizes.sum::<usize>());
}

#[test]
fn no_number_of_a_server_is_too_large() {
    let huge = "99999999999999999999";
    let largest = u64::MAX.to_string();
    for number in [huge, &largest, "-1", "x"] {
        let cache = Cache::default();
        let get = request("/a", &[]);
        let control = format!("max-age={number}");
        let answer = head(200, &[("Cache-Control", &control), ("Age", number)]);
        receive(&cache, &get, &answer, "", at(0));
        fresh(&cache, &get, at(u64::from(u32::MAX)));
        let demanding = request("/a", &[("Cache-Control", &format!("min-fresh={number}"))]);
        fresh(&cache, &demanding, at(1));
        let patient = request("/a", &[("Cache-Control", &format!("max-stale={number}"))]);
        fresh(&cache, &patient, at(1));
    }
}

/// Values of the kind that caches read, and noise.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "(max-age|s-maxage|min-fresh|max-stale|no-cache|immutable|public)(=\"?[0-9]{0,22}\"?)?(, ?must-revalidate)?",
        "(Mon|Tue), [0-3][0-9] (Jan|Dec) [0-9]{4} [0-2][0-9]:59:59 (GMT|[-+]2359)",
        "(W/)?\"[ -~]{0,5}\"(, ?\\*)?",
        "1[0-9]{2} - \"x\", 2[0-9]{2} -",
    ]
}

fn fields() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    const NAMES: [&str; 13] = [
        "Age",
        "Cache-Control",
        "Connection",
        "Content-Length",
        "Date",
        "ETag",
        "Expires",
        "If-Match",
        "Last-Modified",
        "Pragma",
        "Set-Cookie",
        "Vary",
        "Warning",
    ];
    proptest::collection::vec((proptest::sample::select(&NAMES[..]), value()), 0..6)
}

fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

proptest! {
    #[test]
    fn nothing_that_a_server_or_an_app_says_panics(
        (asked, first, then) in (fields(), fields(), fields()),
        status in proptest::sample::select(&[100_u16, 200, 204, 206, 301, 304, 404, 500, 999][..]),
        later in 0..u64::from(u32::MAX),
    ) {
        let cache = Cache::default();
        let get = request("/a", &borrowed(&asked));
        receive(&cache, &get, &head(status, &borrowed(&first)), "body", at(0));
        fresh(&cache, &get, at(later));
        if let Some(Consulted::Ask(ask)) = cache.consult(&get, at(later)) {
            ask.conditional(&get);
            ask.validated(&head(304, &borrowed(&then)), at(later));
        }
        fresh(&cache, &get, at(later));
    }
}
