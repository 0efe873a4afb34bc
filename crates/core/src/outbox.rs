//! What an app is to hear and has not taken yet, in order.

use std::collections::{BTreeMap, VecDeque};

use appnet_policy::{
    Failure,
    exchange::{Header, ResponseHead},
    failure::AppFault,
};

use crate::{
    Event, Malformed, SocketEvent, TaskEvent, TaskId,
    event::SocketEnd,
    surroundings::{NetworkNews, QueryAnswer},
};

/// What goes to an app's UI layer.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// An event of a task.
    Event(Event),
    /// The answer to a message that was not a command.
    Malformed(Malformed),
    /// The answer to what needs no server.
    Answer {
        /// The number that the question came with.
        task: TaskId,
        /// The answer.
        answer: QueryAnswer,
    },
    /// Something about the device's network.
    News(NetworkNews),
}

/// First in, first out.
///
/// Two kinds of deliveries wait here. Those that the app caused, a bounded number for each of its calls, count against its calls: an app
/// that does not take them is not served. Those that a server causes do not: chunks and messages hold credit in their bytes, and of the
/// progress of a task only the newest waits (I2).
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Waiting>,
    /// The newest progress of each task that has one waiting.
    progress: BTreeMap<TaskId, TaskEvent>,
    news: BTreeMap<NewsKind, NetworkNews>,
    owed: usize,
    bytes: usize,
    /// Nobody takes anything.
    deaf: bool,
}

#[derive(Debug)]
enum Waiting {
    /// Caused by the app; it has so many bytes.
    Owed(Delivery, usize),
    /// Caused by a server.
    Sent(Event),
    /// The place of a task's progress.
    Progress(TaskId),
    /// The place of news of one kind: only the newest of it waits.
    News(NewsKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum NewsKind {
    Status,
    Weak,
}

impl NewsKind {
    const fn of(news: NetworkNews) -> Self {
        match news {
            NetworkNews::Status(_) => Self::Status,
            NetworkNews::Weak { .. } => Self::Weak,
        }
    }
}

impl Outbox {
    /// Drops what waits and what comes.
    pub(crate) fn stop(&mut self) {
        *self = Self {
            deaf: true,
            ..Self::default()
        };
    }

    /// Takes what comes from now on again. `false`: it never stopped.
    pub(crate) const fn resume(&mut self) -> bool {
        std::mem::replace(&mut self.deaf, false)
    }

    pub(crate) fn push_event(&mut self, event: Event) {
        if self.deaf {
            return;
        }
        match &event.what {
            TaskEvent::Sent(_) | TaskEvent::Written(_) => {
                if self.progress.insert(event.task, event.what).is_none() {
                    self.waiting.push_back(Waiting::Progress(event.task));
                }
            }
            TaskEvent::Chunk(_) | TaskEvent::Socket(SocketEvent::Message(_)) => {
                self.waiting.push_back(Waiting::Sent(event));
            }
            TaskEvent::Warning(_)
            | TaskEvent::HeadersReceived(_)
            | TaskEvent::Success(_)
            | TaskEvent::Fail { .. }
            | TaskEvent::Socket(_) => {
                let bytes = bytes(&event.what);
                self.push_owed(Delivery::Event(event), bytes);
            }
        }
    }

    pub(crate) fn push_malformed(&mut self, malformed: Malformed) {
        self.push_owed(Delivery::Malformed(malformed), 0);
    }

    /// It has so many bytes as it brings.
    pub(crate) fn push_answer(&mut self, task: TaskId, answer: QueryAnswer) {
        let bytes = match &answer {
            QueryAnswer::RandomValues(Ok(bytes)) => bytes.len(),
            QueryAnswer::RandomValues(Err(_))
            | QueryAnswer::NetworkType { .. }
            | QueryAnswer::LocalAddress(_) => 0,
        };
        self.push_owed(Delivery::Answer { task, answer }, bytes);
    }

    /// The host caused it: it does not count, and is bounded because only the newest of each kind waits.
    pub(crate) fn push_news(&mut self, news: NetworkNews) {
        let kind = NewsKind::of(news);
        if !self.deaf && self.news.insert(kind, news).is_none() {
            self.waiting.push_back(Waiting::News(kind));
        }
    }

    fn push_owed(&mut self, delivery: Delivery, bytes: usize) {
        if self.deaf {
            return;
        }
        self.owed += 1;
        self.bytes += bytes;
        self.waiting.push_back(Waiting::Owed(delivery, bytes));
    }

    pub(crate) fn pop(&mut self) -> Option<Delivery> {
        Some(match self.waiting.pop_front()? {
            Waiting::Owed(delivery, bytes) => {
                self.owed -= 1;
                self.bytes -= bytes;
                delivery
            }
            Waiting::Sent(event) => Delivery::Event(event),
            Waiting::News(kind) => {
                let news = self.news.remove(&kind);
                Delivery::News(news.expect("a place is made with its news"))
            }
            Waiting::Progress(task) => {
                let what = self.progress.remove(&task);
                let what = what.expect("a place is made with its progress");
                Delivery::Event(Event { task, what })
            }
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many deliveries wait that the app caused.
    pub(crate) const fn owed(&self) -> usize {
        self.owed
    }

    /// How many bytes they have beside their bodies, which hold credit.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

fn bytes(event: &TaskEvent) -> usize {
    match event {
        TaskEvent::HeadersReceived(head) => head_bytes(head),
        TaskEvent::Success(success) => head_bytes(&success.answer.head),
        TaskEvent::Fail { failure, .. } => match failure {
            Failure::App(AppFault::InvalidUrl(url)) => url.len(),
            _ => 0, // a fixed text, or one of a few words
        },
        TaskEvent::Socket(event) => match event {
            SocketEvent::Opened(opened) => head_bytes(&opened.head),
            SocketEvent::Closed(SocketEnd::Closed { reason, .. }) => reason.len(),
            SocketEvent::Accepted
            | SocketEvent::Message(_)
            | SocketEvent::Answered { .. }
            | SocketEvent::Error(_)
            | SocketEvent::Closed(SocketEnd::Broken(_)) => 0,
        },
        TaskEvent::Warning(_)
        | TaskEvent::Chunk(_)
        | TaskEvent::Sent(_)
        | TaskEvent::Written(_) => 0,
    }
}

fn head_bytes(head: &ResponseHead) -> usize {
    let bytes = |header: &Header| header.name.len() + header.value.len();
    head.headers.iter().map(bytes).sum()
}
