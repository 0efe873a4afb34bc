//! One app: an empty shell around [`AppCore`]. It owns the app's state and the order of what happens to it, and nothing else.

use std::{rc::Rc, sync::Arc};

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, ResponseFuture, WeakAddr};
use appnet_bus::Command;
use appnet_core::{
    AppCore, Effect, Epoch, Instant, IoEvent, JobId, app::CloseReport, effect::Finished,
    lifecycle::Lifecycle,
};
use appnet_policy::Rules;

use crate::{
    clock::Clock,
    http_worker::HttpWorker,
    link::Link,
    messages::{
        Cancel, Close, Configure, Crashed, FromIo, FromPort, Move, Saved, ShutDownWorker, Start,
        Started, Tick, WorkerGone,
    },
    observe::{Observer, observe},
    sockets::Sockets,
    supervisor::NetworkSupervisor,
    teardown::Teardown,
    timer::Timer,
    transport::{Files, Keep, MakeTransport, Transport},
};

/// What an app is made with beside its rules.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) make_transport: MakeTransport,
    pub(crate) observer: Option<Observer>,
    pub(crate) supervisor: WeakAddr<NetworkSupervisor>,
    /// The app's own.
    pub(crate) files: Files,
    /// That of the thread the app lives on.
    pub(crate) teardown: Teardown,
}

/// The actor of one app.
pub(crate) struct AppNet {
    core: AppCore,
    epoch: Epoch,
    link: Arc<Link>,
    parts: Parts,
    /// Made on the first exchange, dropped when it has been idle for a while.
    worker: Option<Worker>,
    workers_made: u64,
    sockets: Sockets,
    timer: Timer,
    mailbox: usize,
    /// Whether its end was asked for. If not, it is a crash.
    told_to_stop: bool,
}

struct Worker {
    number: u64,
    address: Addr<HttpWorker>,
    /// The worker's; a socket connects by it too.
    transport: Rc<dyn Transport>,
    /// When it last had something to do.
    idle_since: Instant,
}

impl AppNet {
    pub(crate) fn new(rules: Arc<Rules>, epoch: Epoch, link: Arc<Link>, parts: Parts) -> Self {
        let mailbox = rules.policy().port_backlog;
        let core = AppCore::new(rules, epoch, Lifecycle::Foreground, parts.clock.unix_zero());
        Self {
            core,
            epoch,
            link,
            parts,
            worker: None,
            workers_made: 0,
            sockets: Sockets::new(),
            timer: Timer::default(),
            mailbox,
            told_to_stop: false,
        }
    }

    /// Feeds the core and carries out what it answers: events first, so that no app waits for another's teardown.
    fn feed<T>(
        &mut self,
        ctx: &mut Context<Self>,
        verb: impl FnOnce(&mut AppCore, Instant) -> T,
    ) -> T {
        let now = self.parts.clock.now();
        let answer = verb(&mut self.core, now);
        while let Some(event) = self.core.poll_event() {
            self.link.deliver(event);
        }
        while let Some(record) = self.core.poll_record() {
            observe(self.parts.observer.as_ref(), &record);
        }
        self.carry_out_effects(now, ctx);
        self.drop_idle_worker(now);
        self.arm(now, ctx);
        answer
    }

    fn carry_out_effects(&mut self, now: Instant, ctx: &Context<Self>) {
        let mut cancelled = Vec::new();
        while let Some(effect) = self.core.poll_effect() {
            match effect {
                Effect::StartHttp(job) => self.worker(now, ctx).address.do_send(Start(job)),
                Effect::CancelHttp(job) => cancelled.push(job),
                Effect::StartSocket(job) => {
                    let transport = Rc::clone(&self.worker(now, ctx).transport);
                    let teardown = self.parts.teardown.clone();
                    self.sockets
                        .connect(job, transport, ctx.address(), teardown);
                }
                Effect::SendSocket { job, ask, message } => self.sockets.send(job, ask, message),
                Effect::CloseSocket { job, frame } => self.sockets.close(job, frame),
                Effect::CancelSocket(job) => self.sockets.cancel(job),
            }
        }
        if let Some(worker) = self.worker.as_ref().filter(|_| !cancelled.is_empty()) {
            worker.address.do_send(Cancel(cancelled));
        }
    }

    fn worker(&mut self, now: Instant, ctx: &Context<Self>) -> &Worker {
        let (made, parts) = (&mut self.workers_made, &self.parts);
        self.worker.get_or_insert_with(|| {
            *made += 1;
            let transport = (parts.make_transport)(parts.files.clone());
            let (kept, teardown) = (Rc::clone(&transport), parts.teardown.clone());
            Worker {
                number: *made,
                address: HttpWorker::new(*made, kept, ctx.address(), teardown).start(),
                transport,
                idle_since: now,
            }
        })
    }

