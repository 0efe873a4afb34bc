//! Where the time of an exchange goes: the profile in the making.

use std::time::{Duration, Instant};

use appnet_policy::{
    Failure,
    exchange::{Profile, Span},
    rules::Refusal,
};

use crate::{
    connect::{DialTimes, Facts, Phase},
    path::PathInfo,
};

/// Collects the profile of one exchange. Real time on purpose, not the runtime's: it measures, it decides nothing.
pub(crate) struct Journal {
    start: Instant,
    redirects: Redirects,
    profile: Profile,
    would_refuse: Vec<Refusal>,
}

/// The redirects so far, as the platform counts them: only those within one host.
#[derive(Debug, Clone, Copy)]
enum Redirects {
    None,
    /// Since then.
    Within(Instant),
    /// One of them went to another host.
    Left,
}

/// When things happened in an exchange.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    pub(crate) first_sent: Option<Instant>,
    pub(crate) last_sent: Option<Instant>,
    pub(crate) first_received: Option<Instant>,
    pub(crate) last_received: Option<Instant>,
}

impl Moments {
    pub(crate) fn note_sent(&mut self, now: Instant) {
        self.first_sent.get_or_insert(now);
        self.last_sent = Some(now);
    }

    pub(crate) fn note_received(&mut self, now: Instant) {
        self.first_received.get_or_insert(now);
        self.last_received = Some(now);
    }
}

/// What one exchange sent and received.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Traffic {
    pub(crate) moments: Moments,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Journal {
    /// Of an exchange that has the high performance mode, or has it not (R6).
    pub(crate) fn new(high_performance: bool) -> Self {
        let profile = Profile {
            high_performance,
            ..Profile::default()
        };
        Self {
            start: Instant::now(),
            redirects: Redirects::None,
            profile,
            would_refuse: Vec::new(),
        }
    }

    /// A hop begins: what was noted of the one before it gives way.
    pub(crate) fn begin_hop(&mut self, hops: u32) {
        let now = Instant::now();
        let redirect = match self.redirects {
            Redirects::Within(first) => Some(self.span((first, now))),
            Redirects::None | Redirects::Left => None,
        };
        self.profile = Profile {
            redirect,
            fetch_start: self.at(now),
            hops,
            high_performance: self.profile.high_performance,
            resent: self.profile.resent,
            resent_after: self.profile.resent_after.take(),
            http_dns_failure: self.profile.http_dns_failure.take(),
            ..Profile::default()
        };
    }

    /// The hop was answered with a redirect that is followed.
    pub(crate) fn redirected(&mut self, within_host: bool) {
        self.redirects = match (self.redirects, within_host) {
            (Redirects::None, true) => Redirects::Within(Instant::now()),
            (first @ Redirects::Within(_), true) => first,
            (Redirects::Left, _) | (_, false) => Redirects::Left,
        };
    }

    /// The answer is one that was kept.
    pub(crate) const fn kept(&mut self) {
        self.profile.from_cache = true;
    }

    /// The request is sent once more (H4), because of this failure if the first attempt had no answer.
    pub(crate) fn resent(&mut self, after: Option<Failure>) {
        self.profile.resent = true;
        self.profile.resent_after = after;
    }

    /// What the kernel says of the connection.
    pub(crate) fn measured(&mut self, path: PathInfo) {
        self.profile.rtt = Some(path.rtt);
        self.profile.lost_packets = path.lost_packets;
    }

    pub(crate) fn dialled(&mut self, times: &DialTimes) {
        self.profile.domain_lookup = times.lookup.map(|phase| self.span(phase));
        self.profile.http_dns_lookup = times.http_dns.map(|phase| self.span(phase));
        self.profile.connect = times.connect.map(|phase| self.span(phase));
        self.profile.ssl = times.ssl.map(|phase| self.span(phase));
        if let Some(failure) = &times.http_dns_failure {
            self.profile.http_dns_failure = Some(failure.clone());
        }
    }

    /// A connection was found for the request; of an earlier attempt nothing is kept.
    pub(crate) fn connected(&mut self, facts: &Facts, protocol: &'static str, reused: bool) {
        let Facts {
            peer,
            tls_version,
            tls_suite: _,
            would_refuse,
            http_dns,
        } = facts;
        self.profile.http_dns = *http_dns;
        (
            self.profile.peer,
            self.profile.tls_version,
            self.profile.socket_reused,
        ) = (*peer, *tls_version, reused);
        self.profile.protocol = Some(protocol);
        for refusal in would_refuse {
            self.would_refuse(refusal);
        }
    }

    /// A release would have refused this (U8). It is noted once, however many connections it is said of.
    pub(crate) fn would_refuse(&mut self, refusal: &Refusal) {
        if !self.would_refuse.contains(refusal) {
            self.would_refuse.push(refusal.clone());
        }
    }

    /// What was sent and received so far; the last word replaces earlier ones.
    pub(crate) fn traffic(&mut self, traffic: &Traffic) {
        let Moments {
            first_sent,
            last_sent,
            first_received,
            last_received,
        } = traffic.moments;
        self.profile.request = first_sent.zip(last_sent).map(|phase| self.span(phase));
        self.profile.response = first_received
            .zip(last_received)
            .map(|phase| self.span(phase));
        (self.profile.sent_bytes, self.profile.received_bytes) = (traffic.sent, traffic.received);
    }

    /// The profile so far.
    pub(crate) const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The profile, and why a release would have refused a hop or a connection (U8), taken out.
    pub(crate) fn take_parts(&mut self) -> (Profile, Vec<Refusal>) {
        (
            std::mem::take(&mut self.profile),
            std::mem::take(&mut self.would_refuse),
        )
    }

    fn span(&self, (start, end): Phase) -> Span {
        Span {
            start: self.at(start),
            end: self.at(end),
        }
    }

    fn at(&self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The redirect of a profile, and the hops, after answers that stayed within the host or not.
    fn after(redirects: &[bool]) -> (bool, u32) {
        let mut journal = Journal::new(true);
        journal.begin_hop(0);
        for (hop, within_host) in (1..).zip(redirects) {
            journal.redirected(*within_host);
            journal.begin_hop(hop);
        }
        let (profile, _) = journal.take_parts();
        (profile.redirect.is_some(), profile.hops)
    }

    #[test]
    fn p7_redirects_have_a_time_only_if_all_of_them_stayed_within_the_host() {
        assert_eq!(after(&[]), (false, 0));
        assert_eq!(after(&[true, true]), (true, 2));
        assert_eq!(after(&[false]), (false, 1));
        assert_eq!(after(&[true, false, true]), (false, 3));
    }
}
