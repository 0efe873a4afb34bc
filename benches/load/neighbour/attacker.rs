//! The attacker: an app and whatever drives it.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Instant,
};

use appnet::{
    Delivery, Event, Events, Message, Network, Port, PortSender, SocketEvent, TaskEvent,
    policy::{identity::AppId, rules::AppConfig},
};
use tokio::time;

use super::thread;
use crate::origin::HOST;

/// An attack under way.
pub(super) type Attack<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Messages that are sent before the events that wait are taken.
const BURST: usize = 64;

/// One app that attacks until its time is up.
pub(super) struct Attacker {
    pub(super) network: Network,
    pub(super) config: AppConfig,
    sender: PortSender,
    events: Events,
    pub(super) until: Instant,
    task: u64,
    pub(super) tally: Tally,
}

/// What the attacker brought about: the weight of the attack.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Calls that ended, chunks, messages.
    pub(super) served: u64,
    /// Commands that its port refused.
    pub(super) refused: u64,
}

impl Attacker {
    pub(super) fn new(network: Network, config: AppConfig, port: Port, until: Instant) -> Self {
        let (sender, events) = port.split();
        Self {
            network,
            config,
            sender,
            events,
            until,
            task: 0,
            tally: Tally::default(),
        }
    }

    pub(super) fn id(&self) -> &AppId {
        &self.config.identity.app_id
    }

    /// Whether there is time left.
    pub(super) fn runs(&self) -> bool {
        Instant::now() < self.until
    }

    /// Waits until the time is up, and takes nothing.
    pub(super) async fn rest(&self) {
        time::sleep_until(self.until.into()).await;
    }

    /// A number for the next task.
    pub(super) fn next_task(&mut self) -> u64 {
        self.task += 1;
        self.task
    }

    /// Whether the port took it.
    pub(super) fn send(&mut self, message: Message) -> bool {
        let sent = self.sender.send(message).is_ok();
        self.tally.refused += u64::from(!sent);
        sent
    }

    /// Keeps so many calls under way and takes what comes.
    pub(super) async fn keep_calling(&mut self, under_way: usize, call: impl Fn(u64) -> Message) {
        let mut open = 0;
        while self.runs() {
            while open < under_way && self.runs() {
                let task = self.next_task();
                match self.send(call(task)) {
                    true => open += 1,
                    false => break,
                }
            }
            if open == 0 {
                time::sleep(std::time::Duration::from_millis(1)).await; // all was refused, so nothing will come
                continue;
            }
            match self.take().await {
                Some(delivery) => open -= usize::from(ends(&delivery)),
                None => return,
            }
        }
    }

    /// Makes so many calls, and takes nothing.
    pub(super) async fn call_and_rest(&mut self, calls: usize, call: impl Fn(u64) -> Message) {
        for _ in 0..calls {
            let task = self.next_task();
            self.send(call(task));
        }
        self.rest().await;
    }

    /// Sends without pause, and takes what waits from time to time.
    pub(super) async fn send_without_pause<const N: usize>(
        &mut self,
        messages: impl Fn(u64) -> [Message; N],
    ) {
        while self.runs() {
            for _ in 0..BURST {
                let task = self.next_task();
                for message in messages(task) {
                    self.send(message);
                }
            }
            while self.take_what_waits() {}
        }
    }

    /// Opens a socket and returns its task.
    pub(super) async fn open_socket(&mut self, path: &str) -> u64 {
        let task = self.next_task();
        self.send(socket(path, "")(task));
        while let Some(delivery) = self.take().await {
            if let Delivery::Event(Event {
                what: TaskEvent::Socket(SocketEvent::Opened(_)),
                ..
            }) = delivery
            {
                break;
            }
        }
        task
    }

    /// The next event; `None` when the time is up.
    async fn take(&mut self) -> Option<Delivery> {
        let next = time::timeout_at(self.until.into(), self.events.next_delivery());
        let delivery = next.await.ok().flatten()?;
        self.count(&delivery);
        Some(delivery)
    }

    /// Takes an event if one waits.
    pub(super) fn take_what_waits(&mut self) -> bool {
        let waiting = {
            let next = pin!(self.events.next_delivery());
            next.poll(&mut Context::from_waker(Waker::noop()))
        };
        match waiting {
            Poll::Ready(Some(delivery)) => {
                self.count(&delivery);
                true
            }
            Poll::Ready(None) | Poll::Pending => false,
        }
    }

    fn count(&mut self, delivery: &Delivery) {
        self.tally.served += u64::from(ends(delivery) || is_data(delivery));
    }
}

impl Drop for Attacker {
    /// What it has not taken is freed on its own thread, like all that it does.
    fn drop(&mut self) {
        while self.take_what_waits() {}
    }
}

fn ends(delivery: &Delivery) -> bool {
    matches!(
        delivery,
        Delivery::Event(Event {
            what: TaskEvent::Success(_)
                | TaskEvent::Fail { .. }
                | TaskEvent::Socket(SocketEvent::Closed(_)),
            ..
        })
    )
}

fn is_data(delivery: &Delivery) -> bool {
    matches!(
        delivery,
        Delivery::Event(Event {
            what: TaskEvent::Chunk(_)
                | TaskEvent::Socket(SocketEvent::Message(_) | SocketEvent::Answered { .. }),
            ..
        }) | Delivery::Malformed(_)
            | Delivery::Answer { .. }
            | Delivery::News(_)
    )
}

/// `request` of a path with more options, each with a comma before it.
pub(super) fn request(path: &str, options: &str) -> impl Fn(u64) -> Message + use<> {
    call("request", &format!("https://{HOST}{path}"), options)
}

/// `connectSocket` of a path, as [`request`].
pub(super) fn socket(path: &str, options: &str) -> impl Fn(u64) -> Message + use<> {
    call("connectSocket", &format!("wss://{HOST}{path}"), options)
}

/// A call with a task to be named: its text is made once, for some are megabytes long.
pub(super) fn call(api: &str, url: &str, options: &str) -> impl Fn(u64) -> Message + use<> {
    let rest = format!(r#","api":"{api}","options":{{"url":"{url}"{options}}}}}"#);
    move |task| format!(r#"{{"type":"call","task":{task}{rest}"#).into()
}

/// Does on a thread of its own, aside from the rest of the machine's work, what an attacker's UI layer does.
pub(super) fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<std::thread::JoinHandle<T>> {
    std::thread::Builder::new()
        .name("attacker".to_owned())
        .spawn(move || {
            thread::step_aside();
            work()
        })
}
