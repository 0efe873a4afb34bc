//! One app: an empty shell around [`AppCore`]. It owns the app's state and the order of what happens to it, and nothing else.

use std::{collections::VecDeque, rc::Rc, sync::Arc};

use actix::{
    Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, ResponseFuture,
    WeakRecipient,
};
use appnet_core::{
    AppCore, Effect, Epoch, Instant, IoEvent, JobId, TaskId, app::CloseReport, effect::Finished,
};
use appnet_policy::{Policy, identity::AppId};

use crate::{
    budget::{Budget, Rounds},
    clock::Clock,
    http_worker::{Cancel, HttpWorker, ShutDownWorker, Start},
    link::{SharedLink, Wake},
    report::Report,
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
    /// Those of the thread the app lives on.
    pub(crate) teardown: Teardown,
    pub(crate) rounds: Rounds,
}

/// The actor of one app.
pub(crate) struct AppNet {
    core: AppCore,
    epoch: Epoch,
    link: Arc<SharedLink>,
    parts: Parts,
    budget: Rc<Budget>,
    /// What workers told and the core has not heard.
    reports: VecDeque<Report>,
    /// Whether it waits for the next round.
    goes_on: bool,
    /// Made on the first exchange, dropped when the core says so.
    worker: Option<Worker>,
    workers_made: u64,
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
            core: AppCore::new(link.app().clone(), policy, epoch, unix_zero),
            epoch,
            link,
            parts,
            budget,
            reports: VecDeque::new(),
            goes_on: false,
            worker: None,
            workers_made: 0,
            sockets: Sockets::new(),
            timer: Timer::default(),
            told_to_stop: false,
        }
    }

    /// Takes what waits, as far as the app's slice of the thread's time goes (I1): in turns from the workers and from the port, so that
    /// an app can abort what floods it.
    fn take_what_waits(&mut self, ctx: &mut Context<Self>) {
        while !self.budget.is_spent() {
            let reported = self.take_report(ctx);
            let inbound = self.take_inbound(ctx);
            if !reported && !inbound {
                return;
            }
        }
        self.go_on_in_next_round(ctx);
    }

    fn take_report(&mut self, ctx: &mut Context<Self>) -> bool {
        let Some(report) = self.reports.pop_front() else {
            return false;
        };
        self.hear(report, ctx);
        true
    }

    fn take_inbound(&mut self, ctx: &mut Context<Self>) -> bool {
        let Some((inbound, now)) = self.link.next_inbound() else {
            return false;
        };
        self.feed(ctx, now, |core| core.handle_inbound(inbound, now));
        true
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

    fn hear(&mut self, report: Report, ctx: &mut Context<Self>) {
        let now = self.link.time();
        match report {
            Report::Io { job, event } => {
                self.sockets.hear(job, &event);
                self.feed(ctx, now, |core| core.handle_io(job, event, now));
            }
            Report::Saved {
                job,
                finished,
                keep,
            } => self.feed(ctx, now, |core| {
                finish_saved(core, job, *finished, keep, now)
            }),
            Report::WorkerGone(number) => self.worker_gone(number, now, ctx),
        }
    }

    /// Feeds the core and carries out what it answers: events first, so that no app waits for another's teardown.
    fn feed<T>(
        &mut self,
        ctx: &mut Context<Self>,
        now: Instant,
        verb: impl FnOnce(&mut AppCore) -> T,
    ) -> T {
        let budget = Rc::clone(&self.budget);
        budget.charge(|| {
            let answer = verb(&mut self.core);
            let effects: Vec<_> = std::iter::from_fn(|| self.core.poll_effect()).collect();
            let notices = std::iter::from_fn(|| self.core.poll_notice()).collect();
            let started: Vec<_> = effects.iter().filter_map(started_by).collect();
            self.link.deliver(&started, now, notices);
            self.carry_out(effects, ctx);
            self.timer
                .arm(self.core.poll_timeout(), now, &ctx.address());
            answer
        })
    }

    fn carry_out(&mut self, effects: Vec<Effect>, ctx: &Context<Self>) {
        let mut cancelled = Vec::new();
        for effect in effects {
            match effect {
                Effect::StartHttp(job) => self.worker(ctx).address.do_send(Start(job)),
                Effect::CancelHttp(job) => cancelled.push(job),
                Effect::StartSocket(job) => {
                    let transport = Rc::clone(&self.worker(ctx).transport);
                    let teardown = self.parts.teardown.clone();
                    let means = Means {
                        transport,
                        app: ctx.address().recipient(),
                        teardown,
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
        if let Some(worker) = self.worker.as_ref().filter(|_| !cancelled.is_empty()) {
            worker.address.do_send(Cancel(cancelled));
        }
    }

    fn worker(&mut self, ctx: &Context<Self>) -> &Worker {
        let (made, parts, budget) = (&mut self.workers_made, &self.parts, &self.budget);
        let account = self.link.account();
        self.worker.get_or_insert_with(|| {
            *made += 1;
            let transport = (parts.make_transport)(TransportParts {
                files: parts.files.clone(),
                account: account.clone(),
                budget: Rc::clone(budget),
            });
            let worker = HttpWorker::new(
                *made,
                Rc::clone(&transport),
                ctx.address().recipient(),
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

    fn worker_gone(&mut self, number: u64, now: Instant, ctx: &mut Context<Self>) {
        let gone = self.worker.take_if(|worker| worker.number == number);
        if gone.is_some() {
            self.feed(ctx, now, |core| core.handle_worker_lost(now));
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

impl Handler<Report> for AppNet {
    type Result = ();

    /// An actor's mailbox is emptied without a pause, so nothing is done here but to keep the order.
    fn handle(&mut self, report: Report, ctx: &mut Self::Context) {
        self.reports.push_back(report);
        self.take_what_waits(ctx);
    }
}

impl Handler<Tick> for AppNet {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Self::Context) {
        self.timer.rang();
        let now = self.link.time();
        self.feed(ctx, now, |core| core.handle_timeout(now));
    }
}

/// F3: a file is kept in the turn that decides on its success, and only if it is one: what has ended meanwhile leaves none.
fn finish_saved(core: &mut AppCore, job: JobId, finished: Finished, keep: Keep, now: Instant) {
    core.handle_timeout(now); // a task that is overdue by now does not get its file
    if core.is_running(job) {
        let outcome = match keep() {
            Ok(()) => finished.outcome,
            Err(error) => Err(*error),
        };
        let finished = Finished {
            outcome,
            ..finished
        };
        core.handle_io(job, IoEvent::Finished(Box::new(finished)), now);
    }
}

impl Handler<Close> for AppNet {
    type Result = ResponseFuture<CloseReport>;

    /// The future outlives the actor: it waits until the connections of the workers are closed.
    fn handle(&mut self, _: Close, ctx: &mut Self::Context) -> Self::Result {
        let now = self.link.time();
        let report = self.feed(ctx, now, |core| core.handle_close(now));
        let worker = self.worker.take().map(|worker| worker.address); // and without the transport
        let sockets = std::mem::replace(&mut self.sockets, Sockets::new());
        let (unheard, budget) = (std::mem::take(&mut self.reports), Rc::clone(&self.budget));
        self.told_to_stop = true;
        ctx.stop();
        Box::pin(async move {
            if let Some(worker) = worker {
                let _ = worker.send(ShutDownWorker).await; // an error: it is gone already
            }
            budget.drop_all(unheard).await;
            sockets.gone().await;
            report
        })
    }
}
