//! Which events a call makes, and when.

use std::time::SystemTime;

use appnet::{Effect, IoEvent, Sight, SocketIo};
use appnet_policy::{Api, socket::SocketMessage};

use crate::{
    cdp::event::{self, Event},
    log::{Entry, Frame, Limits},
};

/// What front ends have been told of a call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    /// That it was sent.
    sent: bool,
    /// Its status and headers.
    answered: bool,
    /// How many bytes of its body.
    data: u64,
}

impl Told {
    /// What there is to tell after this. `entry` has it already.
    ///
    /// A call is told of when it leaves the queue, for only then its URL and headers are known; its answer when the times of its phases are
    /// known, which is with the end of the body, or with the first piece of one that comes in pieces.
    pub(crate) fn follow(
        &mut self,
        entry: &Entry,
        sight: Sight<'_>,
        limits: &Limits,
    ) -> Vec<Event> {
        match sight {
            Sight::Asked(effect) => self.asked(entry, effect, limits),
            Sight::Told(event) => self.told(entry, event, limits),
            Sight::Ended(_) => {
                let mut events = self.sent(entry);
                events.extend(self.answered(entry));
                events.extend(event::ended(entry));
                events
            }
            _ => Vec::new(), // a call that waits; and sights that are not known yet
        }
    }

    /// The same for a front end that comes later.
    pub(crate) fn replay(self, entry: &Entry) -> Vec<Event> {
        if !self.sent {
            return Vec::new();
        }
        let mut events = event::sent(entry);
        if self.answered {
            events.extend(event::answered(entry));
        }
        if self.data > 0 {
            let at = entry.ended.unwrap_or_else(SystemTime::now);
            events.push(event::data(entry, at, self.data));
        }
        events.extend(entry.messages.iter().map(|it| event::message(entry, it)));
        events.extend(event::ended(entry));
        events
    }

    fn asked(&mut self, entry: &Entry, effect: &Effect, limits: &Limits) -> Vec<Event> {
        match effect {
            Effect::StartHttp(_) | Effect::StartSocket(_) => self.sent(entry),
            Effect::SendSocket { message, .. } => vec![frame(entry, true, message, limits)],
            Effect::CloseSocket { .. }
            | Effect::CancelHttp(_)
            | Effect::CancelSocket(_)
            | Effect::ReleaseTransport => Vec::new(),
        }
    }

    fn told(&mut self, entry: &Entry, event: &IoEvent, limits: &Limits) -> Vec<Event> {
        match event {
            IoEvent::Redirected(_) => event::redirected(entry).into_iter().collect(),
            IoEvent::Progress(_) if entry.api != Api::DownloadFile => Vec::new(),
            IoEvent::Chunk(_) | IoEvent::Progress(_) | IoEvent::Finished(_) => {
                let mut events = self.answered(entry);
                events.extend(self.data(entry));
                events
            }
            IoEvent::Socket(SocketIo::Opened(_)) => self.answered(entry),
            IoEvent::Socket(SocketIo::Message(message)) => {
                vec![frame(entry, false, message, limits)]
            }
            IoEvent::Socket(
                SocketIo::Sent(_)
                | SocketIo::NotSent(..)
                | SocketIo::Closed { .. }
                | SocketIo::Failed(_),
            )
            | IoEvent::HeadersReceived(_)
            | IoEvent::AwaitsApp
            | IoEvent::Crashed => Vec::new(),
        }
    }

    fn sent(&mut self, entry: &Entry) -> Vec<Event> {
        if std::mem::replace(&mut self.sent, true) {
            return Vec::new();
        }
        event::sent(entry)
    }

    fn answered(&mut self, entry: &Entry) -> Vec<Event> {
        if entry.head.is_none() || std::mem::replace(&mut self.answered, true) {
            return Vec::new();
        }
        event::answered(entry)
    }

    fn data(&mut self, entry: &Entry) -> Option<Event> {
        let more = entry.body.length.saturating_sub(self.data);
        if more == 0 || !self.answered {
            return None;
        }
        self.data += more;
        Some(event::data(entry, SystemTime::now(), more))
    }
}

/// A message is shown even when the log is full.
fn frame(entry: &Entry, sent: bool, message: &SocketMessage, limits: &Limits) -> Event {
    event::message(entry, &Frame::new(sent, message, &mut 0, limits))
}
