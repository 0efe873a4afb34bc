//! What the dialects of `policy` do over time.

use appnet_policy::{
    Api, Dialect, Failure, Policy,
    failure::{HostFault, NetworkFault},
    prepare::Call,
};

use crate::{
    Instant,
    test_support::{
        AppUnderTest, Did, Heard, download, failure, job, ms, options, options_to,
        options_with_timeout, secs,
    },
};

fn policy(dialect: &str) -> Policy {
    let dialect: Dialect = dialect.parse().unwrap();
    dialect.policy()
}

/// When the call of an app that lives by this dialect has timed out, if nothing answers.
#[track_caller]
fn times_out_at(dialect: &str, call: Call) -> Instant {
    let mut app = AppUnderTest::with(policy(dialect));
    app.begin(1, call, ms(0));
    let at = app.wakes_at().unwrap();
    let timed_out = Heard::Fail(1, Failure::Network(NetworkFault::TimedOut));
    assert_eq!(app.timer(at).heard, [timed_out]);
    at
}

#[test]
fn t1_each_dialect_has_its_own_timeouts() {
    let defaults =
        |dialect| [Call::Request(options()), download()].map(|call| times_out_at(dialect, call));
    for dialect in Dialect::ALL {
        let expected = match dialect.name() {
            "baidu" => [10, 60],
            "mpaas" => [30, 30],
            _ => [60, 60],
        };
        assert_eq!(defaults(dialect.name()), expected.map(secs), "{dialect}");
    }
}

#[test]
fn t1_each_dialect_has_its_own_maximum() {
    for dialect in Dialect::ALL {
        let long = Call::Request(options_with_timeout(120_000.0));
        let expected = if dialect.name() == "weixin" { 120 } else { 60 };
        assert_eq!(
            times_out_at(dialect.name(), long),
            secs(expected),
            "{dialect}"
        );
    }
}

#[test]
fn b2_b3_douyin_lets_calls_in_during_the_grace_and_has_words_of_its_own_after_it() {
    let mut app = AppUnderTest::with(policy("douyin"));
    app.background(secs(1));
    assert_eq!(app.call(1, ms(5_999)).did, [Did::Start(1)]);
    let interrupted = Heard::Fail(1, Failure::Host(HostFault::Interrupted));
    assert_eq!(app.timer(secs(6)).heard, [interrupted]);
    let refused = Failure::Host(HostFault::AppInBackground);
    assert_eq!(
        refused.text_and_errno(),
        ("app in background".into(), Some(600_003))
    );
    assert_eq!(app.call(2, secs(7)).heard, [Heard::Fail(2, refused)]);
    app.foreground(secs(8));
    assert_eq!(app.call(3, secs(8)).did, [Did::Start(3)]);
}

#[test]
fn b3_the_others_refuse_calls_at_once_in_the_words_of_the_seed() {
    for dialect in Dialect::ALL
        .iter()
        .filter(|dialect| dialect.name() != "douyin")
    {
        let mut app = AppUnderTest::with(dialect.policy());
        app.background(secs(1));
        let refused = Heard::Fail(1, Failure::Host(HostFault::Interrupted));
        assert_eq!(app.call(1, secs(1)).heard, [refused], "{dialect}");
    }
}

/// How many of a hundred calls of an API start at once, to two hosts in turn.
fn started(dialect: &str, api: Api) -> usize {
    let mut config = crate::test_support::config();
    let second = || "https://second.com".to_owned();
    config.domains.request.push(second());
    config.domains.download_file.push(second());
    let mut app = AppUnderTest::configured(crate::test_support::rules_of(policy(dialect), config));
    let url = |task: u64| match task % 2 {
        0 => "https://myserver.com/a",
        _ => "https://second.com/a",
    };
    let call = |task| match api {
        Api::DownloadFile => {
            let Call::Download(mut options) = download() else {
                unreachable!("it is a download")
            };
            options.url = url(task).to_owned();
            Call::Download(options)
        }
        _ => Call::Request(options_to(url(task))),
    };
    let turns = (1..=100).map(|task| app.begin(task, call(task), ms(0)).did.len());
    turns.sum()
}

#[test]
fn c1_each_dialect_has_its_own_permits() {
    for dialect in Dialect::ALL {
        let expected = match dialect.name() {
            "douyin-minigame" => [15, 5],
            "baidu" => [10, 10], // five to each of the two hosts; downloads are not bounded by host
            _ => [10, 10],
        };
        let found = [Api::Request, Api::DownloadFile].map(|api| started(dialect.name(), api));
        assert_eq!(found, expected, "{dialect}");
    }
}

#[test]
fn c1_baidu_has_five_requests_to_a_host_and_the_next_starts_when_one_ends() {
    let mut app = AppUnderTest::with(policy("baidu"));
    for task in 1..=7 {
        let starts = !app.call(task, ms(0)).did.is_empty();
        assert_eq!(starts, task <= 5, "{task}");
    }
    assert_eq!(app.begin(8, download(), ms(0)).did, [Did::Start(8)]);
    assert_eq!(app.succeed(3, ms(1)).did, [Did::Start(6)]);
    let reset = failure(Failure::Network(NetworkFault::ConnectionReset));
    assert_eq!(app.io(job(6), reset, ms(2)).did, [Did::Start(7)]);
}
