//! Why something that a host asked for was not done.

use appnet_io::{PemError, ServerKeysError, TrustError};
use appnet_policy::{
    identity::AppId,
    rules::{ConfigError, Refusal},
};

/// Why a network did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No usable trusted roots (K1, K2).
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Extra roots that are not certificates.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A client certificate or a pinned key that cannot be used.
    #[error(transparent)]
    ServerKeys(#[from] ServerKeysError),
    /// Apps were to be spread over 0 threads.
    #[error("threads should be 1 or more instead of 0; leave it out for one for each core")]
    NoThreads,
    /// The system gives no thread.
    #[error("cannot start a thread of the network: {0}")]
    Thread(#[from] std::io::Error),
}

/// Why an app was not launched or not reconfigured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// Its configuration is refused whole; the one in force before, if any, stays in force (D7).
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It runs already.
    #[error("app {0} is running already: close it first")]
    AlreadyRunning(AppId),
    /// It does not run.
    #[error("app {0} is not running: launch it first")]
    NotRunning(AppId),
    /// The network was shut down.
    #[error("the network is shut down")]
    ShutDown,
}

/// Why no port was given to an app that runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    /// It does not run.
    #[error(transparent)]
    NotRunning(#[from] UnknownApp),
    /// It has a port, or the events of one.
    #[error("app {0} has a port already: drop it first")]
    Attached(AppId),
}

/// Why a server was not probed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// No usable trusted roots (K1, K2).
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The configuration is refused: no app can be configured so (D7).
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The call is refused before anybody is turned to.
    #[error("{0}")]
    Refused(Refusal),
}

impl From<Refusal> for ProbeError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// No app of this id runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no app {0} is running")]
pub struct UnknownApp(pub AppId);
