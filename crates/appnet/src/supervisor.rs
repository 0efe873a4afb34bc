//! The table of apps: who runs, where, and what happens when an app's actor crashes.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message, ResponseFuture};
use actix_rt::{ArbiterHandle, System};
use appnet_core::{Epoch, Restarts, TaskId, app::CloseReport};
use appnet_io::CookieJar;
use appnet_policy::{Policy, Rules, connectivity::Connectivity, identity::AppId, shape::Shape};
use dashmap::DashMap;
use tokio::task::{JoinSet, spawn_blocking};

use crate::{
    app_net::{AppNet, Close, Crashed, Parts},
    budget::{Budget, Resident, Rounds},
    clock::Clock,
    error::LaunchError,
    link::{SharedLink, Starter},
    observe::Onlookers,
    teardown::Teardown,
    transport::{Files, MakeTransport},
};

/// Launch an app, with its files. Its actor is started when something waits for it.
#[derive(Message)]
#[rtype(result = "Result<Arc<SharedLink>, LaunchError>")]
pub(crate) struct Launch {
    pub(crate) rules: Arc<Rules>,
    pub(crate) files: Files,
    /// What drives the app on its own thread, if that is how.
    pub(crate) driver: Option<Driver>,
}

/// Makes, on the app's thread, what uses its link there.
pub(crate) type Driver = Box<dyn FnOnce(Arc<SharedLink>) -> Driving + Send>;

/// Runs until it is done.
pub(crate) type Driving = Pin<Box<dyn Future<Output = ()>>>;

/// An app that was launched has something to do for its actor.
#[derive(Message)]
#[rtype(result = "()")]
struct StartApp {
    app: AppId,
    epoch: Epoch,
}

/// Close an app; `None` if it does not run.
#[derive(Message)]
#[rtype(result = "Option<CloseReport>")]
pub(crate) struct CloseApp(pub(crate) AppId);

/// Close every app, then end the threads.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ShutDown;

/// Apps by id: the host's handle finds an app here without asking the supervisor. Only the supervisor changes it.
pub(crate) type Table = Arc<DashMap<AppId, Arc<SharedLink>>>;

/// What the host last said of the device's network, and what it wants the networks of apps to be like.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) connectivity: Connectivity,
    pub(crate) shapes: BTreeMap<AppId, Shape>,
}

/// Shared by the host's handles and the supervisor, so that an app that is being launched misses nothing.
pub(crate) type SharedSaid = Arc<Mutex<Said>>;

/// The actor that launches apps, closes them, and starts them again after a crash.
pub(crate) struct NetworkSupervisor {
    apps: BTreeMap<AppId, App>,
    table: Table,
    /// Where apps live, in turn; at least one.
    places: Vec<Place>,
    launched: usize,
    /// The last life that an app of this network began. No two lives have the same epoch, so that nothing of one app's life can be
    /// taken for something of a later app of the same id.
    last_epoch: Epoch,
    clock: Arc<dyn Clock>,
    make_transport: MakeTransport,
    onlookers: Onlookers,
    said: SharedSaid,
    shut_down: bool,
}

/// A thread that apps live on.
#[derive(Clone)]
struct Place {
    /// `None`: the supervisor's own.
    arbiter: Option<ArbiterHandle>,
    teardown: Teardown,
    rounds: Rounds,
}

struct App {
    policy: Arc<Policy>,
    files: Files,
    cookies: CookieJar,
    link: Arc<SharedLink>,
    /// `None` before the app has something to do for it, and between a crash and the restart.
    actor: Option<Addr<AppNet>>,
    place: Place,
    resident: Resident,
    epoch: Epoch,
    restarts: Restarts,
}

impl NetworkSupervisor {
    pub(crate) fn new(
        table: Table,
        arbiters: Vec<ArbiterHandle>,
        clock: Arc<dyn Clock>,
        make_transport: MakeTransport,
        onlookers: Onlookers,
        said: SharedSaid,
    ) -> Self {
        let mut places: Vec<_> = arbiters.into_iter().map(Some).map(Place::new).collect();
        if places.is_empty() {
            places.push(Place::new(None));
        }
        Self {
            apps: BTreeMap::new(),
            table,
            places,
            launched: 0,
            last_epoch: Epoch::default(),
            clock,
            make_transport,
            onlookers,
            said,
            shut_down: false,
        }
    }

