//! The one timer of an app.

use std::time::Duration;

use actix::{Actor, Addr, Context, Handler};
use appnet_core::Instant;
use tokio::task::JoinHandle;

use crate::messages::Tick;

/// How long it sleeps at most. The system's timers stand still while the device sleeps and the network's clock does not (B6): after a
/// wake-up, what became due meanwhile is found within this time, or at the next message if that is sooner. Looking often costs
/// something only while a deadline is near: see [`Timer::arm`].
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A deadline this near is looked at every [`LOOK_AGAIN`]; one further away once in [`FAR_LOOK_AGAIN`].
const NEAR: Duration = Duration::from_secs(10);

/// See [`NEAR`].
const FAR_LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Sends a [`Tick`] at about the time it is armed for. Never later than asked while the device is awake; earlier is harmless, and spares a
/// new task for each new deadline.
#[derive(Default)]
pub(crate) struct Timer {
    armed: Option<Armed>,
}

struct Armed {
    due: Instant,
    sleeper: JoinHandle<()>,
}

impl Timer {
    /// Wants a tick at `next`, or none.
    pub(crate) fn arm<A>(&mut self, next: Option<Instant>, now: Instant, actor: &Addr<A>)
    where
        A: Actor<Context = Context<A>> + Handler<Tick>,
    {
        let Some(next) = next else {
            return self.disarm();
        };
        let away = next - now;
        let sleep = away.min(if away <= NEAR {
            LOOK_AGAIN
        } else {
            FAR_LOOK_AGAIN
        });
        let due = now + sleep;
        if self.armed.as_ref().is_some_and(|armed| armed.due <= due) {
            return;
        }
        self.disarm();
        let actor = actor.downgrade();
        let sleeper = actix_rt::spawn(async move {
            actix_rt::time::sleep(sleep).await;
            if let Some(actor) = actor.upgrade() {
                actor.do_send(Tick);
            }
        });
        self.armed = Some(Armed { due, sleeper });
    }

    /// The tick came.
    pub(crate) fn fired(&mut self) {
        self.armed = None;
    }

    fn disarm(&mut self) {
        if let Some(armed) = self.armed.take() {
            armed.sleeper.abort();
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.disarm();
    }
}
