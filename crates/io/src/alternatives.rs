//! Which servers an app may reach over HTTP/3, as they said themselves (RFC 7838) or as the host says. Pure: it is told the time.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use appnet_policy::{
    Permitted, Target,
    alt_svc::{self, AltSvc},
    exchange::ResponseHead,
    tls::CertificateCheck,
};

/// Servers that are remembered: an app's lists have at most 20 hosts each.
const MOST_SERVERS: usize = 64;

/// A server may say any time; after so long it is asked again.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// For how long a way that did not work is not tried.
const REST: Duration = Duration::from_secs(5 * 60);

/// What one app knows (K3).
#[derive(Default)]
pub(crate) struct Alternatives {
    /// As servers said.
    said: BTreeMap<Server, Known>,
    /// As the host says: host and port, by TCP and by UDP.
    told: BTreeSet<(String, u16)>,
    /// Ways that are not to be tried before their time.
    resting: BTreeMap<Server, Known>,
}

/// Host, port, and whether its certificate was checked: what was heard without checks says nothing to a call with checks (U8).
type Server = (String, u16, bool);

#[derive(Clone, Copy)]
struct Known {
    port: u16,
    until: Instant,
}

impl Alternatives {
    /// What an app knows at its start.
    pub(crate) fn told(servers: impl IntoIterator<Item = (String, u16)>) -> Self {
        Self {
            told: servers.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Takes in what an answer says.
    pub(crate) fn learn(&mut self, target: &Permitted<Target>, head: &ResponseHead, now: Instant) {
        let values = head.headers.iter();
        let values = values.filter(|header| header.name.eq_ignore_ascii_case("alt-svc"));
        let values = values.map(|header| header.value.as_str());
        let first = match alt_svc::read(target.host(), values) {
            None => return,
            Some(AltSvc::Clear) => None,
            Some(AltSvc::Http3(ways)) => ways.into_iter().find(|way| !way.max_age.is_zero()),
        };
        match first {
            None => drop(self.said.remove(&server(target))),
            Some(way) => {
                let until = now + way.max_age.min(LONGEST);
                let known = Known {
                    port: way.port,
                    until,
                };
                remember(&mut self.said, server(target), known, now);
            }
        }
    }

    /// Forgets what was learnt on a network that the device has left (RFC 7838 §2.2).
    pub(crate) fn forget(&mut self) {
        self.said.clear();
        self.resting.clear();
    }

    /// The UDP port to try for this target now.
    pub(crate) fn find(&self, target: &Permitted<Target>, now: Instant) -> Option<u16> {
        let server = server(target);
        let said = self.said.get(&server).filter(|known| now < known.until);
        let told = || self.told.get(&(server.0.clone(), server.1));
        let port = said.map_or_else(|| told().map(|(_, port)| *port), |known| Some(known.port))?;
        let resting = self.resting.get(&server);
        let rests = resting.is_some_and(|known| known.port == port && now < known.until);
        (!rests).then_some(port)
    }

    /// The way did not work, or was slower than TCP.
    pub(crate) fn rest(&mut self, target: &Permitted<Target>, now: Instant) {
        if let Some(port) = self.find(target, now) {
            let until = now + REST;
            remember(
                &mut self.resting,
                server(target),
                Known { port, until },
                now,
            );
        }
    }
}

/// Over the bound, what ends soonest makes way.
fn remember(all: &mut BTreeMap<Server, Known>, server: Server, known: Known, now: Instant) {
    all.retain(|_, known| now < known.until);
    all.insert(server, known);
    if all.len() > MOST_SERVERS {
        let first = all.iter().min_by_key(|(_, known)| known.until);
        if let Some(server) = first.map(|(server, _)| server.clone()) {
            all.remove(&server);
        }
    }
}

fn server(target: &Permitted<Target>) -> Server {
    let checked = target.rules().certificates() == CertificateCheck::Enforced;
    (target.host().to_owned(), target.port(), checked)
}

#[cfg(test)]
mod tests {
    use appnet_policy::exchange::{Header, HttpVersion};

    use super::*;
    use crate::outgoing::tests::request;

    fn target(host: &str) -> Permitted<Target> {
        request(&format!("https://{host}/"), &[]).unwrap().target
    }

    fn saying(value: &str) -> ResponseHead {
        ResponseHead {
            status: 200,
            version: HttpVersion::Http1,
            headers: vec![Header {
                name: "Alt-Svc".to_owned(),
                value: value.to_owned(),
            }],
        }
    }

    #[test]
    fn rfc7838_what_a_server_says_holds_for_its_time_and_until_it_says_otherwise() {
        let (mut known, begun, a) = (Alternatives::default(), Instant::now(), target("a.test"));
        let at = |seconds| begun + Duration::from_secs(seconds);
        known.learn(&a, &saying(r#"h3=":8443"; ma=60"#), begun);
        assert_eq!(known.find(&a, at(59)), Some(8443));
        assert_eq!(known.find(&a, at(60)), None);
        assert_eq!(known.find(&target("b.test"), begun), None);
        known.learn(&a, &saying("nothing that can be read"), begun);
        assert_eq!(known.find(&a, begun), Some(8443));
        known.learn(&a, &saying("clear"), begun);
        assert_eq!(known.find(&a, begun), None);
        known.learn(&a, &saying(r#"h3=":1"; ma=18446744073709551615"#), begun);
        assert_eq!(known.find(&a, at(8 * 24 * 60 * 60)), None);
    }

    #[test]
    fn a_way_that_did_not_work_rests_also_when_the_server_repeats_it() {
        let (mut known, begun, a) = (Alternatives::default(), Instant::now(), target("a.test"));
        let way = saying(r#"h3=":443""#);
        known.learn(&a, &way, begun);
        known.rest(&a, begun);
        known.learn(&a, &way, begun);
        assert_eq!(known.find(&a, begun), None);
        assert_eq!(known.find(&a, begun + REST), Some(443));
        known.learn(&a, &saying(r#"h3=":444""#), begun);
        assert_eq!(known.find(&a, begun), Some(444));
    }

    #[test]
    fn rfc7838_what_was_learnt_on_another_network_is_forgotten() {
        let told = [("a.test".to_owned(), 443)];
        let (mut known, begun, a) = (Alternatives::told(told), Instant::now(), target("a.test"));
        let b = target("b.test");
        known.rest(&a, begun);
        known.learn(&b, &saying(r#"h3=":443""#), begun);
        known.forget();
        assert_eq!(known.find(&a, begun), Some(443));
        assert_eq!(known.find(&b, begun), None);
    }

    #[test]
    fn what_the_host_says_holds_until_it_does_not_work() {
        let told = [("a.test".to_owned(), 443), ("b.test".to_owned(), 8443)];
        let (mut known, begun, a) = (Alternatives::told(told), Instant::now(), target("a.test"));
        assert_eq!(known.find(&a, begun), Some(443));
        assert_eq!(known.find(&target("b.test"), begun), None); // another port
        known.learn(&a, &saying(r#"h3=":444"; ma=60"#), begun);
        assert_eq!(known.find(&a, begun), Some(444)); // the server knows better
        known.learn(&a, &saying("clear"), begun);
        known.rest(&a, begun);
        assert_eq!(known.find(&a, begun), None);
        assert_eq!(known.find(&a, begun + REST), Some(443));
    }

    #[test]
    fn i2_no_more_than_so_many_servers_are_remembered() {
        let (mut known, now) = (Alternatives::default(), Instant::now());
        for n in 0..200 {
            let seconds = 1000 - n; // the first lasts longest
            let way = saying(&format!(r#"h3=":443"; ma={seconds}"#));
            known.learn(&target(&format!("{n}.test")), &way, now);
        }
        assert_eq!(known.said.len(), MOST_SERVERS);
        assert_eq!(known.find(&target("0.test"), now), Some(443));
    }
}
