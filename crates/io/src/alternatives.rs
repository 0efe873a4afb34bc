//! Which servers an app may reach over HTTP/3, as they said themselves (RFC 7838) or as the host says. Pure: it is told the time.

use std::{
    collections::BTreeMap,
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
pub(crate) struct Alternatives(BTreeMap<Server, Known>);

/// Host, port, and whether its certificate was checked: what was heard without checks says nothing to a call with checks (U8).
type Server = (String, u16, bool);

#[derive(Clone, Copy)]
struct Known {
    port: u16,
    until: Instant,
    /// Not to be tried before.
    rests_until: Option<Instant>,
}

impl Alternatives {
    /// Takes in what an answer says.
    pub(crate) fn learn(&mut self, target: &Permitted<Target>, head: &ResponseHead, now: Instant) {
        let values = head.headers.iter();
        let values = values.filter(|header| header.name.eq_ignore_ascii_case("alt-svc"));
        let values = values.map(|header| header.value.as_str());
        let Some(said) = alt_svc::read(target.host(), values) else {
            return;
        };
        let server = server(target);
        let first = match said {
            AltSvc::Clear => None,
            AltSvc::Http3(ways) => ways.into_iter().find(|way| !way.max_age.is_zero()),
        };
        let Some(way) = first else {
            self.0.remove(&server);
            return;
        };
        let before = self.0.get(&server).filter(|known| known.port == way.port);
        let rests_until = before.and_then(|known| known.rests_until);
        let known = Known {
            port: way.port,
            until: now + way.max_age.min(LONGEST),
            rests_until,
        };
        self.remember(server, known, now);
    }

    /// The UDP port to try for this target now.
    pub(crate) fn find(&self, target: &Permitted<Target>, now: Instant) -> Option<u16> {
        let known = self.0.get(&server(target))?;
        let rests = known.rests_until.is_some_and(|until| now < until);
        (now < known.until && !rests).then_some(known.port)
    }

    /// The way did not work, or was slower than TCP.
    pub(crate) fn rest(&mut self, host: &str, port: u16, checked: bool, now: Instant) {
        if let Some(known) = self.0.get_mut(&(host.to_owned(), port, checked)) {
            known.rests_until = Some(now + REST);
        }
    }

    fn remember(&mut self, server: Server, known: Known, now: Instant) {
        self.0.retain(|_, known| now < known.until);
        self.0.insert(server, known);
        if self.0.len() > MOST_SERVERS {
            let first = self.0.iter().min_by_key(|(_, known)| known.until);
            if let Some(server) = first.map(|(server, _)| server.clone()) {
                self.0.remove(&server);
            }
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
        known.rest("a.test", 443, false, begun);
        known.learn(&a, &way, begun);
        assert_eq!(known.find(&a, begun), None);
        assert_eq!(known.find(&a, begun + REST), Some(443));
        known.rest("a.test", 443, false, begun);
        known.learn(&a, &saying(r#"h3=":444""#), begun);
        assert_eq!(known.find(&a, begun), Some(444));
    }

    #[test]
    fn i2_no_more_than_so_many_servers_are_remembered() {
        let (mut known, now) = (Alternatives::default(), Instant::now());
        for n in 0..200 {
            let seconds = 1000 - n; // the first lasts longest
            let way = saying(&format!(r#"h3=":443"; ma={seconds}"#));
            known.learn(&target(&format!("{n}.test")), &way, now);
        }
        assert_eq!(known.0.len(), MOST_SERVERS);
        assert_eq!(known.find(&target("0.test"), now), Some(443));
    }
}
