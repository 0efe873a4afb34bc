//! An inspector that Chrome DevTools can attach to, by the Chrome DevTools Protocol (<https://chromedevtools.github.io/devtools-protocol/>).
//!
//! It has a thread of its own. The network's threads only write down what they see and put events into the queue of each front end; a front end
//! that is too slow for its queue is dropped (I1, I2). Each app is a target with the domains `Network` and `Log`. Nothing here
//! changes a call; where the host allows it, a front end makes the network of its app weak.

mod console;
mod emulation;
mod event;
mod follow;
mod head;
mod server;
mod session;
mod target;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, PoisonError, RwLock},
    thread,
};

use appnet::{Inspector, Network, Sight, TaskId};
use appnet_policy::identity::AppId;
use tokio::sync::{oneshot, watch};

pub use self::console::ConsoleLevel;
pub(crate) use self::{emulation::Control, target::Target};
#[cfg(test)]
pub(crate) use self::{session::Session, target::Outlet};

use crate::log::{Limits, Stack};

/// Shows calls to Chrome DevTools while they go on. Its server ends when this is dropped.
///
/// ```
/// use std::sync::Arc;
///
/// use appnet::{Network, policy::identity::AppId};
/// use appnet_inspect::DevTools;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let devtools = Arc::new(DevTools::listen(([127, 0, 0, 1], 0).into())?);
/// let network = Network::builder().inspector(devtools.clone()).start()?;
/// println!("open {} in Chrome", devtools.target(&AppId::new("wx1")).front_end());
/// # drop(network);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DevTools {
    hub: Arc<Hub>,
    address: SocketAddr,
    /// The server ends with it.
    _stop: oneshot::Sender<()>,
}

/// Where a front end finds an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `127.0.0.1:9229`
    host: String,
    /// The target's number.
    id: u64,
}

impl Address {
    /// The WebSocket of the target: what a front end connects to.
    #[must_use]
    pub fn web_socket(&self) -> String {
        format!("ws://{}", self.bare())
    }

    /// The front end that Chrome and Chromium have built in, attached to the target: for their address bar.
    #[must_use]
    pub fn front_end(&self) -> String {
        format!(
            "devtools://devtools/bundled/devtools_app.html?ws={}&panel=network",
            self.bare()
        )
    }

    fn bare(&self) -> String {
        format!("{}/app/{}", self.host, self.id)
    }
}

/// What the server and the network's threads share.
#[derive(Debug)]
struct Hub {
    targets: RwLock<BTreeMap<AppId, Arc<Target>>>,
    limits: Limits,
    control: Control,
    /// Whether a front end has asked for events, or said that the program may go on.
    attached: watch::Sender<bool>,
    /// Front ends that are attached now.
    sessions: watch::Sender<usize>,
}

/// What is kept for a front end that comes later, and for bodies that it asks for.
pub(crate) const LIMITS: Limits = Limits {
    body_bytes: 4 << 20,
    app_bytes: 32 << 20,
    calls: 1000,
    messages: 1000,
};

impl DevTools {
    /// Listens, and serves on a thread of its own. Port 0 stands for any. Whoever can reach the address can read all that the apps send and
    /// receive, so it should be one of loopback.
    ///
    /// A web page cannot reach it: a request has to name this server by an IP address or `localhost`, against DNS rebinding, and may have no
    /// `Origin` but that of a DevTools front end.
    ///
    /// # Errors
    /// The address is taken or not of this machine, or the system gives no thread.
    pub fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let hub = Arc::new(Hub::new(LIMITS));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&hub);
        thread::Builder::new()
            .name("devtools".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = server::serve(listener, &served) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            hub,
            address,
            _stop: stop,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The target of an app, which need not have been launched yet.
    #[must_use]
    pub fn target(&self, app: &AppId) -> Address {
        Address {
            host: self.address.to_string(),
            id: self.hub.target(app).id(),
        }
    }

    /// From now on a front end may make the network of its app weak, or take it away (see [`Network::shape`]), until it goes away. The network is not kept
    /// running by it.
    pub fn control(&self, network: &Network) {
        self.hub.control.set(network);
    }

    /// Is told by the host, before it hands a call to the port, where in the program the call is made. It is shown as the call's initiator.
    pub fn called_from(&self, app: &AppId, task: TaskId, stack: Arc<dyn Stack>) {
        self.hub.target(app).called_from(task, stack);
    }

    /// Is told by the host what an app's program says to its console. The last 1,000 lines are kept for a front end that comes later.
    pub fn console(&self, app: &AppId, level: ConsoleLevel, text: &str) {
        self.hub.target(app).say(console::Line::new(level, text));
    }

    /// Returns when a front end has enabled `Network` or sent `Runtime.runIfWaitingForDebugger`, now or before.
    pub async fn attached(&self) {
        // The sender is in the hub.
        drop(self.hub.attached.subscribe().wait_for(|it| *it).await);
    }

    /// How many front ends are attached.
    #[must_use]
    pub fn sessions(&self) -> usize {
        *self.hub.sessions.borrow()
    }

    /// Returns when no front end is attached.
    pub async fn detached(&self) {
        drop(self.hub.sessions.subscribe().wait_for(|it| *it == 0).await);
    }
}

impl Inspector for DevTools {
    fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        self.hub.target(app).see(task, sight);
    }
}

impl Hub {
    fn new(limits: Limits) -> Self {
        Self {
            targets: RwLock::default(),
            limits,
            control: Control::default(),
            attached: watch::Sender::new(false),
            sessions: watch::Sender::new(0),
        }
    }

    fn target(&self, app: &AppId) -> Arc<Target> {
        let known = self.targets.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = known.get(app) {
            return Arc::clone(target);
        }
        drop(known);
        let mut targets = self.targets.write().unwrap_or_else(PoisonError::into_inner);
        let next = targets.len() as u64 + 1;
        let target = targets
            .entry(app.clone())
            .or_insert_with(|| Arc::new(Target::new(next, app.clone(), self.limits)));
        Arc::clone(target)
    }

    /// All of them, in the order of their ids.
    fn targets(&self) -> Vec<Arc<Target>> {
        let targets = self.targets.read().unwrap_or_else(PoisonError::into_inner);
        let mut targets: Vec<_> = targets.values().cloned().collect();
        targets.sort_by_key(|target| target.id());
        targets
    }
}
