//! Where the time of an exchange goes: the profile in the making.

use std::time::{Duration, Instant};

use appnet_policy::{
    exchange::{Profile, Span},
    rules::Refusal,
};

use crate::connect::{DialTimes, Facts, Phase};

/// Collects the profile of one exchange. Real time on purpose, not the runtime's: it measures, it decides nothing.
pub(crate) struct Journal {
    start: Instant,
    first_redirect: Option<Instant>,
    profile: Profile,
    would_refuse: Vec<Refusal>,
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
    pub(crate) fn new() -> Self {
        let (profile, would_refuse) = (Profile::default(), Vec::new());
        Self {
            start: Instant::now(),
            first_redirect: None,
            profile,
            would_refuse,
        }
    }

    /// A hop begins: what was noted of the one before it gives way.
    pub(crate) fn begin_hop(&mut self, hops: u32) {
        let now = Instant::now();
        let redirect = self.first_redirect.map(|first| self.span((first, now)));
        self.profile = Profile {
            redirect,
            fetch_start: self.at(now),
            hops,
            resent: self.profile.resent,
            ..Profile::default()
        };
    }

    /// The hop was answered with a redirect that is followed.
    pub(crate) fn redirected(&mut self) {
        self.first_redirect.get_or_insert_with(Instant::now);
    }

    /// The answer is one that was kept.
    pub(crate) const fn kept(&mut self) {
        self.profile.from_cache = true;
    }

    /// The request was sent once more (H4).
    pub(crate) fn resent(&mut self) {
        self.profile.resent = true;
    }

    pub(crate) fn dialled(&mut self, times: &DialTimes) {
        self.profile.domain_lookup = times.lookup.map(|phase| self.span(phase));
        self.profile.connect = times.connect.map(|phase| self.span(phase));
        self.profile.ssl = times.ssl.map(|phase| self.span(phase));
    }

    /// A connection was found for the request; of an earlier attempt nothing is kept.
    pub(crate) fn connected(&mut self, facts: &Facts, protocol: &'static str, reused: bool) {
        let Facts {
            peer,
            tls_version,
            would_refuse,
        } = facts;
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

    /// The profile, and why a release would have refused a hop or a connection (U8).
    pub(crate) fn into_parts(self) -> (Profile, Vec<Refusal>) {
        (self.profile, self.would_refuse)
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
