//! What this binary knows of the machine's network: a desktop's answers to `wx.getNetworkType` and `wx.getLocalIPAddress`.
//!
//! It looks once, when a program starts. The strength of a signal and the generation of a mobile network it cannot know.

use appnet_policy::connectivity::Connectivity;

/// Looks at the machine.
pub(crate) fn of_this_machine() -> Connectivity {
    Connectivity {
        system_proxy: Some(has_proxy()),
        ..interface::known()
    }
}

/// By the variables that curl reads. The network itself uses no proxy.
fn has_proxy() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|proxy| !proxy.is_empty());
    [
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "http_proxy",
    ]
    .into_iter()
    .any(is_set)
}

#[cfg(unix)]
mod interface {
    use std::{net::IpAddr, path::Path};

    use appnet_policy::connectivity::{Connectivity, LocalAddress, NetworkType};
    use nix::{
        ifaddrs::{InterfaceAddress, getifaddrs},
        net::if_::InterfaceFlags,
        sys::socket::SockaddrStorage,
    };

    /// By the first interface that is up and leads out. A machine without one still has loopback, where test servers are: it is not said to
    /// have no network.
    pub(super) fn known() -> Connectivity {
        let found = getifaddrs().ok().and_then(|mut all| {
            all.find_map(|it| {
                let address = local_address(&it)?;
                Some((it.interface_name, address))
            })
        });
        let Some((name, address)) = found else {
            return Connectivity::default();
        };
        Connectivity {
            network_type: network_type(&name),
            local_address: Some(address),
            ..Connectivity::default()
        }
    }

    fn local_address(it: &InterfaceAddress) -> Option<LocalAddress> {
        let leads_out = it.flags.contains(InterfaceFlags::IFF_UP)
            && !it.flags.contains(InterfaceFlags::IFF_LOOPBACK);
        let ip = |address: &Option<SockaddrStorage>| {
            Some(IpAddr::V4(address.as_ref()?.as_sockaddr_in()?.ip()))
        };
        leads_out.then_some(LocalAddress {
            ip: ip(&it.address)?,
            netmask: ip(&it.netmask)?,
        })
    }

    /// Linux says which interfaces are wireless; a cable has no word among the platform's.
    fn network_type(interface: &str) -> NetworkType {
        let wireless = Path::new("/sys/class/net").join(interface).join("wireless");
        if wireless.exists() {
            NetworkType::Wifi
        } else {
            NetworkType::Unknown
        }
    }
}

#[cfg(not(unix))]
mod interface {
    use appnet_policy::connectivity::Connectivity;

    pub(super) fn known() -> Connectivity {
        Connectivity::default()
    }
}
