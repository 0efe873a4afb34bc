//! What the workers of an app tell its actor.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use actix::Recipient;
use appnet_core::{IoEvent, JobId, effect::Finished};

use crate::{link::Wake, transport::Keep};

/// Something that a worker tells.
pub(crate) enum Report {
    /// Something happened to an exchange or a socket.
    Io {
        /// Which one.
        job: JobId,
        /// What.
        event: IoEvent,
    },
    /// An exchange has ended with a file, which is kept if the task still runs.
    Saved {
        /// Which one.
        job: JobId,
        /// How it ended.
        finished: Box<Finished>,
        /// Makes the file visible.
        keep: Keep,
    },
    /// The worker of exchanges with this number is gone.
    WorkerGone(u64),
}

/// Reports on their way to the app's actor, which lives on the same thread. It is called once for all that wait, and takes them as far as the app's
/// slice of time goes (I1): an actor's mailbox would be emptied without a pause.
#[derive(Clone, Default)]
pub(crate) struct Reports(Rc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: RefCell<VecDeque<Report>>,
    actor: OnceCell<Recipient<Wake>>,
    /// Whether the actor was called and has not taken all of it.
    called: Cell<bool>,
}

impl Reports {
    /// Says which actor they are for.
    pub(crate) fn attach(&self, actor: Recipient<Wake>) {
        self.0.actor.get_or_init(|| actor);
    }

    /// Tells the actor, unless it is gone.
    pub(crate) fn tell(&self, report: Report) {
        let Some(actor) = self.0.actor.get().filter(|actor| actor.connected()) else {
            return;
        };
        self.0.waiting.borrow_mut().push_back(report);
        if !self.0.called.replace(true) {
            actor.do_send(Wake);
        }
    }

    /// The next report; after `None` the actor is called again.
    pub(crate) fn pop(&self) -> Option<Report> {
        let report = self.0.waiting.borrow_mut().pop_front();
        if report.is_none() {
            self.0.called.set(false);
        }
        report
    }

    /// All that wait.
    pub(crate) fn take_all(&self) -> VecDeque<Report> {
        self.0.waiting.take()
    }
}
