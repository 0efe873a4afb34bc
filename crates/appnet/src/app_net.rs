//! One app: an empty shell around [`AppCore`]. It owns the app's state and the order of what happens to it, and nothing else.

use std::{rc::Rc, sync::Arc};

use actix::{
    Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, ResponseFuture,
    WeakRecipient,
};
use appnet_core::{
    AppCore, Effect, Epoch, Inbound, Instant, IoEvent, JobId, Move, Sight, TaskId,
    app::CloseReport, effect::Finished,
};
use appnet_io::{Cache, CookieJar};
use appnet_policy::{Policy, identity::AppId};

use crate::{
    budget::{Budget, Rounds},
    clock::Clock,
    http_worker::{Cancel, HttpWorker, ShutDownWorker, Start},
    link::{SharedLink, Taken, Untold, Wake},
    report::{Report, Reports},
    socket_worker::Means,
    sockets::Sockets,
    teardown::Teardown,
    timer::{Tick, Timer},
    transport::{Files, Keep, MakeTransport, Transport, TransportParts},
};

/// End everything; answered when nothing is left.
#[derive(Message)]
#[rtype(result = "CloseReport")]
pub(crate) struct Close;

/// The next round of the thread has begun.
#[derive(Message)]
#[rtype(result = "()")]
struct GoOn;

/// An app's actor ended without being told to.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Crashed {
    pub(crate) app: AppId,
    pub(crate) epoch: Epoch,
}

/// What an app is made with beside its policy.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) make_transport: MakeTransport,
    /// Where a crash is told.
    pub(crate) crashed: WeakRecipient<Crashed>,
    /// The app's own.
    pub(crate) files: Files,
    pub(crate) cookies: CookieJar,
    /// Those of the thread the app lives on.
    pub(crate) teardown: Teardown,
    pub(crate) rounds: Rounds,
}

/// What is taken between two looks at the clock: some ten microseconds of work.
const AT_ONCE: usize = 4;

/// The actor of one app.
pub(crate) struct AppNet {
    core: AppCore,
    policy: Arc<Policy>,
    epoch: Epoch,
    link: Arc<SharedLink>,
    parts: Parts,
    budget: Rc<Budget>,
    /// What workers told and the core has not heard.
    reports: Reports,
    /// What the core said and the link has not heard.
    untold: Untold,
    /// Whether the timer rang and the core has not heard of it.
    is_due: bool,
    /// Whether it waits for the next round.
    goes_on: bool,
    /// Made on the first exchange, dropped when the core says so.
    worker: Option<Worker>,
    workers_made: u64,
    /// It outlives the worker, whose connections it has nothing to do with.
    cache: Option<Cache>,
    sockets: Sockets,
    timer: Timer,
    /// Whether its end was asked for. If not, it is a crash.
    told_to_stop: bool,
}

struct Worker {
    number: u64,
    address: Addr<HttpWorker>,
    /// The worker's; a socket connects by it too.
    transport: Rc<dyn Transport>,
}

impl AppNet {
    pub(crate) fn new(
        policy: Arc<Policy>,
        epoch: Epoch,
        link: Arc<SharedLink>,
        parts: Parts,
    ) -> Self {
        let budget = Budget::new(parts.rounds.clone(), policy.slice);
        let unix_zero = parts.clock.unix_zero();
        Self {
            core: AppCore::new(link.app().clone(), Arc::clone(&policy), epoch, unix_zero),
            policy,
            epoch,
            link,
            parts,
            budget,
            reports: Reports::default(),
            untold: Untold::default(),
            is_due: false,
            goes_on: false,
            worker: None,
            workers_made: 0,
            cache: None,
            sockets: Sockets::default(),
            timer: Timer::default(),
            told_to_stop: false,
        }
    }

    /// Takes what waits, as far as the app's slice of the thread's time goes (I1): in turns from the port and from the workers, so that
    /// an app can abort what floods it. What comes of it is told and done once for all.
    fn take_what_waits(&mut self, ctx: &mut Context<Self>) {
        let budget = Rc::clone(&self.budget);
        let (mut waits, mut heard_at) = (true, None);
        while waits && !budget.is_spent() {
            let Some((now, more_waits)) = budget.charge(|| self.take_some()) else {
                waits = false; // the link is not free; whoever has it calls back
                break;
            };
            (heard_at, waits) = (Some(now), more_waits);
        }
        if let Some(now) = heard_at {
            budget.charge(|| self.carry_out(now, ctx));
        }
        if waits {
            self.go_on_in_next_round(ctx);
        }
    }

