//! What the kernel measures of the way to a peer: `TCP_INFO`, which Linux has. Elsewhere nothing is known.
//!
//! Each look is a call of the system, so it is made at the end of an exchange whose app wants a profile, and not again at once for the next one.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

/// What a profile says of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathInfo {
    /// The round trip, smoothed.
    pub(crate) rtt: Duration,
    /// Whether packets had to be sent again since it was last looked at.
    pub(crate) lost_packets: bool,
}

/// How long a look stands for the exchanges that end after it: their round trip is a smoothed one, and a lost packet takes longer to be sent again.
const FRESH: Duration = Duration::from_millis(100);

/// The last look at one connection.
#[derive(Debug, Default)]
pub(crate) struct LastLook(Cell<Option<(Instant, Measured)>>);

impl LastLook {
    /// Looks, if the last look is too old.
    pub(crate) fn renew(
        &self,
        now: Instant,
        measure: impl FnOnce() -> Option<Measured>,
    ) -> Option<PathInfo> {
        let last = self.0.get();
        if let Some((at, measured)) = last
            && now.saturating_duration_since(at) < FRESH
        {
            return Some(PathInfo {
                rtt: measured.rtt,
                lost_packets: false, // it was told
            });
        }
        let measured = measure()?;
        self.0.set(Some((now, measured)));
        let before = last.map_or(0, |(_, measured)| measured.retransmitted);
        Some(PathInfo {
            rtt: measured.rtt,
            lost_packets: measured.retransmitted > before,
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_stands_for_the_exchanges_that_end_soon_after_it() {
        let (look, start) = (LastLook::default(), Instant::now());
        let at = |after: Duration, rtt: u64, retransmitted: u32| {
            let rtt = Duration::from_millis(rtt);
            let measured = Measured { rtt, retransmitted };
            let path = look.renew(start + after, || Some(measured)).unwrap();
            (path.rtt.as_millis(), path.lost_packets)
        };
        assert_eq!(at(Duration::ZERO, 20, 1), (20, true));
        assert_eq!(at(FRESH / 2, 30, 2), (20, false));
        assert_eq!(at(FRESH, 30, 2), (30, true));
        assert_eq!(at(FRESH * 2, 30, 2), (30, false));
    }
}

#[cfg(all(test, target_os = "linux"))]
mod linux_tests {
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
