//! Which of several addresses answers first (RFC 8305, without the parts that need a resolver of one's own).

use std::{collections::VecDeque, io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{net::TcpStream, time::timeout};

use super::interface;
use crate::error::ExchangeError;

/// How long an address has before the next is tried beside it (RFC 8305 §5, "Connection Attempt Delay").
pub(super) const HEAD_START: Duration = Duration::from_millis(250);

/// Connects by TCP to whichever address answers first, over this interface if one is named.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    over: Option<&str>,
) -> Result<(TcpStream, SocketAddr), ExchangeError> {
    let attempt = async |address| interface::tcp(address, over)?.connect(address).await;
    first(addresses, HEAD_START, attempt)
        .await
        .map_err(most_telling)
}

/// What comes of the attempt that succeeds first; the others are given up. If none does, why each failed, in the order in which they did.
pub(super) async fn first<T, E>(
    addresses: &[SocketAddr],
    head_start: Duration,
    attempt: impl AsyncFn(SocketAddr) -> Result<T, E>,
) -> Result<(T, SocketAddr), Vec<(SocketAddr, E)>> {
    let attempt = &attempt;
    let attempt = |address| async move { (address, attempt(address).await) };
    let mut waiting = alternate_families(addresses);
    let mut attempts = FuturesUnordered::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = waiting.pop_front() {
            attempts.push(attempt(address));
        }
        if attempts.is_empty() {
            return Err(failures);
        }
        // With nobody left to start, there is nothing to wait for but the attempts.
        let head_start = if waiting.is_empty() {
            Duration::MAX
        } else {
            head_start
        };
        match timeout(head_start, attempts.next()).await {
            Ok(Some((address, Ok(made)))) => return Ok((made, address)),
            Ok(Some((address, Err(error)))) => failures.push((address, error)),
            Ok(None) | Err(_) => {}
        }
    }
}

/// The resolver's order, but the families by turns: a broken family then costs one head start and not many.
fn alternate_families(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) = addresses
        .iter()
        .copied()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut ordered = VecDeque::with_capacity(addresses.len());
    while !(first.is_empty() && second.is_empty()) {
        ordered.extend(first.pop_front());
        ordered.extend(second.pop_front());
    }
    ordered
}

/// A refusal comes from the server, "unreachable" only from a missing route of one family.
pub(super) fn most_telling(failures: Vec<(SocketAddr, io::Error)>) -> ExchangeError {
    let weight = |error: &io::Error| match error.kind() {
        io::ErrorKind::ConnectionRefused => 0,
        io::ErrorKind::ConnectionReset => 1,
        io::ErrorKind::TimedOut => 2,
        _ => 3,
    };
    match failures.into_iter().min_by_key(|(_, error)| weight(error)) {
        Some((address, error)) => ExchangeError::Connect {
            address: address.to_string(),
            kind: error.kind(),
        },
        None => ExchangeError::Unexpected("no address to connect to".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_in_the_order_of_the_resolver() {
        let resolved = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        let expected = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(alternate_families(&resolved), expected);
    }

    #[test]
    fn the_failure_that_is_told_is_the_one_that_the_server_caused() {
        let addresses = addresses(&["[::1]:1", "1.1.1.1:1"]);
        let telling = [
            io::ErrorKind::ConnectionRefused,
            io::ErrorKind::ConnectionReset,
            io::ErrorKind::TimedOut,
            io::ErrorKind::NetworkUnreachable,
        ];
        for kinds in telling.windows(2) {
            let (less, more) = (kinds[1], kinds[0]);
            let failures = addresses.iter().copied();
            let failures = failures.zip([less, more].map(io::Error::from)).collect();
            let expected = ExchangeError::Connect {
                address: "1.1.1.1:1".to_owned(),
                kind: more,
            };
            assert_eq!(most_telling(failures), expected);
        }
    }

    #[tokio::test]
    async fn an_address_that_refuses_makes_way_for_the_next_at_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let closed = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let (_, peer) = connect(&[closed, good], None).await.unwrap();
        assert_eq!(peer, good);
    }
}
