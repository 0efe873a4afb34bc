//! I1: how much is done before the thread is given back, and how much is kept.

use super::*;

#[test]
fn i1_of_many_pings_the_last_16_are_answered_whatever_the_server_sends() {
    let mut played = Played::new();
    for i in 0..1000u16 {
        let ping = [&b"\x89\x02"[..], &i.to_be_bytes()].concat();
        assert_eq!(played.hears(&ping), None);
    }
    played.transmit();
    let expected: Vec<_> = (984..1000u16)
        .map(|i| (0x8a, i.to_be_bytes().to_vec()))
        .collect();
    assert_eq!(played.sent, expected);
}

#[test]
fn i1_input_that_is_only_thrown_away_gives_the_thread_back_too() {
    let mut played = Played::new();
    assert_eq!(played.hears(b"\x88\x00"), None);
    let mut yields = 0;
    for _ in 0..100 {
        let piece = BytesMut::from(&[0; 16 << 10][..]);
        played.socket.handle_input(piece, played.now);
        yields += usize::from(played.socket.poll_event(played.now) == Polled::Yield);
    }
    assert!(yields >= 20, "{yields}");
}

#[test]
fn i1_what_is_sent_is_encoded_a_piece_at_a_time() {
    let mut socket = Played::new().socket;
    for _ in 0..2000 {
        socket
            .send(SocketMessage::Binary(vec![0; 1].into()))
            .unwrap();
    }
    socket
        .send(SocketMessage::Binary(vec![0; 1 << 20].into()))
        .unwrap();
    let (mut ready, mut yields, mut sent) = (0, 0, 0);
    loop {
        let mut output = Vec::new();
        match socket.poll_transmit(&mut output) {
            Polled::Ready(()) => ready += 1,
            Polled::Yield => yields += 1,
            Polled::Idle => break,
        }
        assert!(output.len() <= 2 * (64 << 10), "{}", output.len());
        sent += socket.handle_transmitted();
    }
    assert_eq!(sent, 2001);
    assert!(ready > 20 && yields > 20, "{ready} {yields}");
}

#[test]
fn i1_a_large_message_is_compressed_a_piece_at_a_time() {
    let deflate = PerMessageDeflate::PLAIN;
    let now = Instant::now();
    let mut socket = WebSocket::new(SocketLimits::seed(), Some(deflate), now);
    socket
        .send(SocketMessage::Binary(vec![0; 1 << 20].into()))
        .unwrap();
    let mut output = Vec::new();
    let mut yields = 0;
    while socket.poll_transmit(&mut output) == Polled::Yield {
        assert!(output.is_empty());
        yields += 1;
    }
    assert!((60..=70).contains(&yields), "{yields}");
    assert_eq!(socket.handle_transmitted(), 1);
}