    fn parts(&self, app: &App, ctx: &Context<Self>) -> Parts {
        Parts {
            clock: Arc::clone(&self.clock),
            make_transport: Arc::clone(&self.make_transport),
            crashed: ctx.address().downgrade().recipient(),
            files: app.files.clone(),
            cookies: app.cookies.clone(),
            teardown: app.place.teardown.clone(),
            rounds: app.place.rounds.clone(),
        }
    }

    fn launch(
        &mut self,
        Launch {
            rules,
            files,
            driver,
        }: Launch,
        ctx: &Context<Self>,
    ) -> Result<Arc<SharedLink>, LaunchError> {
        let id = rules.identity().app_id.clone();
        if self.shut_down {
            return Err(LaunchError::ShutDown);
        }
        if self.apps.contains_key(&id) {
            return Err(LaunchError::AlreadyRunning(id));
        }
        let policy = Arc::clone(rules.policy());
        // Until the app is in the table: what the host says meanwhile reaches it there.
        let shared = Arc::clone(&self.said);
        let said = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let (clock, onlookers) = (Arc::clone(&self.clock), self.onlookers.clone());
        let epoch = self.next_epoch();
        let starter = starter(id.clone(), epoch, ctx);
        let link = SharedLink::new(rules, clock, onlookers, said.connectivity, starter);
        let link = Arc::new(link);
        if let Some(shape) = said.shapes.get(&id) {
            link.shape(Some(*shape));
        }
        let place = self.next_place();
        let app = App {
            policy,
            files,
            cookies: CookieJar::default(),
            link: Arc::clone(&link),
            actor: None,
            resident: place.rounds.settle(),
            place,
            epoch,
            restarts: Restarts::new(self.clock.now()),
        };
        if let Some(driver) = driver {
            app.drive(driver);
        }
        self.apps.insert(id.clone(), app);
        self.table.insert(id, Arc::clone(&link));
        Ok(link)
    }

    fn next_epoch(&mut self) -> Epoch {
        self.last_epoch = self.last_epoch.next();
        self.last_epoch
    }

    fn next_place(&mut self) -> Place {
        let place = self.places[self.launched % self.places.len()].clone();
        self.launched += 1;
        place
    }

    fn crashed(&mut self, Crashed { app, epoch }: Crashed, ctx: &mut Context<Self>) {
        let next = self.next_epoch();
        let now = self.clock.now();
        let Some(entry) = self.apps.get_mut(&app).filter(|entry| entry.epoch == epoch) else {
            return;
        };
        entry.actor = None;
        entry.epoch = next;
        entry.link.detach();
        let wait = entry.restarts.crashed(now);
        let crashes = entry.restarts.crashes();
        tracing::error!(%app, crashes, ?wait, "an app's network crashed and is restarted");
        ctx.run_later(wait, move |this, ctx| this.restart(&app, next, ctx));
    }

    fn restart(&mut self, app: &AppId, epoch: Epoch, ctx: &Context<Self>) {
        let now = self.clock.now();
        let entry = self.apps.get_mut(app);
        if let Some(entry) = entry.filter(|entry| entry.epoch == epoch) {
            entry.restarts.reborn(now);
        }
        self.start(app, epoch, ctx);
    }

    /// Begins this life of an app, if it is still the one that the app is to have.
    fn start(&mut self, app: &AppId, epoch: Epoch, ctx: &Context<Self>) {
        let Some(mut entry) = self.apps.remove(app) else {
            return;
        };
        if entry.epoch == epoch {
            entry.start(self.parts(&entry, ctx));
        }
        self.apps.insert(app.clone(), entry);
    }

    fn close(&mut self, app: &AppId) -> Option<Closing> {
        self.table.remove(app);
        let App {
            link,
            actor,
            files,
            resident,
            ..
        } = self.apps.remove(app)?;
        link.begin_close();
        Some(Closing {
            actor,
            link,
            files,
            _resident: resident,
        })
    }

    fn close_all(&mut self) -> JoinSet<CloseReport> {
        let mut closing = JoinSet::new();
        for app in self.apps.keys().cloned().collect::<Vec<_>>() {
            if let Some(app) = self.close(&app) {
                closing.spawn_local(app.finish());
            }
        }
        closing
    }
}

