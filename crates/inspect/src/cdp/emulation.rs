//! What a front end wants the network of its app to be like.

use std::{
    num::NonZeroU64,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use appnet::{Network, WeakNetwork};
use appnet_policy::{
    connectivity::NetworkType,
    identity::AppId,
    shape::{Paid, Shape},
};
use serde::Deserialize;

/// The network whose apps are shown, if front ends may change it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Control(Arc<RwLock<Option<WeakNetwork>>>);

impl Control {
    pub(crate) fn set(&self, network: &Network) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *held = Some(network.downgrade());
    }

    fn network(&self) -> Result<Network, String> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref().ok_or(
            "the host lets no front end change its network: it would by DevTools::control",
        )?;
        held.upgrade()
            .ok_or_else(|| "the network has ended".to_owned())
    }
}

/// `Network.emulateNetworkConditions`, and what stands for one rule of `emulateNetworkConditionsByRule`. What it says of lost packets is of WebRTC only.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Conditions {
    pub(crate) url_pattern: String,
    pub(crate) offline: bool,
    /// Milliseconds from a request to the headers of its answer.
    latency: f64,
    /// Bytes a second; -1: as fast as it comes.
    download_throughput: f64,
    upload_throughput: f64,
    connection_type: Option<String>,
}

/// A minute: no call lasts longer.
const MOST_MILLIS: f64 = 60_000.0;

impl Conditions {
    fn shape(&self) -> Shape {
        Shape {
            latency: Duration::from_secs_f64(self.latency.clamp(0.0, MOST_MILLIS) / 1e3),
            paid: Paid::EachAnswer,
            down: speed(self.download_throughput),
            up: speed(self.upload_throughput),
            network_type: self.connection_type.as_deref().and_then(network_type),
            offline: self.offline,
            ..Shape::default()
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is cast is the nearest whole number there is"
)]
fn speed(bytes: f64) -> Option<NonZeroU64> {
    NonZeroU64::new(bytes.ceil() as u64)
}

/// By the protocol's `Network.ConnectionType`.
fn network_type(name: &str) -> Option<NetworkType> {
    match name {
        "none" => Some(NetworkType::None),
        "cellular2g" => Some(NetworkType::Cellular2G),
        "cellular3g" => Some(NetworkType::Cellular3G),
        "cellular4g" => Some(NetworkType::Cellular4G),
        "wifi" => Some(NetworkType::Wifi),
        _ => None, // others have no word on the platform
    }
}

/// What one front end has asked for, until it goes away.
#[derive(Debug)]
pub(crate) struct Emulation {
    app: AppId,
    control: Control,
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    /// What the host had made of the network before the front end spoke of it.
    before: Option<Option<Shape>>,
    conditions: Conditions,
    state: Option<NetworkType>,
}

impl Emulation {
    pub(crate) fn new(app: AppId, control: Control) -> Self {
        Self {
            app,
            control,
            asked: Mutex::default(),
        }
    }

    /// Calls are slow, or fail, as these say. If they say nothing, the network is as the host has made it.
    pub(crate) fn emulate(&self, conditions: Conditions) -> Result<(), String> {
        self.change(|asked| asked.conditions = conditions)
    }

    /// The same by rules. Those for some URLs there are none of here.
    pub(crate) fn emulate_by_rule(
        &self,
        offline: bool,
        rules: &[Conditions],
    ) -> Result<usize, String> {
        if let Some(rule) = rules.iter().find(|rule| !rule.url_pattern.is_empty()) {
            return Err(format!(
                "the network of an app is shaped as a whole: leave the urlPattern {:?} empty",
                rule.url_pattern
            ));
        }
        let mut conditions = rules.first().cloned().unwrap_or_default();
        conditions.offline |= offline;
        self.emulate(conditions)?;
        Ok(rules.len())
    }

    /// What the app is told that it is connected by.
    pub(crate) fn override_state(&self, state: &Conditions) -> Result<(), String> {
        let kind = match state.offline {
            true => Some(NetworkType::None),
            false => state.connection_type.as_deref().and_then(network_type),
        };
        self.change(|asked| asked.state = kind)
    }

