//! The lock of a link. Threads of the app and of the host wait for it; the app's actor never does.
//!
//! A thread of the app may lose its core while it holds the lock, for milliseconds: on a device, apps in the background have a low priority. The actor does
//! not wait for that, because the other apps of its own thread would wait, too (I1). It leaves a note, and whoever holds the lock then calls the actor back.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

use actix::Recipient;
use appnet_core::Link;

use super::Wake;

/// A link, and who waits for news of it.
pub(super) struct State {
    pub(super) link: Link,
    /// What starts the first actor; gone once it was called.
    pub(super) starter: Option<Starter>,
    /// Where the actor is told that something waits.
    pub(super) actor: Option<Arc<Recipient<Wake>>>,
    /// The UI layer, when it waits for a delivery.
    pub(super) taker: Option<Waker>,
}

/// Starts the actor of an app that has none yet.
pub(crate) type Starter = Box<dyn FnOnce() + Send>;

pub(super) struct Lock {
    state: Mutex<State>,
    /// The actor found the lock taken.
    actor_missed: AtomicBool,
}

/// How often the actor looks at a lock that is taken: whoever is there and has a core is done in the meantime, which is less than a microsecond.
const LOOKS: u32 = 20;

impl Lock {
    pub(super) const fn new(link: Link, starter: Starter) -> Self {
        Self {
            state: Mutex::new(State {
                link,
                starter: Some(starter),
                actor: None,
                taker: None,
            }),
            actor_missed: AtomicBool::new(false),
        }
    }

    /// Waits for the lock, changes what is there, and wakes those who have something to do then.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = Self::change(self.lock(), change);
        self.call_actor_back();
        changed
    }

    /// The same for the actor, without waiting. `None`: the lock is not free, and the actor hears [`Wake`] when it is.
    pub(super) fn try_with<T>(&self, change: impl FnOnce(&mut State) -> T) -> Option<T> {
        let state = self.try_lock().or_else(|| {
            // Whoever unlocks looks at the note after that. So either the note is seen there, or the free lock is seen here.
            self.actor_missed.swap(true, Ordering::AcqRel);
            self.try_lock()
        })?;
        Some(Self::change(state, change))
    }

    /// Nothing that holds the lock can leave the state half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, State>> {
        for _ in 0..LOOKS {
            match self.state.try_lock() {
                Ok(state) => return Some(state),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
            }
        }
        None
    }

    /// Everybody is woken after the lock is free: who is woken may want it at once, on this thread's own core.
    fn change<T>(mut state: MutexGuard<'_, State>, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut state);
        let starter = match state.link.needs_core() {
            true => state.starter.take(),
            false => None,
        };
        let actor = match state.link.calls_core() {
            true => state.actor.clone(),
            false => None,
        };
        let has_news = state.link.has_delivery() || state.link.is_over();
        let taker = if has_news { state.taker.take() } else { None };
        drop(state);
        if let Some(start) = starter {
            start();
        }
        if let Some(actor) = actor {
            actor.do_send(Wake);
        }
        if let Some(taker) = taker {
            taker.wake();
        }
        changed
    }

    fn call_actor_back(&self) {
        while self.actor_missed.swap(false, Ordering::AcqRel) {
            let actor = self.lock().actor.clone();
            if let Some(actor) = actor {
                actor.do_send(Wake);
            }
        }
    }
}
