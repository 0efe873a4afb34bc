//! The clients that are measured with requests over HTTP.

mod awc;
mod bus;
mod engine;
mod floor;
mod h2;
mod hyper;
mod hyper_util;
mod io;
mod job;
#[cfg(feature = "libcurl")]
mod libcurl;
mod outgoing;
mod reqwest;
mod sandbox;

pub(crate) use bus::{Place, network, refused, task};
use job::Job;
pub(crate) use sandbox::app;

use crate::{
    origin::Origin,
    turn::{Failure, Peer, Runners},
    work::{Version, What},
};

/// A client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// What the others are compared with.
    Reqwest,
    /// The client that reqwest stands on.
    HyperUtil,
    /// What that stands on, on connections made by hand.
    Hyper,
    /// libcurl's multi interface.
    #[cfg(feature = "libcurl")]
    Libcurl,
    /// awc as it comes.
    Awc,
    /// awc without what can be switched off.
    AwcTuned,
    /// HTTP/1.1: a loop over rustls by hand. HTTP/2: the h2 crate.
    Floor,
    /// `appnet-io` alone, with the policy's checks.
    Io,
    /// The whole subsystem, from JSON to JSON, the port on a thread of its own.
    Bus,
    /// The same, the port on the app's thread.
    BusDriven,
    /// A mini-program in `appnet run`, if that was built.
    Engine,
    /// The same with `--inspect`, and nobody attached.
    EngineInspect,
}

/// What a client needs to know to be made ready.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    /// Whom to ask.
    pub(crate) origin: &'a Origin,
    /// How.
    pub(crate) version: Version,
    /// For what.
    pub(crate) what: What,
    /// Bytes of a large body.
    pub(crate) transfer: u64,
}

impl Client {
    /// In the order of the tables; the first is what the others are compared with.
    pub(crate) const ALL: &[Self] = &[
        Self::Reqwest,
        Self::HyperUtil,
        Self::Hyper,
        #[cfg(feature = "libcurl")]
        Self::Libcurl,
        Self::Awc,
        Self::AwcTuned,
        Self::Floor,
        Self::Io,
        Self::Bus,
        Self::BusDriven,
        Self::Engine,
        Self::EngineInspect,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Reqwest => "reqwest",
            Self::HyperUtil => "hyper-util",
            Self::Hyper => "hyper",
            #[cfg(feature = "libcurl")]
            Self::Libcurl => "libcurl",
            Self::Awc => "awc",
            Self::AwcTuned => "awc-tuned",
            Self::Floor => "floor",
            Self::Io => "io",
            Self::Bus => "bus",
            Self::BusDriven => "bus-driven",
            Self::Engine => "engine",
            Self::EngineInspect => "engine-inspect",
        }
    }

    /// Makes it ready. `None`: it does not do this.
    pub(crate) async fn ready(self, order: Order<'_>) -> Result<Option<Box<dyn Peer>>, Failure> {
        let peer: Box<dyn Peer> = match (self, order.version) {
            (Self::Reqwest, _) => jobs(reqwest::Reqwest::new(order)?, order)?,
            (Self::HyperUtil, _) => jobs(hyper_util::HyperUtil::new(order)?, order)?,
            (Self::Hyper, _) => jobs(hyper::Hyper::connect(order).await?, order)?,
            #[cfg(feature = "libcurl")]
            (Self::Libcurl, _) => Box::new(libcurl::Libcurl::new(order)?),
            // Its HTTP/2 is of h2 0.3, which aborts the process: see decision 0001.
            (Self::Awc | Self::AwcTuned, Version::Two) => return Ok(None),
            (Self::Awc, Version::One) => jobs(awc::Awc::as_it_comes(order)?, order)?,
            (Self::AwcTuned, Version::One) => jobs(awc::Awc::tuned(order)?, order)?,
            (Self::Floor, Version::One) => Box::new(floor::connect(order).await?),
            (Self::Floor, Version::Two) => jobs(h2::H2::connect(order).await?, order)?,
            (Self::Io, _) => Box::new(io::lanes(order)?),
            (Self::Bus, _) => bus::ready(order, Place::Own).await?,
            (Self::BusDriven, _) => bus::ready(order, Place::Apps).await?,
            (Self::Engine, _) => return engine(order, &[]),
            (Self::EngineInspect, _) => return engine(order, &["--inspect=0"]),
        };
        Ok(Some(peer))
    }
}

fn engine(order: Order<'_>, flags: &[&str]) -> Result<Option<Box<dyn Peer>>, Failure> {
    let engine = engine::Engine::start(order, flags)?;
    Ok(engine.map(|engine| Box::new(engine) as Box<dyn Peer>))
}

fn jobs<C: job::HttpClient>(client: C, order: Order<'_>) -> Result<Box<dyn Peer>, Failure> {
    Ok(Box::new(Runners(Job::all(client, order)?)))
}