    /// The time of it, and whether more waits. The app's word comes first: what it has aborted does not become a success that was told meanwhile (C4).
    fn take_some(&mut self) -> Option<(Instant, bool)> {
        let Taken { inbound, now } = self.link.try_take(AT_ONCE)?;
        let more_inbound = inbound.len() == AT_ONCE;
        for (inbound, at) in inbound {
            if let Inbound::Move(Move::Background { .. }) = inbound {
                self.write_cache(); // many systems end what is in the background without a word
            }
            self.core.handle_inbound(inbound, at);
        }
        if std::mem::take(&mut self.is_due) {
            self.core.handle_timeout(now);
        }
        for _ in 0..AT_ONCE {
            let Some(report) = self.reports.pop() else {
                return Some((now, more_inbound));
            };
            self.hear(report, now);
        }
        Some((now, true))
    }

    fn write_cache(&self) {
        if let Some(cache) = &self.cache {
            actix_rt::spawn(Rc::clone(&self.budget).metered(cache.clone().write()));
        }
    }

    fn go_on_in_next_round(&mut self, ctx: &Context<Self>) {
        if std::mem::replace(&mut self.goes_on, true) {
            return;
        }
        let (next_round, this) = (self.budget.next_round(), ctx.address());
        actix_rt::spawn(async move {
            next_round.await;
            this.do_send(GoOn);
        });
    }

    fn hear(&mut self, report: Report, now: Instant) {
        match report {
            Report::Io { job, event } => {
                self.sockets.hear(job, &event);
                self.tell_core(job, event, now);
            }
            Report::Saved {
                job,
                finished,
                keep,
            } => self.finish_saved(job, *finished, keep, now),
            Report::WorkerGone(number) => self.worker_gone(number, now),
        }
    }

    /// F3: a file is kept in the turn that decides on its success, and only if it is one: what has ended meanwhile leaves none.
    fn finish_saved(&mut self, job: JobId, finished: Finished, keep: Keep, now: Instant) {
        self.core.handle_timeout(now); // a task that is overdue by now does not get its file
        if self.core.is_running(job) {
            let outcome = match keep() {
                Ok(()) => finished.outcome,
                Err(error) => Err(*error),
            };
            let finished = Finished {
                outcome,
                ..finished
            };
            self.tell_core(job, IoEvent::Finished(Box::new(finished)), now);
        }
    }

    fn tell_core(&mut self, job: JobId, event: IoEvent, now: Instant) {
        if self.core.awaits(job) {
            self.link.show(job.task, Sight::Told(&event));
        }
        self.core.handle_io(job, event, now);
    }

    /// Carries out what the core answers: events first, so that no app waits for another's teardown.
    fn carry_out(&mut self, now: Instant, ctx: &Context<Self>) {
        let effects = self.hear_core(now);
        self.link.try_deliver(&mut self.untold);
        self.do_all(effects);
        self.timer
            .arm(self.core.poll_timeout(), now, &ctx.address());
    }

    /// What the core wants done. What it wants told waits in `untold` then.
    fn hear_core(&mut self, now: Instant) -> Vec<Effect> {
        let effects: Vec<_> = std::iter::from_fn(|| self.core.poll_effect()).collect();
        for (task, effect) in effects.iter().filter_map(|it| Some((it.task()?, it))) {
            self.link.show(task, Sight::Asked(effect)); // before what comes of it ends a task
        }
        let started = effects.iter().filter_map(started_by);
        self.untold.started.extend(started.map(|task| (task, now)));
        let notices = std::iter::from_fn(|| self.core.poll_notice());
        self.untold.notices.extend(notices);
        effects
    }

    fn do_all(&mut self, effects: Vec<Effect>) {
        let (mut started, mut cancelled) = (Vec::new(), Vec::new());
        for effect in effects {
            match effect {
                Effect::StartHttp(job) => started.push(job),
                Effect::CancelHttp(job) => cancelled.push(job),
                Effect::StartSocket(job) => {
                    let means = Means {
                        transport: Rc::clone(&self.worker().transport),
                        app: self.reports.clone(),
                        teardown: self.parts.teardown.clone(),
                        budget: Rc::clone(&self.budget),
                        account: self.link.account().clone(),
                    };
                    self.sockets.connect(job, means);
                }
                Effect::SendSocket { job, ask, message } => self.sockets.send(job, ask, message),
                Effect::CloseSocket { job, frame } => self.sockets.close(job, frame),
                Effect::CancelSocket(job) => self.sockets.cancel(job),
                Effect::ReleaseTransport => self.worker = None,
            }
        }
        if !started.is_empty() {
            self.worker().address.do_send(Start(started));
        }
        if let Some(worker) = self.worker.as_ref().filter(|_| !cancelled.is_empty()) {
            worker.address.do_send(Cancel(cancelled));
        }
    }

