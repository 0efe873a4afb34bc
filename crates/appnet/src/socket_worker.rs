//! One socket: from its handshake to its end, on the thread of its app.

mod credit;
mod life;

use std::rc::Rc;

use actix::{Actor, ActorContext, Context, Handler, Message};
use appnet_core::{AskId, SocketJob};
use appnet_io::Account;
use appnet_policy::socket::{CloseFrame, SocketMessage};
use tokio::task::JoinHandle;

use crate::{budget::Budget, report::Reports, teardown::Teardown, transport::Transport};

use credit::Credit;
pub(crate) use life::{Alive, alive};
use life::{Line, Teller};

/// Connect the worker's one socket.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Connect(pub(crate) Box<SocketJob>);

/// Send on it, behind what was sent before.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct SendOnSocket {
    pub(crate) ask: AskId,
    pub(crate) message: SocketMessage,
}

/// Start its close handshake, behind what was sent before.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseOnSocket(pub(crate) CloseFrame);

/// Close its connection without a word, in the thread's order of [`Teardown`].
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct DropSocket;

/// What a socket is made with.
pub(crate) struct Means {
    /// The app's; needed until it connects.
    pub(crate) transport: Rc<dyn Transport>,
    /// Where its events go.
    pub(crate) app: Reports,
    pub(crate) teardown: Teardown,
    pub(crate) budget: Rc<Budget>,
    /// What the app has not taken (I2).
    pub(crate) account: Account,
}

/// The actor of one socket. What goes on lives in a task; the actor holds its handle, and the way to send.
///
/// It is made for one [`Connect`] and is gone when its address is: `AppNet` lets go of that when the socket has ended.
pub(crate) struct SocketWorker {
    means: Option<Means>,
    teardown: Teardown,
    budget: Rc<Budget>,
    alive: Alive,
    line: Rc<Line>,
    life: Option<JoinHandle<()>>,
}

impl SocketWorker {
    pub(crate) fn new(means: Means, alive: Alive) -> Self {
        Self {
            teardown: means.teardown.clone(),
            budget: Rc::clone(&means.budget),
            means: Some(means),
            alive,
            line: Rc::default(),
            life: None,
        }
    }
}

impl Actor for SocketWorker {
    type Context = Context<Self>;
}

impl Handler<Connect> for SocketWorker {
    type Result = ();

    fn handle(&mut self, Connect(job): Connect, _: &mut Self::Context) {
        let Some(means) = self.means.take() else {
            return;
        };
        // P8: from here on a panic, of the transport too, ends this socket and tells of it.
        let teller = Teller::new(means.app, job.id);
        let limits = job.limits;
        let connecting = means.transport.connect_socket(job.request, limits);
        let (line, alive) = (Rc::clone(&self.line), self.alive.clone());
        let credit = Credit::new(limits.untaken_bytes, means.account);
        let budget = means.budget;
        self.life = Some(actix_rt::spawn(async move {
            let life = life::live(connecting, line, credit, teller);
            budget.metered(life).await;
            drop(alive);
        }));
    }
}

impl Handler<SendOnSocket> for SocketWorker {
    type Result = ();

    fn handle(&mut self, SendOnSocket { ask, message }: SendOnSocket, _: &mut Self::Context) {
        self.budget.charge(|| self.line.send(ask, message));
    }
}

impl Handler<CloseOnSocket> for SocketWorker {
    type Result = ();

    fn handle(&mut self, CloseOnSocket(frame): CloseOnSocket, _: &mut Self::Context) {
        self.line.close(frame);
    }
}

impl Handler<DropSocket> for SocketWorker {
    type Result = ();

    /// In its turn: an interruption drops the sockets of many apps.
    fn handle(&mut self, _: DropSocket, ctx: &mut Self::Context) {
        if let Some(life) = self.life.take() {
            self.teardown.abort_in_turn(life);
        }
        ctx.stop();
    }
}

impl Drop for SocketWorker {
    /// `AppNet` let go of it without a word, so it has crashed: the connection is closed.
    fn drop(&mut self) {
        if let Some(life) = &self.life {
            life.abort();
        }
    }
}
