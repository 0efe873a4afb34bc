//! How much room an app's files take, those that are still being written included (I3).
//!
//! The room is counted once, when the sandbox is opened, and kept from then on. Every change of names happens under the lock of the books,
//! so that the books and the disk agree; bytes are written outside it, under a claim.

use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use appnet_policy::preset::FileLimits;

use crate::files::FileError;

/// Which files share a quota of bytes. The number of entries is one for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    /// What the app keeps: its user directory and the host's records of it.
    User,
    Temporary,
}

/// What a file or directory takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Room {
    pub(super) bytes: u64,
    pub(super) entries: usize,
}

impl Room {
    pub(super) const NONE: Self = Self {
        bytes: 0,
        entries: 0,
    };

    /// A directory, or a file without content.
    pub(super) const ENTRY: Self = Self::file(0);

    /// A file of so many bytes.
    pub(super) const fn file(bytes: u64) -> Self {
        Self { bytes, entries: 1 }
    }

    /// Bytes of a file that has its entry already.
    pub(super) const fn bytes(bytes: u64) -> Self {
        Self { bytes, entries: 0 }
    }
}

/// The accounts of one sandbox.
#[derive(Debug)]
pub(super) struct Accounts {
    limits: FileLimits,
    books: Mutex<Books>,
    /// Told when a claim has ended.
    ended: Condvar,
}

/// What is taken now: by what is there, and by claims.
#[derive(Debug, Default)]
pub(super) struct Books {
    user_bytes: u64,
    temporary_bytes: u64,
    entries: usize,
    /// Claims that are open.
    claims: usize,
    /// The file of the user directory that is being appended to. There is one at most.
    pub(super) appended: Option<Appended>,
}

/// A file that grows in place while its name may be given to another.
#[derive(Debug)]
pub(super) struct Appended {
    pub(super) path: PathBuf,
    /// What the books have for it; the bytes that come are under a claim.
    pub(super) length: u64,
    /// The name leads to another file by now.
    pub(super) replaced: bool,
}

/// How long a closed app's pending files may take to be dropped. They are dropped already or about to be: it only keeps a disk that hangs
/// from holding up the host.
const PATIENCE: Duration = Duration::from_secs(5);

impl Accounts {
    /// The accounts of a sandbox that keeps so much.
    pub(super) fn new(limits: FileLimits, kept: Room) -> Self {
        let books = Books {
            user_bytes: kept.bytes,
            entries: kept.entries,
            ..Books::default()
        };
        Self {
            limits,
            books: Mutex::new(books),
            ended: Condvar::new(),
        }
    }

    pub(super) const fn limits(&self) -> &FileLimits {
        &self.limits
    }

    /// Reserves room, where `freed` is going to be free when the claim is settled.
    pub(super) fn claim(
        self: &Arc<Self>,
        area: Area,
        room: Room,
        freed: impl FnOnce(&Books) -> Room,
    ) -> Result<Claim, FileError> {
        let mut books = self.books();
        self.take(&mut books, area, room, freed)?;
        books.claims += 1;
        Ok(Claim {
            accounts: Arc::clone(self),
            area,
            room,
        })
    }

    /// Counts it as taken, if that is within the quotas.
    fn take(
        &self,
        books: &mut Books,
        area: Area,
        more: Room,
        freed: impl FnOnce(&Books) -> Room,
    ) -> Result<(), FileError> {
        // What will be free is only looked up when it matters: that costs a look at the disk.
        self.check(books, area, more, Room::NONE)
            .or_else(|_full| self.check(books, area, more, freed(books)))?;
        books.add(area, more);
        Ok(())
    }

    /// Whether `more` is within the quotas once `freed` is free.
    pub(super) fn check(
        &self,
        books: &Books,
        area: Area,
        more: Room,
        freed: Room,
    ) -> Result<(), FileError> {
        let (taken, quota) = match area {
            Area::User => (books.user_bytes, self.limits.user_bytes),
            Area::Temporary => (books.temporary_bytes, self.limits.temporary_bytes),
        };
        let entries = (books.entries + more.entries).saturating_sub(freed.entries);
        if taken.saturating_add(more.bytes).saturating_sub(freed.bytes) > quota {
            Err(FileError::OverQuota(quota))
        } else if entries > self.limits.entries {
            Err(FileError::TooManyEntries(self.limits.entries))
        } else {
            Ok(())
        }
    }

    /// Waits until no claim is open.
    pub(super) fn wait_for_claims(&self) {
        let waited = self
            .ended
            .wait_timeout_while(self.books(), PATIENCE, |books| books.claims > 0);
        let (books, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            tracing::error!(
                pending = books.claims,
                "files of a closed app are still being written"
            );
        }
    }

    /// The books. Each change is one assignment, so a poisoned lock is as good as a whole one.
    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    pub(super) const fn add(&mut self, area: Area, room: Room) {
        let bytes = self.bytes_of(area);
        *bytes = bytes.saturating_add(room.bytes);
        self.entries += room.entries;
    }

    /// Counts it as free. Saturating: somebody outside may have put files there that were never counted.
    pub(super) const fn give_back(&mut self, area: Area, room: Room) {
        let bytes = self.bytes_of(area);
        *bytes = bytes.saturating_sub(room.bytes);
        self.entries = self.entries.saturating_sub(room.entries);
    }

    const fn bytes_of(&mut self, area: Area) -> &mut u64 {
        match area {
            Area::User => &mut self.user_bytes,
            Area::Temporary => &mut self.temporary_bytes,
        }
    }
}

/// Room that is reserved. Dropped, it is free again.
#[derive(Debug)]
#[must_use = "dropped, the room is free again"]
pub(super) struct Claim {
    accounts: Arc<Accounts>,
    area: Area,
    room: Room,
}

impl Claim {
    /// Reserves so many bytes in all, where `freed` is going to be free when the claim is settled.
    pub(super) fn grow_to(
        &mut self,
        bytes: u64,
        freed: impl FnOnce(&Books) -> Room,
    ) -> Result<(), FileError> {
        let Some(more) = bytes.checked_sub(self.room.bytes).filter(|more| *more > 0) else {
            return Ok(());
        };
        let mut books = self.accounts.books();
        self.accounts
            .take(&mut books, self.area, Room::bytes(more), freed)?;
        self.room.bytes = bytes;
        Ok(())
    }

    /// What was reserved is there now, with so many bytes: it is counted from now on without the claim.
    pub(super) fn settle(mut self, bytes: u64) {
        let unused = self.room.bytes.saturating_sub(bytes);
        self.room = Room::bytes(unused); // what the drop gives back
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut books = self.accounts.books();
        books.give_back(self.area, self.room);
        books.claims -= 1;
        self.accounts.ended.notify_all();
    }
}
