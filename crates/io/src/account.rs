//! What was received for an app that it has not taken, counted and bounded (I2).

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

/// Counts the bytes of bodies, chunks and messages that one app has not taken. Whoever has received something for the app takes credit for it, and
/// waits for that while the account is full: then the server waits too.
///
/// Cheap to clone: all clones are the same account.
///
/// A body under way holds credit that the app cannot give back before the body is whole. So that two of them never wait for each other, a body may
/// grow as long as all the rest is within the limit. What is out is therefore at most the limit and one body more; the last one that was allowed to
/// grow can always grow on, or something else waits to be taken.
#[derive(Clone)]
pub struct Account(Arc<Shared>);

struct Shared {
    limit: usize,
    ledger: Mutex<Ledger>,
    changed: Notify,
}

#[derive(Default)]
struct Ledger {
    /// Bytes that are out.
    out: usize,
    /// Who waits for credit of a known size, in the order of their coming.
    waiting: BTreeSet<u64>,
    next_place: u64,
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
            ledger: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// Bytes that are out.
    #[must_use]
    pub fn untaken(&self) -> usize {
        self.ledger().out
    }

    /// Credit for something of so many bytes, if there is room for it and nobody waits already. Something larger than the whole account has room
    /// when nothing else is out.
    #[must_use]
    pub fn try_acquire(&self, bytes: usize) -> Option<Credit> {
        let mut ledger = self.ledger();
        let place = ledger.next_place;
        self.admit(&mut ledger, place, bytes)
    }

    /// Waits for credit, first come, first served.
    pub async fn acquire(&self, bytes: usize) -> Credit {
        let place = Place::in_line(self);
        self.until(|ledger| self.admit(ledger, place.number, bytes))
            .await
    }

    /// Credit of nothing yet, for a body that is to come.
    pub(crate) fn open(&self) -> Credit {
        Credit {
            account: self.clone(),
            bytes: 0,
        }
    }

    fn admit(&self, ledger: &mut Ledger, place: u64, bytes: usize) -> Option<Credit> {
        let is_first = ledger.waiting.first().is_none_or(|&first| first >= place);
        let has_room = ledger.out == 0 || ledger.out.saturating_add(bytes) <= self.0.limit;
        if !(is_first && has_room) {
            return None;
        }
        ledger.out = ledger.out.saturating_add(bytes);
        let account = self.clone();
        Some(Credit { account, bytes })
    }

    /// Tries until it succeeds, again after each change.
    async fn until<T>(&self, mut attempt: impl FnMut(&mut Ledger) -> Option<T>) -> T {
        loop {
            // Before the attempt, so that no change between it and the wait is missed.
            let changed = self.0.changed.notified();
            if let Some(success) = attempt(&mut self.ledger()) {
                return success;
            }
            changed.await;
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        let ledger = self.0.ledger.lock();
        // Nothing panics while it is held.
        ledger.unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Ledger)) {
        change(&mut self.ledger());
        self.0.changed.notify_waiters();
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
        let account = self.account.clone();
        self.grown(&account, &mut account.ledger(), bytes).is_some()
    }

    /// Waits for that.
    pub(crate) async fn grow(&mut self, bytes: usize) {
        let account = self.account.clone();
        account
            .until(|ledger| self.grown(&account, ledger, bytes))
            .await;
    }

    fn grown(&mut self, account: &Account, ledger: &mut Ledger, bytes: usize) -> Option<()> {
        let rest = ledger.out.saturating_sub(self.bytes);
        (rest <= account.0.limit).then(|| {
            ledger.out = ledger.out.saturating_add(bytes);
            self.bytes = self.bytes.saturating_add(bytes);
        })
    }
}

impl Drop for Credit {
    fn drop(&mut self) {
        let bytes = self.bytes;
        self.account
            .change(|ledger| ledger.out = ledger.out.saturating_sub(bytes));
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
        let mut ledger = account.ledger();
        let number = ledger.next_place;
        ledger.next_place += 1;
        ledger.waiting.insert(number);
        drop(ledger);
        Self { account, number }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let number = self.number;
        self.account.change(|ledger| {
            ledger.waiting.remove(&number);
        });
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
