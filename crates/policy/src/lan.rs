//! The local network: addresses that an app may call without an entry, where a platform allows it.
//!
//! What is called is an address that stands in the URL. A name that leads to such an address is checked like any other (U7).

#[cfg(test)]
mod tests;

use std::{fmt, net::IpAddr, str::FromStr};

/// Whether addresses of the local network need no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LanRule {
    /// They are addresses, so no list can have them, and nothing reaches them.
    #[default]
    Refused,
    /// Those within reach need no entry.
    Allowed {
        /// Which of them.
        reach: LanReach,
        /// Whether `http` and `ws` may be spoken to them; if not, only `https` and `wss`.
        plain: bool,
    },
}

/// How far the local network goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LanReach {
    /// Every private address that is not one of the device's own.
    Private,
    /// Those of them that are in a segment of the device.
    SameSegment,
}

/// An address of the device that the app runs on, and how many of its bits name the segment: `192.168.1.23/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceAddress {
    address: IpAddr,
    prefix: u8,
}

/// Text that is no [`DeviceAddress`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} should be an address of this device and the length of its network's prefix, as in 192.168.1.23/24"
)]
#[non_exhaustive]
pub struct DeviceAddressError {
    /// What was given.
    pub text: String,
}

/// Why an address of the local network may not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LanProblem {
    /// The host did not say which addresses are the device's own: any could be one of them.
    DeviceUnknown,
    /// It is the device itself.
    OwnAddress,
    /// It is in no segment of the device.
    OtherSegment,
    /// Its scheme has no TLS.
    Plain,
}

impl LanRule {
    /// Whether a call may go to this address because of where it is; `None` if that is no question: it is not of a local network, or this rule
    /// makes no difference for those that are.
    pub(crate) fn check(
        self,
        address: IpAddr,
        secure: bool,
        device: &[DeviceAddress],
    ) -> Option<Result<(), LanProblem>> {
        match self {
            Self::Allowed { reach, plain } if is_local(address) => {
                Some(reach.check(address, device).and_then(|()| {
                    let spoken = secure || plain;
                    spoken.then_some(()).ok_or(LanProblem::Plain)
                }))
            }
            Self::Allowed { .. } | Self::Refused => None,
        }
    }
}

impl LanReach {
    fn check(self, address: IpAddr, device: &[DeviceAddress]) -> Result<(), LanProblem> {
        if device.is_empty() {
            return Err(LanProblem::DeviceUnknown);
        }
        if device.iter().any(|own| own.address == address) {
            return Err(LanProblem::OwnAddress);
        }
        let within = match self {
            Self::Private => true,
            Self::SameSegment => device.iter().any(|own| own.is_beside(address)),
        };
        within.then_some(()).ok_or(LanProblem::OtherSegment)
    }
}

/// Addresses that networks give out for themselves: RFC 1918, and ULA (RFC 4193). Not loopback, which is the device; not link-local
/// ones, where a cloud has its metadata service; not carrier-grade NAT, which others share; not IPv4 inside IPv6.
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

impl DeviceAddress {
    /// An address of the device; `None` if the prefix is longer than the address, or the address is not of one kind only.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let bits = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        (prefix <= bits && address == address.to_canonical()).then_some(Self { address, prefix })
    }

    /// Whether both are in the same segment.
    fn is_beside(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differs = own.to_bits() ^ other.to_bits();
                differs.leading_zeros() >= self.prefix.into()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differs = own.to_bits() ^ other.to_bits();
                differs.leading_zeros() >= self.prefix.into()
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for DeviceAddress {
    type Err = DeviceAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (address, prefix) = text.split_once('/')?;
            Self::new(address.parse().ok()?, prefix.parse().ok()?)
        };
        read().ok_or_else(|| DeviceAddressError {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for LanProblem {
    /// What follows the origin in a reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeviceUnknown => {
                "is an address of the local network, and the host has not said which addresses are the device's own"
            }
            Self::OwnAddress => "is the device's own address, an app may call others only",
            Self::OtherSegment => "is in no segment of the local network that the device is in",
            Self::Plain => "is an address of the local network, it should be called by https or wss",
        })
    }
}
