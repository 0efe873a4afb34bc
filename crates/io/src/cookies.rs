//! Cookies that servers set, where an app has a jar of its own (P5, RFC 6265).
//!
//! What a cookie means is decided by `cookie_store`; whether a suffix is public, by the list that decides about domains too. Here is
//! how many are kept.

#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use appnet_policy::{
    Permitted, Target,
    exchange::{Header, ResponseHead},
    headers::is_sendable,
    matching::is_public_suffix,
    preset::CookieLimits,
};
use cookie_store::{Cookie, CookieDomain, CookieStore};
use url::Url;

const COOKIE: &str = "Cookie";
const SET_COOKIE: &str = "Set-Cookie";

/// The cookies of one app, in memory. A copy is the same jar: give it to all clients of the app, and to no other app (K3).
#[derive(Clone, Default)]
pub struct CookieJar(Arc<Mutex<Jar>>);

#[derive(Default)]
struct Jar {
    store: CookieStore,
    /// What the store has, by when it was set last.
    order: BTreeMap<u64, Key>,
    kept: BTreeMap<Key, Kept>,
    bytes: usize,
    last_set: u64,
}

/// What makes two cookies one (RFC 6265 §5.3): domain, path, name.
type Key = (String, String, String);

#[derive(Clone, Copy)]
struct Kept {
    set: u64,
    bytes: usize,
}

impl CookieJar {
    /// The field with the cookies for a target, to be sent beside these fields; `None` if the app has no jar, sets a `Cookie` of its own (J6), or
    /// no cookie is for this target.
    pub(crate) fn field_for(
        &self,
        target: &Permitted<Target>,
        headers: &[Header],
    ) -> Option<Header> {
        target.rules().cookies()?;
        let is_cookie = |header: &Header| header.name.eq_ignore_ascii_case(COOKIE);
        if headers.iter().any(is_cookie) {
            return None;
        }
        Some(Header {
            name: COOKIE.to_owned(),
            value: self.jar().header(&over_http(target.url()))?,
        })
    }

    /// Keeps what an answer of this target sets, if the app has a jar.
    pub(crate) fn keep(&self, target: &Permitted<Target>, head: &ResponseHead) {
        let Some(limits) = target.rules().cookies() else {
            return;
        };
        let is_set = |header: &&Header| header.name.eq_ignore_ascii_case(SET_COOKIE);
        let mut jar = self.jar();
        for header in head.headers.iter().filter(is_set) {
            jar.set(&header.value, &over_http(target.url()), &limits);
        }
    }

    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CookieJar {
    /// How many, and not which: they are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookies = self.jar().kept.len();
        f.debug_struct("CookieJar")
            .field("cookies", &cookies)
            .finish()
    }
}

impl Jar {
    /// RFC 6265 §5.4: longer paths first, then what was set first.
    fn header(&self, url: &Url) -> Option<String> {
        let mut cookies = self.store.matches(url);
        if cookies.is_empty() {
            return None;
        }
        cookies.sort_by_cached_key(|cookie| {
            let set = self.kept.get(&key(cookie)).map(|kept| kept.set);
            (std::cmp::Reverse(cookie.path.len()), set)
        });
        let pairs: Vec<_> = cookies
            .iter()
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect();
        Some(pairs.join("; "))
    }

    /// One `Set-Cookie`. One that says nothing, is too long, or is for others than this host is left out, as browsers do.
    fn set(&mut self, text: &str, url: &Url, limits: &CookieLimits) {
        // A control character would make every later request to this host unsendable (RFC 6265bis leaves such cookies out too).
        if text.len() > limits.cookie_bytes || !is_sendable(SET_COOKIE, text) {
            return;
        }
        let Ok(cookie) = Cookie::parse(text.to_owned(), url) else {
            return;
        };
        let Some(cookie) = for_its_own_host(cookie, url) else {
            return;
        };
        let (key, lives) = (key(&cookie), !cookie.is_expired());
        if self.store.insert(cookie, url).is_ok() {
            self.forget(&key, !lives);
            if lives {
                self.note(key);
            }
        }
        while self.kept.len() > limits.count || self.bytes > limits.bytes {
            let Some((_, oldest)) = self.order.first_key_value() else {
                return;
            };
            let oldest = oldest.clone();
            self.forget(&oldest, true);
        }
    }

    fn note(&mut self, key: Key) {
        self.last_set += 1;
        let (domain, path, name) = &key;
        let value = self
            .store
            .get(domain, path, name)
            .map(|cookie| cookie.value().len());
        let kept = Kept {
            set: self.last_set,
            bytes: domain.len() + path.len() + name.len() + value.unwrap_or_default(),
        };
        self.bytes += kept.bytes;
        self.order.insert(kept.set, key.clone());
        self.kept.insert(key, kept);
    }

    fn forget(&mut self, key: &Key, in_store_too: bool) {
        if let Some(kept) = self.kept.remove(key) {
            self.order.remove(&kept.set);
            self.bytes -= kept.bytes;
        }
        if in_store_too {
            self.store.remove(&key.0, &key.1, &key.2);
        }
    }
}

/// A socket's URL as the jar takes it: its cookies are those of HTTP, and `wss:` is as secure as `https:` (RFC 6455 §4.1).
fn over_http(url: &Url) -> Cow<'_, Url> {
    let scheme = match url.scheme() {
        "wss" => "https",
        "ws" => "http",
        _ => return Cow::Borrowed(url),
    };
    let mut url = url.clone();
    match url.set_scheme(scheme) {
        Ok(()) => Cow::Owned(url),
        Err(()) => unreachable!("each of the four is a special scheme"),
    }
}

/// RFC 6265 §5.3, step 5: a cookie for a public suffix is for the very host, if that is its name, else nobody's.
fn for_its_own_host<'a>(mut cookie: Cookie<'a>, url: &Url) -> Option<Cookie<'a>> {
    if let CookieDomain::Suffix(domain) = &cookie.domain
        && is_public_suffix(domain)
    {
        if url.host_str() != Some(domain) {
            return None;
        }
        cookie.domain = CookieDomain::host_only(url).ok()?;
    }
    Some(cookie)
}

fn key(cookie: &Cookie<'_>) -> Key {
    (
        String::from(&cookie.domain),
        String::from(&cookie.path),
        cookie.name().to_owned(),
    )
}
