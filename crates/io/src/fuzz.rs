//! What a fuzzer gives bytes to (`fuzz/`): each function takes any input and panics if what must hold does not.

use std::{
    pin::pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use appnet_policy::{
    Policy, Rules,
    domains::DomainLists,
    exchange::{Header, HttpVersion, Method, OutgoingRequest, ResponseHead},
    identity::{AppId, Env, Identity},
    prepare::{self, RequestOptions},
    preset::{CacheLimits, CookieLimits, CookieRule},
    rules::AppConfig,
};
use bytes::{Bytes, BytesMut};
use futures_util::stream;

use crate::{
    cache::{Cache, Consulted},
    cookies::CookieJar,
    decode::{self, Sink},
    error::ExchangeError,
    framing::{Bounds, FramingError, Piece, ResponseFraming, UpgradeReply},
    slice::Slice,
};

/// H1, H2: a response, for the method that the first byte names. It is read whole and again in small pieces.
///
/// # Panics
/// If both do not say the same, or if the reader makes more of the bytes than they are.
pub fn response(data: &[u8]) {
    let Some((&how, input)) = data.split_first() else {
        return;
    };
    let method = [Method::Get, Method::Head, Method::Post][usize::from(how % 3)];
    let whole = read(method, input, input.len().max(1));
    let pieces = read(method, input, usize::from(how >> 4) + 1);
    assert_eq!(whole, pieces, "H1: how the bytes come changes nothing");
    if let Ok((_, body, _)) = whole {
        assert!(body.len() <= input.len());
    }
    let mut reply = UpgradeReply::new(BOUNDS);
    let mut bytes = BytesMut::from(input);
    if let Ok(Some(head)) = reply.next(&mut bytes) {
        // One more stands for the codings of the transfer.
        assert!(head.headers.len() <= BOUNDS.header_count + 1);
    }
}

const BOUNDS: Bounds = Bounds {
    header_bytes: 1024,
    header_count: 20,
    chunk_extension_bytes: 64,
};

/// Head, body, and whether the connection may be used again.
type Read = Result<(Option<ResponseHead>, Vec<u8>, bool), FramingError>;

fn read(method: Method, input: &[u8], size: usize) -> Read {
    let mut framing = ResponseFraming::new(method, BOUNDS);
    let mut waiting = BytesMut::new();
    let (mut head, mut body) = (None, Vec::new());
    let mut take = |piece| match piece {
        Piece::Head(found) => {
            assert!(head.is_none(), "one head");
            head = Some(found);
        }
        Piece::Data(data) => body.extend_from_slice(&data),
        Piece::End => {}
    };
    for piece in input.chunks(size) {
        waiting.extend_from_slice(piece);
        while let Some(piece) = framing.next(&mut waiting)? {
            take(piece);
        }
    }
    if !framing.is_done() {
        take(framing.end_of_input()?);
    }
    let again = framing.keep_alive() && waiting.is_empty();
    Ok((head, body, again))
}

/// P4, P6, H6: a body. The first byte names its codings, the second how it comes in pieces.
///
/// # Panics
/// If more comes out than the bound, if the pieces change the outcome, or if the decoder does not end.
pub fn content(data: &[u8]) {
    const CODINGS: [&str; 8] = [
        "gzip",
        "deflate",
        "br",
        "zstd",
        "identity",
        "gzip, br",
        "zstd, deflate",
        "x-gzip, deflate",
    ];
    let [coding, size, body @ ..] = data else {
        return;
    };
    let coding = CODINGS[usize::from(coding % 8)];
    let whole = decoded(coding, body, body.len().max(1));
    let pieces = decoded(coding, body, usize::from(*size) + 1);
    match (&whole, &pieces) {
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces),
        // How much came out before an end by a bound depends on the pieces, and so may which bound was met.
        (Err(_), Err(_)) => {}
        (whole, pieces) => panic!(
            "{coding}: whole {:?}, in pieces {:?}",
            whole.as_ref().map(Vec::len),
            pieces.as_ref().map(Vec::len)
        ),
    }
}

const MOST: u64 = 256 << 10;

fn decoded(coding: &str, body: &[u8], size: usize) -> Result<Vec<u8>, ExchangeError> {
    let pieces = body
        .chunks(size)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)));
    let headers = [header("Content-Encoding", coding)];
    let limits = Policy::seed().limits;
    let mut slice = Slice::new(Duration::from_secs(3600).into());
    let mut kept = Kept::default();
    let outcome = {
        let raw = stream::iter(pieces);
        let reading = decode::read_into(raw, &headers, &limits, &mut slice, &mut kept);
        run(reading)
    };
    assert!(kept.0.len() as u64 <= MOST);
    outcome.map(|()| kept.0)
}

#[derive(Default)]
struct Kept(Vec<u8>);

impl Sink for Kept {
    fn check(&self, bytes: u64) -> Result<(), ExchangeError> {
        if bytes <= MOST {
            return Ok(());
        }
        Err(ExchangeError::BodyTooLarge {
            bound: appnet_policy::failure::Bound::Body,
            limit: MOST,
        })
    }

