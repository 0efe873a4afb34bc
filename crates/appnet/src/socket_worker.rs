//! One socket: from its handshake to its end, on the thread of its app.

mod credit;
mod life;

use std::rc::Rc;

use actix::{Actor, ActorContext, Addr, Context, Handler};
use tokio::task::JoinHandle;

use crate::{
    app_net::AppNet,
    messages::{CloseOnSocket, Connect, DropSocket, SendOnSocket},
    teardown::Teardown,
    transport::Transport,
};

pub(crate) use life::{Alive, alive};
use life::{Line, Report};

/// The actor of one socket. What goes on lives in a task; the actor holds its handle, and the way to send.
///
/// It is made for one [`Connect`] and is gone when its address is: `AppNet` lets go of that when the socket has ended.
pub(crate) struct SocketWorker {
    app: Addr<AppNet>,
    /// The app's; needed until it connects.
    transport: Option<Rc<dyn Transport>>,
    teardown: Teardown,
    alive: Alive,
    line: Rc<Line>,
    life: Option<JoinHandle<()>>,
}

impl SocketWorker {
    pub(crate) fn new(
        transport: Rc<dyn Transport>,
        app: Addr<AppNet>,
        teardown: Teardown,
        alive: Alive,
    ) -> Self {
        Self {
            app,
            transport: Some(transport),
            teardown,
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
        // P8: from here on a panic, of the transport too, ends this socket and tells of it.
        let report = Report::new(self.app.clone(), job.id);
        let Some(transport) = self.transport.take() else {
            return;
        };
        let limits = job.limits;
        let connecting = transport.connect_socket(job.request, limits);
        let (line, alive) = (Rc::clone(&self.line), self.alive.clone());
        self.life = Some(actix_rt::spawn(async move {
            life::live(connecting, line, limits, report).await;
            drop(alive);
        }));
    }
}

impl Handler<SendOnSocket> for SocketWorker {
    type Result = ();

    fn handle(&mut self, SendOnSocket { ask, message }: SendOnSocket, _: &mut Self::Context) {
        self.line.send(ask, message);
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
    /// Whoever let go of it without a word has crashed: the connection is closed.
    fn drop(&mut self) {
        if let Some(life) = &self.life {
            life.abort();
        }
    }
}
