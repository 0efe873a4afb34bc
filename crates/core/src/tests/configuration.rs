//! A configuration that changes while the app runs (D7).

use appnet_policy::failure::AppFault;
use std::sync::Arc;

use appnet_policy::{Failure, Policy, Rules};

use crate::test_support::{
    AppUnderTest, Did, Heard, config, ms, options, options_to, rules, rules_of, secs,
};

/// The app may call `https://other.com` and nothing else.
fn other_rules() -> Arc<Rules> {
    let mut config = config();
    config.domains.request = vec!["https://other.com".to_owned()];
    rules_of(Policy::seed(), config)
}

#[test]
fn d7_the_new_lists_count_from_the_next_call_on() {
    let mut app = AppUnderTest::new();
    app.configure(other_rules());
    let turn = app.call_with(1, options(), secs(1));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::App(AppFault::NotInDomainList))]
    );
    let turn = app.call_with(2, options_to("https://other.com/b"), secs(1));
    assert_eq!(turn.did, [Did::Start(2)]);
}

#[test]
fn d7_accepted_calls_keep_the_rules_they_were_checked_by() {
    let old = rules(Policy::seed());
    let mut app = AppUnderTest::configured(Arc::clone(&old));
    for task in 1..=11 {
        app.call(task, ms(0));
    }
    app.configure(other_rules());
    let turn = app.succeed(1, secs(2));
    assert_eq!(turn.heard, [Heard::Success(1, 200)]);
    assert_eq!(turn.did, [Did::Start(11)], "it waited through the change");
    // U6: its redirects are checked by the same rules as the call was.
    let [job] = turn.jobs.as_slice() else {
        panic!("{:?}", turn.jobs)
    };
    assert!(Arc::ptr_eq(job.request.target.rules(), &old));
}

#[test]
fn d7_an_app_without_a_list_reaches_nothing() {
    let mut config = config();
    config.domains = Default::default();
    let mut app = AppUnderTest::configured(rules_of(Policy::seed(), config));
    let turn = app.call(1, ms(0));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::App(AppFault::NotInDomainList))]
    );
    assert_eq!(turn.did, []);
}
