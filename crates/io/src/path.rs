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
        rtt: Duration::from_micros(info.rtt_micros.into()),
        retransmitted: info.total_retransmitted,
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) const fn measured(_: &TcpStream) -> Option<Measured> {
    None
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use nix::{getsockopt_impl, libc, sockopt_impl};

    /// The beginning of the kernel's `struct tcp_info`, as every Linux since 2.6 has it: the kernel copies as much as there is room for. The
    /// crate libc has the structure for Linux and not for Android.
    #[derive(Debug, Clone, Copy)]
    #[repr(C)]
    #[expect(
        unreachable_pub,
        reason = "it is in the interface of a type that the macro makes public"
    )]
    pub struct Beginning {
        /// State, congestion state, and options.
        _states: [u8; 8],
        /// From the timeout of retransmissions to the threshold of receiving.
        _before: [u32; 15],
        pub(super) rtt_micros: u32,
        /// From the variance of the round trip to the window's size.
        _between: [u32; 7],
        pub(super) total_retransmitted: u32,
    }

    sockopt_impl!(
        /// What Linux tells of a TCP connection, as far as it is looked at.
        TcpInfo,
        GetOnly,
        libc::IPPROTO_TCP,
        libc::TCP_INFO,
        Beginning
    );
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_structure_is_the_kernels() {
        use std::mem::offset_of;

        use nix::libc::tcp_info;

        let ours = offset_of!(linux::Beginning, rtt_micros);
        assert_eq!(ours, offset_of!(tcp_info, tcpi_rtt));
        let ours = offset_of!(linux::Beginning, total_retransmitted);
        assert_eq!(ours, offset_of!(tcp_info, tcpi_total_retrans));
        assert_eq!(size_of::<linux::Beginning>(), ours + 4);
    }

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
