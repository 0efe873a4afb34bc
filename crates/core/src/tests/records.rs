//! What the host sees of a call: always one record, with reasons that the app does not hear (U5, U8, K4).

use appnet_policy::exchange::Method;
use appnet_policy::failure::{AppFault, InternalFault, ServerFault};
use appnet_policy::rules::Rule;
use std::{sync::Arc, time::Duration};

use appnet_policy::{
    Api, Failure, Policy,
    connectivity::Connectivity,
    exchange::Profile,
    failure::ParameterError,
    identity::{AppId, Env},
    rules::Refusal,
};

use crate::{
    IoEvent,
    effect::{Finished, IoFailure},
    surroundings::{NetworkNews, Surroundings},
    test_support::{
        AppUnderTest, Did, Heard, config, job, ms, options_to, rules_of, secs, success_noting,
    },
};

/// `wx.request({url: 1})`
fn no_string() -> Refusal {
    let error = ParameterError::new("url", "String", "Number");
    Refusal {
        failure: Failure::App(AppFault::Parameters(vec![error])),
        rule: Rule::R7,
        reason: "url should be a String".to_owned(),
        nearest: None,
    }
}

#[test]
fn a_record_says_who_called_what_and_how_it_ended() {
    let mut app = AppUnderTest::new();
    let mut options = options_to("https://myserver.com/a?token=1");
    options.method = "post".to_owned();
    app.call_with(1, options, ms(0));
    app.succeed(1, ms(80));
    let record = app.record(1);
    assert_eq!(record.app, AppId::new("wx1"));
    assert_eq!(record.api, Api::Request);
    assert_eq!(record.method, Some(Method::Post));
    assert_eq!(record.url, "https://myserver.com/a", "no query");
    assert_eq!(record.outcome, Ok(200));
    assert_eq!(record.reason, None);
    assert_eq!(record.refusal, None);
    assert_eq!(record.would_refuse, []);
    assert_eq!(record.ran, Duration::from_millis(80));
}

#[test]
fn u5_the_record_of_a_refused_call_names_the_rule_and_the_nearest_entry() {
    let mut app = AppUnderTest::new();
    let turn = app.call_with(1, options_to("https://myserver.com:443/a"), ms(0));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::App(AppFault::NotInDomainList))]
    );
    let record = app.record(1);
    let refusal = record.refusal.as_ref().expect("it was refused");
    assert_eq!(refusal.rule, Rule::U3);
    assert_eq!(refusal.nearest.as_deref(), Some("https://myserver.com"));
    assert_eq!(record.reason.as_ref(), Some(&refusal.reason));
    assert_eq!(record.outcome, Err(Failure::App(AppFault::NotInDomainList)));
    assert_eq!((record.queued, record.ran), Default::default());
}

#[test]
fn u2_the_app_hears_its_whole_url_and_the_record_keeps_no_secret_of_it() {
    let url = "https://u:hunter2@myserver.com/a?token=1";
    let mut app = AppUnderTest::new();
    let turn = app.call_with(1, options_to(url), ms(0));
    let invalid = Failure::App(AppFault::InvalidUrl(url.to_owned()));
    assert_eq!(turn.heard, [Heard::Fail(1, invalid)]);
    let record = format!("{:?}", app.record(1));
    for secret in ["hunter2", "token"] {
        assert!(!record.contains(secret), "{record}");
    }
}

#[test]
fn u8_the_record_says_what_a_release_would_refuse() {
    let mut config = config();
    config.identity.env = Env::Devtools;
    config.url_check = false;
    let mut app = AppUnderTest::configured(rules_of(Policy::seed(), config));
    let turn = app.call_with(1, options_to("https://other.com/"), ms(0));
    assert_eq!(turn.did, [Did::Start(1)]);
    let certificate = Refusal {
        failure: Failure::Server(ServerFault::TlsHandshake),
        rule: Rule::K1,
        reason: "certificate expired".to_owned(),
        nearest: None,
    };
    app.io(job(1), success_noting(200, vec![certificate]), secs(1));
    let record = app.record(1);
    let rules: Vec<_> = record
        .would_refuse
        .iter()
        .map(|refusal| refusal.rule)
        .collect();
    assert_eq!(rules, [Rule::U3, Rule::K1]);
    assert_eq!(record.outcome, Ok(200));
    assert_eq!(record.refusal, None);
}

#[test]
fn k4_the_record_has_the_exact_reason_and_the_app_only_its_kind() {
    let mut app = AppUnderTest::with_calls([1]);
    let failure = IoFailure {
        failure: Failure::Server(ServerFault::TlsHandshake),
        reason: "certificate expired".to_owned(),
        refusal: None,
    };
    let profile = Arc::new(Profile {
        received_bytes: 7,
        ..Profile::default()
    });
    let finished = Finished {
        outcome: Err(failure),
        profile: Arc::clone(&profile),
        would_refuse: Vec::new(),
    };
    let turn = app.io(job(1), IoEvent::Finished(Box::new(finished)), secs(1));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Server(ServerFault::TlsHandshake))]
    );
    let record = app.record(1);
    assert_eq!(record.reason.as_deref(), Some("certificate expired"));
    assert_eq!(
        record.outcome,
        Err(Failure::Server(ServerFault::TlsHandshake))
    );
    assert_eq!(record.profile, Some(profile));
}

#[test]
fn u6_the_record_names_the_rule_that_refused_a_redirect() {
    let mut app = AppUnderTest::with_calls([1]);
    let refusal = Refusal {
        failure: Failure::Server(ServerFault::RedirectNotInDomainList("other.com".to_owned())),
        rule: Rule::U6,
        reason: "no entry has the host".to_owned(),
        nearest: None,
    };
    let failure = IoFailure {
        failure: refusal.failure.clone(),
        reason: refusal.reason.clone(),
        refusal: Some(refusal.clone()),
    };
    let finished = Finished {
        outcome: Err(failure),
        profile: Arc::default(),
        would_refuse: Vec::new(),
    };
    app.io(job(1), IoEvent::Finished(Box::new(finished)), secs(1));
    assert_eq!(app.record(1).refusal, Some(refusal));
}

#[test]
fn p8_the_record_of_a_crash_says_so() {
    let mut app = AppUnderTest::with_calls([1]);
    app.crash(1, secs(1));
    let record = app.record(1);
    assert_eq!(
        record.outcome,
        Err(Failure::Internal(InternalFault::Crashed))
    );
    assert!(record.reason.as_ref().is_some_and(|r| r.contains("worker")));
    assert_eq!(record.profile, None);
}

#[test]
fn r7_a_call_that_cannot_be_read_is_answered_and_recorded() {
    let mut app = AppUnderTest::new();
    let refusal = no_string();
    let turn = app.call_unreadable(1, refusal.clone(), ms(0));
    assert_eq!(turn.heard, [Heard::Fail(1, refusal.failure.clone())]);
    assert_eq!(turn.did, []);
    assert_eq!(app.record(1).refusal, Some(refusal.clone()));
    assert!(app.call_unreadable(1, refusal, ms(0)).is_quiet(), "once");
}

#[test]
fn a_network_is_weak_when_three_of_the_last_calls_timed_out_and_its_app_hears_it_once() {
    let mut app = AppUnderTest::with_calls(1..=4);
    app.timer(secs(60));
    let mut surroundings = Surroundings::new(Connectivity::default());
    let news: Vec<_> = (app.records.iter())
        .map(|record| surroundings.observe(record))
        .collect();
    let weak = NetworkNews::Weak {
        weak: true,
        network_type: Connectivity::default().network_type,
    };
    assert_eq!(news, [None, None, Some(weak), None]);
}
