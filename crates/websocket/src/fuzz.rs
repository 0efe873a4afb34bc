//! What a fuzzer gives bytes to (`fuzz/`).

use std::time::{Duration, Instant};

use appnet_policy::socket::SocketLimits;
use bytes::BytesMut;

use crate::{InputEnd, PerMessageDeflate, Polled, WebSocket, WebSocketEvent};

/// What a server sends after the handshake. The first byte says how it comes: compressed or not, in pieces of which length.
///
/// # Panics
/// If a socket speaks after its end, ends twice or never, gives out more than the bound of a message, or has work without end.
pub fn frames(data: &[u8]) {
    let Some((&how, input)) = data.split_first() else {
        return;
    };
    let now = Instant::now();
    let limits = SocketLimits {
        message_bytes: 4096,
        frame_bytes: 4096,
        ping_interval: None,
        ..SocketLimits::seed()
    };
    let deflate = (how & 1 == 1).then_some(PerMessageDeflate {
        server_no_context_takeover: how & 2 == 2,
        ..PerMessageDeflate::PLAIN
    });
    let mut socket = WebSocket::new(limits, deflate, now);
    let mut ends = 0;
    for piece in input.chunks(usize::from(how >> 2).max(1)) {
        socket.handle_input(BytesMut::from(piece), now);
        ends += drain(&mut socket, now, ends);
    }
    socket.handle_input_end(InputEnd::Closed);
    ends += drain(&mut socket, now, ends);
    // What it still waits for is a matter of time.
    for seconds in [1, 10, 100, 1000] {
        let later = now + Duration::from_secs(seconds);
        socket.handle_timeout(later);
        ends += drain(&mut socket, later, ends);
    }
    assert_eq!(ends, 1, "a socket ends once");
}

/// Takes everything it has to tell and to send; how often it ended.
fn drain(socket: &mut WebSocket, now: Instant, ended: usize) -> usize {
    let (mut ends, mut yields) = (0, 0);
    loop {
        match socket.poll_event(now) {
            Polled::Ready(event) => {
                assert_eq!(ended + ends, 0, "{event:?} came after the end");
                match event {
                    WebSocketEvent::Message(message) => {
                        assert!(message.as_bytes().len() <= 4096);
                    }
                    _ => ends += 1,
                }
            }
            Polled::Yield => {
                yields += 1;
                assert!(yields < 10_000, "it has work without end");
            }
            Polled::Idle => break,
        }
    }
    let mut output = Vec::new();
    for _ in 0..10_000 {
        if socket.poll_transmit(&mut output) == Polled::Idle {
            socket.handle_transmitted();
            return ends;
        }
    }
    panic!("it sends without end")
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn w4_saved_inputs_of_the_fuzz_target_hold() {
        replay("frames", super::frames);
    }
}