    async fn take(&mut self, data: Bytes, _: &mut Slice) -> Result<(), ExchangeError> {
        self.0.extend_from_slice(&data);
        Ok(())
    }
}

/// Runs something that waits for nothing but its turn.
fn run<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    for _ in 0..1_000_000 {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(outcome) = work.as_mut().poll(&mut context) {
            return outcome;
        }
    }
    panic!("it does not end")
}

/// P5: what servers set, one `Set-Cookie` a line; the first byte of a line says which of the app's servers it is.
///
/// # Panics
/// If the jar is over its bounds, or a cookie goes to a site that did not set it, or its header could not be sent.
pub fn cookies(data: &[u8]) {
    const HOSTS: [&str; 3] = ["a.example.com", "b.example.com", "me.github.io"];
    let limits = CookieLimits {
        count: 4,
        bytes: 300,
        cookie_bytes: 100,
    };
    let policy = Policy {
        cookies: CookieRule::WhenEnabled(limits),
        ..Policy::seed()
    };
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        rules(
            policy,
            &[&HOSTS[..], &["other.org", "you.github.io"]].concat(),
        )
    });
    let jar = CookieJar::default();
    let text = String::from_utf8_lossy(data);
    for line in text.split('\n') {
        let first = line.as_bytes().first().copied().unwrap_or_default();
        let host = HOSTS[usize::from(first % 3)];
        let value = line.get(1..).unwrap_or_default();
        jar.keep(
            &get(rules, host, "x/y").target,
            &head(&[("Set-Cookie", value)]),
        );
    }
    for host in ["other.org", "you.github.io"] {
        let sent = jar.field_for(&get(rules, host, "").target, &[]);
        assert!(sent.is_none(), "{host} gets {sent:?}");
    }
    for host in HOSTS {
        let Some(cookie) = jar.field_for(&get(rules, host, "x/y").target, &[]) else {
            continue;
        };
        assert!(cookie.value.split("; ").count() <= 4 && cookie.value.len() <= 400);
        assert!(appnet_policy::headers::is_sendable(
            &cookie.name,
            &cookie.value
        ));
    }
}

/// RFC 9111: answers of one server, one a paragraph of header lines; time passes by the first byte of each. What is fresh is never older than it says.
///
/// # Panics
/// If reading them panics, or an answer that must not be stored is given again.
pub fn cache(data: &[u8]) {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    let rules = RULES.get_or_init(|| rules(Policy::seed(), &["a.example.com"]));
    let request = OutgoingRequest {
        cache: true,
        ..get(rules, "a.example.com", "x")
    };
    let cache = Cache::default();
    let limits = CacheLimits {
        bytes: 4096,
        entry_bytes: 1024,
        entries: 3,
    };
    let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for answer in data.split(|&byte| byte == 0) {
        let seconds = u64::from(answer.first().copied().unwrap_or_default());
        now += Duration::from_secs(seconds);
        let text = String::from_utf8_lossy(answer.get(1..).unwrap_or_default());
        let fields: Vec<_> = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .collect();
        let head = head(&fields);
        match cache.consult(&request, now) {
            Some(Consulted::Fresh(kept)) => {
                let control = kept.head.header("cache-control").unwrap_or_default();
                assert!(!control.eq_ignore_ascii_case("no-store"), "{:?}", kept.head);
            }
            Some(Consulted::Ask(ask)) if head.status == 304 => drop(ask.validated(&head, now)),
            Some(Consulted::Ask(ask)) => {
                if let Some(recording) = ask.record(&head, limits, now) {
                    recording.keep(now);
                }
            }
            None => {}
        }
    }
}

fn head(fields: &[(&str, &str)]) -> ResponseHead {
    let status = fields
        .iter()
        .find(|(name, _)| *name == "status")
        .and_then(|(_, value)| value.trim().parse().ok())
        .filter(|status| (200..600).contains(status))
        .unwrap_or(200);
    ResponseHead {
        status,
        version: HttpVersion::Http1,
        headers: fields
            .iter()
            .map(|(name, value)| header(name, value))
            .collect(),
    }
}

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn rules(policy: Policy, hosts: &[&str]) -> Arc<Rules> {
    let identity = Identity {
        app_id: AppId::new("wx1234567890abcdef"),
        version: "1".to_owned(),
        env: Env::Release,
    };
    let domains = DomainLists {
        request: hosts.iter().map(|host| format!("https://{host}")).collect(),
        ..DomainLists::default()
    };
    let mut config = AppConfig::new(identity, domains);
    config.cookies = true;
    Arc::new(Rules::new(Arc::new(policy), config, None).expect("a valid configuration"))
}

fn get(rules: &Arc<Rules>, host: &str, path: &str) -> OutgoingRequest {
    let options = RequestOptions {
        url: format!("https://{host}/{path}"),
        ..RequestOptions::default()
    };
    let prepared = prepare::request(rules, options);
    *prepared.expect("the list has its host").request
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn h1_p4_p5_saved_inputs_of_the_fuzz_targets_hold() {
        replay("response", super::response);
        replay("content", super::content);
        replay("cookies", super::cookies);
        replay("cache", super::cache);
    }
}
