//! What the kernel measures of the way to a peer: `TCP_INFO`, which Linux has. Elsewhere nothing is known.
//!
//! Each look is a call of the system, so it is made once an exchange, at its end, and only if the app wants a profile.

use std::time::Duration;

use tokio::net::TcpStream;

/// What a profile says of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathInfo {
    /// The round trip, smoothed.
    pub(crate) rtt: Duration,
    /// Whether packets had to be sent again since it was last asked.
    pub(crate) lost_packets: bool,
}

/// What the kernel says of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measured {
    /// The round trip, smoothed (RFC 6298).
    pub(crate) rtt: Duration,
    /// Packets sent again since it was made.
    pub(crate) retransmitted: u32,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn measured(stream: &TcpStream) -> Option<Measured> {
    let info = nix::sys::socket::getsockopt(stream, linux::TcpInfo).ok()?;
    Some(Measured {
        rtt: Duration::from_micros(info.tcpi_rtt.into()),
        retransmitted: info.tcpi_total_retrans,
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) const fn measured(_: &TcpStream) -> Option<Measured> {
    None
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use nix::{getsockopt_impl, libc, sockopt_impl};

    sockopt_impl!(
        /// All that Linux tells of a TCP connection.
        TcpInfo,
        GetOnly,
        libc::IPPROTO_TCP,
        libc::TCP_INFO,
        libc::tcp_info
    );
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn linux_tells_the_round_trip_of_a_connection() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stream, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        accepted.unwrap();
        let measured = measured(&stream.unwrap()).unwrap();
        assert!(measured.rtt > Duration::ZERO && measured.rtt < Duration::from_secs(1));
    }
}
