//! `--log`: what the parts say, on standard error. The lines for calls are those of the crate `appnet`.

use std::{ffi::OsStr, io::IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _};

use crate::cli::{LogFormat, LogLevel};

/// Turns it on for the whole process; only the first call counts.
pub(crate) fn start(level: LogLevel, format: LogFormat) {
    let builder = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .with_target(matches!(level, LogLevel::Debug | LogLevel::Trace));
    let targets = by_target(level);
    drop(match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && colours_wanted();
            let lines = builder.with_ansi(colours).without_time().finish();
            tracing::subscriber::set_global_default(lines.with(targets))
        }
        // Who collects lines of many programs needs their time.
        LogFormat::Json => {
            let lines = builder.json().finish();
            tracing::subscriber::set_global_default(lines.with(targets))
        }
    });
}

/// Whether the user wants colours, and the terminal has them.
pub(crate) fn colours_wanted() -> bool {
    let set = |name| std::env::var_os(name);
    wanted(set("NO_COLOR").as_deref(), set("TERM").as_deref())
}

/// <https://no-color.org>; and a terminal that is `dumb` shows the codes as text.
fn wanted(no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    no_color.is_none_or(OsStr::is_empty) && term.is_none_or(|term| term != "dumb")
}

/// The library tells of calls that need nobody's help at `debug`; whoever runs one program at `info` wants a line for each.
fn by_target(level: LogLevel) -> Targets {
    let calls = match level {
        LogLevel::Info => LevelFilter::DEBUG,
        other => other.into(),
    };
    Targets::new()
        .with_default(LevelFilter::from(level))
        .with_target("appnet::calls", calls)
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Off => Self::OFF,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_users_that_want_them_and_terminals_that_have_them() {
        let [empty, one, dumb, xterm] = ["", "1", "dumb", "xterm"].map(OsStr::new);
        assert!(wanted(None, None) && wanted(Some(empty), Some(xterm)));
        assert!(!wanted(Some(one), Some(xterm)));
        assert!(!wanted(None, Some(dumb)));
    }
}
