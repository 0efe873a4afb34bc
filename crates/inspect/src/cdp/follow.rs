//! Which events a call makes, and when.

use std::time::SystemTime;

use appnet::{Effect, IoEvent, Sight, SocketIo};
use appnet_policy::socket::SocketMessage;

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

/// Something that there is to tell of a call. Its events are made only where somebody hears them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum News<'a> {
    Sent,
    Redirected,
    Answered,
    /// So many bytes more of the body.
    Data(u64),
    /// A message of a socket.
    Message {
        sent: bool,
        message: &'a SocketMessage,
    },
    Ended,
}

impl News<'_> {
    /// Its events. `entry` has it already.
    pub(crate) fn events(self, entry: &Entry, limits: &Limits) -> Vec<Event> {
        match self {
            News::Sent => event::sent(entry),
            News::Redirected => event::redirected(entry).into_iter().collect(),
            News::Answered => event::answered(entry),
            News::Data(more) => vec![event::data(entry, SystemTime::now(), more)],
            // It is shown even when the log is full.
            News::Message { sent, message } => {
                let frame = Frame::new(sent, message, &mut 0, limits);
                vec![event::message(entry, &frame)]
            }
            News::Ended => event::ended(entry),
        }
    }
}

impl Told {
    /// What there is to tell after this. `entry` has it already.
    ///
    /// A call is told of when it leaves the queue, for only then its URL and headers are known; its answer when the times of its phases are
    /// known, which is with the end of the body, or with the first piece of one that comes in pieces.
    pub(crate) fn follow<'a>(&mut self, entry: &Entry, sight: Sight<'a>) -> Vec<News<'a>> {
        match sight {
            Sight::Asked(effect) => self.asked(effect),
            Sight::Told(event) => self.told(entry, event),
            Sight::Ended(_) => {
                let news = [self.sent(), self.answered(entry), Some(News::Ended)];
                news.into_iter().flatten().collect()
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

    fn asked<'a>(&mut self, effect: &'a Effect) -> Vec<News<'a>> {
        match effect {
            Effect::StartHttp(_) | Effect::StartSocket(_) => self.sent().into_iter().collect(),
            Effect::SendSocket { message, .. } => vec![News::Message {
                sent: true,
                message,
            }],
            Effect::CloseSocket { .. }
            | Effect::CancelHttp(_)
            | Effect::CancelSocket(_)
            | Effect::ReleaseTransport => Vec::new(),
        }
    }

    fn told<'a>(&mut self, entry: &Entry, event: &'a IoEvent) -> Vec<News<'a>> {
        match event {
            IoEvent::Redirected(_) => vec![News::Redirected],
            IoEvent::Chunk(_) | IoEvent::Written(_) | IoEvent::Finished(_) => {
                let news = [self.answered(entry), self.data(entry)];
                news.into_iter().flatten().collect()
            }
            IoEvent::Socket(SocketIo::Opened(_)) => self.answered(entry).into_iter().collect(),
            IoEvent::Socket(SocketIo::Message(message)) => vec![News::Message {
                sent: false,
                message,
            }],
            IoEvent::Socket(
                SocketIo::Sent(_)
                | SocketIo::NotSent(..)
                | SocketIo::Closed { .. }
                | SocketIo::Failed(_),
            )
            | IoEvent::HeadersReceived(_)
            | IoEvent::Progress(_)
            | IoEvent::AwaitsApp
            | IoEvent::Crashed => Vec::new(),
        }
    }

    fn sent<'a>(&mut self) -> Option<News<'a>> {
        let told = std::mem::replace(&mut self.sent, true);
        (!told).then_some(News::Sent)
    }

    fn answered<'a>(&mut self, entry: &Entry) -> Option<News<'a>> {
        if entry.head.is_none() || std::mem::replace(&mut self.answered, true) {
            return None;
        }
        Some(News::Answered)
    }

    fn data<'a>(&mut self, entry: &Entry) -> Option<News<'a>> {
        let more = entry.body.length.saturating_sub(self.data);
        if more == 0 || !self.answered {
            return None;
        }
        self.data += more;
        Some(News::Data(more))
    }
}
