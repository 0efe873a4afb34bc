//! The weak network of one app, as its connections find it. What is decided is in [`appnet_policy::shape`].

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use appnet_policy::shape::{Fate, Shape, Shaper};
use futures_util::task::AtomicWaker;
use tokio::time::Instant;

/// The shape of an app's network; clones are the same one. Give all clients of an app the same. It can be changed from any thread at any time, and
/// connections that are open feel it from then on.
#[derive(Clone, Default)]
pub struct Shaping(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Whether there is a shape: what a connection looks at for each piece.
    on: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Few apps ever have one, so it takes no room in the others.
    link: Option<Box<Link>>,
    /// Of all connections.
    waiting: Vec<Weak<Waiting>>,
}

struct Link {
    shaper: Shaper,
    began: Instant,
}

/// The tasks that use a connection.
#[derive(Default)]
pub(crate) struct Waiting {
    pub(crate) reader: AtomicWaker,
    pub(crate) writer: AtomicWaker,
}

/// What becomes of a piece: a [`Fate`] by the runtime's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Passage {
    Passes {
        sent: Instant,
        there: Instant,
        lost: u32,
    },
    Reset,
}

impl Passage {
    fn of(fate: Fate, began: Instant) -> Self {
        match fate {
            Fate::Passes { sent, there, lost } => Self::Passes {
                sent: began + sent,
                there: began + there,
                lost,
            },
            Fate::Reset => Self::Reset,
        }
    }
}

/// Why a connection broke that nothing else broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BrokenByShape {
    #[error("the app was taken off the network (its shape is offline)")]
    Offline,
    #[error("the connection was reset by chance, as the shape of the app's network wants it")]
    Reset,
}

impl From<BrokenByShape> for io::Error {
    fn from(broken: BrokenByShape) -> Self {
        let kind = match broken {
            BrokenByShape::Offline => io::ErrorKind::NetworkUnreachable,
            BrokenByShape::Reset => io::ErrorKind::ConnectionReset,
        };
        Self::new(kind, broken)
    }
}

impl Shaping {
    /// From now on the app's network is like this; `None`: as it is.
    pub fn set(&self, shape: Option<Shape>) {
        let mut state = self.lock();
        state.link = shape.map(|shape| {
            Box::new(Link {
                shaper: Shaper::new(shape, rand::random()),
                began: Instant::now(),
            })
        });
        self.0.on.store(state.link.is_some(), Ordering::Release);
        let waiting: Vec<_> = state.waiting.iter().filter_map(Weak::upgrade).collect();
        drop(state);
        for Waiting { reader, writer } in waiting.iter().map(|it| &**it) {
            reader.wake();
            writer.wake();
        }
    }

    /// Whether there is a shape.
    pub(crate) fn is_on(&self) -> bool {
        self.0.on.load(Ordering::Acquire)
    }

    /// Whether a connection may be made.
    ///
    /// # Errors
    /// The app is offline.
    pub(crate) fn online(&self) -> Result<(), BrokenByShape> {
        match self.shape().is_some_and(|shape| shape.offline) {
            true => Err(BrokenByShape::Offline),
            false => Ok(()),
        }
    }

    /// How much longer a connection takes that is made now.
    pub(crate) fn connect(&self) -> Duration {
        let taken = self.with(|shaper, _| shaper.connect());
        taken.unwrap_or_default()
    }

    pub(crate) fn shape(&self) -> Option<Shape> {
        self.with(|shaper, _| *shaper.shape())
    }

    /// See [`Shaper::piece_down`].
    pub(crate) fn piece_down(&self) -> Option<usize> {
        self.with(|shaper, _| shaper.piece_down())
    }

    /// See [`Shaper::piece_up`].
    pub(crate) fn piece_up(&self) -> Option<usize> {
        self.with(|shaper, _| shaper.piece_up())
    }

    /// See [`Shaper::receive`]; `None`: there is no shape.
    pub(crate) fn receive(
        &self,
        bytes: usize,
        earlier: Instant,
        handshake: bool,
    ) -> Option<Passage> {
        self.with(|shaper, began| {
            let earlier = earlier.saturating_duration_since(began);
            let fate = shaper.receive(bytes, began.elapsed(), earlier, handshake);
            Passage::of(fate, began)
        })
    }

    /// See [`Shaper::send`]; `None`: there is no shape.
    pub(crate) fn send(&self, bytes: usize) -> Option<Passage> {
        self.with(|shaper, began| Passage::of(shaper.send(bytes, began.elapsed()), began))
    }

    /// What wakes the tasks of a new connection when the shape changes.
    pub(crate) fn waiting(&self) -> Arc<Waiting> {
        let waiting = Arc::new(Waiting::default());
        let mut state = self.lock();
        state.waiting.retain(|it| it.strong_count() > 0);
        state.waiting.push(Arc::downgrade(&waiting));
        waiting
    }

    fn with<T>(&self, ask: impl FnOnce(&mut Shaper, Instant) -> T) -> Option<T> {
        if !self.is_on() {
            return None;
        }
        let mut state = self.lock();
        let link = state.link.as_mut()?;
        Some(ask(&mut link.shaper, link.began))
    }

    /// Nothing that holds the lock can leave it half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shaping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shaping").field(&self.shape()).finish()
    }
}
