//! One app's HTTP: the exchanges under way, over the app's transport and the connections that it keeps.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use actix::{Actor, ActorContext, Context, Handler, Message, ResponseFuture};
use appnet_core::{HttpJob, IoEvent, JobId};
use tokio::task::JoinHandle;

use crate::{
    budget::Budget,
    report::{Report, Reports},
    teardown::Teardown,
    transport::{Done, Transport},
};

/// Make exchanges.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Start(pub(crate) Vec<HttpJob>);

/// Stop exchanges. One alone stops at once; many, which is an app's interruption, each in its turn, see [`Teardown`].
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Cancel(pub(crate) Vec<JobId>);

/// Stop all exchanges and close all connections; answered when that is done.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ShutDownWorker;

/// The actor of one app's HTTP, on the app's own thread. Work in flight lives in tasks; the actor holds their handles.
pub(crate) struct HttpWorker {
    number: u64,
    transport: Option<Rc<dyn Transport>>,
    app: Reports,
    under_way: Rc<UnderWay>,
    teardown: Teardown,
    budget: Rc<Budget>,
}

/// The exchanges under way. Dropping it stops them.
#[derive(Default)]
struct UnderWay(RefCell<BTreeMap<JobId, JoinHandle<()>>>);

impl HttpWorker {
    pub(crate) fn new(
        number: u64,
        transport: Rc<dyn Transport>,
        app: Reports,
        teardown: Teardown,
        budget: Rc<Budget>,
    ) -> Self {
        Self {
            number,
            transport: Some(transport),
            app,
            under_way: Rc::default(),
            teardown,
            budget,
        }
    }

    fn begin(
        &self,
        HttpJob {
            id,
            request,
            receive,
        }: HttpJob,
    ) {
        let Some(transport) = &self.transport else {
            return;
        };
        let app = self.app.clone();
        let tell = Box::new(move |event| app.tell(Report::Io { job: id, event }));
        let exchange = transport.exchange(request, receive, tell);
        // Only now: a transport that panics above ends the worker, and all its tasks with one word.
        let end = End {
            app: self.app.clone(),
            job: id,
            reported: false,
        };
        let under_way = Rc::downgrade(&self.under_way);
        let budget = Rc::clone(&self.budget);
        let task = actix_rt::spawn(async move {
            end.finished(budget.metered(exchange).await);
            if let Some(under_way) = under_way.upgrade() {
                under_way.0.borrow_mut().remove(&id);
            }
        });
        self.under_way.0.borrow_mut().insert(id, task);
    }
}

impl Actor for HttpWorker {
    type Context = Context<Self>;

    /// After an end that the app did not ask for, it hears of it here; else it does not know this number any more.
    fn stopped(&mut self, _: &mut Self::Context) {
        self.app.tell(Report::WorkerGone(self.number));
    }
}

impl Handler<Start> for HttpWorker {
    type Result = ();

    fn handle(&mut self, Start(jobs): Start, _: &mut Self::Context) {
        jobs.into_iter().for_each(|job| self.begin(job));
    }
}

impl Handler<Cancel> for HttpWorker {
    type Result = ();

    fn handle(&mut self, Cancel(jobs): Cancel, _: &mut Self::Context) {
        let mut under_way = self.under_way.0.borrow_mut();
        let tasks: Vec<_> = jobs
            .iter()
            .filter_map(|job| under_way.remove(job))
            .collect();
        match tasks.as_slice() {
            [task] => task.abort(),
            _ => tasks
                .into_iter()
                .for_each(|task| self.teardown.abort_in_turn(task)),
        }
    }
}

impl Handler<ShutDownWorker> for HttpWorker {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: ShutDownWorker, ctx: &mut Self::Context) -> Self::Result {
        let tasks = std::mem::take(&mut *self.under_way.0.borrow_mut());
        let teardown = self.teardown.clone();
        self.transport = None;
        ctx.stop();
        Box::pin(async move {
            teardown.passed().await;
            for task in tasks.into_values() {
                task.abort();
                let _ = task.await; // cancelled, as asked
            }
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.borrow().values().for_each(JoinHandle::abort);
    }
}

/// Tells the app how an exchange ended, exactly once: if it is dropped without an answer, because the exchange panicked or was stopped, the
/// answer is "crashed". For one that was stopped nobody listens any more.
struct End {
    app: Reports,
    job: JobId,
    reported: bool,
}

impl End {
    fn finished(mut self, done: Done) {
        self.reported = true;
        let (job, finished) = (self.job, Box::new(done.finished));
        match done.keep {
            Some(keep) => self.app.tell(Report::Saved {
                job,
                finished,
                keep,
            }),
            None => self.app.tell(Report::Io {
                job,
                event: IoEvent::Finished(finished),
            }),
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.reported {
            self.app.tell(Report::Io {
                job: self.job,
                event: IoEvent::Crashed,
            });
        }
    }
}
