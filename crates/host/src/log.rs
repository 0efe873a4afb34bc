//! `--log`: what the parts say, on standard error. The lines for calls are those of the crate `appnet`.

use std::{ffi::OsStr, io::IsTerminal as _};

use tracing::level_filters::LevelFilter;

use crate::cli::{LogFormat, LogLevel};

/// Turns it on for the whole process; only the first call counts.
pub(crate) fn start(level: LogLevel, format: LogFormat) {
    let builder = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::from(level))
        .with_writer(std::io::stderr)
        .with_target(matches!(level, LogLevel::Debug | LogLevel::Trace));
    drop(match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && colours_wanted();
            let lines = builder.with_ansi(colours).without_time();
            tracing::subscriber::set_global_default(lines.finish())
        }
        // Who collects lines of many programs needs their time.
        LogFormat::Json => tracing::subscriber::set_global_default(builder.json().finish()),
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
