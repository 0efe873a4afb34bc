//! The contract's section 8, as naively.

use appnet_policy::Failure;
use appnet_policy::failure::{AppFault, HostFault, NetworkFault};

use super::{By, End, Kind, Model, Phase, Place, Task};
use crate::{
    model_tests::history::{Ago, Job, SocketSays, World},
    test_support::{Did, Heard, Said},
};

impl Model {
    /// C3: who connects, is open, or is closing.
    pub(in crate::model_tests) fn sockets(&self) -> usize {
        let not_ended = |task: &&Task| task.kind == Kind::Socket && task.phase != Phase::Ended;
        self.tasks.iter().filter(not_ended).count()
    }

    /// Who is open or closing.
    pub(super) fn open_sockets(&self) -> Vec<u64> {
        let open = |task: &&Task| matches!(task.phase, Phase::Open { .. });
        let open = self.tasks.iter().filter(open);
        open.map(|task| task.id).collect()
    }

    /// W2, B3
    pub(super) fn sends(&mut self, of: Ago, ask: u64, bytes: usize) {
        let id = of.task(self.last);
        if self.is_asked(id, ask) {
            return;
        }
        let room = self.world.unsent;
        let taken = match self.closed_doors() {
            Some(failure) => Err(failure),
            None => match self.writable(id) {
                None => Err(Failure::App(AppFault::SocketNotOpen)),
                Some(task) => task.takes(ask, bytes + 512, room),
            },
        };
        match taken {
            Ok(()) => self.said.others.push(Did::Send(id, ask)),
            Err(failure) => self.says(id, Said::Sent(ask, Err(failure))),
        }
    }

    /// W3
    pub(super) fn closes_socket(&mut self, of: Ago, ask: u64, well: bool, now: u64) {
        let id = of.task(self.last);
        if self.is_asked(id, ask) {
            return;
        }
        let failure = if let Some(failure) = self.closed() {
            failure
        } else if !well {
            Failure::App(AppFault::InvalidCloseCode)
        } else if self.is_connecting(id) {
            self.says(id, Said::Closing(ask, Ok(())));
            return self.ends(id, End::Fails(Failure::App(AppFault::Aborted)), By::Us, now);
        } else if let Some(task) = self.writable(id) {
            task.close(now);
            self.said.others.push(Did::Close(id, 1000, String::new()));
            return self.says(id, Said::Closing(ask, Ok(())));
        } else {
            Failure::App(AppFault::SocketNotOpen)
        };
        self.says(id, Said::Closing(ask, Err(failure)));
    }

    /// R7
    pub(super) fn asks_unreadably(&mut self, of: Ago, ask: u64) {
        let id = of.task(self.last);
        if !self.is_asked(id, ask) {
            let wrong = Failure::App(AppFault::Parameters(Vec::new()));
            let failure = self.closed().unwrap_or(wrong);
            self.says(id, Said::Sent(ask, Err(failure)));
        }
    }

    pub(super) fn hears_socket(&mut self, job: Job, says: SocketSays, now: u64) {
        let id = job.of.task(self.last);
        let is_ios = |task: &&mut Task| {
            let has_it = matches!(task.phase, Phase::Runs { .. } | Phase::Open { .. });
            task.kind == Kind::Socket && has_it
        };
        let Some(task) = self.task(id).filter(is_ios).filter(|_| !job.stale) else {
            return;
        };
        match (says, task.phase) {
            (SocketSays::Opened, Phase::Runs { since }) => {
                let closing = None;
                task.phase = Phase::Open { since, closing };
                self.says(id, Said::Opened);
            }
            (SocketSays::Message(bytes), Phase::Open { closing: None, .. }) => {
                self.says(id, Said::Message(bytes));
            }
            (SocketSays::Sent(ask), Phase::Open { .. }) => self.settles(id, ask, Ok(())),
            (SocketSays::NotSent(ask), Phase::Open { .. }) => {
                self.settles(id, ask, Err(Failure::App(AppFault::SocketNotOpen)));
            }
            (SocketSays::Closed, Phase::Open { .. }) => self.ends(id, End::Closes, By::Io, now),
            (SocketSays::Closed | SocketSays::Failed, _) => {
                self.ends(
                    id,
                    End::Fails(Failure::Network(NetworkFault::ConnectionReset)),
                    By::Io,
                    now,
                );
            }
            (
                SocketSays::Opened
                | SocketSays::Message(_)
                | SocketSays::Sent(_)
                | SocketSays::NotSent(_),
                _,
            ) => {}
        }
    }

