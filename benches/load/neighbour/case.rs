//! What a case is, and all of them.

use std::{error::Error, io};

use appnet_testkit::{Ca, HttpOrigin, Leaf, RawOrigin, WsOrigin};

use super::{
    attacker::{Attack, Attacker},
    bodies, calls, lives, sockets, wire,
};
use crate::origin::{self, HOST};

/// One way to do one's worst.
pub(super) struct Case {
    /// As it is named on the command line.
    pub(super) name: &'static str,
    /// In words.
    pub(super) what: &'static str,
    /// Starts the attacker's server.
    pub(super) serve: fn(&Leaf) -> io::Result<Server>,
    /// Attacks until the attacker's time is up.
    pub(super) attack: for<'a> fn(&'a mut Attacker) -> Attack<'a>,
}

/// The attacker's server; it serves until it is dropped.
pub(super) enum Server {
    Http(HttpOrigin),
    Raw(RawOrigin),
    Ws(WsOrigin),
}

impl Server {
    const fn port(&self) -> u16 {
        match self {
            Self::Http(origin) => origin.port(),
            Self::Raw(origin) => origin.port(),
            Self::Ws(origin) => origin.port(),
        }
    }
}

pub(super) fn all() -> impl Iterator<Item = &'static Case> {
    let modules: [&'static [Case]; 5] = [
        lives::CASES,
        bodies::CASES,
        calls::CASES,
        sockets::CASES,
        wire::CASES,
    ];
    modules.into_iter().flatten()
}

pub(super) fn by_name(name: &str) -> Result<&'static Case, Box<dyn Error>> {
    let case = all().find(|case| case.name == name);
    Ok(case.ok_or_else(|| format!("there is no case {name}; --list shows all"))?)
}

/// Those of these names; without a name, all.
pub(super) fn named(names: &[String]) -> Result<Vec<&'static Case>, Box<dyn Error>> {
    if names.is_empty() {
        return Ok(all().collect());
    }
    names.iter().map(|name| by_name(name)).collect()
}

/// What the process of the attacker's server does: serves until its standard input ends.
pub(crate) fn serve(name: &str) -> Result<(), Box<dyn Error>> {
    let ca = Ca::new();
    let server = (by_name(name)?.serve)(&ca.issue(&[HOST]))?;
    origin::introduce(server.port(), &ca)?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
