//! Waiting for a future on a thread that has nothing else to do.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    static WAKER: Waker = Waker::from(Arc::new(Unpark(thread::current())));
}

/// Waits until it is done.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    match wait_for(future, None) {
        Some(output) => output,
        None => unreachable!("without a limit there is no end but the future's"),
    }
}

/// Waits until it is done, or for so long; zero asks once.
pub(crate) fn wait_for<F: Future>(future: F, limit: Option<Duration>) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = WAKER.with(Waker::clone);
    let mut context = Context::from_waker(&waker);
    // A limit beyond the clock's range is none.
    let until = limit.and_then(|limit| Instant::now().checked_add(limit));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            None => thread::park(),
            Some(Duration::ZERO) => return None,
            Some(left) => thread::park_timeout(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future, sync::mpsc};

    use super::*;

    #[test]
    fn a_wait_without_time_asks_once() {
        assert_eq!(wait_for(future::ready(7), Some(Duration::ZERO)), Some(7));
        let never = future::pending::<()>();
        assert_eq!(wait_for(never, Some(Duration::ZERO)), None);
    }

    #[test]
    fn a_wait_ends_when_another_thread_wakes_it() {
        let (tell, wakers) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || wakers.recv().map(Waker::wake));
        let mut asked = 0;
        let second_time = future::poll_fn(|context| {
            asked += 1;
            if asked == 1 {
                tell.send(context.waker().clone())
                    .expect("the other thread waits for it");
                return Poll::Pending;
            }
            Poll::Ready(asked)
        });
        assert_eq!(wait_for(second_time, None), Some(2));
        assert_eq!(waking.join().expect("it does not panic"), Ok(()));
    }
}
