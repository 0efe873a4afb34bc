//! What was received for an app that it has not taken, counted and bounded (I2).

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fmt,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;

/// Counts the bytes of bodies, chunks and messages that one app has not taken. Whoever has received something for the app takes credit for it, and
/// waits for that while the account is full: then the server waits too.
///
/// Cheap to clone: all clones are the same account.
///
/// A body under way holds credit that the app cannot give back before the body is whole. So that two of them never wait for each other, a body may
/// grow as long as all the rest is within the limit. What is out is therefore at most the limit and one body more; the last one that was allowed to
/// grow can always grow on, or something else waits to be taken.
///
/// Credit comes back on threads of the app, which may lose their core at any moment. They take no lock that those who wait take, too (I1).
#[derive(Clone)]
pub struct Account(Arc<Shared>);

struct Shared {
    limit: usize,
    /// Bytes that are out.
    out: AtomicUsize,
    /// Credit came back, and those who wait do not know it yet.
    has_news: AtomicBool,
    /// One of those who wait. It wakes the others.
    one: AtomicWaker,
    /// Only those who wait look at it.
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    /// Who waits for credit of a known size, in the order of their coming.
    places: BTreeSet<u64>,
    next_place: u64,
    /// All who wait.
    all: Vec<Waker>,
}

/// Bytes of an [`Account`] that are out. Dropped, they come back.
pub struct Credit {
    account: Account,
    bytes: usize,
}

impl Account {
    /// An account of so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Shared {
            limit,
            out: AtomicUsize::new(0),
            has_news: AtomicBool::new(false),
            one: AtomicWaker::new(),
            line: Mutex::default(),
        }))
    }

    /// Bytes that are out.
    #[must_use]
    pub fn untaken(&self) -> usize {
        self.0.out.load(Ordering::Relaxed)
    }

    /// Credit for something of so many bytes, if there is room for it and nobody waits already. Something larger than the whole account has room
    /// when nothing else is out.
    #[must_use]
    pub fn try_acquire(&self, bytes: usize) -> Option<Credit> {
        let nobody_waits = self.line().places.is_empty();
        nobody_waits.then(|| self.admit(bytes)).flatten()
    }

    /// Waits for credit, first come, first served.
    pub async fn acquire(&self, bytes: usize) -> Credit {
        if let Some(credit) = self.try_acquire(bytes) {
            return credit;
        }
        let place = Place::in_line(self);
        self.until(|| place.is_first().then(|| self.admit(bytes)).flatten())
            .await
    }

    /// Credit of nothing yet, for a body that is to come.
    pub(crate) fn open(&self) -> Credit {
        Credit {
            account: self.clone(),
            bytes: 0,
        }
    }

    fn admit(&self, bytes: usize) -> Option<Credit> {
        let has_room = |out| out == 0 || bytes.saturating_add(out) <= self.0.limit;
        self.lend_out(bytes, has_room).then(|| Credit {
            account: self.clone(),
            bytes,
        })
    }

    /// So many bytes more are out, if there is room for them beside those that are out.
    fn lend_out(&self, bytes: usize, has_room: impl Fn(usize) -> bool) -> bool {
        let lent = |out: usize| has_room(out).then(|| out.saturating_add(bytes));
        let (set, fetch) = (Ordering::AcqRel, Ordering::Acquire);
        self.0.out.fetch_update(set, fetch, lent).is_ok()
    }

    /// Tries until it succeeds, again whenever credit came back.
    async fn until<T>(&self, mut attempt: impl FnMut() -> Option<T>) -> T {
        let _leaves = Leaves(self);
        poll_fn(|cx| {
            if self.0.has_news.swap(false, Ordering::AcqRel) {
                self.wake_others(cx.waker());
            }
            if let Some(success) = attempt() {
                return Poll::Ready(success);
            }
            self.wait(cx);
            // What came back in between has woken nobody.
            attempt().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn wait(&self, cx: &Context<'_>) {
        let mut line = self.line();
        if !line.all.iter().any(|one| one.will_wake(cx.waker())) {
            line.all.push(cx.waker().clone());
        }
        drop(line);
        self.0.one.register(cx.waker());
    }

    fn wake_others(&self, own: &Waker) {
        let all = std::mem::take(&mut self.line().all);
        let others = all.into_iter().filter(|one| !one.will_wake(own));
        others.for_each(Waker::wake);
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing panics while it is held.
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credit {
    /// The same bytes, which hold this credit until the last copy of them is dropped.
    #[must_use]
    pub fn lend(self, data: Bytes) -> Bytes {
        Bytes::from_owner(Lent {
            data,
            _credit: self,
        })
    }

    /// More credit for the same body, if all the rest of the account is within its limit.
    pub(crate) fn try_grow(&mut self, bytes: usize) -> bool {
        let Self {
            account,
            bytes: held,
        } = self;
        let grown = account.lend_out(bytes, |out| out.saturating_sub(*held) <= account.0.limit);
        if grown {
            *held = held.saturating_add(bytes);
        }
        grown
    }

    /// Waits for that.
    pub(crate) async fn grow(&mut self, bytes: usize) {
        let account = self.account.clone();
        account.until(|| self.try_grow(bytes).then_some(())).await;
    }
}

impl Drop for Credit {
    fn drop(&mut self) {
        let shared = &self.account.0;
        let less = |out: usize| Some(out.saturating_sub(self.bytes));
        let (set, fetch) = (Ordering::AcqRel, Ordering::Acquire);
        let _ = shared.out.fetch_update(set, fetch, less); // it never fails
        shared.has_news.store(true, Ordering::Release);
        shared.one.wake();
    }
}

/// Bytes, and the credit they hold until nobody has them any more.
struct Lent {
    data: Bytes,
    _credit: Credit,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

/// A place in the line. Who gives up leaves it.
struct Place<'a> {
    account: &'a Account,
    number: u64,
}

impl<'a> Place<'a> {
    fn in_line(account: &'a Account) -> Self {
        let mut line = account.line();
        let number = line.next_place;
        line.next_place += 1;
        line.places.insert(number);
        drop(line);
        Self { account, number }
    }

    fn is_first(&self) -> bool {
        self.account.line().places.first() == Some(&self.number)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.account.line().places.remove(&self.number);
        self.account.wake_others(Waker::noop());
    }
}

/// One that waits no more, by success or because it gave up. It may be the one that is woken for all, so the others come and wait anew.
struct Leaves<'a>(&'a Account);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.wake_others(Waker::noop());
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("untaken", &self.untaken())
            .field("limit", &self.0.limit)
            .finish()
    }
}

impl fmt::Debug for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credit")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
