//! What an app does with its sockets, and what they do (section 8).

use std::sync::Arc;

use appnet_policy::{
    Failure,
    failure::AppFault,
    socket::{CloseFrame, SocketMessage},
};

use super::AppCore;
use crate::{
    AskId, Effect, Event, Instant, SocketAsk, SocketEvent, SocketIo, TaskId,
    effect::Opened,
    ending::{Cause, EndedCall, GoneSocket, SocketEnding},
    event::{OpenedSocket, SocketVerb},
    socket::Socket,
};

impl AppCore {
    // ---- what happens ------------------------------------------------------------------------------------------------------

    /// The app asks something of a socket (W2, W3).
    pub fn handle_ask(&mut self, task: TaskId, ask: AskId, what: SocketAsk, now: Instant) {
        self.expire(now);
        let verb = what.verb();
        match what {
            SocketAsk::Send(Ok(message)) => self.send(task, ask, message),
            SocketAsk::Close(Ok(frame)) => self.close_socket(task, ask, frame, now),
            SocketAsk::Send(Err(failure)) | SocketAsk::Close(Err(failure)) => {
                self.answer(task, ask, verb, Err(failure));
            }
        }
        self.start_waiting(now);
    }

    // ---- how ---------------------------------------------------------------------------------------------------------------

    /// What I/O says of a socket that is the app's.
    pub(super) fn hear_socket(&mut self, task: TaskId, event: SocketIo, now: Instant) {
        match event {
            SocketIo::Opened(opened) => self.open_socket(task, *opened),
            SocketIo::Message(message) => self.tell_message(task, message),
            SocketIo::Sent(ask) => self.settle(task, ask, Ok(())),
            SocketIo::NotSent(ask, failure) => self.settle(task, ask, Err(failure)),
            SocketIo::Closed { code, reason } => {
                self.finish_socket(task, SocketEnding::Closed { code, reason }, now);
            }
            SocketIo::Failed(failure) => {
                self.finish_socket(task, SocketEnding::Broken(failure.into()), now);
            }
        }
    }

    /// I/O is done with a socket; without effect if we are too, or if I/O has not got it yet.
    pub(super) fn finish_socket(&mut self, task: TaskId, ending: SocketEnding, now: Instant) {
        if self.is_with_io(task) {
            self.end_socket(task, ending, now);
        }
    }

    /// Ends a socket by a decision of ours or of the app: I/O is told if it has it.
    pub(super) fn stop_socket(&mut self, task: TaskId, failure: Failure, now: Instant) {
        if self.is_with_io(task) {
            self.effects.push_back(Effect::CancelSocket(self.job(task)));
        }
        self.end_socket(task, SocketEnding::Broken(failure.into()), now);
    }

    /// The one place where an accepted socket ends (P8): what was asked of it is answered, then its terminal event and its record follow.
    fn end_socket(&mut self, task: TaskId, ending: SocketEnding, now: Instant) {
        let Some(gone) = self.take_socket(task, now) else {
            return; // it has ended, or is none
        };
        let notices = gone.notices(ending, self.app.clone());
        self.notices.extend(notices);
    }

    /// T2: the handshake is done, so its permit is free (C1) and its deadline gone.
    fn open_socket(&mut self, task: TaskId, opened: Opened) {
        if !self.tasks.is_handshake(task) {
            return;
        }
        self.tasks.note(task, &opened.would_refuse);
        let Some((about, started, limits)) = self.tasks.remove_handshake(task) else {
            return;
        };
        let profile = about.profile(started, Arc::clone(&opened.profile), self.unix_zero);
        self.sockets
            .insert(task, Socket::new(about, started, opened.profile, limits));
        let opened = OpenedSocket {
            head: opened.head,
            protocol: opened.protocol,
            profile,
        };
        self.tell_socket(task, SocketEvent::Opened(Box::new(opened)));
    }

    fn take_socket(&mut self, task: TaskId, now: Instant) -> Option<GoneSocket> {
        if let Some(socket) = self.sockets.remove(task) {
            return Some(GoneSocket {
                unanswered: socket.unanswered(),
                was_open: true,
                handshake: Some(socket.profile),
                call: EndedCall {
                    task,
                    about: socket.about,
                    started: Some(socket.started),
                    ended: now,
                },
            });
        }
        if !self.tasks.is_socket(task) {
            return None;
        }
        let removed = self.tasks.remove(task)?;
        Some(GoneSocket {
            unanswered: Vec::new(),
            was_open: false,
            handshake: None,
            call: EndedCall {
                task,
                about: removed.about,
                started: removed.started,
                ended: now,
            },
        })
    }

    fn close_socket(&mut self, task: TaskId, ask: AskId, frame: CloseFrame, now: Instant) {
        if self.tasks.is_socket(task) {
            self.answer(task, ask, SocketVerb::Close, Ok(()));
            return self.stop_socket(task, Failure::App(AppFault::Aborted), now);
        }
        let closed = self.sockets.close(task, now);
        if closed.is_ok() {
            let job = self.job(task);
            self.effects.push_back(Effect::CloseSocket { job, frame });
        }
        self.answer(task, ask, SocketVerb::Close, closed);
    }

    /// B3, W2
    fn send(&mut self, task: TaskId, ask: AskId, message: SocketMessage) {
        let taken = match self.not_admitted() {
            Some(failure) => Err(failure),
            None => self.sockets.send(task, ask, message.cost()),
        };
        match taken {
            Ok(()) => self.effects.push_back(Effect::SendSocket {
                job: self.job(task),
                ask,
                message,
            }),
            Err(failure) => self.answer(task, ask, SocketVerb::Send, Err(failure)),
        }
    }

    /// An app that has closed its socket hears no more messages, as in a browser.
    fn tell_message(&mut self, task: TaskId, message: SocketMessage) {
        if self.sockets.is_open(task) {
            self.tell_socket(task, SocketEvent::Message(message));
        }
    }

    fn settle(&mut self, task: TaskId, ask: AskId, outcome: Result<(), Failure>) {
        if self.sockets.settle(task, ask) {
            self.answer(task, ask, SocketVerb::Send, outcome);
        }
    }

    fn answer(&mut self, task: TaskId, ask: AskId, verb: SocketVerb, outcome: Result<(), Failure>) {
        self.tell_socket(task, SocketEvent::Answered { ask, verb, outcome });
    }

    pub(super) fn tell_socket(&mut self, task: TaskId, event: SocketEvent) {
        self.notices.push_back(Event::socket(task, event).into());
    }

    /// P8: the worker that had it is gone.
    pub(super) fn crash_socket(&mut self, task: TaskId, now: Instant) {
        self.finish_socket(task, SocketEnding::Broken(Cause::worker_crashed()), now);
    }

    fn is_with_io(&self, task: TaskId) -> bool {
        self.sockets.has(task) || self.tasks.is_handshake(task)
    }
}
