use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use super::{DatagramFault, DatagramProxy};
use crate::fault::Side;

/// A target, a relay in front of it, and a client.
fn scene(side: Side, fault: DatagramFault) -> (UdpSocket, DatagramProxy, UdpSocket) {
    let target = socket();
    let proxy = DatagramProxy::start(target.local_addr().unwrap()).unwrap();
    proxy.set_for(side, fault);
    let client = socket();
    client.connect(proxy.address()).unwrap();
    (target, proxy, client)
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let patience = Some(Duration::from_secs(20));
    socket.set_read_timeout(patience).unwrap();
    socket
}

/// What arrives until `last` does, and who sent it.
fn until(socket: &UdpSocket, last: u8) -> (Vec<[u8; 3]>, std::net::SocketAddr) {
    let mut all = Vec::new();
    loop {
        let mut datagram = [0; 3];
        let (_, from) = socket.recv_from(&mut datagram).unwrap();
        all.push(datagram);
        if datagram[0] == last {
            return (all, from);
        }
    }
}

/// What of seven datagrams arrives at the target; the last must.
fn arrives(fault: DatagramFault) -> Vec<[u8; 3]> {
    let (target, _proxy, client) = scene(Side::Client, fault);
    for n in 0..7 {
        client.send(&[n; 3]).unwrap();
    }
    until(&target, 6).0
}

fn whole(numbers: &[u8]) -> Vec<[u8; 3]> {
    numbers.iter().map(|n| [*n; 3]).collect()
}

#[test]
fn datagrams_are_lost_repeated_and_corrupted_by_their_number() {
    let all = whole(&[0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(arrives(DatagramFault::None), all);
    assert_eq!(
        arrives(DatagramFault::LoseEvery(3)),
        whole(&[0, 1, 3, 4, 6])
    );
    assert_eq!(
        arrives(DatagramFault::RepeatEvery(4)),
        whole(&[0, 1, 2, 3, 3, 4, 5, 6])
    );
    let mut corrupted = all.clone();
    corrupted[2][1] ^= 0xff;
    assert_eq!(arrives(DatagramFault::CorruptAt(2)), corrupted);
    corrupted[5][1] ^= 0xff;
    assert_eq!(arrives(DatagramFault::CorruptEvery(3)), corrupted);
}

#[test]
fn a_delay_keeps_a_datagram_back() {
    let start = Instant::now();
    arrives(DatagramFault::Delay(Duration::from_millis(30)));
    assert!(start.elapsed() >= Duration::from_millis(30));
}

#[test]
fn silence_is_of_one_side_and_death_of_both() {
    for (fault, answers) in [
        (DatagramFault::SilentAfter(1), true),
        (DatagramFault::DeadAfter(1), false),
    ] {
        let (target, proxy, client) = scene(Side::Client, fault);
        client.send(&[0; 3]).unwrap();
        let (_, back) = until(&target, 0);
        client.send(&[1; 3]).unwrap(); // lost
        // Another client, who suffers nothing, is heard behind it.
        proxy.set_for(Side::Client, DatagramFault::None);
        let other = socket();
        other.connect(proxy.address()).unwrap();
        other.send(&[2; 3]).unwrap();
        let (heard, other_back) = until(&target, 2);
        assert_eq!(heard, whole(&[2]), "{fault:?}");
        target.send_to(&[3; 3], back).unwrap();
        if answers {
            assert_eq!(until(&client, 3).0, whole(&[3]));
        } else {
            target.send_to(&[4; 3], other_back).unwrap();
            until(&other, 4);
            client
                .set_read_timeout(Some(Duration::from_millis(20)))
                .unwrap();
            assert!(client.recv(&mut [0; 3]).is_err());
        }
        assert_eq!(proxy.passed(Side::Client), 2);
        let addresses = [client.local_addr().unwrap(), other.local_addr().unwrap()];
        assert_eq!(proxy.clients(), addresses);
    }
}
