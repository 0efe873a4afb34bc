//! A UDP relay that spoils what goes through it: what a network does to QUIC.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use tokio::net::UdpSocket;

use crate::{fault::Side, thread::ServerThread};

/// The most that a datagram holds.
const LARGEST: usize = 1 << 16;

/// What happens to the datagrams of a client and of the target that answers it. Counted from 0 are those of one [`Side`], for each client by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DatagramFault {
    /// Nothing.
    #[default]
    None,
    /// Each is passed on only after this time.
    Delay(Duration),
    /// Each of this number is lost: of 10, the tenth, the twentieth and so on.
    LoseEvery(u64),
    /// Each of this number arrives with another byte in its middle.
    CorruptEvery(u64),
    /// The one with this number does.
    CorruptAt(u64),
    /// Each of this number arrives twice.
    RepeatEvery(u64),
    /// From this one on, those of this side are lost.
    SilentAfter(u64),
    /// From this one on, those of both sides are.
    DeadAfter(u64),
}

/// What becomes of one datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passed,
    Late(Duration),
    Corrupted,
    Repeated,
    Lost,
}

impl DatagramFault {
    fn of(self, number: u64) -> Fate {
        let is_of = |every: u64| (number + 1).is_multiple_of(every.max(1));
        match self {
            Self::Delay(pause) => Fate::Late(pause),
            Self::LoseEvery(every) if is_of(every) => Fate::Lost,
            Self::CorruptEvery(every) if is_of(every) => Fate::Corrupted,
            Self::CorruptAt(place) if number == place => Fate::Corrupted,
            Self::RepeatEvery(every) if is_of(every) => Fate::Repeated,
            Self::SilentAfter(count) | Self::DeadAfter(count) if number >= count => Fate::Lost,
            Self::None
            | Self::LoseEvery(_)
            | Self::CorruptEvery(_)
            | Self::CorruptAt(_)
            | Self::RepeatEvery(_)
            | Self::SilentAfter(_)
            | Self::DeadAfter(_) => Fate::Passed,
        }
    }
}

/// A relay on a free UDP port of 127.0.0.1. Dropped, it is gone.
#[derive(Debug)]
pub struct DatagramProxy {
    address: SocketAddr,
    state: Arc<State>,
    _thread: ServerThread,
}

#[derive(Debug, Default)]
struct State {
    fault: Mutex<(Side, DatagramFault)>,
    clients: Mutex<Vec<SocketAddr>>,
    target: AtomicU64,
    client: AtomicU64,
}

impl State {
    fn fault(&self) -> MutexGuard<'_, (Side, DatagramFault)> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clients(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const fn passed(&self, side: Side) -> &AtomicU64 {
        match side {
            Side::Target => &self.target,
            Side::Client => &self.client,
        }
    }
}

impl DatagramProxy {
    /// Starts one in front of `target`.
    ///
    /// # Errors
    /// The system gives no socket or thread.
    pub fn start(target: SocketAddr) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let thread = ServerThread::start("datagram-proxy", move || relay(socket, target, shared))?;
        Ok(Self {
            address,
            state,
            _thread: thread,
        })
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Clients whose first datagram comes from now on suffer this; those before keep what they have.
    pub fn set_for(&self, side: Side, fault: DatagramFault) {
        *self.state.fault() = (side, fault);
    }

    /// How many datagrams of this side were passed on so far, of all clients.
    #[must_use]
    pub fn passed(&self, side: Side) -> u64 {
        self.state.passed(side).load(SeqCst)
    }

    /// The addresses of all clients so far.
    #[must_use]
    pub fn clients(&self) -> Vec<SocketAddr> {
        self.state.clients().clone()
    }
}

/// Passes on what comes until it is dropped.
async fn relay(socket: std::net::UdpSocket, target: SocketAddr, state: Arc<State>) {
    let socket = UdpSocket::from_std(socket).expect("the socket is non-blocking");
    let socket = Arc::new(socket);
    let mut flows: HashMap<SocketAddr, Arc<Flow>> = HashMap::new();
    let mut datagram = vec![0; LARGEST];
    loop {
        // An error is that of an earlier datagram, whose client is gone.
        let Ok((length, client)) = socket.recv_from(&mut datagram).await else {
            continue;
        };
        let flow = match flows.get(&client) {
            Some(flow) => Arc::clone(flow),
            None => {
                let Ok(flow) = Flow::start(client, target, Arc::clone(&socket), &state).await
                else {
                    continue;
                };
                flows.insert(client, Arc::clone(&flow));
                flow
            }
        };
        flow.carry(Side::Client, &datagram[..length]).await;
    }
}

/// One client and its own socket to the target.
struct Flow {
    client: SocketAddr,
    to_client: Arc<UdpSocket>,
    to_target: UdpSocket,
    side: Side,
    fault: DatagramFault,
    /// Datagrams of `side` so far.
    counted: AtomicU64,
    dead: AtomicBool,
    state: Arc<State>,
}

impl Flow {
    /// Makes the socket, and passes on what the target says to it.
    async fn start(
        client: SocketAddr,
        target: SocketAddr,
        to_client: Arc<UdpSocket>,
        state: &Arc<State>,
    ) -> io::Result<Arc<Self>> {
        let to_target = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        to_target.connect(target).await?;
        let (side, fault) = *state.fault();
        state.clients().push(client);
        let flow = Arc::new(Self {
            client,
            to_client,
            to_target,
            side,
            fault,
            counted: AtomicU64::new(0),
            dead: AtomicBool::new(false),
            state: Arc::clone(state),
        });
        let back = Arc::clone(&flow);
        tokio::spawn(async move {
            let mut datagram = vec![0; LARGEST];
            loop {
                // A target that is not there answers each datagram with an error.
                if let Ok(length) = back.to_target.recv(&mut datagram).await {
                    back.carry(Side::Target, &datagram[..length]).await;
                }
            }
        });
        Ok(flow)
    }

    /// Passes on a datagram of this side as the fault lets it.
    async fn carry(self: &Arc<Self>, side: Side, datagram: &[u8]) {
        match self.fate(side) {
            Fate::Lost => {}
            Fate::Passed => self.pass(side, datagram).await,
            Fate::Repeated => {
                self.pass(side, datagram).await;
                self.pass(side, datagram).await;
            }
            Fate::Corrupted => {
                let mut datagram = datagram.to_vec();
                let middle = datagram.len() / 2;
                if let Some(byte) = datagram.get_mut(middle) {
                    *byte ^= 0xff;
                }
                self.pass(side, &datagram).await;
            }
            Fate::Late(pause) => {
                let (flow, datagram) = (Arc::clone(self), datagram.to_vec());
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    flow.pass(side, &datagram).await;
                });
            }
        }
    }

    fn fate(&self, side: Side) -> Fate {
        let mut fate = Fate::Passed;
        if side == self.side {
            fate = self.fault.of(self.counted.fetch_add(1, Relaxed));
            if fate == Fate::Lost && matches!(self.fault, DatagramFault::DeadAfter(_)) {
                self.dead.store(true, Relaxed);
            }
        }
        if self.dead.load(Relaxed) {
            return Fate::Lost;
        }
        fate
    }

    /// What cannot be sent is lost, as datagrams may be.
    async fn pass(&self, side: Side, datagram: &[u8]) {
        // Counted first: who has the datagram may ask for the count.
        self.state.passed(side).fetch_add(1, SeqCst);
        let sent = match side {
            Side::Client => self.to_target.send(datagram).await,
            Side::Target => self.to_client.send_to(datagram, self.client).await,
        };
        drop(sent);
    }
}
