//! The origin of a soak, in a process of its own: servers of HTTP and of sockets, and before each of them a proxy whose fault changes all the time.

use std::{
    error::Error,
    io::{self, BufRead as _, Write as _},
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use appnet_testkit::{
    Ca, Fault, FaultProxy, Gate, HttpOrigin, Reply, Side, WsOrigin, routes, ws::Act,
};

use super::dice::Dice;
use crate::origin::{HOST, SMALL, introduce};

/// How long the connections that are accepted suffer the same.
const PERIOD: Duration = Duration::from_millis(20);

/// Where the servers are, and the proxies before them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(super) http: u16,
    pub(super) sockets: u16,
    pub(super) spoilt_http: u16,
    pub(super) spoilt_sockets: u16,
}

impl Ports {
    /// What the child says of them in one line.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let ports: Vec<_> = line
            .split_whitespace()
            .map_while(|port| port.parse().ok())
            .collect();
        let &[http, sockets, spoilt_http, spoilt_sockets] = ports.as_slice() else {
            return None;
        };
        Some(Self {
            http,
            sockets,
            spoilt_http,
            spoilt_sockets,
        })
    }
}

/// What the child does, until its standard input ends. It answers each line of it with the number of requests that it has and has not answered.
pub(crate) fn serve() -> Result<(), Box<dyn Error>> {
    let ca = Ca::new();
    let (leaf, gate) = (ca.issue(&[HOST]), Gate::new());
    let routes = routes::demo_routes(&gate);
    let http = HttpOrigin::tls(leaf.http2()).start(move |request| match request.path() {
        "/small" => Reply::json(SMALL),
        _ => routes(request),
    })?;
    let sockets = WsOrigin::tls(leaf.http1()).start(|path| match path {
        "/flood" => Act::Flood {
            count: 20,
            bytes: 4_000,
        },
        "/close" => Act::Close(1001, "going away"),
        _ => Act::Echo,
    })?;
    let to_http = FaultProxy::start(http.address(), Fault::None)?;
    let address = SocketAddr::from(([127, 0, 0, 1], sockets.port()));
    let to_sockets = FaultProxy::start(address, Fault::None)?;
    introduce(http.port(), &ca)?;
    let [spoilt_http, spoilt_sockets] = [&to_http, &to_sockets].map(|proxy| proxy.address().port());
    println!(
        "{} {} {spoilt_http} {spoilt_sockets}",
        http.port(),
        sockets.port()
    );
    io::stdout().flush()?;
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| spoil(&[&to_http, &to_sockets], &ended));
        let served = answer(&http);
        ended.store(true, Relaxed);
        served
    })
}

fn answer(http: &HttpOrigin) -> Result<(), Box<dyn Error>> {
    for line in io::stdin().lock().lines() {
        line?;
        println!("{}", http.counts().in_flight);
        io::stdout().flush()?;
    }
    Ok(())
}

fn spoil(proxies: &[&FaultProxy], ended: &AtomicBool) {
    let mut dice = Dice::new(1, 0);
    while !ended.load(Relaxed) {
        for proxy in proxies {
            let side = dice.pick(&[Side::Target, Side::Target, Side::Client]);
            proxy.set_for(side, fault(&mut dice));
        }
        thread::sleep(PERIOD);
    }
}

fn fault(dice: &mut Dice) -> Fault {
    let bytes = dice.pick(&[0, 100, 1_500, 4_000, 40_000]) + dice.roll(500);
    let pause = Duration::from_millis(1 + dice.roll(20));
    match dice.roll(9) {
        0 => Fault::None,
        1 => Fault::Delay(pause),
        2 => Fault::Drip(1 + dice.roll(8_000) as usize, pause),
        3 => Fault::CutAfter(bytes),
        4 => Fault::CloseAfter(bytes),
        5 => Fault::ResetAfter(bytes),
        6 => Fault::CorruptAt(bytes),
        7 => Fault::SilentAfter(bytes),
        _ => Fault::BlackHole,
    }
}
