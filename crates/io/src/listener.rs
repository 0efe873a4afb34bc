//! What is told of an exchange while it runs.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use appnet_policy::{
    exchange::{OutgoingRequest, Profile, Progress, ResponseHead},
    progress::Throttle,
};
use bytes::Bytes;

/// Hears of an exchange under way: at most one head, then chunks or progress; of an upload, progress before the head.
pub trait Listener {
    /// Status and headers of the final answer.
    fn head(&mut self, head: &Arc<ResponseHead>) {
        let _ = head;
    }

    /// A redirect is followed: the answer that asked for it, where the time of its hop went, and the request that follows.
    fn redirected(&mut self, head: &ResponseHead, profile: &Profile, next: &OutgoingRequest) {
        let _ = (head, profile, next);
    }

    /// How far the file has come (F1, F5): not more often than the policy says, never less than before, and the whole if there is one.
    fn progress(&mut self, progress: Progress) {
        let _ = progress;
    }

    /// The next bytes of an answer that is taken in chunks. They count as not taken until the last copy of them is dropped.
    fn chunk(&mut self, data: Bytes) {
        let _ = data;
    }

    /// A file got these bytes of an answer, content-decoded.
    fn written(&mut self, data: &Bytes) {
        let _ = data;
    }

    /// The exchange waits until the app has taken some of what it was given, in this call or another (I2). The next chunk, or the end, tells that it
    /// goes on.
    fn awaits_app(&mut self) {}
}

/// Nobody listens.
impl Listener for () {}

/// Tells a listener of progress, not too often.
pub(crate) struct Reporter<'a> {
    pub(crate) listener: &'a mut dyn Listener,
    throttle: Throttle,
    start: Instant,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(listener: &'a mut dyn Listener, interval: Duration) -> Self {
        Self {
            listener,
            throttle: Throttle::new(interval),
            start: Instant::now(),
        }
    }

    pub(crate) fn progress(&mut self, progress: Progress) {
        if self.throttle.admits(progress, self.start.elapsed()) {
            self.listener.progress(progress);
        }
    }

    /// Does the work, and reports how far it is each time it gets on.
    pub(crate) async fn watch<T>(
        &mut self,
        work: impl Future<Output = T>,
        progress: impl Fn() -> Progress,
    ) -> T {
        let mut work = pin!(work);
        std::future::poll_fn(|cx| {
            let polled = work.as_mut().poll(cx);
            self.progress(progress());
            polled
        })
        .await
    }
}
