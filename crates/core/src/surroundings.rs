//! What an app may know of the device's network: what the host says, and what the app's own calls showed.

use appnet_policy::{
    Api,
    connectivity::{Connectivity, LocalAddress, NetworkType},
    failure::ParameterError,
    quality::{EffectiveType, Estimates, Quality},
    shape::Shape,
};
use bytes::Bytes;

use crate::CallRecord;

/// Something that an app asks and that needs no server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// `wx.getNetworkType`
    NetworkType,
    /// `wx.getLocalIPAddress`
    LocalAddress,
    /// `wx.getRandomValues`, of so many bytes; or why not.
    RandomValues(Result<usize, ParameterError>),
}

/// The answer to a [`Query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryAnswer {
    /// The network as it is.
    NetworkType {
        /// What the host says.
        connectivity: Connectivity,
        /// Whether it is weak.
        weak: bool,
    },
    /// The address; `None`: the host does not know it.
    LocalAddress(Option<LocalAddress>),
    /// The bytes; or what was wrong with the call.
    RandomValues(Result<Bytes, ParameterError>),
}

/// Something about the device's network has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkNews {
    /// `wx.onNetworkStatusChange`
    Status(NetworkType),
    /// `wx.onNetworkWeakChange`
    Weak {
        /// Whether it is weak now.
        weak: bool,
        /// What the device is connected by.
        network_type: NetworkType,
    },
}

/// What one app may know of the network at this moment.
#[derive(Debug)]
pub struct Surroundings {
    /// What the host says of the device.
    device: Connectivity,
    /// What it wants the app's network to be like.
    shape: Option<Shape>,
    /// What the app is told: of the device, with the shape.
    connectivity: Connectivity,
    quality: Quality,
    weak: bool,
}

impl Surroundings {
    pub(crate) fn new(connectivity: Connectivity) -> Self {
        Self {
            device: connectivity,
            shape: None,
            connectivity,
            weak: connectivity.weak.unwrap_or(false),
            quality: Quality::default(),
        }
    }

    /// The answer to [`Query::NetworkType`].
    #[must_use]
    pub const fn network_type(&self) -> QueryAnswer {
        QueryAnswer::NetworkType {
            connectivity: self.connectivity,
            weak: self.weak,
        }
    }

    /// The answer to [`Query::LocalAddress`].
    #[must_use]
    pub const fn local_address(&self) -> QueryAnswer {
        QueryAnswer::LocalAddress(self.connectivity.local_address)
    }

    /// The host says what it knows now. What comes of it is news for the app.
    pub(crate) fn set_connectivity(&mut self, connectivity: Connectivity) -> Vec<NetworkNews> {
        self.device = connectivity;
        self.refresh()
    }

    /// The host wants the app's network to be like this now; `None`: as it is. What comes of it is news for the app.
    pub(crate) fn set_shape(&mut self, shape: Option<Shape>) -> Vec<NetworkNews> {
        self.shape = shape;
        self.refresh()
    }

    fn refresh(&mut self) -> Vec<NetworkNews> {
        let connectivity = match self.shape {
            Some(shape) => shape.over(self.device),
            None => self.device,
        };
        let before = std::mem::replace(&mut self.connectivity, connectivity);
        let network_type = connectivity.network_type;
        let mut news = Vec::new();
        if before.network_type != network_type {
            news.push(NetworkNews::Status(network_type));
        }
        news.extend(self.judge());
        news
    }

    /// A call has ended. A socket's record tells of its whole life, and so nothing of the network now.
    pub(crate) fn observe(&mut self, record: &CallRecord) -> Option<NetworkNews> {
        if record.api == Api::ConnectSocket {
            return None;
        }
        let failure = record.outcome.as_ref().err();
        self.quality.observe(record.profile.as_deref(), failure);
        self.judge()
    }

    pub(crate) fn estimates(&self) -> Estimates {
        let estimates = self.quality.estimates();
        if self.connectivity.network_type.is_connected() {
            return estimates;
        }
        Estimates {
            effective_type: EffectiveType::Offline,
            ..estimates
        }
    }

    fn judge(&mut self) -> Option<NetworkNews> {
        let weak = self.connectivity.weak;
        let weak = weak.unwrap_or_else(|| self.quality.is_weak());
        let changed = std::mem::replace(&mut self.weak, weak) != weak;
        changed.then_some(NetworkNews::Weak {
            weak,
            network_type: self.connectivity.network_type,
        })
    }
}

#[cfg(test)]
mod tests {
    use appnet_policy::shape::Preset;

    use super::*;

    const fn of(network_type: NetworkType, weak: Option<bool>) -> Connectivity {
        Connectivity {
            network_type,
            weak,
            signal_strength: None,
            system_proxy: None,
            local_address: None,
        }
    }

    #[test]
    fn an_app_hears_of_what_changed_and_of_nothing_else() {
        let mut around = Surroundings::new(of(NetworkType::Wifi, None));
        assert_eq!(around.set_connectivity(of(NetworkType::Wifi, None)), []);
        let status = NetworkNews::Status(NetworkType::None);
        assert_eq!(
            around.set_connectivity(of(NetworkType::None, None)),
            [status]
        );
        let back = around.set_connectivity(of(NetworkType::Cellular4G, Some(true)));
        let weak = |weak| NetworkNews::Weak {
            weak,
            network_type: NetworkType::Cellular4G,
        };
        let status = NetworkNews::Status(NetworkType::Cellular4G);
        assert_eq!(back, [status, weak(true)]);
        let strong = of(NetworkType::Cellular4G, None);
        assert_eq!(around.set_connectivity(strong), [weak(false)]);
    }

    #[test]
    fn a_shape_stands_before_the_device_until_it_is_taken_away() {
        let mut around = Surroundings::new(of(NetworkType::Wifi, Some(false)));
        let status = NetworkNews::Status;
        let offline = Some(Preset::Offline.shape());
        assert_eq!(around.set_shape(offline), [status(NetworkType::None)]);
        assert_eq!(around.estimates().effective_type, EffectiveType::Offline);
        // Whatever the device does meanwhile.
        assert_eq!(
            around.set_connectivity(of(NetworkType::Cellular5G, None)),
            []
        );
        let slow = Some(Preset::Slow3G.shape());
        assert_eq!(around.set_shape(slow), [status(NetworkType::Cellular3G)]);
        assert_eq!(around.set_shape(None), [status(NetworkType::Cellular5G)]);
    }

    #[test]
    fn without_a_network_the_estimate_is_offline() {
        let around = Surroundings::new(of(NetworkType::None, None));
        assert_eq!(around.estimates().effective_type, EffectiveType::Offline);
        let around = Surroundings::new(of(NetworkType::Unknown, None));
        assert_eq!(around.estimates().effective_type, EffectiveType::Unknown);
    }

    #[test]
    fn an_app_that_begins_on_a_weak_network_finds_it_so() {
        let connectivity = of(NetworkType::Cellular2G, Some(true));
        let mut around = Surroundings::new(connectivity);
        let weak = true;
        assert_eq!(
            around.network_type(),
            QueryAnswer::NetworkType { connectivity, weak }
        );
        assert_eq!(around.set_connectivity(connectivity), []);
    }
}
