//! What a host knows of the device's network: `wx.getNetworkType` and what stands around it.
//!
//! Only the host can know it, so it is plain data that the host gives. What it does not know is left out of every answer.

use std::net::IpAddr;

/// The device's network, as far as the host knows it. The default is what a host knows that was told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connectivity {
    /// What the device is connected by.
    pub network_type: NetworkType,
    /// How strong the signal is, in dBm.
    pub signal_strength: Option<i32>,
    /// Whether the system is set to use a proxy. This network never uses it.
    pub system_proxy: Option<bool>,
    /// Whether the network is weak, if the host can tell; else it is judged by what the app's own calls were like, see
    /// [`Quality::is_weak`](crate::quality::Quality::is_weak).
    pub weak: Option<bool>,
    /// The device's address in its local network.
    pub local_address: Option<LocalAddress>,
}

/// An address and the mask of its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalAddress {
    /// The address.
    pub ip: IpAddr,
    /// The mask, of the same version.
    pub netmask: IpAddr,
}

/// `networkType`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NetworkType {
    Wifi,
    Cellular2G,
    Cellular3G,
    Cellular4G,
    Cellular5G,
    /// None of the others, a cable for example, or the host does not know.
    #[default]
    Unknown,
    /// No network.
    None,
}

impl NetworkType {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Wifi,
        Self::Cellular2G,
        Self::Cellular3G,
        Self::Cellular4G,
        Self::Cellular5G,
        Self::Unknown,
        Self::None,
    ];

    /// The platform's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wifi => "wifi",
            Self::Cellular2G => "2g",
            Self::Cellular3G => "3g",
            Self::Cellular4G => "4g",
            Self::Cellular5G => "5g",
            Self::Unknown => "unknown",
            Self::None => "none",
        }
    }

    /// Reads the platform's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether there is a network at all.
    #[must_use]
    pub const fn is_connected(self) -> bool {
        !matches!(self, Self::None)
    }
}