/// Asks the supervisor to start this life of an app.
fn starter(app: AppId, epoch: Epoch, ctx: &Context<NetworkSupervisor>) -> Starter {
    let supervisor = ctx.address().downgrade();
    Box::new(move || {
        if let Some(supervisor) = supervisor.upgrade() {
            supervisor.do_send(StartApp { app, epoch });
        }
    })
}

impl Place {
    fn new(arbiter: Option<ArbiterHandle>) -> Self {
        Self {
            arbiter,
            teardown: Teardown::new(),
            rounds: Rounds::default(),
        }
    }
}

impl App {
    /// Starts the actor. It takes commands from the link once it runs.
    fn start(&mut self, parts: Parts) {
        let (policy, epoch) = (Arc::clone(&self.policy), self.epoch);
        let link = Arc::clone(&self.link);
        let make = move |_: &mut Context<AppNet>| AppNet::new(policy, epoch, link, parts);
        self.actor = Some(match &self.place.arbiter {
            Some(arbiter) => AppNet::start_in_arbiter(arbiter, make),
            None => AppNet::create(make),
        });
    }

    /// Has a share of the thread's time for what drives the app, as the app itself has one (I1).
    fn drive(&self, driver: Driver) {
        let (link, rounds) = (Arc::clone(&self.link), self.place.rounds.clone());
        let slice = self.policy.slice;
        let drive = move || {
            let budget = Budget::new(rounds, slice);
            actix_rt::spawn(Rc::clone(&budget).metered(driver(link)));
        };
        match &self.place.arbiter {
            Some(arbiter) => {
                let _ = arbiter.spawn_fn(drive); // `false`: the network ends
            }
            None => drive(),
        }
    }
}

/// An app that is out of the table and on its way to its end.
struct Closing {
    actor: Option<Addr<AppNet>>,
    link: Arc<SharedLink>,
    files: Files,
    /// It uses its thread until it is closed.
    _resident: Resident,
}

impl Closing {
    async fn finish(self) -> CloseReport {
        let mut report = match self.actor {
            Some(actor) => actor.send(Close).await.unwrap_or_default(), // it crashed: the ledger has its tasks
            None => CloseReport::default(),
        };
        report.queued.extend(self.link.close());
        if let Some(files) = self.files {
            let _ = spawn_blocking(move || files.close()).await; // an error: the sandbox panicked
        }
        report
            .queued
            .sort_unstable_by_key(|task: &TaskId| task.number());
        report
    }
}

impl Actor for NetworkSupervisor {
    type Context = Context<Self>;
}

impl Handler<Launch> for NetworkSupervisor {
    type Result = Result<Arc<SharedLink>, LaunchError>;

    fn handle(&mut self, launch: Launch, ctx: &mut Self::Context) -> Self::Result {
        self.launch(launch, ctx)
    }
}

impl Handler<StartApp> for NetworkSupervisor {
    type Result = ();

    fn handle(&mut self, StartApp { app, epoch }: StartApp, ctx: &mut Self::Context) {
        self.start(&app, epoch, ctx);
    }
}

impl Handler<CloseApp> for NetworkSupervisor {
    type Result = ResponseFuture<Option<CloseReport>>;

    fn handle(&mut self, CloseApp(app): CloseApp, _: &mut Self::Context) -> Self::Result {
        let closing = self.close(&app);
        Box::pin(async move { Some(closing?.finish().await) })
    }
}

impl Handler<ShutDown> for NetworkSupervisor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: ShutDown, _: &mut Self::Context) -> Self::Result {
        let begun = std::mem::replace(&mut self.shut_down, true);
        let closing = self.close_all();
        Box::pin(async move {
            closing.join_all().await;
            if !begun {
                System::current().stop(); // the first shut-down ends the threads, when its apps are closed
            }
        })
    }
}

impl Drop for NetworkSupervisor {
    /// However it ends, no port waits for ever.
    fn drop(&mut self) {
        for app in self.apps.values() {
            app.link.close();
        }
    }
}

impl Handler<Crashed> for NetworkSupervisor {
    type Result = ();

    fn handle(&mut self, crashed: Crashed, ctx: &mut Self::Context) {
        self.crashed(crashed, ctx);
    }
}
