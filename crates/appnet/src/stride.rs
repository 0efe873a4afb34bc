//! How far a future goes in one step (I1).
//!
//! Tokio lets a task read or write 128 times before it has to give the thread back. What one read brings may be little work, or much: thousands of
//! chunks of one byte stand in one TLS record. So a future whose last step took long may read less in its next one, and so may the next future of the
//! same app in its first.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tokio::task::coop::poll_proceed;

/// What tokio gives a task for one step.
const MOST: u8 = 128;

/// How many times a future may read or write in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stride(u8);

impl Default for Stride {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Stride {
    /// Before a step: uses up what is too much of tokio's budget for it.
    pub(crate) fn begin_step(self, cx: &mut Context<'_>) {
        for _ in self.0..MOST {
            match poll_proceed(cx) {
                Poll::Ready(used) => used.made_progress(),
                Poll::Pending => return, // somebody else has used it up
            }
        }
    }

    /// What the next step may read, when one took so long: half a slice is long.
    pub(crate) fn after(self, took: Duration, slice: Duration) -> Self {
        if took > slice / 2 {
            Self((self.0 / 2).max(1))
        } else if took < slice / 8 {
            Self(self.0.saturating_mul(2).min(MOST))
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        future::{Future, poll_fn},
        pin::pin,
    };

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const SLICE: Duration = Duration::from_millis(1);

    #[test]
    fn i1_long_steps_get_shorter_and_short_ones_longer_again() {
        let mut stride = Stride::default();
        for reads in [64, 32, 16, 8, 4, 2, 1, 1] {
            stride = stride.after(SLICE, SLICE);
            assert_eq!(stride, Stride(reads));
        }
        assert_eq!(stride.after(SLICE / 4, SLICE), Stride(1));
        for reads in [2, 4, 8, 16, 32, 64, 128, 128] {
            stride = stride.after(Duration::ZERO, SLICE);
            assert_eq!(stride, Stride(reads));
        }
    }

    /// The reads in each step of a task that finds something at every read.
    #[tokio::test]
    async fn i1_a_short_stride_reads_less_in_a_step() {
        let (mut ours, mut theirs) = tokio::io::duplex(1 << 20);
        ours.write_all(&[0; 1000]).await.unwrap();
        tokio::task::yield_now().await; // what was used of tokio's budget is whole again
        let (reads, stride) = (Cell::new(0), Stride(3));
        let mut reading = pin!(async {
            while theirs.read_u8().await.is_ok() {
                reads.set(reads.get() + 1);
            }
        });
        poll_fn(|cx| {
            stride.begin_step(cx);
            assert!(reading.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert_eq!(reads.get(), 3);
    }
}
