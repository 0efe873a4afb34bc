//! Which network the device is on.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The network that the device is on; clones are the same. It can be changed from any thread at any time.
///
/// A connection that was made on one network leads nowhere from the next: nobody says so, and a call over it waits until it times out. So after a
/// move every client begins anew at its next call: it makes new connections, looks names up again, and asks servers again whether they speak HTTP/3
/// (RFC 7838 §2.2). Exchanges that are under way go on, for some systems take their connections along.
#[derive(Debug, Clone, Default)]
pub struct DeviceNetwork(Arc<AtomicU64>);

impl DeviceNetwork {
    /// The device is on another network from now on.
    pub fn moved(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of the network, of those that the device has been on.
    pub(crate) fn number(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
