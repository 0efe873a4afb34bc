//! An app's end of the message bus.

use appnet_policy::failure::{AppFault, HostFault, InternalFault};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use appnet_bus::{Command, Malformed, Message, command, event};
use appnet_core::{AskId, Event, TaskId, event::SocketVerb};
use appnet_policy::{Api, Failure, identity::AppId};
use futures_core::Stream;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    ledger::unanswered,
    link::{Delivery, Link, NotSent},
};

/// Both directions of one app's bus. It speaks for that app alone: nothing sent through it can name another app or change a rule.
/// Dropping it does not close the app.
#[derive(Debug)]
pub struct Port {
    sender: PortSender,
    events: Events,
}

/// Sends an app's commands; cheap to clone, usable from any thread.
#[derive(Clone, Debug)]
pub struct PortSender {
    link: Arc<Link>,
}

/// An app's events, in order; ends when the app is closed. JSON is written when an event is taken, on the taker's thread.
#[derive(Debug)]
pub struct Events {
    link: Arc<Link>,
    receiver: UnboundedReceiver<Delivery>,
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
pub enum RefusedCause {
    /// The app was closed (B7).
    #[error("is closed")]
    Closed,
    /// The app sends faster than it is served, or its events are not taken.
    #[error("sends faster than it is served")]
    Busy,
    /// The app's actor crashed and is being restarted (P8).
    #[error("is being restarted")]
    Restarting,
}

impl Port {
    pub(crate) const fn new(link: Arc<Link>, events: Events) -> Self {
        Self {
            sender: PortSender { link },
            events,
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

    /// The two directions apart.
    #[must_use]
    pub fn split(self) -> (PortSender, Events) {
        (self.sender, self.events)
    }
}

impl PortSender {
    /// Hands over one message of the bus and returns at once. A message that is no command is answered by an `error` event, and the port
    /// lives on.
    ///
    /// # Errors
    /// [`Refused`], with the event to give to the app instead.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), Refused> {
        match command::read(&message.into()) {
            Ok(command) => self.send_command(command),
            Err(error) => {
                let answer = event::write_error(&error);
                self.link
                    .reject(error)
                    .map_err(|not_sent| self.refused(not_sent, answer))
            }
        }
    }

    /// Hands over one command without the detour through JSON.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_command(&self, command: Command) -> Result<(), Refused> {
        let (opens, asks) = (command.opens(), command.asks());
        self.link
            .submit(command)
            .map_err(|not_sent| self.refused(not_sent, not_sent_answer(not_sent, opens, asks)))
    }

    fn refused(&self, not_sent: NotSent, answer: Message) -> Refused {
        let cause = match not_sent {
            NotSent::Closed => RefusedCause::Closed,
            NotSent::Busy => RefusedCause::Busy,
            NotSent::Down => RefusedCause::Restarting,
        };
        Refused {
            app: self.link.app().clone(),
            cause,
            answer,
        }
    }
}

/// A call fails as it would have by its terminal event, what was asked of a socket as by its answer; anything else gets an error.
fn not_sent_answer(
    not_sent: NotSent,
    opens: Option<(TaskId, Api)>,
    asks: Option<(TaskId, AskId, SocketVerb)>,
) -> Message {
    if let Some((task, api)) = opens {
        let failure = not_sent_failure(not_sent, Failure::App(AppFault::TooManyTasks));
        return event::write(&Event::Fail { task, api, failure });
    }
    if let Some((task, ask, verb)) = asks {
        let failure = not_sent_failure(not_sent, Failure::App(AppFault::TooMuchUnsent));
        return event::write(&unanswered(task, ask, verb, failure));
    }
    event::write_error(&Malformed {
        task: None,
        field: "message".to_owned(),
        expected: "sent while the app runs".to_owned(),
        found: "a message to a closed app".to_owned(),
    })
}

fn not_sent_failure(not_sent: NotSent, busy: Failure) -> Failure {
    match not_sent {
        NotSent::Closed => Failure::Host(HostFault::AppClosed),
        NotSent::Busy => busy,
        NotSent::Down => Failure::Internal(InternalFault::Crashed),
    }
}

impl Events {
    pub(crate) const fn new(link: Arc<Link>, receiver: UnboundedReceiver<Delivery>) -> Self {
        Self { link, receiver }
    }

    /// The next event; `None` once the app is closed and all was taken.
    pub async fn next(&mut self) -> Option<Message> {
        self.next_delivery()
            .await
            .map(|delivery| written(&delivery))
    }

    /// As [`next`](Self::next), without the detour through JSON.
    pub async fn next_delivery(&mut self) -> Option<Delivery> {
        std::future::poll_fn(|cx| self.poll_delivery(cx)).await
    }

    fn poll_delivery(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let delivery = ready!(self.receiver.poll_recv(cx));
        if delivery.is_some() {
            self.link.taken();
        }
        Poll::Ready(delivery)
    }
}

impl Stream for Events {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.poll_delivery(cx)
            .map(|delivery| delivery.as_ref().map(written))
    }
}

fn written(delivery: &Delivery) -> Message {
    match delivery {
        Delivery::Event(event) => event::write(event),
        Delivery::Malformed(error) => event::write_error(error),
    }
}
