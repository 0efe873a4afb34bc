//! What ends a program from outside: time and signals (I4).
//!
//! A program that never returns to the main loop must be stopped too, so the watching is done on a thread of its own. It says why in
//! a cell that the engine reads while the program runs, and that the main loop waits for. Some native functions of the engine never ask
//! (a sort of `{ length: 2 ** 53 - 1 }`), so the same thread ends the process when the main thread has not done so in time. A second signal
//! ends it at once.

mod signals;

use std::{
    fmt, fs, io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::{runtime, sync::watch};

use crate::{ending::Ending, stop::signals::Signals};

/// How long the main thread has for its own end: a person who pressed Ctrl-C does not wait longer than a second.
const PATIENCE: Duration = Duration::from_millis(600);

/// How long a last line may take: nobody may be reading standard error.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// Set once, by whichever comes first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<Shared>);

#[derive(Default)]
struct Shared {
    why: watch::Sender<Option<Ending>>,
    at_end: Mutex<Vec<LastAct>>,
}

/// Something to be done before the process is ended from here.
type LastAct = Box<dyn FnOnce() + Send>;

impl Stop {
    /// Starts watching: signals, and the clock.
    ///
    /// # Errors
    /// The system gives no thread or refuses to tell of signals.
    pub(crate) fn watch(max_time: Option<Duration>) -> io::Result<Self> {
        let stop = Self::default();
        let watched = stop.clone();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let signals = runtime.block_on(async { Signals::listen() })?;
        thread::Builder::new()
            .name("stop".to_owned())
            .spawn(move || runtime.block_on(guard(&watched, signals, max_time)))?;
        Ok(stop)
    }

    /// Does this when the process is ended from here, and not by the main thread.
    pub(crate) fn at_end(&self, act: impl FnOnce() + Send + 'static) {
        self.last_acts().push(Box::new(act));
    }

    /// A folder that goes with the process, also when it is ended from here.
    pub(crate) fn remove_at_end(&self, folder: &Path) {
        let folder = folder.to_owned();
        self.at_end(move || remove(&folder));
    }

    /// Stops the program, unless something did before.
    pub(crate) fn set(&self, why: Ending) {
        self.0.why.send_if_modified(|known| {
            let first = known.is_none();
            known.get_or_insert(why);
            first
        });
    }

    /// Why the program is to stop, if it is.
    pub(crate) fn why(&self) -> Option<Ending> {
        self.0.why.borrow().clone()
    }

    /// Whether the program is to stop; asked again and again while it runs.
    pub(crate) fn is_set(&self) -> bool {
        self.0.why.borrow().is_some()
    }

    /// Returns when the program is to stop.
    pub(crate) async fn wait(&self) {
        let mut why = self.0.why.subscribe();
        // The sender is in `self`.
        drop(why.wait_for(Option::is_some).await);
    }

    fn last_acts(&self) -> MutexGuard<'_, Vec<LastAct>> {
        self.0.at_end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the process here and now.
    fn end_process(&self) -> ! {
        let acts = std::mem::take(&mut *self.last_acts());
        acts.into_iter().for_each(|act| act());
        std::process::exit(self.why().unwrap_or(Ending::Crashed).status().into())
    }
}

async fn guard(stop: &Stop, mut signals: Signals, max_time: Option<Duration>) {
    tokio::select! {
        ending = signals.next() => stop.set(ending),
        () = over(max_time) => stop.set(Ending::TimedOut(String::new())),
        () = stop.wait() => {}
    }
    tokio::select! {
        _second = signals.next() => {}
        () = tokio::time::sleep(PATIENCE) => tell(stop.why()),
    }
    stop.end_process()
}

async fn over(max_time: Option<Duration>) {
    match max_time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// On a thread of its own, because the main thread may hold standard error and never give it back.
fn tell(why: Option<Ending>) {
    let (said, heard) = mpsc::channel();
    let words = move || {
        if let Some(why) = why {
            why.tell();
        }
        crate::ending::error_line("appnet: the program did not end in time and was cut off");
        said.send(()).ok();
    };
    if thread::Builder::new().spawn(words).is_ok() {
        heard.recv_timeout(LAST_WORDS).ok();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("why", &self.why)
            .finish_non_exhaustive()
    }
}

/// Removes a folder. A program that still runs may put a file into it meanwhile.
fn remove(folder: &Path) {
    for _ in 0..3 {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {}
            Ok(()) | Err(_) => return,
        }
    }
}
