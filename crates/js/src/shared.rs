//! What the closures that a program calls and the owner of the engine both use.

use std::{
    cell::{Cell, RefCell},
    time::{Duration, Instant},
};

use crate::{rejections::Rejections, timers::Timers};

/// Takes what a program prints.
pub type Console = Box<dyn Fn(Level, &str)>;

/// Makes what a person is shown of an error: its head (`TypeError: …`) and its stack as the engine wrote it.
pub type Trace = Box<dyn Fn(&str, &str) -> String>;

/// Hears that a program made the network call with this number, and its stack there as the engine wrote it, the inmost place first. The
/// places in what `wx` is made of are among them: see [`OWN_FILES`](crate::OWN_FILES).
pub type Caller = Box<dyn Fn(u64, &str)>;

/// How serious a line of `console` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the console's own functions")]
pub enum Level {
    Debug,
    Log,
    Info,
    Warn,
    Error,
}

impl Level {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "debug" => Self::Debug,
            "info" => Self::Info,
            "warn" => Self::Warn,
            "error" => Self::Error,
            _ => Self::Log,
        }
    }
}

/// The state of one engine.
pub(crate) struct Shared {
    pub(crate) timers: RefCell<Timers>,
    pub(crate) rejections: Rejections,
    pub(crate) stopped: Cell<bool>,
    pub(crate) failed_callbacks: Cell<usize>,
    pub(crate) clock: Box<dyn Fn() -> Instant>,
    pub(crate) console: Console,
    pub(crate) trace: Trace,
    pub(crate) caller: Option<Caller>,
    pub(crate) hints: bool,
}

impl Shared {
    pub(crate) fn callback_failed(&self, text: &str) {
        self.failed_callbacks.set(self.failed_callbacks.get() + 1);
        (self.console)(Level::Error, &format!("Uncaught {text}"));
    }

    /// What the program's own handler has taken is printed, and not counted.
    pub(crate) fn handled(&self, text: &str) {
        (self.console)(Level::Error, &format!("Handled by the program: {text}"));
    }

    pub(crate) fn set_timer(&self, id: u32, milliseconds: f64) {
        let delay = Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default();
        self.timers.borrow_mut().set(id, (self.clock)(), delay);
    }
}