    fn change(&self, change: impl FnOnce(&mut Asked)) -> Result<(), String> {
        let mut asked = self.asked();
        let (conditions, state) = (asked.conditions.shape(), asked.state);
        change(&mut asked);
        if (conditions, state) == (asked.conditions.shape(), asked.state) {
            return Ok(()); // front ends say at their beginning that they want nothing
        }
        let network = self.control.network()?;
        let before = *asked
            .before
            .get_or_insert_with(|| network.shape_of(&self.app));
        network.shape(&self.app, asked.shape().or(before));
        Ok(())
    }

    /// Nothing that holds the lock can leave it half changed.
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    /// `None`: nothing is asked for.
    fn shape(&self) -> Option<Shape> {
        let shape = self.conditions.shape();
        let shape = Shape {
            network_type: self.state.or(shape.network_type),
            ..shape
        };
        let nothing = Shape {
            paid: shape.paid,
            ..Shape::default()
        };
        (shape != nothing).then_some(shape)
    }
}

impl Drop for Emulation {
    /// As Chrome does it: who goes away leaves no trace.
    fn drop(&mut self) {
        let before = self.asked().before.take();
        if let (Some(before), Ok(network)) = (before, self.control.network()) {
            network.shape(&self.app, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use appnet_policy::shape::Preset;

    use super::*;

    fn conditions(json: &str) -> Conditions {
        serde_json::from_str(json).unwrap()
    }

    const SLOW: &str = r#"{"offline": false, "latency": 2000, "downloadThroughput": 50000, "uploadThroughput": 50000, "connectionType": "cellular3g"}"#;
    const NOTHING: &str =
        r#"{"offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}"#;

    #[test]
    fn a_front_end_shapes_the_network_of_its_app_until_it_goes_away() {
        let network = Network::builder().start().unwrap();
        let app = AppId::new("wx1");
        let of_the_host = Some(Preset::Lossy.shape());
        network.shape(&app, of_the_host);
        let control = Control::default();
        control.set(&network);
        let emulation = Emulation::new(app.clone(), control);
        emulation.emulate(conditions(NOTHING)).unwrap();
        assert_eq!(network.shape_of(&app), of_the_host);
        emulation.emulate(conditions(SLOW)).unwrap();
        let slow = Shape {
            latency: Duration::from_secs(2),
            paid: Paid::EachAnswer,
            down: NonZeroU64::new(50_000),
            up: NonZeroU64::new(50_000),
            network_type: Some(NetworkType::Cellular3G),
            ..Shape::default()
        };
        assert_eq!(network.shape_of(&app), Some(slow));
        emulation
            .override_state(&conditions(r#"{"connectionType": "cellular2g"}"#))
            .unwrap();
        let told = network.shape_of(&app).and_then(|it| it.network_type);
        assert_eq!(told, Some(NetworkType::Cellular2G));
        emulation
            .override_state(&conditions(r#"{"connectionType": "bluetooth"}"#))
            .unwrap();
        assert_eq!(emulation.emulate_by_rule(true, &[]), Ok(0));
        assert!(network.shape_of(&app).is_some_and(|it| it.offline));
        assert_eq!(
            emulation.emulate_by_rule(false, &[conditions(NOTHING)]),
            Ok(1)
        );
        assert_eq!(network.shape_of(&app), of_the_host);
        emulation.emulate(conditions(SLOW)).unwrap();
        drop(emulation);
        assert_eq!(network.shape_of(&app), of_the_host);
    }

    #[test]
    fn what_cannot_be_emulated_is_told() {
        let emulation = Emulation::new(AppId::new("wx1"), Control::default());
        assert_eq!(emulation.emulate(conditions(NOTHING)), Ok(()));
        assert_eq!(
            emulation.emulate(conditions(SLOW)),
            Err(
                "the host lets no front end change its network: it would by DevTools::control"
                    .to_owned()
            )
        );
        let rule = conditions(r#"{"urlPattern": "https://a.test/*", "latency": 1}"#);
        assert_eq!(
            emulation.emulate_by_rule(false, &[rule]),
            Err("the network of an app is shaped as a whole: leave the urlPattern \"https://a.test/*\" empty".to_owned())
        );
    }
}
