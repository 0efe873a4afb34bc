//! `--log`: what the parts say, on standard error. The lines for calls are those of the crate `appnet`.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;

use crate::cli::LogLevel;

/// Turns it on for the whole process; only the first call counts.
pub(crate) fn start(level: LogLevel) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::from(level))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && colours_wanted())
        .without_time()
        .with_target(matches!(level, LogLevel::Debug | LogLevel::Trace))
        .finish();
    drop(tracing::subscriber::set_global_default(subscriber));
}

/// <https://no-color.org>
pub(crate) fn colours_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
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