    fn worker(&mut self) -> &Worker {
        let (made, parts, budget) = (&mut self.workers_made, &self.parts, &self.budget);
        let (link, reports) = (&self.link, &self.reports);
        let files = parts.files.clone();
        let cache = self.cache.get_or_insert_with(|| match files {
            Some(files) => Cache::kept_in(files, self.policy.cache),
            None => Cache::default(),
        });
        self.worker.get_or_insert_with(|| {
            *made += 1;
            let transport = (parts.make_transport)(TransportParts {
                files: parts.files.clone(),
                account: link.account().clone(),
                cache: cache.clone(),
                cookies: parts.cookies.clone(),
                shaping: link.shaping().clone(),
                watched: link.is_watched(),
                budget: Rc::clone(budget),
            });
            let worker = HttpWorker::new(
                *made,
                Rc::clone(&transport),
                reports.clone(),
                parts.teardown.clone(),
                Rc::clone(budget),
            );
            Worker {
                number: *made,
                address: worker.start(),
                transport,
            }
        })
    }

    fn worker_gone(&mut self, number: u64, now: Instant) {
        let gone = self.worker.take_if(|worker| worker.number == number);
        if gone.is_some() {
            self.core.handle_worker_lost(now);
        }
    }
}

/// The task that leaves the queue by this effect.
const fn started_by(effect: &Effect) -> Option<TaskId> {
    match effect {
        Effect::StartHttp(job) => Some(job.id.task),
        Effect::StartSocket(job) => Some(job.id.task),
        Effect::CancelHttp(_)
        | Effect::SendSocket { .. }
        | Effect::CloseSocket { .. }
        | Effect::CancelSocket(_)
        | Effect::ReleaseTransport => None,
    }
}

impl Actor for AppNet {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.reports.attach(ctx.address().recipient());
        if !self.link.attach(ctx.address().recipient()) {
            self.told_to_stop = true;
            ctx.stop();
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if !self.told_to_stop
            && let Some(supervisor) = self.parts.crashed.upgrade()
        {
            let (app, epoch) = (self.link.app().clone(), self.epoch);
            supervisor.do_send(Crashed { app, epoch });
        }
    }
}

impl Handler<Wake> for AppNet {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        self.take_what_waits(ctx);
    }
}

impl Handler<GoOn> for AppNet {
    type Result = ();

    fn handle(&mut self, _: GoOn, ctx: &mut Self::Context) {
        self.goes_on = false;
        self.take_what_waits(ctx);
    }
}

impl Handler<Tick> for AppNet {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Self::Context) {
        self.timer.rang();
        let Some(now) = self.link.try_time() else {
            self.is_due = true; // whoever has the link calls back
            return;
        };
        Rc::clone(&self.budget).charge(|| {
            self.core.handle_timeout(now);
            self.carry_out(now, ctx);
        });
    }
}

impl Handler<Close> for AppNet {
    type Result = ResponseFuture<CloseReport>;

    /// The future outlives the actor: it waits until the connections of the workers are closed.
    fn handle(&mut self, _: Close, ctx: &mut Self::Context) -> Self::Result {
        let budget = Rc::clone(&self.budget);
        let report = budget.charge(|| {
            let now = self.link.time();
            let report = self.core.handle_close(now);
            let effects = self.hear_core(now);
            self.link.deliver(&mut self.untold);
            self.do_all(effects);
            report
        });
        let worker = self.worker.take().map(|worker| worker.address); // and without the transport
        let sockets = std::mem::take(&mut self.sockets);
        let cache = self.cache.take();
        let unheard = self.reports.take_all();
        self.told_to_stop = true;
        ctx.stop();
        Box::pin(async move {
            if let Some(worker) = worker {
                let _ = worker.send(ShutDownWorker).await; // an error: it is gone already
            }
            budget.drop_all(unheard).await;
            sockets.gone().await;
            if let Some(cache) = cache {
                cache.write().await; // the files are the app's until its actor is gone
            }
            report
        })
    }
}
