//! What a proxy says, byte for byte, and what is made of it.

use appnet_policy::{
    Failure,
    failure::{HostFault, NetworkFault},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    time::Instant,
};

use super::*;

const TARGET: &str = "203.0.113.7:443";

fn http() -> Proxy {
    Proxy::http_connect("proxy.test", 3128)
}

fn socks() -> Proxy {
    Proxy::socks5("proxy.test", 1080)
}

fn known(proxy: Proxy) -> Proxy {
    proxy.credentials("user", "pass").unwrap()
}

fn target() -> Goal<'static> {
    Goal::Address(TARGET.parse().unwrap())
}

/// Shakes hands with a proxy that says these pieces, each after it has heard something, and then closes; what it heard, too.
async fn against(
    proxy: &Proxy,
    goal: Goal<'_>,
    pieces: &[&[u8]],
) -> (Result<(), ProxyFault>, Vec<u8>) {
    let (mut ours, theirs) = duplex(64 << 10);
    let (done, heard) = tokio::join!(
        async {
            let done = shake_hands(proxy, &mut ours, goal).await;
            drop(ours);
            done
        },
        say(theirs, pieces)
    );
    let done = done.map_err(|stopped| match stopped {
        Stopped::Fault(fault) => fault,
        Stopped::Io(error) => broken(&error),
    });
    (done, heard)
}

async fn say(mut theirs: DuplexStream, pieces: &[&[u8]]) -> Vec<u8> {
    let mut heard = Vec::with_capacity(4096);
    for piece in pieces {
        theirs.read_buf(&mut heard).await.unwrap();
        let _ = theirs.write_all(piece).await; // we may have gone
    }
    heard
}

async fn fault_of(proxy: &Proxy, pieces: &[&[u8]]) -> ProxyFault {
    against(proxy, target(), pieces).await.0.unwrap_err()
}

#[tokio::test]
async fn connect_asks_for_the_address_and_says_who_asks() {
    let answer: &[u8] = b"HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\n\r\n";
    let (done, heard) = against(&http(), target(), &[answer]).await;
    assert_eq!(done, Ok(()));
    let expected = format!("CONNECT {TARGET} HTTP/1.1\r\nHost: {TARGET}\r\n\r\n");
    assert_eq!(String::from_utf8_lossy(&heard), expected);

    let goal = Goal::Address("[2001:db8::1]:8443".parse().unwrap());
    let (done, heard) = against(&known(http()), goal, &[answer]).await;
    assert_eq!(done, Ok(()));
    let at = "[2001:db8::1]:8443";
    let expected = format!(
        "CONNECT {at} HTTP/1.1\r\nHost: {at}\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"
    );
    assert_eq!(String::from_utf8_lossy(&heard), expected);
}

#[tokio::test]
async fn an_interim_answer_is_none_and_a_length_in_the_final_one_means_nothing() {
    let answer: &[u8] =
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    assert_eq!(against(&http(), target(), &[answer]).await.0, Ok(()));
}

#[tokio::test]
async fn what_is_wrong_with_an_answer_to_connect_is_said_exactly() {
    let wanted = "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
    let table: [(Proxy, &str, &str); 9] = [
        (
            http(),
            wanted,
            "wants to know who asks (status 407, by NTLM or Basic), and the host has given no credentials",
        ),
        (
            known(http()),
            wanted,
            "did not accept the credentials of the host (status 407, by NTLM or Basic)",
        ),
        (
            http(),
            "HTTP/1.1 407 \r\nProxy-Authenticate: <script>\r\n\r\n",
            "wants to know who asks (status 407), and the host has given no credentials",
        ),
        (
            http(),
            "HTTP/1.1 403 Forbidden\r\n\r\nno",
            "refused the way to 203.0.113.7:443 with the status 403",
        ),
        (
            http(),
            "HTTP/1.1 503 \r\n\r\n",
            "refused the way to 203.0.113.7:443 with the status 503",
        ),
        (
            http(),
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "answered with what is not HTTP: ",
        ),
        (
            http(),
            "HTTP/1.1 200 OK\r\n\r\n!",
            "sent bytes behind its answer that nobody asked for",
        ),
        (
            http(),
            "HTTP/1.1 200",
            "ended the connection before it had answered",
        ),
        (http(), "", "ended the connection before it had answered"),
    ];
    for (proxy, answer, said) in table {
        let fault = fault_of(&proxy, &[answer.as_bytes()]).await;
        assert!(fault.to_string().starts_with(said), "{answer:?}: {fault}");
        assert_eq!(fault.failure(), Failure::Host(HostFault::Proxy));
    }
}

/// What is left on the line is taken for the server's.
#[tokio::test]
async fn bytes_behind_an_answer_are_not_left_on_the_line_however_long_it_is() {
    for length in 0..256 {
        let answer = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n!", "y".repeat(length));
        let fault = fault_of(&http(), &[answer.as_bytes()]).await;
        assert_eq!(fault, ProxyFault::Unasked, "{length}");
    }
}