    fn drop_idle_worker(&mut self, now: Instant) {
        let busy = self.core.open_tasks() > 0;
        if let Some(worker) = &mut self.worker {
            if busy {
                worker.idle_since = now;
            } else if now >= worker.idle_since + HttpWorker::IDLE {
                self.worker = None;
            }
        }
    }

    fn arm(&mut self, now: Instant, ctx: &Context<Self>) {
        let worker_idle = self
            .worker
            .as_ref()
            .filter(|_| self.core.open_tasks() == 0)
            .map(|w| w.idle_since + HttpWorker::IDLE);
        let next = [self.core.poll_timeout(), worker_idle]
            .into_iter()
            .flatten()
            .min();
        self.timer.arm(next, now, &ctx.address());
    }
}

impl Actor for AppNet {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(self.mailbox);
        // Only now: a mailbox that was given out before would be as small as actix makes it.
        if !self.link.attach(ctx.address()) {
            self.told_to_stop = true;
            ctx.stop();
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if !self.told_to_stop
            && let Some(supervisor) = self.parts.supervisor.upgrade()
        {
            supervisor.do_send(Crashed {
                app: self.link.app().clone(),
                epoch: self.epoch,
            });
        }
    }
}

impl Handler<FromPort> for AppNet {
    type Result = ();

    fn handle(&mut self, FromPort(command): FromPort, ctx: &mut Self::Context) {
        self.feed(ctx, |core, now| match command {
            Command::Call { task, call } => core.handle_call(task, *call, now),
            Command::Unreadable { task, api, refusal } => {
                core.handle_unreadable(task, api, *refusal, now)
            }
            Command::Abort { task } => core.handle_abort(task, now),
            Command::Send { task, ask, message } => core.handle_send(task, ask, message, now),
            Command::CloseSocket {
                task,
                ask,
                code,
                reason,
            } => core.handle_close_socket(task, ask, code, reason, now),
            Command::UnreadableAsk {
                task,
                ask,
                verb,
                failure,
            } => core.handle_unreadable_ask(task, ask, verb, failure, now),
        });
    }
}

impl Handler<Move> for AppNet {
    type Result = ();

    fn handle(&mut self, to: Move, ctx: &mut Self::Context) {
        self.feed(ctx, |core, _| match to {
            Move::Foreground { at } => core.handle_enter_foreground(at),
            Move::Background { pinned, at } => core.handle_enter_background(pinned, at),
        });
    }
}

impl Handler<Configure> for AppNet {
    type Result = ();

    fn handle(&mut self, Configure(rules): Configure, ctx: &mut Self::Context) {
        self.feed(ctx, |core, now| core.handle_configure(rules, now));
    }
}

impl Handler<FromIo> for AppNet {
    type Result = ();

    fn handle(&mut self, FromIo { job, event }: FromIo, ctx: &mut Self::Context) {
        self.sockets.hear(job, &event);
        self.feed(ctx, |core, now| core.handle_io(job, event, now));
    }
}

impl Handler<Saved> for AppNet {
    type Result = ();

    fn handle(
        &mut self,
        Saved {
            job,
            finished,
            keep,
        }: Saved,
        ctx: &mut Self::Context,
    ) {
        self.feed(ctx, |core, now| {
            finish_saved(core, job, *finished, keep, now)
        });
    }
}

impl Handler<Tick> for AppNet {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Self::Context) {
        self.timer.fired();
        self.feed(ctx, AppCore::handle_timeout);
    }
}

impl Handler<WorkerGone> for AppNet {
    type Result = ();

    fn handle(&mut self, WorkerGone(number): WorkerGone, ctx: &mut Self::Context) {
        if self
            .worker
            .take_if(|worker| worker.number == number)
            .is_some()
        {
            self.feed(ctx, AppCore::handle_worker_lost);
        }
    }
}

/// F3: a file is kept in the turn that decides on its success, and only if it is one: what has ended meanwhile leaves none.
fn finish_saved(core: &mut AppCore, job: JobId, finished: Finished, keep: Keep, now: Instant) {
    core.handle_timeout(now); // whose time is up by now does not get its file
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

impl Handler<Started> for AppNet {
    type Result = ();

    fn handle(&mut self, _: Started, _: &mut Self::Context) {}
}

impl Handler<Close> for AppNet {
    type Result = ResponseFuture<CloseReport>;

    /// The future outlives the actor: it waits until the connections of the workers are closed.
    fn handle(&mut self, _: Close, ctx: &mut Self::Context) -> Self::Result {
        let report = self.feed(ctx, AppCore::handle_close);
        let worker = self.worker.take().map(|worker| worker.address); // and without the transport
        let sockets = std::mem::replace(&mut self.sockets, Sockets::new());
        self.told_to_stop = true;
        ctx.stop();
        Box::pin(async move {
            if let Some(worker) = worker {
                let _ = worker.send(ShutDownWorker).await; // an error: it is gone already
            }
            sockets.gone().await;
            report
        })
    }
}
