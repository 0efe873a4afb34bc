//! Times in a profile never go backwards, whatever phases an exchange had.

use std::{sync::Arc, time::Duration};

use appnet_core::event::CallProfile;
use appnet_policy::{
    exchange::{Profile, Span},
    quality::Estimates,
};
use proptest::{array, option, prelude::*};
use serde_json::Value;

use crate::{event, samples};

/// A phase after `clock`, which moves on.
fn phase(clock: &mut Duration, lengths: Option<(u32, u32)>) -> Option<Span> {
    let (wait, length) = lengths?;
    let start = *clock + Duration::from_micros(wait.into());
    *clock = start + Duration::from_micros(length.into());
    Some(Span { start, end: *clock })
}

prop_compose! {
    /// A profile as `io` makes it: each phase may be missing, but who looks up connects; none begins before the one before it has ended.
    fn profile()(
        invoked in 0..u32::MAX, queued in any::<u32>(),
        phases in array::uniform6(option::of((any::<u32>(), any::<u32>()))),
    ) -> CallProfile {
        let mut clock = Duration::ZERO;
        let [redirect, lookup, connect, ssl, request, response] = phases;
        let redirect = phase(&mut clock, redirect);
        let fetch_start = clock;
        let domain_lookup = phase(&mut clock, lookup);
        let connect = phase(&mut clock, connect.or(lookup));
        let ssl = connect.and(phase(&mut clock, ssl));
        let connect = connect.map(|connect| Span { end: clock, ..connect });
        let request = phase(&mut clock, request);
        let response = request.and(phase(&mut clock, response));
        let invoked = Duration::from_micros(invoked.into());
        CallProfile {
            invoked,
            started: invoked + Duration::from_micros(queued.into()),
            exchange: Arc::new(Profile { redirect, fetch_start, domain_lookup, connect, ssl, request, response, ..Profile::default() }),
            estimates: Estimates::default(),
        }
    }
}

fn times(profile: &Value, names: &[&str]) -> Vec<u64> {
    let time = |name: &&str| profile[*name].as_u64().expect("a time");
    names.iter().map(time).collect()
}

proptest! {
    #[test]
    fn p7_times_never_go_backwards(profile in profile()) {
        let was_redirected = profile.exchange.redirect.is_some();
        let is_secure = profile.exchange.ssl.is_some();
        let json = event::write(&samples::profiled(profile.clone())).json;
        let event: Value = serde_json::from_str(&json).expect("an event is JSON");
        let written = &event["result"]["profile"];
        let redirects: &[&str] = if was_redirected { &["redirectStart", "redirectEnd"] } else { &[] };
        let handshake: &[&str] = if is_secure { &["SSLconnectionStart", "SSLconnectionEnd"] } else { &[] };
        let all = [
            &["invokeStart", "queueStart", "queueEnd"], redirects,
            &["fetchStart", "domainLookUpStart", "domainLookUpEnd", "connectStart"], handshake, &["connectEnd"],
        ].concat();
        prop_assert!(times(written, &all).is_sorted(), "{json}");
        let connected = ["fetchStart", "requestStart", "requestEnd", "responseStart", "responseEnd"];
        prop_assert!(times(written, &connected).is_sorted(), "{json}");
        if profile.exchange.request.is_some() {
            prop_assert!(times(written, &["connectEnd", "requestStart"]).is_sorted(), "{json}");
        }
    }
}
