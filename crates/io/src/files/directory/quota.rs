//! How many bytes an app's files have, pending ones included.

use std::{
    collections::BTreeSet,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use appnet_policy::preset::FileLimits;

use crate::files::FileError;

/// Which files count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    User,
    Temporary,
}

/// The accounts of one sandbox.
#[derive(Debug)]
pub(super) struct Accounts {
    limits: FileLimits,
    books: Mutex<Books>,
    /// Told when a pending file has ended.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Books {
    user: Book,
    temporary: Book,
    pending: usize,
    /// Temporary files that were kept, by name.
    temporaries: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Book {
    /// Bytes of the files that are there, as far as is known: the app's own functions change them too.
    stored: u64,
    /// Bytes that pending files have, or said they would have.
    claimed: u64,
    /// Bytes of all files ever kept. It tells who counts the files what was added meanwhile.
    kept: u64,
}

/// How long a closed app's pending files may take to be dropped. They are dropped already or about to be: it only keeps a disk that hangs
/// from holding up the host.
const PATIENCE: Duration = Duration::from_secs(5);

impl Accounts {
    pub(super) fn new(limits: FileLimits) -> Self {
        Self {
            limits,
            books: Mutex::default(),
            ended: Condvar::new(),
        }
    }

    /// Opens the account of a pending file that will replace one of `replaces` bytes. `count` counts the files that are there.
    pub(super) fn claim(
        self: &Arc<Self>,
        area: Area,
        replaces: u64,
        count: impl FnOnce() -> Result<u64, FileError>,
    ) -> Result<Claim, FileError> {
        let before = self.books().of(area).kept;
        let counted = count()?;
        let mut books = self.books();
        books.pending += 1;
        let book = books.of(area);
        // What was kept while the files were counted may be counted twice until the next count: better than not at all.
        book.stored = counted + (book.kept - before);
        drop(books);
        Ok(Claim {
            accounts: Arc::clone(self),
            area,
            bytes: 0,
            replaces,
        })
    }

    /// Whether so many bytes more have room.
    pub(super) fn check(&self, area: Area, stored: u64, more: u64) -> Result<(), FileError> {
        let mut books = self.books();
        let book = books.of(area);
        book.stored = stored;
        let total = stored.saturating_add(book.claimed).saturating_add(more);
        self.within(area, total)
    }

    /// Notes a temporary file that is about to be kept.
    pub(super) fn note_temporary(&self, name: &str) {
        self.books().temporaries.insert(name.to_owned());
    }

    /// Waits until no file is pending; the temporary files that were kept, which are forgotten here.
    pub(super) fn take_temporaries(&self) -> BTreeSet<String> {
        let waited = self
            .ended
            .wait_timeout_while(self.books(), PATIENCE, |books| books.pending > 0);
        let (mut books, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            tracing::error!(
                pending = books.pending,
                "files of a closed app are still being written"
            );
        }
        std::mem::take(&mut books.temporaries)
    }

    fn within(&self, area: Area, total: u64) -> Result<(), FileError> {
        let quota = match area {
            Area::User => self.limits.user_bytes,
            Area::Temporary => self.limits.temporary_bytes,
        };
        if total > quota {
            Err(FileError::OverQuota(quota))
        } else {
            Ok(())
        }
    }

    /// Each change is one assignment, so a poisoned lock is as good as a whole one.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    const fn of(&mut self, area: Area) -> &mut Book {
        match area {
            Area::User => &mut self.user,
            Area::Temporary => &mut self.temporary,
        }
    }
}

/// The bytes of one pending file. Dropped, they are free again.
#[derive(Debug)]
pub(super) struct Claim {
    accounts: Arc<Accounts>,
    area: Area,
    bytes: u64,
    replaces: u64,
}

impl Claim {
    /// The file has, or will have, so many bytes.
    pub(super) fn grow_to(&mut self, bytes: u64) -> Result<(), FileError> {
        let Some(more) = bytes.checked_sub(self.bytes).filter(|more| *more > 0) else {
            return Ok(());
        };
        let mut books = self.accounts.books();
        let book = books.of(self.area);
        let others = (book.stored + book.claimed).saturating_sub(self.replaces);
        self.accounts
            .within(self.area, others.saturating_add(more))?;
        book.claimed += more;
        self.bytes = bytes;
        Ok(())
    }

    /// The file is one of those that are there, with so many bytes.
    pub(super) fn kept(self, bytes: u64) {
        let mut books = self.accounts.books();
        let book = books.of(self.area);
        book.kept += bytes;
        book.stored = (book.stored + bytes).saturating_sub(self.replaces);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut books = self.accounts.books();
        books.of(self.area).claimed -= self.bytes;
        books.pending -= 1;
        self.accounts.ended.notify_all();
    }
}
