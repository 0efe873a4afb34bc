//! What a host embeds.

use std::{
    fmt,
    future::Future,
    path::Path,
    sync::{Arc, MutexGuard, PoisonError, Weak},
};

use actix::{Addr, dev::ToEnvelope};
use appnet_core::{Move, app::CloseReport};
use appnet_io::{DeviceNetwork, DirectorySandbox, files::OpenError};
use appnet_policy::{
    Policy, Rules,
    connectivity::Connectivity,
    icp::IcpRegistry,
    identity::AppId,
    rules::{AppConfig, ConfigError},
    shape::Shape,
};

use crate::{
    NewApp, Pinned, Port, RunningApp,
    error::{AttachError, LaunchError, UnknownApp},
    launched_files::LaunchedFiles,
    link::SharedLink,
    supervisor::{CloseApp, Driver, Launch, NetworkSupervisor, Said, SharedSaid, ShutDown, Table},
    threads::Threads,
    transport::Files,
};

/// A handle of a running network subsystem; clones are handles of the same one. When the last one is dropped, the network stops.
#[derive(Clone)]
pub struct Network {
    inner: Arc<Inner>,
}

/// A handle of a network that may have stopped, see [`Network::downgrade`].
#[derive(Clone)]
pub struct WeakNetwork {
    inner: Weak<Inner>,
}

/// What the handles share.
pub(crate) struct Inner {
    pub(crate) supervisor: Addr<NetworkSupervisor>,
    pub(crate) table: Table,
    pub(crate) policy: Arc<Policy>,
    pub(crate) icp: Option<Arc<dyn IcpRegistry>>,
    pub(crate) said: SharedSaid,
    /// What every app's connections find the device on.
    pub(crate) device: DeviceNetwork,
    pub(crate) threads: Threads,
}

impl Network {
    pub(crate) fn new(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Launches an app, in the foreground, and gives its port. An [`AppConfig`] alone is enough; see [`NewApp`] for what else there is.
    ///
    /// # Errors
    /// [`LaunchError`]: a configuration that is refused, an app that runs already.
    pub async fn launch(&self, app: impl Into<NewApp>) -> Result<Port, LaunchError> {
        self.launch_app(app.into(), None).await.map(Port::new)
    }

    /// Opens an app's files in this directory, which is made if need be, within the bounds of this network's policy (F4, I3). It blocks.
    ///
    /// # Errors
    /// [`OpenError`]: a directory that has other things in it, or that is in use, is left as it is.
    pub fn open_files(&self, directory: &Path) -> Result<Arc<DirectorySandbox>, OpenError> {
        DirectorySandbox::open(directory, self.inner.policy.files).map(Arc::new)
    }

    /// Another port of an app whose port was dropped: it hears what happens from now on, also of tasks that were called before. Their numbers are not
    /// free again, see [`Port::next_task`].
    ///
    /// # Errors
    /// [`AttachError`]
    pub fn attach(&self, app: &AppId) -> Result<Port, AttachError> {
        let link = self.link(app)?;
        if link.listen_again() {
            Ok(Port::new(link))
        } else {
            Err(AttachError::Attached(app.clone()))
        }
    }

    /// Launches an app and drives it on the thread that it lives on: `drive` gets its port there, and the future that it gives runs
    /// there until it is done. A command and its event then cost no switch between threads: a quarter of what a small call over HTTP/2
    /// costs. The future gets a slice of the thread's time like an app (I1); it must not block, and should end when the port's events do.
    ///
    /// # Errors
    /// As [`launch`](Self::launch).
    pub async fn launch_driven<F>(
        &self,
        app: impl Into<NewApp>,
        drive: impl FnOnce(Port) -> F + Send + 'static,
    ) -> Result<(), LaunchError>
    where
        F: Future<Output = ()> + 'static,
    {
        let driver: Driver = Box::new(|link| Box::pin(drive(Port::new(link))));
        let launched = self.launch_app(app.into(), Some(driver)).await;
        launched.map(drop)
    }

    async fn launch_app(
        &self,
        NewApp { config, files }: NewApp,
        driver: Option<Driver>,
    ) -> Result<Arc<SharedLink>, LaunchError> {
        let rules = self.rules(config)?;
        let files: Files = files.map(|files| Arc::new(LaunchedFiles::new(files)));
        let launch = Launch {
            rules,
            files,
            driver,
        };
        self.ask(launch).await.unwrap_or(Err(LaunchError::ShutDown))
    }

    /// Changes a running app's configuration, for every call that it makes after this returns. Calls made before keep the rules they were
    /// checked by; a bad configuration changes nothing (D7).
    ///
    /// # Errors
    /// [`LaunchError`]: a configuration that is refused, an app that does not run.
    pub fn configure(&self, config: AppConfig) -> Result<(), LaunchError> {
        let rules = self.rules(config)?;
        let link = self.link(&rules.identity().app_id);
        let link = link.map_err(|UnknownApp(app)| LaunchError::NotRunning(app))?;
        link.configure(rules);
        Ok(())
    }

    /// Tells that an app left the screen (B1), and whether it is exempt because it is pinned (B5). In force for every call that the app makes after this returns.
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub fn enter_background(&self, app: &AppId, pinned: Pinned) -> Result<(), UnknownApp> {
        let pinned = pinned == Pinned::Yes;
        self.link(app)?
            .move_to(|at| Move::Background { pinned, at });
        Ok(())
    }

    /// Tells that an app is on the screen again (B4). In force for every call that the app makes after this returns.
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub fn enter_foreground(&self, app: &AppId) -> Result<(), UnknownApp> {
        self.link(app)?.move_to(|at| Move::Foreground { at });
        Ok(())
    }

    /// Says what the host knows of the device's network. Every app hears of what changed by an event, and finds it when it asks; an app that
    /// is launched later finds the last word.
    ///
    /// If the device is on another network than before ([`Connectivity::is_elsewhere_than`]), no call that begins from now on uses a connection or an address
    /// that was found there. So say it at once.
    pub fn set_connectivity(&self, connectivity: Connectivity) {
        let mut said = self.inner.said();
        let before = std::mem::replace(&mut said.connectivity, connectivity);
        if connectivity.is_elsewhere_than(&before) {
            self.inner.device.moved(); // first, so that an app that hears of it calls over new connections
        }
        self.links()
            .iter()
            .for_each(|link| link.set_connectivity(connectivity));
    }

    /// The apps that run, by their ids, with what each has. It asks no actor, so a busy one is not waited for: the host's last word counts for where an
    /// app is. What is said of one app is of one moment, and of two apps of two moments.
    #[must_use]
    pub fn apps(&self) -> Vec<RunningApp> {
        let mut apps: Vec<_> = self.links().iter().map(|link| link.running_app()).collect();
        apps.sort_unstable_by(|one, other| one.app.cmp(&other.app));
        apps
    }

    /// Apart from the table, which is not held while they are used.
    fn links(&self) -> Vec<Arc<SharedLink>> {
        self.inner.table.iter().map(|it| Arc::clone(&it)).collect()
    }

    /// Makes the network of an app weak, or takes it away (see [`Shape`]); `None`: as it is. Open connections feel it, too, and the app hears of what
    /// it can hear of. It holds for later launches of the app as well, until something else is said. While it does, nothing goes over HTTP/3: what is
    /// weak are TCP connections.
    ///
    /// ```
    /// use appnet::{Network, policy::{identity::AppId, shape::{Preset, Shape}}};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let network = Network::builder().start()?;
    /// let app = AppId::new("wx1");
    /// network.shape(&app, Some(Preset::Slow3G.shape()));
    /// network.shape(&app, Some("latency=300,jitter=100,loss=1".parse()?));
    /// network.shape(&app, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn shape(&self, app: &AppId, shape: Option<Shape>) {
        let mut said = self.inner.said();
        match shape {
            Some(shape) => said.shapes.insert(app.clone(), shape),
            None => said.shapes.remove(app),
        };
        if let Ok(link) = self.link(app) {
            link.shape(shape);
        }
    }

