//! Numbers that stand for networks and apps.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// One sequence for all tables: the handle of a network is never that of an app, and none comes twice.
static LAST: AtomicU64 = AtomicU64::new(0);

/// What has a handle.
pub(crate) struct Table<T>(Mutex<BTreeMap<u64, Arc<T>>>);

impl<T> Table<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// A number that nothing has yet.
    pub(crate) fn fresh() -> u64 {
        LAST.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn put(&self, handle: u64, value: Arc<T>) {
        self.lock().insert(handle, value);
    }

    pub(crate) fn find(&self, handle: u64) -> Option<Arc<T>> {
        self.lock().get(&handle).cloned()
    }

    pub(crate) fn take(&self, handle: u64) -> Option<Arc<T>> {
        self.lock().remove(&handle)
    }

    /// Keeps those that this is true of. What goes is dropped outside the lock.
    pub(crate) fn retain(&self, stays: impl Fn(&T) -> bool) {
        let mut entries = self.lock();
        let (kept, gone) = std::mem::take(&mut *entries)
            .into_iter()
            .partition(|(_, value)| stays(value));
        *entries = kept;
        drop(entries);
        drop(gone);
    }

    /// Nothing that holds the lock can panic half-way.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
