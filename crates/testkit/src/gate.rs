//! A point in time that a test chooses.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Something waits at it until a test opens it. Clones are the same gate. It belongs to no runtime.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "two gates are never interchangeable"
    )]
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets through whoever waits or comes later. It stays open.
    pub fn open(&self) {
        self.0.close();
    }

    /// Lets through just `count` waiters, in the order they came; those who are still to come count too.
    pub fn admit(&self, count: usize) {
        self.0.add_permits(count);
    }

    /// Whether it was opened.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.is_closed()
    }

    /// Waits until it opens or admits this one.
    pub async fn wait(&self) {
        // `Err` says that the gate is open for good.
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}