/// I2
#[tokio::test]
async fn a_head_without_end_is_given_up_when_it_is_over_the_bound() {
    let flood = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(20 << 10));
    let fault = fault_of(&http(), &[flood.as_bytes()]).await;
    assert_eq!(fault, ProxyFault::Endless(16 << 10));
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    let fault = fault_of(&http(), &[interim.as_bytes()]).await;
    assert_eq!(fault, ProxyFault::Endless(16 << 10));
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_says_nothing_has_thirty_seconds() {
    for proxy in [http(), socks()] {
        let (mut ours, _theirs) = duplex(1 << 10);
        let begun = Instant::now();
        let stopped = shake_hands(&proxy, &mut ours, target()).await.unwrap_err();
        assert!(
            matches!(stopped, Stopped::Fault(ProxyFault::Silent(wait)) if wait.as_secs() == 30),
            "{stopped:?}"
        );
        assert_eq!(begun.elapsed().as_secs(), 30);
    }
}

#[tokio::test]
async fn socks_asks_for_the_address_or_the_name_and_says_who_asks() {
    let served: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let (done, heard) = against(&socks(), target(), &[&[5, 0], served]).await;
    assert_eq!(done, Ok(()));
    assert_eq!(heard, [5, 1, 0, 5, 1, 0, 1, 203, 0, 113, 7, 1, 187]);

    let goal = Goal::Name("a.test", 443);
    let (done, heard) = against(&known(socks()), goal, &[&[5, 2], &[1, 0], served]).await;
    assert_eq!(done, Ok(()));
    let hello = b"\x05\x02\x00\x02\x01\x04user\x04pass";
    let asks = b"\x05\x01\x00\x03\x06a.test\x01\xbb";
    assert_eq!(heard, [&hello[..], asks].concat());
}

#[tokio::test]
async fn what_is_wrong_with_an_answer_of_socks_is_said_exactly_and_whose_fault_it_is() {
    let host = || Failure::Host(HostFault::Proxy);
    let network = Failure::Network;
    let refused = |code| vec![vec![5, 0], vec![5, code, 0, 1, 0, 0, 0, 0, 0, 0]];
    let way = "refused the way to 203.0.113.7:443: ";
    let server = "says that 203.0.113.7:443 cannot be reached: ";
    let table = [
        (socks(), refused(1), format!("{way}general failure (1)"), host()),
        (socks(), refused(2), format!("{way}not allowed by its rules (2)"), host()),
        (
            socks(),
            refused(3),
            format!("{server}network unreachable (3)"),
            network(NetworkFault::NetworkUnreachable),
        ),
        (
            socks(),
            refused(4),
            format!("{server}host unreachable (4)"),
            network(NetworkFault::NetworkUnreachable),
        ),
        (
            socks(),
            refused(5),
            format!("{server}connection refused (5)"),
            network(NetworkFault::ConnectionRefused),
        ),
        (
            socks(),
            refused(6),
            format!("{server}TTL expired (6)"),
            network(NetworkFault::NetworkUnreachable),
        ),
        (socks(), refused(7), format!("{way}it does not connect (7)"), host()),
        (
            socks(),
            refused(8),
            format!("{way}it does not know this kind of address (8)"),
            host(),
        ),
        (
            socks(),
            refused(99),
            "answered with what is not SOCKS 5: a method or a reply that RFC 1928 does not have".to_owned(),
            host(),
        ),
        (
            socks(),
            vec![vec![5, 0xff]],
            "wants to know who asks (SOCKS 5 by user and password, or another way), and the host has given no credentials".to_owned(),
            host(),
        ),
        (
            known(socks()),
            vec![vec![5, 0xff]],
            "did not accept the credentials of the host (no method in common)".to_owned(),
            host(),
        ),
        (
            known(socks()),
            vec![vec![5, 2], vec![1, 3]],
            "did not accept the credentials of the host (RFC 1929, status 3)".to_owned(),
            host(),
        ),
        (
            socks(),
            vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()],
            "answered with what is not SOCKS 5: invalid response version".to_owned(),
            host(),
        ),
        (
            socks(),
            vec![vec![5, 0], vec![5, 0, 0]],
            "ended the connection before it had answered".to_owned(),
            host(),
        ),
    ];
    for (proxy, pieces, said, failure) in table {
        let answers: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let fault = fault_of(&proxy, &answers).await;
        assert_eq!(fault.to_string(), said);
        assert_eq!(fault.failure(), failure, "{said}");
    }
}

#[tokio::test]
async fn a_name_that_has_no_place_in_socks_is_not_cut() {
    let name = "a".repeat(256);
    let (done, heard) = against(&socks(), Goal::Name(&name, 443), &[]).await;
    assert_eq!(done, Err(ProxyFault::LongName(name)));
    assert!(heard.is_empty());
}
