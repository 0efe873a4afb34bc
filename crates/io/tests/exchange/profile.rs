//! Where the time of an exchange goes.

use std::time::Duration;

use appnet_policy::{
    exchange::{Profile, Span},
    prepare::RequestOptions,
};
use appnet_testkit::{Ca, RawOrigin, Script};

use crate::support::{App, HOST, post, run, url};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[track_caller]
fn in_order(spans: &[Option<Span>]) {
    let mut last = Duration::ZERO;
    for span in spans.iter().map(|span| span.unwrap()) {
        assert!(last <= span.start && span.start <= span.end, "{spans:?}");
        last = span.end.min(last.max(span.start));
    }
}

#[test]
fn a_cold_exchange_has_every_phase_in_order() {
    run(async {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST]).http1())
            .script(Script::reply(OK))
            .start();
        let profile = App::new(&ca, origin.port())
            .get(&format!("https://{HOST}/"))
            .await
            .profile;
        in_order(&[
            profile.domain_lookup,
            profile.connect,
            profile.ssl,
            profile.request,
            profile.response,
        ]);
        let (connect, ssl) = (profile.connect.unwrap(), profile.ssl.unwrap());
        assert!(connect.start <= ssl.start && ssl.end <= connect.end);
        assert!(profile.ssl.unwrap().end <= profile.request.unwrap().start);
        assert_eq!(
            (profile.protocol, profile.tls_version),
            (Some("http/1.1"), Some("TLSv1.3"))
        );
        assert_eq!(
            (profile.peer, profile.socket_reused),
            (Some(origin.address()), false)
        );
        assert_eq!((profile.hops, profile.redirect), (0, None));
    });
}

/// P7: the kernel is asked for it, and only where a profile is wanted.
#[cfg(target_os = "linux")]
#[test]
fn the_round_trip_is_measured_where_a_profile_is_wanted() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(OK).repeat())
            .start();
        let app = App::plain();
        for measured in [true, false] {
            let call = RequestOptions {
                enable_profile: measured,
                ..post(&url(&origin, "/"), "body")
            };
            let profile = app.call(call).await.profile;
            assert_eq!(profile.rtt.is_some(), measured);
            assert!(profile.rtt.is_none_or(|rtt| rtt < Duration::from_secs(1)));
            assert!(!profile.lost_packets);
        }
    });
}

#[test]
fn a_reused_connection_looks_nothing_up_and_counts_its_own_bytes() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply(OK).repeat())
            .start();
        let app = App::plain();
        let first = app.call(post(&url(&origin, "/"), "body")).await.profile;
        let second = app.call(post(&url(&origin, "/"), "body")).await.profile;
        assert!(second.socket_reused);
        assert_eq!(
            (second.domain_lookup, second.connect, second.ssl),
            (None, None, None)
        );
        let sent = u64::try_from(origin.request(0).await.head.len()).unwrap() + 4;
        let received = u64::try_from(OK.len()).unwrap();
        let bytes = |profile: &Profile| (profile.sent_bytes, profile.received_bytes);
        assert_eq!(
            (bytes(&first), bytes(&second)),
            ((sent, received), (sent, received))
        );
    });
}

#[test]
fn an_exchange_that_fails_half_way_has_the_phases_before() {
    run(async {
        let origin = RawOrigin::plain()
            .script(Script::reply("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close())
            .start();
        let exchanged = App::plain().get(&url(&origin, "/")).await;
        assert!(exchanged.outcome.is_err());
        assert!(exchanged.profile.request.is_some() && exchanged.profile.response.is_some());
        assert_eq!(exchanged.profile.received_bytes, 42);
    });
}
