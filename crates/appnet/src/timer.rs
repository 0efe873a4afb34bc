//! The one timer of an app.

use actix::{Actor, Addr, Context, Handler, Message};
use appnet_core::{Alarm, Change, Instant};
use tokio::task::JoinHandle;

/// The time that was asked for has come.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Tick;

/// Sends a [`Tick`] when the [`Alarm`] is to ring.
#[derive(Default)]
pub(crate) struct Timer {
    alarm: Alarm,
    sleeper: Option<JoinHandle<()>>,
}

impl Timer {
    /// Wants a tick at `next`, or none.
    pub(crate) fn arm<A>(&mut self, next: Option<Instant>, now: Instant, actor: &Addr<A>)
    where
        A: Actor<Context = Context<A>> + Handler<Tick>,
    {
        let sleep = match self.alarm.set(next, now) {
            Change::Keep => return,
            Change::Stop => return self.stop(),
            Change::RingAfter(sleep) => sleep,
        };
        self.stop();
        let actor = actor.downgrade();
        self.sleeper = Some(actix_rt::spawn(async move {
            actix_rt::time::sleep(sleep).await;
            if let Some(actor) = actor.upgrade() {
                actor.do_send(Tick);
            }
        }));
    }

    /// The tick came.
    pub(crate) fn rang(&mut self) {
        self.alarm.rang();
        self.sleeper = None;
    }

    fn stop(&mut self) {
        if let Some(sleeper) = self.sleeper.take() {
            sleeper.abort();
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.stop();
    }
}
