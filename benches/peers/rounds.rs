//! Rounds of all clients in turns: A B C, then C B A.

use std::time::Duration;

use crate::turn::{self, Failure, Peer, Sample};

/// How long and how often is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// One turn of one client.
    pub(crate) turn: Duration,
    /// Turns of each client.
    pub(crate) rounds: usize,
    /// Bytes of a large body.
    pub(crate) transfer: u64,
}

/// A client with its turns.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) peer: Box<dyn Peer>,
    pub(crate) samples: Vec<Sample>,
}

impl Entry {
    pub(crate) fn new(name: &'static str, peer: Box<dyn Peer>) -> Self {
        Self {
            name,
            peer,
            samples: Vec::new(),
        }
    }
}

/// Measures all of them in turns.
pub(crate) async fn measure(entries: &mut [Entry], pace: Pace) -> Result<(), Failure> {
    for round in 0..pace.rounds {
        let mut order: Vec<&mut Entry> = entries.iter_mut().collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for Entry {
            name,
            peer,
            samples,
        } in order
        {
            let sample = turn::take(peer.as_mut(), pace.turn).await;
            samples.push(sample.map_err(|error| format!("{name}: {error}"))?);
        }
    }
    Ok(())
}
