//! What a host knows of the device's network: `wx.getNetworkType` and what stands around it.
//!
//! Only the host can know it, so it is plain data that the host gives. What it does not know is left out of every answer.

use std::net::IpAddr;

use serde::Deserialize;
use thiserror::Error;

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

impl Connectivity {
    /// Whether the device is on another network than it was then, so that connections made there lead nowhere: it went from one kind of network to another,
    /// or has another address. Generations of a cellular network are one kind, for the device keeps its address when they change.
    #[must_use]
    pub fn is_elsewhere_than(&self, before: &Self) -> bool {
        let (now, then) = (self.network_type, before.network_type);
        let is_same_kind = now == then || now.is_cellular() && then.is_cellular();
        let addresses = (self.local_address, before.local_address);
        !is_same_kind || matches!(addresses, (Some(now), Some(then)) if now.ip != then.ip)
    }
}

/// What a host in another process or language knows of the device's network, as JSON. Only `networkType` is required.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectivityJson {
    /// One of the platform's words, see [`NetworkType::as_str`].
    pub network_type: String,
    /// See [`Connectivity`].
    pub signal_strength: Option<i32>,
    /// See [`Connectivity`].
    pub system_proxy: Option<bool>,
    /// See [`Connectivity`].
    pub weak: Option<bool>,
    /// See [`Connectivity`].
    pub local_address: Option<LocalAddress>,
}

/// No kind of network has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("networkType: {word:?} should be one of {}", NetworkType::ALL.map(NetworkType::as_str).join(", "))]
pub struct UnknownNetworkType {
    word: String,
}

impl ConnectivityJson {
    /// What it says.
    ///
    /// # Errors
    /// [`UnknownNetworkType`]
    pub fn into_connectivity(self) -> Result<Connectivity, UnknownNetworkType> {
        let network_type = NetworkType::parse(&self.network_type).ok_or(UnknownNetworkType {
            word: self.network_type,
        })?;
        Ok(Connectivity {
            network_type,
            signal_strength: self.signal_strength,
            system_proxy: self.system_proxy,
            weak: self.weak,
            local_address: self.local_address,
        })
    }
}

/// An address and the mask of its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
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

    /// Whether it is that of a telephone company.
    const fn is_cellular(self) -> bool {
        matches!(
            self,
            Self::Cellular2G | Self::Cellular3G | Self::Cellular4G | Self::Cellular5G
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_in_json_is_taken_whole_or_named() {
        let read = |json| serde_json::from_str::<ConnectivityJson>(json);
        let json = r#"{"networkType": "4g", "signalStrength": -80, "systemProxy": true, "weak": false,
            "localAddress": {"ip": "192.0.2.7", "netmask": "255.255.255.0"}}"#;
        let local_address = LocalAddress {
            ip: [192, 0, 2, 7].into(),
            netmask: [255, 255, 255, 0].into(),
        };
        let said = Connectivity {
            network_type: NetworkType::Cellular4G,
            signal_strength: Some(-80),
            system_proxy: Some(true),
            weak: Some(false),
            local_address: Some(local_address),
        };
        assert_eq!(read(json).unwrap().into_connectivity(), Ok(said));
        let unknown = read(r#"{"networkType": "6g"}"#).unwrap();
        assert_eq!(
            unknown.into_connectivity().unwrap_err().to_string(),
            "networkType: \"6g\" should be one of wifi, 2g, 3g, 4g, 5g, unknown, none"
        );
        assert!(read(r#"{"networkType": "4g", "wifi": 1}"#).is_err());
    }

    #[test]
    fn every_type_but_none_is_a_connection() {
        assert!(!NetworkType::None.is_connected());
        for kind in [
            NetworkType::Wifi,
            NetworkType::Cellular4G,
            NetworkType::Unknown,
        ] {
            assert!(kind.is_connected(), "{kind:?}");
        }
    }

    #[test]
    fn a_device_is_elsewhere_after_a_change_of_the_kind_or_the_address() {
        let on = |network_type, last: Option<u8>| Connectivity {
            network_type,
            local_address: last.map(|last| LocalAddress {
                ip: [10, 0, 0, last].into(),
                netmask: [255, 255, 255, 0].into(),
            }),
            ..Connectivity::default()
        };
        use NetworkType::{Cellular4G, Cellular5G, None as Nothing, Wifi};
        for (before, now, is_elsewhere) in [
            (on(Wifi, None), on(Wifi, None), false),
            (on(Wifi, None), on(Cellular4G, None), true),
            (on(Wifi, None), on(Nothing, None), true),
            (on(Nothing, None), on(Wifi, None), true),
            (on(Cellular4G, None), on(Cellular5G, None), false),
            (on(Wifi, Some(1)), on(Wifi, Some(1)), false),
            (on(Wifi, Some(1)), on(Wifi, Some(2)), true),
            (on(Wifi, None), on(Wifi, Some(2)), false),
            (on(Cellular4G, Some(1)), on(Cellular5G, Some(2)), true),
        ] {
            assert_eq!(now.is_elsewhere_than(&before), is_elsewhere, "{now:?}");
        }
    }
}