    /// What a socket says when it ends that was accepted.
    pub(super) fn parts(&mut self, id: u64, was_open: bool, asks: Vec<u64>, end: End, by: By) {
        let (unsent, is_error, last) = match end {
            End::Closes => (
                Failure::App(AppFault::SocketNotOpen),
                false,
                Said::Closed(1000, "bye".to_owned()),
            ),
            End::Fails(failure) => {
                let wanted = failure == Failure::App(AppFault::Aborted);
                let is_error = by == By::Io || (!was_open && !wanted);
                (failure.clone(), is_error, Said::Broken(failure))
            }
            End::Succeeds => unreachable!("no socket succeeds"),
        };
        for ask in asks {
            self.says(id, Said::Sent(ask, Err(unsent.clone())));
        }
        if is_error {
            self.says(id, Said::Error(unsent));
        }
        self.says(id, last);
    }

    pub(super) fn says(&mut self, id: u64, said: Said) {
        self.said.heard.push(Heard::Socket(id, said));
    }

    /// B3, B7
    pub(super) fn closed_doors(&self) -> Option<Failure> {
        let let_in = self.grace_ends().is_some() && self.world.calls_during_grace;
        match self.place {
            Place::Closed => Some(Failure::Host(HostFault::AppClosed)),
            Place::Back { .. } if !let_in => Some(Failure::Host(HostFault::Interrupted)),
            Place::Screen | Place::Pinned | Place::Back { .. } => None,
        }
    }

    /// B7
    fn closed(&self) -> Option<Failure> {
        (self.place == Place::Closed).then_some(Failure::Host(HostFault::AppClosed))
    }

    fn settles(&mut self, id: u64, ask: u64, outcome: Result<(), Failure>) {
        let Some(task) = self.task(id) else { return };
        if let Some(place) = task.asks.iter().position(|(asked, _)| *asked == ask) {
            task.asks.remove(place);
            self.says(id, Said::Sent(ask, outcome));
        }
    }

    fn is_asked(&mut self, id: u64, ask: u64) -> bool {
        let task = self.task(id);
        task.is_some_and(|task| task.asks.iter().any(|(asked, _)| *asked == ask))
    }

    fn is_connecting(&mut self, id: u64) -> bool {
        let task = self.task(id).filter(|task| task.kind == Kind::Socket);
        task.is_some_and(|task| matches!(task.phase, Phase::Waits | Phase::Runs { .. }))
    }

    fn writable(&mut self, id: u64) -> Option<&mut Task> {
        self.task(id)
            .filter(|task| matches!(task.phase, Phase::Open { closing: None, .. }))
    }
}

impl Task {
    fn takes(&mut self, ask: u64, cost: usize, room: usize) -> Result<(), Failure> {
        let waits: usize = self.asks.iter().map(|(_, cost)| cost).sum();
        if waits + cost > room {
            return Err(Failure::App(AppFault::TooMuchUnsent));
        }
        self.asks.push((ask, cost));
        self.asks.sort_unstable();
        Ok(())
    }

    fn close(&mut self, now: u64) {
        if let Phase::Open { closing, .. } = &mut self.phase {
            *closing = Some(now + World::CLOSE_WAIT + World::END_WAIT);
        }
    }
}
