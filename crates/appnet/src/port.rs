//! An app's end of the message bus.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use appnet_bus::{Command, CommandKind, Message, command, event};
use appnet_core::{
    CheckedCall, Delivery, Malformed, Sight, TaskId,
    link::{RejectReason, Rejected},
    surroundings::{Query, QueryAnswer, Surroundings},
};
use appnet_policy::{
    Failure,
    failure::{AppFault, HostFault, InternalFault},
    identity::AppId,
};
use bytes::Bytes;
use futures_core::Stream;
use rand::Rng as _;

use crate::link::SharedLink;

/// Both directions of one app's bus. It speaks for that app alone: nothing sent through it can name another app or change a rule.
/// Dropping it does not close the app: its tasks go on, what they say is dropped, and [`Network::attach`](crate::Network::attach) gives another port.
#[derive(Debug)]
pub struct Port {
    sender: PortSender,
    events: Events,
}

/// Sends an app's commands; cheap to clone, usable from any thread.
#[derive(Clone, Debug)]
pub struct PortSender {
    link: Arc<SharedLink>,
}

/// An app's events, in order; ends when the app is closed. JSON is written when an event is taken, on the taker's thread.
#[derive(Debug)]
pub struct Events {
    link: Arc<SharedLink>,
}

/// A message that did not get through. `answer` is the event that the app should get in its place, so that nothing is lost silently.
#[derive(Debug, Clone, thiserror::Error)]
#[error("app {app} {cause}")]
pub struct Refused {
    /// The app.
    pub app: AppId,
    /// Why.
    pub cause: RefusedCause,
    /// What to give to the app.
    pub answer: Message,
}

/// Why a message did not get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedCause {
    /// The app was closed (B7).
    #[error("is closed")]
    Closed,
    /// The app sends faster than it is served, or its events are not taken.
    #[error("sends faster than it is served, or does not take its events")]
    Busy,
    /// The app's calls hold together more bytes than they may (I2).
    #[error("has calls that hold more bytes than they may")]
    Full,
    /// The app's actor crashed and is being restarted (P8).
    #[error("is being restarted")]
    Restarting,
}

impl Port {
    pub(crate) fn new(link: Arc<SharedLink>) -> Self {
        Self {
            events: Events {
                link: Arc::clone(&link),
            },
            sender: PortSender { link },
        }
    }

    /// See [`PortSender::send`].
    ///
    /// # Errors
    /// See there.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), Refused> {
        self.sender.send(message)
    }

    /// See [`PortSender::send_command`].
    ///
    /// # Errors
    /// See there.
    pub fn send_command(&self, command: Command) -> Result<(), Refused> {
        self.sender.send_command(command)
    }

    /// The next event; `None` once the app is closed and all was taken.
    pub async fn next(&mut self) -> Option<Message> {
        self.events.next().await
    }

    /// The least number that the app's next call may have: where a UI layer goes on that was not there from the start.
    #[must_use]
    pub fn next_task(&self) -> u64 {
        self.sender.link.next_task()
    }

    /// The two directions apart.
    #[must_use]
    pub fn split(self) -> (PortSender, Events) {
        (self.sender, self.events)
    }
}

impl PortSender {
    /// Hands over one message of the bus and returns at once. A message that is not a command is answered by an `error` event, and the port
    /// lives on.
    ///
    /// # Errors
    /// [`Refused`], with the event to give to the app instead.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), Refused> {
        match command::read(&message.into()) {
            Ok(command) => self.send_command(command),
            Err(malformed) => {
                let answer = event::write_error(&malformed);
                let rejected = self.link.reject(malformed);
                rejected.map_err(|rejected| self.refused(rejected, answer))
            }
        }
    }

    /// Hands over one command without the detour through JSON. A call is checked and encoded here, on the caller's thread (I1).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_command(&self, Command { task, what }: Command) -> Result<(), Refused> {
        let sent = match what {
            CommandKind::Call(call) => {
                self.link.show(task, Sight::Called(&call));
                let call = CheckedCall::new(&self.link.rules(), *call);
                self.link.call(task, call)
            }
            CommandKind::Unreadable { api, refusal } => {
                self.link.call(task, CheckedCall::unreadable(api, *refusal))
            }
            CommandKind::Query(query) => return self.answer(task, query),
            CommandKind::Abort => self.link.abort(task),
            CommandKind::Ask { ask, what } => self.link.ask(task, ask, what),
        };
        sent.map_err(|rejected| self.refused(rejected, sent_too_late()))
    }

    /// Answers what needs no server. Random bytes are made here, on the caller's thread (I1).
    fn answer(&self, task: TaskId, query: Query) -> Result<(), Refused> {
        let answered = match &query {
            Query::NetworkType => self.link.answer(task, Surroundings::network_type),
            Query::LocalAddress => self.link.answer(task, Surroundings::local_address),
            Query::RandomValues(length) => {
                let bytes = length.clone().map(random_bytes);
                self.link.answer(task, |_| QueryAnswer::RandomValues(bytes))
            }
        };
        answered.map_err(|rejected| {
            let failure = match rejected.why {
                RejectReason::Closed => Failure::Host(HostFault::AppClosed),
                RejectReason::Busy | RejectReason::Full => Failure::App(AppFault::TooManyTasks),
                RejectReason::Down => Failure::Internal(InternalFault::Crashed),
            };
            let answer = event::write_unanswered(task, &query, &failure);
            self.refused(rejected, answer)
        })
    }

    /// A call fails as it would have by its terminal event, what was asked of a socket as by its answer; anything else gets `otherwise`.
    fn refused(&self, Rejected { why, notice }: Rejected, otherwise: Message) -> Refused {
        let cause = match why {
            RejectReason::Closed => RefusedCause::Closed,
            RejectReason::Busy => RefusedCause::Busy,
            RejectReason::Full => RefusedCause::Full,
            RejectReason::Down => RefusedCause::Restarting,
        };
        Refused {
            app: self.link.app().clone(),
            cause,
            answer: notice.map_or(otherwise, |notice| event::write(&notice.event)),
        }
    }
}

/// What stands for a message that has no answer of its own.
fn sent_too_late() -> Message {
    event::write_error(&Malformed {
        task: None,
        field: "message".to_owned(),
        expected: "sent while the app runs".to_owned(),
        found: "a message to a closed app".to_owned(),
    })
}

impl Events {
    /// The next event; `None` once the app is closed and all was taken.
    pub async fn next(&mut self) -> Option<Message> {
        let delivery = self.next_delivery().await;
        delivery.as_ref().map(written)
    }

    /// As [`next`](Self::next), without the detour through JSON.
    pub async fn next_delivery(&mut self) -> Option<Delivery> {
        std::future::poll_fn(|cx| self.link.poll_delivery(cx)).await
    }
}

impl Drop for Events {
    /// Nobody will take them: they must not pile up.
    fn drop(&mut self) {
        self.link.stop_listening();
    }
}

impl Stream for Events {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.link
            .poll_delivery(cx)
            .map(|delivery| delivery.as_ref().map(written))
    }
}

fn random_bytes(length: usize) -> Bytes {
    let mut bytes = vec![0; length];
    rand::rng().fill_bytes(&mut bytes);
    bytes.into()
}

fn written(delivery: &Delivery) -> Message {
    match delivery {
        Delivery::Event(event) => event::write(event),
        Delivery::Malformed(error) => event::write_error(error),
        Delivery::Answer { task, answer } => event::write_answer(*task, answer),
        Delivery::News(news) => event::write_news(*news),
    }
}
