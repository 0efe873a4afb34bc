//! Random histories: whatever the peer, the app, the connection and the time do, a socket ends once and says nothing after it.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Action {
    Input(Vec<u8>),
    InputEnd(bool),
    WriteError,
    Transmit,
    Send(usize),
    Close(Option<u16>),
    Wait(u64),
}

/// Bytes that are frames more often than chance makes them: whole ones, cut ones and wrong ones.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let header = prop_oneof![
        8 => prop::sample::select(vec![0x81u8, 0x82, 0x89, 0x8a, 0x01, 0x00, 0x80, 0xc1, 0x41]),
        1 => Just(0x88),
        1 => any::<u8>(),
    ];
    let payload = prop::collection::vec(prop_oneof![Just(b'a'), any::<u8>()], 0..20);
    let frame = (header, payload, 0usize..23).prop_map(|(header, payload, cut)| {
        let length = u8::try_from(payload.len()).unwrap();
        let frame = [&[header, length][..], &payload].concat();
        frame[..frame.len().min(cut + 2)].to_vec()
    });
    prop::collection::vec(frame, 0..6).prop_map(|frames| frames.concat())
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => input().prop_map(Action::Input),
        1 => any::<bool>().prop_map(Action::InputEnd),
        1 => Just(Action::WriteError),
        6 => Just(Action::Transmit),
        4 => (0usize..300).prop_map(Action::Send),
        1 => prop::sample::select(vec![None, Some(1000), Some(1005)]).prop_map(Action::Close),
        3 => (0u64..3000).prop_map(Action::Wait),
    ]
}

/// What a socket has told, and what it was given.
struct History {
    socket: WebSocket,
    now: Instant,
    input_ended: bool,
    accepted: usize,
    confirmed: usize,
    ends: usize,
}

impl History {
    fn act(&mut self, action: Action) {
        match action {
            Action::Input(bytes) if !self.input_ended => {
                self.socket
                    .handle_input(BytesMut::from(&bytes[..]), self.now);
            }
            Action::Input(_) => {}
            Action::InputEnd(closed) => {
                self.input_ended = true;
                self.socket.handle_input_end(match closed {
                    true => InputEnd::Closed,
                    false => InputEnd::Broken,
                });
            }
            Action::WriteError => self.socket.handle_write_error(self.now),
            Action::Transmit => {
                let mut output = Vec::new();
                while self.socket.poll_transmit(&mut output) != Polled::Idle {}
                self.confirmed += self.socket.handle_transmitted();
            }
            Action::Send(length) => {
                let message = SocketMessage::Binary(vec![0; length].into());
                self.accepted += usize::from(self.socket.send(message).is_ok());
            }
            Action::Close(code) => drop(self.socket.close(code, "", self.now)),
            Action::Wait(milliseconds) => {
                self.now += Duration::from_millis(milliseconds);
                self.socket.handle_timeout(self.now);
            }
        }
        self.drain();
    }

    fn drain(&mut self) {
        let mut yields = 0;
        loop {
            match self.socket.poll_event(self.now) {
                Polled::Ready(event) => {
                    assert_eq!(self.ends, 0, "{event:?} came after the end");
                    let is_end = !matches!(event, WebSocketEvent::Message(_));
                    self.ends += usize::from(is_end);
                }
                Polled::Yield => {
                    yields += 1;
                    assert!(yields < 100, "it has work without end");
                }
                Polled::Idle => return,
            }
        }
    }
}

proptest! {
    #[test]
    fn a_socket_ends_exactly_once(
        actions in prop::collection::vec(action(), 0..40),
        deflating: bool,
        asks: bool,
    ) {
        let limits = SocketLimits {
            unsent_bytes: 1000,
            message_bytes: 64,
            frame_bytes: 64,
            ping_interval: asks.then(|| Duration::from_secs(2)),
            ..SocketLimits::seed()
        };
        let deflate = PerMessageDeflate::PLAIN;
        let now = Instant::now();
        let mut history = History {
            socket: WebSocket::new(limits, deflating.then_some(deflate), now),
            now,
            input_ended: false,
            accepted: 0,
            confirmed: 0,
            ends: 0,
        };
        for action in actions {
            history.act(action);
            prop_assert!(history.confirmed <= history.accepted);
        }
        history.act(Action::Transmit);
        history.act(Action::InputEnd(true));
        // At most one answer to a message, and then the peer's time to close.
        history.act(Action::Wait(50));
        history.act(Action::Transmit);
        history.act(Action::Wait(5_000));
        prop_assert_eq!(history.ends, 1);
        prop_assert!(!history.socket.is_open() && !history.socket.wants_input());
        prop_assert!(!history.socket.wants_transmit() && history.socket.poll_timeout().is_none());
    }
}
