//! What a bare client does with its socket, the same for all.

use std::{collections::VecDeque, time::Instant};

use crate::{
    turn::{self, Failure, Latencies},
    work::Talk,
};

/// A socket of a bare client.
pub(crate) trait Socket {
    /// Gives the message to the socket, which may send it later.
    async fn send(&mut self) -> Result<(), Failure>;
    /// Waits for a message; before it waits, what was given is sent. Gives how long it is.
    async fn receive(&mut self) -> Result<usize, Failure>;
}

/// Keeps messages under way until then.
pub(crate) async fn run(
    socket: &mut impl Socket,
    talk: Talk,
    until: Instant,
) -> Result<Latencies, Failure> {
    let mut latencies = turn::latencies();
    let mut under_way = VecDeque::with_capacity(talk.in_flight);
    for _ in 0..talk.in_flight {
        under_way.push_back(Instant::now());
        socket.send().await?;
    }
    while let Some(began) = under_way.pop_front() {
        let length = socket.receive().await?;
        if length != talk.length {
            return Err(format!("an echo of {length} bytes").into());
        }
        let now = Instant::now();
        turn::note(&mut latencies, now - began);
        if now < until {
            under_way.push_back(now);
            socket.send().await?;
        }
    }
    Ok(latencies)
}
