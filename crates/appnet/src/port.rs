//! An app's end of the message bus.

use std::{pin::Pin, task::{Context, Poll}};

use appnet_bus::Message;

/// Both directions of one app's bus. Dropping it does not close the app.
#[derive(Debug)]
pub struct Port {
    sender: PortSender,
    events: Events,
}

/// Sends an app's commands; cheap to clone, usable from any thread.
#[derive(Clone, Debug)]
pub struct PortSender {}

/// An app's events, in order; ends when the app is closed.
#[derive(Debug)]
pub struct Events {}

/// A message that did not get through: the app is closed or sends faster than it is served. `answer` is the event that the app
/// should get in its place: nothing is lost silently.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// Why, for the host.
    pub reason: String,
    /// What to give to the app.
    pub answer: Message,
}

impl Port {
    /// See [`PortSender::send`].
    ///
    /// # Errors
    /// See there.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), Refused> {
        self.sender.send(message)
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
    /// Hands over one message and returns at once.
    ///
    /// # Errors
    /// [`Refused`], with the event to give to the app instead.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), Refused> {
        let _ = message.into();
        todo!()
    }
}

impl Events {
    /// The next event; `None` once the app is closed and all was taken.
    pub async fn next(&mut self) -> Option<Message> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// As [`next`](Self::next), for a caller that polls by itself.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        let _ = (cx, Pin::new(self));
        todo!()
    }
}
