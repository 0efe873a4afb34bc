use super::*;
use crate::failure::AppFault;

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A call that was answered after so long.
fn answered(http_rtt: u64) -> Profile {
    let span = |start, end| {
        Some(Span {
            start: millis(start),
            end: millis(end),
        })
    };
    Profile {
        request: span(10, 12),
        response: span(12 + http_rtt, 12 + http_rtt),
        ..Profile::default()
    }
}

fn of(profiles: impl IntoIterator<Item = Profile>) -> Quality {
    let mut quality = Quality::default();
    for profile in profiles {
        quality.observe(Some(&profile), None);
    }
    quality
}

#[test]
fn without_a_call_nothing_is_known() {
    assert_eq!(Quality::default().estimates(), Estimates::default());
    let all = [
        EffectiveType::Unknown,
        EffectiveType::Offline,
        EffectiveType::Slow2G,
        EffectiveType::Type2G,
        EffectiveType::Type3G,
        EffectiveType::Type4G,
    ];
    assert_eq!(all.map(EffectiveType::number), [0, 1, 2, 3, 4, 5]);
    assert!(!Quality::default().is_weak());
}

#[test]
fn estimates_are_medians_of_what_calls_showed() {
    let quality = of([answered(1), answered(20), answered(9_000)]);
    let estimates = quality.estimates();
    assert_eq!(estimates.http_rtt, Some(millis(20)));
    assert_eq!(estimates.effective_type, EffectiveType::Type4G);
    assert_eq!(
        (estimates.transport_rtt, estimates.downstream_kbps),
        (None, None)
    );
}

#[test]
fn the_type_of_network_follows_the_time_to_the_first_byte() {
    let cases = [
        (272, EffectiveType::Type4G),
        (273, EffectiveType::Type3G),
        (1420, EffectiveType::Type2G),
        (2010, EffectiveType::Slow2G),
    ];
    for (rtt, kind) in cases {
        assert_eq!(
            of([answered(rtt)]).estimates().effective_type,
            kind,
            "{rtt}"
        );
    }
}

#[test]
fn a_call_that_never_left_shows_nothing() {
    let mut quality = of([answered(300)]);
    for _ in 0..WINDOW {
        quality.observe(None, Some(&Failure::App(AppFault::NotInDomainList)));
        quality.observe(Some(&Profile::default()), None);
    }
    assert_eq!(quality.estimates().http_rtt, Some(millis(300)));
}

#[test]
fn a_network_is_weak_by_three_of_eight_calls_that_timed_out() {
    let mut quality = Quality::default();
    let timeout = Failure::Network(NetworkFault::TimedOut);
    for so_far in 1..=BAD_OF_WINDOW {
        quality.observe(None, Some(&timeout));
        assert_eq!(quality.is_weak(), so_far == BAD_OF_WINDOW);
    }
    for _ in 0..WINDOW - BAD_OF_WINDOW {
        quality.observe(Some(&answered(5)), None);
        assert!(quality.is_weak());
    }
    quality.observe(Some(&answered(5)), None);
    assert!(!quality.is_weak(), "the first of them is forgotten");
}

#[test]
fn a_network_is_weak_by_long_round_trips_and_by_lost_packets() {
    let slow = |rtt| Profile {
        rtt: Some(millis(rtt)),
        ..answered(1)
    };
    assert!(of([401; 3].map(slow)).is_weak());
    assert!(!of([400; 8].map(slow)).is_weak());
    let lossy = |lost_packets| Profile {
        lost_packets,
        ..answered(1)
    };
    assert!(of([true, false, true, true].map(lossy)).is_weak());
    assert!(!of([true, false, true].map(lossy)).is_weak());
}

#[test]
fn a_speed_is_told_of_what_is_large_enough() {
    let download = |received_bytes, micros| Profile {
        response: Some(Span {
            start: millis(5),
            end: millis(5) + Duration::from_micros(micros),
        }),
        received_bytes,
        ..Profile::default()
    };
    assert_eq!(throughput_kbps(&download(125_000, 1_000_000)), Some(1000));
    let least = download(MEASURABLE_BYTES, 1_000_000);
    assert_eq!(throughput_kbps(&least), Some(256));
    assert_eq!(
        throughput_kbps(&download(MEASURABLE_BYTES - 1, 1_000_000)),
        None
    );
    assert_eq!(throughput_kbps(&download(u64::MAX, 0)), None);
    assert_eq!(throughput_kbps(&Profile::default()), None);
}
