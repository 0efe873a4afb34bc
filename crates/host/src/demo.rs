//! `appnet demo`: a bundled mini-program against HTTPS and WSS origins in this process. Nothing leaves the machine.

mod project;
mod slow_link;

use std::{
    io::IsTerminal as _,
    net::ToSocketAddrs as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use appnet::{CallRecord, Network};
use appnet_policy::connect::ConnectTo;
use appnet_testkit::{
    Ca, Gate, HttpOrigin,
    routes::demo_routes,
    ws::{Act, WsOrigin},
};
use tokio::sync::mpsc;

use crate::{
    cli::{LogFormat, LogLevel},
    ending::{Ending, print_line},
    log,
    permissions::Permissions,
    program,
    program::{People, Setup, Telling, Witness},
    stop::Stop,
    table,
};

/// The names that the demo's certificates are for.
const HOST: &str = "api.demo.test";
const FILES_HOST: &str = "files.demo.test";
const CHAT_HOST: &str = "chat.demo.test";

/// It takes about ten seconds; a demo that hangs is worse than one that gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Shows it.
pub(crate) fn demo() -> Ending {
    log::start(LogLevel::Off, LogFormat::Text);
    shown()
        .unwrap_or_else(|error| Ending::Failed(format!("appnet: the demo cannot start: {error}")))
}

fn shown() -> Result<Ending, Box<dyn std::error::Error>> {
    let terminal = std::io::stdout().is_terminal();
    let colour = terminal && log::colours_wanted();
    let ca = Ca::new();
    let origin =
        HttpOrigin::tls(ca.issue(&[HOST, FILES_HOST]).http2()).start(demo_routes(&Gate::new()))?;
    let chat = WsOrigin::tls(ca.issue(&[CHAT_HOST]).http1()).start(|_| Act::Chat)?;
    let stop = Stop::watch(Some(PATIENCE))?;
    let folder = project::unpack()?;
    stop.remove_at_end(folder.path());
    let (sender, records) = mpsc::unbounded_channel();
    let network = Network::builder()
        .extra_roots_pem(ca.pem().as_bytes())?
        .observer(move |record| drop(sender.send(record.clone())))
        .start()?;
    let seen = Seen::default();
    print_line(
        "appnet demo: a mini-program in an embedded engine, against HTTPS and WSS origins in this same process.",
    )?;
    let routes = vec![
        route(HOST, origin.port()),
        route(FILES_HOST, slow_link::start(origin.address())?),
        route(CHAT_HOST, chat.port()),
    ];
    let setup = Setup {
        project: project::load(folder.path(), routes)?,
        network,
        data: &folder.path().join("data"),
        args: told(colour, terminal),
        permissions: Permissions::default(),
        text: false,
        people: People::default(),
        stop,
        telling: Telling::default(),
        witness: Some(Witness::new(records, show(colour, seen.clone()))),
    };
    Ok(seen.judge(program::run(setup)))
}

/// What the program is told by its `host.args`: see `demo/utils`.
fn told(colour: bool, terminal: bool) -> Vec<String> {
    let wishes = [("colour", colour), ("terminal", terminal)]
        .into_iter()
        .filter(|(_, granted)| *granted)
        .map(|(wish, _)| wish.to_owned());
    std::iter::once(table::heading(colour))
        .chain(wishes)
        .collect()
}

/// By way of the system's resolver where that knows localhost, so that there is a lookup to show.
fn route(host: &str, port: u16) -> ConnectTo {
    let known = ("localhost", port)
        .to_socket_addrs()
        .is_ok_and(|mut found| found.any(|address| address.is_ipv4()));
    let address = if known { "localhost" } else { "127.0.0.1" };
    ConnectTo {
        from_host: Some(host.to_owned()),
        from_port: None,
        to_host: Some(address.to_owned()),
        to_port: Some(port),
    }
}

fn show(colour: bool, seen: Seen) -> impl FnMut(&CallRecord) + 'static {
    move |record| {
        for line in table::Row::of(record).lines(colour) {
            drop(print_line(&line)); // the program notices that nobody reads
        }
        seen.note(record);
    }
}

/// What the host's side promises, where the program cannot look: the inspector's records.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Tally>>);

#[derive(Default)]
struct Tally {
    queued: usize,
    phases: usize,
    refused_with_nearest: usize,
}

impl Seen {
    fn note(&self, record: &CallRecord) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.queued += usize::from(record.queued > Duration::from_millis(300));
        tally.phases += usize::from(
            record
                .profile
                .as_ref()
                .is_some_and(|profile| profile.connect.is_some() && profile.ssl.is_some()),
        );
        tally.refused_with_nearest += usize::from(
            record
                .refusal
                .as_ref()
                .is_some_and(|refusal| refusal.nearest.is_some()),
        );
    }

    /// The program's own judgement, unless the records say less than they should.
    fn judge(&self, ending: Ending) -> Ending {
        let tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = tally.queued == 1 && tally.phases > 0 && tally.refused_with_nearest >= 3;
        if ending == Ending::Exited(0) && !whole {
            return Ending::Failed(
                "appnet: the records of the calls are not as promised".to_owned(),
            );
        }
        ending
    }
}
