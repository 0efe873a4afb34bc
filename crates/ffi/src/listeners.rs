//! The thread of a network that its callbacks are called on.

use std::{
    io,
    sync::{Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use appnet::{Events, Message};
use tokio::{
    runtime,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{LocalSet, yield_now},
};

/// Hears each event of an app, in order, and at the end `None`, once.
pub(crate) type Listener = Box<dyn FnMut(Option<Message>) + Send>;

/// An app whose events are to be told.
struct Listening {
    events: Events,
    tell: Listener,
}

/// Starts with the first app that has a callback.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<Option<Running>>);

struct Running {
    add: UnboundedSender<Listening>,
    thread: JoinHandle<()>,
}

impl Listeners {
    /// Tells this listener of these events from now on.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn listen(&self, events: Events, tell: Listener) -> io::Result<()> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            *running = Some(Running::start()?);
        }
        if let Some(running) = &*running {
            let _ = running.add.send(Listening { events, tell }); // the thread lives until the sender is gone
        }
        Ok(())
    }

    /// Returns when every listener has heard its end: the network has ended, and so have its apps. On the listeners' own thread it returns at
    /// once.
    pub(crate) fn end(&self) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = running.take();
        drop(running);
        let Some(Running { add, thread }) = ended else {
            return;
        };
        drop(add);
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join(); // a listener that panicked has ended by itself
        }
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().build()?;
        let (add, added) = unbounded_channel();
        let thread = thread::Builder::new()
            .name("appnet-events".to_owned())
            .spawn(move || {
                let apps = LocalSet::new();
                apps.spawn_local(serve(added));
                runtime.block_on(apps); // it is done when all that was spawned is
            })?;
        Ok(Self { add, thread })
    }
}

async fn serve(mut added: UnboundedReceiver<Listening>) {
    while let Some(listening) = added.recv().await {
        tokio::task::spawn_local(tell(listening));
    }
}

/// One event of each app in turn: none has to wait until another has no more.
async fn tell(
    Listening {
        mut events,
        mut tell,
    }: Listening,
) {
    while let Some(event) = events.next().await {
        tell(Some(event));
        yield_now().await;
    }
    tell(None);
}