    /// What an app's network is made to be like.
    #[must_use]
    pub fn shape_of(&self, app: &AppId) -> Option<Shape> {
        self.inner.said().shapes.get(app).copied()
    }

    /// A handle that does not keep the network running: for what the network itself holds, such as an inspector.
    #[must_use]
    pub fn downgrade(&self) -> WeakNetwork {
        WeakNetwork {
            inner: Arc::downgrade(&self.inner),
        }
    }

    /// Ends an app and everything it has (B7). From the moment this is first polled, calls of the app hear that it is closed. When it
    /// returns, nothing of the app is left, and its port has had its last event.
    ///
    /// # Errors
    /// [`UnknownApp`]
    pub async fn close(&self, app: &AppId) -> Result<CloseReport, UnknownApp> {
        self.link(app)?.begin_close();
        self.ask(CloseApp(app.clone()))
            .await
            .flatten()
            .ok_or_else(|| UnknownApp(app.clone()))
    }

    /// Closes every app and ends all threads; returns when they have ended, also if another handle shut the network down before. Other
    /// handles then find no app.
    pub async fn shut_down(self) {
        self.inner.begin_close();
        self.inner.supervisor.do_send(ShutDown);
        self.inner.threads.ended().await;
    }

    fn rules(&self, config: AppConfig) -> Result<Arc<Rules>, ConfigError> {
        Rules::new(
            Arc::clone(&self.inner.policy),
            config,
            self.inner.icp.as_deref(),
        )
        .map(Arc::new)
    }

    fn link(&self, app: &AppId) -> Result<Arc<SharedLink>, UnknownApp> {
        self.inner
            .table
            .get(app)
            .map(|link| Arc::clone(&link))
            .ok_or_else(|| UnknownApp(app.clone()))
    }

    /// `None`: the network is shut down.
    async fn ask<M>(&self, message: M) -> Option<M::Result>
    where
        M: actix::Message<Result: Send> + Send + 'static,
        NetworkSupervisor: actix::Handler<M>,
        actix::Context<NetworkSupervisor>: ToEnvelope<NetworkSupervisor, M>,
    {
        self.inner.supervisor.send(message).await.ok()
    }
}

impl WeakNetwork {
    /// The network, if it runs still.
    #[must_use]
    pub fn upgrade(&self) -> Option<Network> {
        let inner = self.inner.upgrade()?;
        Some(Network { inner })
    }
}

impl fmt::Debug for WeakNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakNetwork").finish_non_exhaustive()
    }
}

impl Inner {
    /// Nothing that holds the lock can leave it half changed.
    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// B7: calls of every app hear from now on that it is closed.
    fn begin_close(&self) {
        self.table.iter().for_each(|link| link.begin_close());
    }
}

impl Drop for Inner {
    /// The last handle is gone: every port ends now, with a terminal event for each task (B7). What the apps have is torn down on the
    /// network's threads, which end then.
    fn drop(&mut self) {
        for link in self.table.iter() {
            link.close();
        }
        self.supervisor.do_send(ShutDown);
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("apps", &self.inner.table.len())
            .finish_non_exhaustive()
    }
}
