//! The table of apps: who runs, where, and what happens when an app's actor crashes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actix::{Actor, Addr, AsyncContext, Context, Handler, ResponseFuture};
use actix_rt::ArbiterHandle;
use appnet_core::{Epoch, Instant, TaskId, app::CloseReport};
use appnet_policy::{Rules, identity::AppId};
use dashmap::DashMap;
use tokio::task::spawn_blocking;

use crate::{
    app_net::{AppNet, Parts},
    clock::Clock,
    link::Link,
    messages::{Close, CloseAll, CloseApp, Configure, Crashed, Launch, Reconfigure, Started},
    network::LaunchError,
    observe::Observer,
    port::Events,
    teardown::Teardown,
    transport::{Files, MakeTransport},
};

/// Apps by id, for whoever only looks: the host's handle finds an app here without asking the supervisor. Only the supervisor changes it.
pub(crate) type Table = Arc<DashMap<AppId, Arc<Link>>>;

/// The actor that launches apps, closes them, and brings them back after a crash.
pub(crate) struct NetworkSupervisor {
    apps: BTreeMap<AppId, App>,
    table: Table,
    /// Where apps live, in turn; at least one.
    places: Vec<Place>,
    launched: usize,
    clock: Arc<dyn Clock>,
    make_transport: MakeTransport,
    observer: Option<Observer>,
}

/// A thread that apps live on.
#[derive(Clone)]
struct Place {
    /// `None`: the supervisor's own.
    arbiter: Option<ArbiterHandle>,
    teardown: Teardown,
}

struct App {
    rules: Arc<Rules>,
    files: Files,
    link: Arc<Link>,
    /// `None` between a crash and the restart.
    actor: Option<Addr<AppNet>>,
    place: Place,
    epoch: Epoch,
    /// When this life began.
    born: Instant,
    /// Crashes in a row.
    crashes: u32,
}

impl NetworkSupervisor {
    pub(crate) fn new(
        table: Table,
        arbiters: Vec<ArbiterHandle>,
        clock: Arc<dyn Clock>,
        make_transport: MakeTransport,
        observer: Option<Observer>,
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
            clock,
            make_transport,
            observer,
        }
    }

    /// The first restart is immediate, the second after 100 ms, then twice as long each time up to 5 s.
    fn back_off(crashes: u32) -> Duration {
        const FIRST: Duration = Duration::from_millis(100);
        const LONGEST: Duration = Duration::from_secs(5);
        match crashes {
            0 | 1 => Duration::ZERO,
            more => FIRST.saturating_mul(1 << (more - 2).min(16)).min(LONGEST),
        }
    }

    /// A life this long makes earlier crashes forgotten.
    const GOOD_LIFE: Duration = Duration::from_secs(60);

    fn parts(&self, app: &App, ctx: &Context<Self>) -> Parts {
        Parts {
            clock: Arc::clone(&self.clock),
            make_transport: Arc::clone(&self.make_transport),
            observer: self.observer.clone(),
            supervisor: ctx.address().downgrade(),
            teardown: app.place.teardown.clone(),
            files: app.files.clone(),
        }
    }

    fn launch(
        &mut self,
        rules: Arc<Rules>,
        files: Files,
        ctx: &Context<Self>,
    ) -> Result<Launched, LaunchError> {
        let id = rules.identity().app_id.clone();
        if self.apps.contains_key(&id) {
            return Err(LaunchError::AlreadyRunning(id));
        }
        let (link, receiver) = Link::new(id.clone(), rules.policy().port_backlog);
        let link = Arc::new(link);
        let mut app = App {
            rules,
            files,
            link: Arc::clone(&link),
            actor: None,
            place: self.next_place(),
            epoch: Epoch::default(),
            born: self.clock.now(),
            crashes: 0,
        };
        let actor = app.start(self.parts(&app, ctx));
        self.apps.insert(id.clone(), app);
        self.table.insert(id, Arc::clone(&link));
        let events = Events::new(Arc::clone(&link), receiver);
        Ok(Launched {
            actor,
            link,
            events,
        })
    }

    fn next_place(&mut self) -> Place {
        let place = self.places[self.launched % self.places.len()].clone();
        self.launched += 1;
        place
    }

    fn crashed(&mut self, app: &AppId, epoch: Epoch, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        let Some(entry) = self.apps.get_mut(app).filter(|entry| entry.epoch == epoch) else {
            return;
        };
        entry.link.detach();
        entry.actor = None;
        entry.crashes = if now - entry.born >= Self::GOOD_LIFE {
            1
        } else {
            entry.crashes + 1
        };
        entry.epoch = entry.epoch.next();
        let (epoch, wait) = (entry.epoch, Self::back_off(entry.crashes));
        tracing::error!(%app, crashes = entry.crashes, ?wait, "an app's network crashed and is restarted");
        let app = app.clone();
        ctx.run_later(wait, move |this, ctx| this.restart(&app, epoch, ctx));
    }

    fn restart(&mut self, app: &AppId, epoch: Epoch, ctx: &Context<Self>) {
        let Some(mut entry) = self.apps.remove(app) else {
            return;
        };
        if entry.epoch == epoch {
            entry.born = self.clock.now();
            entry.start(self.parts(&entry, ctx));
        }
        self.apps.insert(app.clone(), entry);
    }

    fn close(&mut self, app: &AppId) -> Option<Closing> {
        self.table.remove(app);
        self.apps.remove(app).map(
            |App {
                 link, actor, files, ..
             }| Closing { actor, link, files },
        )
    }
}

