//! A TCP proxy that spoils what goes through it.

mod relay;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use crate::{
    signal::Signal,
    thread::{ServerThread, accept_each, listen},
};
use relay::relay;

/// What happens to a connection. Counted and delayed is what comes from one [`Side`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Each piece is passed on only after this time.
    Delay(Duration),
    /// So many bytes at a time, each after this time.
    Drip(usize, Duration),
    /// FIN after so many bytes, and the other side is still heard: half of a close. With 0, before this side says anything.
    CutAfter(u64),
    /// Both sides are closed after so many bytes.
    CloseAfter(u64),
    /// RST after so many bytes; of these the client may lose those that it has not read yet.
    ResetAfter(u64),
    /// The byte at this place, counted from 0, arrives as another one.
    CorruptAt(u64),
    /// After so many bytes whatever this side says is lost, until it closes.
    SilentAfter(u64),
    /// The connection is accepted, the target never hears of it, and nothing ever comes back.
    BlackHole,
}

/// Whose bytes a fault counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// Those of the server behind the proxy.
    #[default]
    Target,
    /// Those of whoever connects.
    Client,
}

/// A proxy on a free port of 127.0.0.1. Dropped, it is gone.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    state: Arc<State>,
    _thread: ServerThread,
}

#[derive(Debug, Default)]
struct State {
    fault: Mutex<(Side, Fault)>,
    accepted: AtomicUsize,
    passed: Passed,
    signal: Signal,
}

/// Bytes of each side that were passed on.
#[derive(Debug, Default)]
struct Passed {
    target: AtomicU64,
    client: AtomicU64,
}

impl Passed {
    const fn of(&self, side: Side) -> &AtomicU64 {
        match side {
            Side::Target => &self.target,
            Side::Client => &self.client,
        }
    }
}

impl State {
    fn fault(&self) -> MutexGuard<'_, (Side, Fault)> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection and says what it suffers.
    fn accept(&self) -> (Side, Fault) {
        let fault = *self.fault();
        self.accepted.fetch_add(1, SeqCst);
        self.signal.changed();
        fault
    }
}

impl FaultProxy {
    /// Starts one in front of `target`, whose bytes the fault counts.
    ///
    /// # Errors
    /// The system gives no socket or thread.
    pub fn start(target: SocketAddr, fault: Fault) -> io::Result<Self> {
        let listener = listen(0, false)?.remove(0);
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        *state.fault() = (Side::Target, fault);
        let shared = Arc::clone(&state);
        let thread = ServerThread::start("fault-proxy", move || async move {
            let accepted = |client| {
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    let fault = state.accept();
                    relay(client, target, fault, &state.passed).await;
                });
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

    /// Connections accepted from now on suffer this, counted in the target's bytes; those before keep what they have. A client can be
    /// connected a moment before it is accepted: see [`accepted`](Self::accepted).
    pub fn set(&self, fault: Fault) {
        self.set_for(Side::Target, fault);
    }

    /// As [`set`](Self::set), counted in the bytes of this side.
    pub fn set_for(&self, side: Side, fault: Fault) {
        *self.state.fault() = (side, fault);
    }

    /// How many bytes of this side were passed on so far, of all connections.
    #[must_use]
    pub fn passed(&self, side: Side) -> u64 {
        self.state.passed.of(side).load(SeqCst)
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
