//! A TCP proxy that spoils what goes through it.

mod relay;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use crate::{
    signal::Signal,
    thread::{ServerThread, accept_each, listen},
};
use relay::relay;

/// What happens to a connection. Counted and delayed is what comes from the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Each piece is passed on only after this time.
    Delay(Duration),
    /// FIN after so many bytes; with 0, before the target says anything.
    CutAfter(u64),
    /// RST after so many bytes; of these the client may lose those that it has not read yet.
    ResetAfter(u64),
    /// The connection is accepted, the target never hears of it, and nothing ever comes back.
    BlackHole,
}

/// A proxy on a free port of 127.0.0.1. Dropped, it is gone.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    state: Arc<State>,
    _thread: ServerThread,
}

#[derive(Debug)]
struct State {
    fault: Mutex<Fault>,
    accepted: AtomicUsize,
    signal: Signal,
}

impl State {
    fn fault(&self) -> MutexGuard<'_, Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection and says what it suffers.
    fn accept(&self) -> Fault {
        let fault = *self.fault();
        self.accepted.fetch_add(1, SeqCst);
        self.signal.changed();
        fault
    }
}

impl FaultProxy {
    /// Starts one in front of `target`.
    ///
    /// # Errors
    /// The system gives no socket or thread.
    pub fn start(target: SocketAddr, fault: Fault) -> io::Result<Self> {
        let listener = listen(0, false)?.remove(0);
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            fault: Mutex::new(fault),
            accepted: AtomicUsize::new(0),
            signal: Signal::default(),
        });
        let shared = Arc::clone(&state);
        let thread = ServerThread::start("fault-proxy", move || async move {
            let accepted = |client| {
                tokio::spawn(relay(client, target, shared.accept()));
            };
            tokio::join!(accept_each(listener, accepted), shared.signal.beat());
        })?;
        Ok(Self {
            address,
            state,
            _thread: thread,
        })
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections accepted from now on suffer this; those before keep what they have. A client can be connected a moment
    /// before it is accepted: see [`accepted`](Self::accepted).
    pub fn set(&self, fault: Fault) {
        *self.state.fault() = fault;
    }

    /// Waits until so many connections were accepted.
    ///
    /// # Panics
    /// If that does not happen within 20 seconds of real time.
    pub async fn accepted(&self, count: usize) {
        let now = || self.state.accepted.load(SeqCst);
        let probe = || (now() >= count).then_some(());
        self.state
            .signal
            .until(probe, || {
                format!("the proxy accepted {} of {count} connections", now())
            })
            .await;
    }
}
