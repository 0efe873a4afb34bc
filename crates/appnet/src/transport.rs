//! What makes the exchanges: `appnet-io` in a network, a script in a test of the actors.

use std::{future::Future, pin::Pin, rc::Rc, sync::Arc};

use appnet_core::{
    IoEvent,
    effect::{Finished, IoFailure},
};
use appnet_io::{Account, Cache, CookieJar, Shaping};
use appnet_policy::{
    exchange::{OutgoingRequest, Receive},
    socket::{SocketLimits, SocketRequest},
};

use crate::{budget::Budget, launched_files::LaunchedFiles, socket_transport::Connecting};

/// Is told what happens to an exchange until its end.
pub(crate) type Tell = Box<dyn Fn(IoEvent)>;

/// Makes the file of an exchange visible under its name. Dropped instead of called, nothing of the file is left.
pub(crate) type Keep = Box<dyn FnOnce() -> Result<(), Box<IoFailure>> + Send>;

/// The end of an exchange.
pub(crate) struct Done {
    pub(crate) finished: Finished,
    /// A downloaded file, to be kept if the success is the app's.
    pub(crate) keep: Option<Keep>,
}

/// Makes one app's exchanges and sockets, on the thread that made it. Dropping the future stops the exchange; dropping the transport closes
/// what it keeps open, but no socket.
pub(crate) trait Transport {
    /// Sends one permitted request and receives the answer.
    fn exchange(
        &self,
        request: Box<OutgoingRequest>,
        receive: Receive,
        tell: Tell,
    ) -> Pin<Box<dyn Future<Output = Done>>>;

    /// Connects one permitted socket, with what the app's exchanges connect with (K3).
    fn connect_socket(&self, request: Box<SocketRequest>, limits: SocketLimits) -> Connecting;
}

/// An app's files; `None`: the host gives it none.
pub(crate) type Files = Option<Arc<LaunchedFiles>>;

/// What an app's transport is made with.
pub(crate) struct TransportParts {
    pub(crate) files: Files,
    /// Where what it receives counts until the app has taken it (I2).
    pub(crate) account: Account,
    /// What its calls may have again.
    pub(crate) cache: Cache,
    /// Those of the app, in whatever life it is.
    pub(crate) cookies: CookieJar,
    /// What its network is like.
    pub(crate) shaping: Shaping,
    /// Whether somebody looks on.
    pub(crate) watched: bool,
    /// Whose time its tasks take (I1).
    pub(crate) budget: Rc<Budget>,
}

/// Makes an app's transport where the app lives.
pub(crate) type MakeTransport = Arc<dyn Fn(TransportParts) -> Rc<dyn Transport> + Send + Sync>;