/// An app whose actor is about to start.
struct Launched {
    actor: Addr<AppNet>,
    link: Arc<Link>,
    events: Events,
}

impl Launched {
    /// Waits for that, so that the port's first command finds it.
    async fn started(self) -> (Arc<Link>, Events) {
        let _ = self.actor.send(Started).await; // an error: it crashed, and is being restarted
        (self.link, self.events)
    }
}

impl Place {
    fn new(arbiter: Option<ArbiterHandle>) -> Self {
        Self {
            arbiter,
            teardown: Teardown::new(),
        }
    }
}

impl App {
    /// Starts a life. The actor takes commands from the link once it runs.
    fn start(&mut self, parts: Parts) -> Addr<AppNet> {
        let (rules, epoch, link) = (Arc::clone(&self.rules), self.epoch, Arc::clone(&self.link));
        let make = move |_: &mut Context<AppNet>| AppNet::new(rules, epoch, link, parts);
        let actor = match &self.place.arbiter {
            Some(arbiter) => AppNet::start_in_arbiter(arbiter, make),
            None => AppNet::create(make),
        };
        self.actor = Some(actor.clone());
        actor
    }
}

/// An app that is out of the table and on its way to its end.
struct Closing {
    actor: Option<Addr<AppNet>>,
    link: Arc<Link>,
    files: Files,
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
    type Result = ResponseFuture<Result<(Arc<Link>, Events), LaunchError>>;

    fn handle(&mut self, Launch(rules, files): Launch, ctx: &mut Self::Context) -> Self::Result {
        let launched = self.launch(rules, files, ctx);
        Box::pin(async move { Ok(launched?.started().await) })
    }
}

impl Handler<Reconfigure> for NetworkSupervisor {
    type Result = bool;

    fn handle(&mut self, Reconfigure(rules): Reconfigure, _: &mut Self::Context) -> bool {
        let Some(app) = self.apps.get_mut(&rules.identity().app_id) else {
            return false;
        };
        app.rules = Arc::clone(&rules);
        if let Some(actor) = &app.actor {
            actor.do_send(Configure(rules));
        }
        true
    }
}

impl Handler<CloseApp> for NetworkSupervisor {
    type Result = ResponseFuture<Option<CloseReport>>;

    fn handle(&mut self, CloseApp(app): CloseApp, _: &mut Self::Context) -> Self::Result {
        let closing = self.close(&app);
        Box::pin(async move { Some(closing?.finish().await) })
    }
}

impl Handler<CloseAll> for NetworkSupervisor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: CloseAll, _: &mut Self::Context) -> Self::Result {
        let apps: Vec<_> = self.apps.keys().cloned().collect();
        let closing: Vec<_> = apps.iter().filter_map(|app| self.close(app)).collect();
        Box::pin(async move {
            for app in closing {
                app.finish().await;
            }
        })
    }
}

impl Handler<Crashed> for NetworkSupervisor {
    type Result = ();

    fn handle(&mut self, Crashed { app, epoch }: Crashed, ctx: &mut Self::Context) {
        self.crashed(&app, epoch, ctx);
    }
}
