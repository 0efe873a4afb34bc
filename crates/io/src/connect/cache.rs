//! The addresses that an app remembers (K3: no other app sees them). Pure: it is told the time.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use super::resolve::{Resolved, Source};

/// Names that are remembered: an app's lists have at most 20 hosts each.
const MOST_NAMES: usize = 128;

/// RFC 8767 §4 caps what a server may ask for at a week; hosts move sooner than that.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Answers of lookups by who gave them and by name.
#[derive(Default)]
pub(super) struct AddressCache(BTreeMap<(Source, String), Remembered>);

struct Remembered {
    addresses: Vec<IpAddr>,
    until: Instant,
}

impl AddressCache {
    /// What is known of this name now.
    pub(super) fn find(&self, source: &Source, name: &str, now: Instant) -> Option<Vec<IpAddr>> {
        let key = (source.clone(), name.to_owned());
        let found = self.0.get(&key).filter(|found| now < found.until)?;
        Some(found.addresses.clone())
    }

    /// Remembers an answer as long as it holds. Over the bound, what ends soonest makes way.
    pub(super) fn remember(&mut self, source: &Source, name: &str, found: &Resolved, now: Instant) {
        self.0.retain(|_, known| now < known.until);
        if found.ttl.is_zero() {
            return;
        }
        let remembered = Remembered {
            addresses: found.addresses.clone(),
            until: now + found.ttl.min(LONGEST),
        };
        self.0.insert((source.clone(), name.to_owned()), remembered);
        if self.0.len() > MOST_NAMES {
            self.forget_the_first_to_end();
        }
    }

    fn forget_the_first_to_end(&mut self) {
        let first = self.0.iter().min_by_key(|(_, known)| known.until);
        if let Some(key) = first.map(|(key, _)| key.clone()) {
            self.0.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(last: u8, seconds: u64) -> Resolved {
        Resolved {
            addresses: vec![[203, 0, 113, last].into()],
            ttl: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn an_answer_is_known_until_its_time_is_over() {
        let (mut cache, begun) = (AddressCache::default(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        cache.remember(&Source::Ordinary, "a.test", &answer(1, 30), begun);
        let found = |cache: &AddressCache, now| cache.find(&Source::Ordinary, "a.test", now);
        assert_eq!(found(&cache, at(29)), Some(answer(1, 30).addresses));
        assert_eq!(found(&cache, at(30)), None);
        cache.remember(&Source::Ordinary, "a.test", &answer(2, 0), at(31));
        assert_eq!(found(&cache, at(31)), None);
        cache.remember(&Source::Ordinary, "a.test", &answer(3, u64::MAX), at(31));
        let a_day_later = 31 + 24 * 60 * 60;
        assert!(found(&cache, at(a_day_later - 1)).is_some());
        assert_eq!(found(&cache, at(a_day_later)), None);
    }

    #[test]
    fn what_one_source_says_is_not_known_of_another() {
        let (mut cache, now) = (AddressCache::default(), Instant::now());
        let service = Source::HttpDns("wx1".to_owned());
        cache.remember(&service, "a.test", &answer(1, 30), now);
        assert_eq!(cache.find(&Source::Ordinary, "a.test", now), None);
        assert!(cache.find(&service, "a.test", now).is_some());
    }

    #[test]
    fn i2_no_more_than_so_many_names_are_remembered() {
        let (mut cache, now) = (AddressCache::default(), Instant::now());
        for n in 0..1000 {
            let seconds = 1000 - n; // the first lasts longest
            cache.remember(
                &Source::Ordinary,
                &format!("{n}.test"),
                &answer(1, seconds),
                now,
            );
        }
        assert_eq!(cache.0.len(), MOST_NAMES);
        assert!(cache.find(&Source::Ordinary, "0.test", now).is_some());
    }
}
