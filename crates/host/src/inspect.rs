//! `--inspect`: the calls of a program in Chrome DevTools, while they go on.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use appnet_inspect::{ConsoleLevel, DevTools};
use appnet_js::Level;
use appnet_policy::identity::AppId;

use crate::{
    ending::{Ending, error_line},
    stop::Stop,
};

/// Where `--inspect` alone listens: the port that Chrome looks at for Node.
pub(crate) const ADDRESS: &str = "127.0.0.1:9229";

/// A value of `--inspect`.
pub(crate) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let local = match text.split_once(':') {
        None => text.parse().ok(),
        Some((name, port)) if name.eq_ignore_ascii_case("localhost") => port.parse().ok(),
        Some(_) => None,
    };
    match local {
        Some(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        None => text
            .parse()
            .map_err(|_| "should be ADDRESS:PORT such as 127.0.0.1:9229 or [::1]:0, or a port"),
    }
}

/// What the program of an app has for DevTools beside its calls.
pub(crate) struct AppTools {
    devtools: Arc<DevTools>,
    app: AppId,
}

impl AppTools {
    pub(crate) fn new(devtools: Arc<DevTools>, app: &AppId) -> Self {
        let app = app.clone();
        Self { devtools, app }
    }

    /// The program says this to its console.
    pub(crate) fn say(&self, level: Level, text: &str) {
        let level = match level {
            Level::Debug => ConsoleLevel::Debug,
            Level::Log => ConsoleLevel::Log,
            Level::Info => ConsoleLevel::Info,
            Level::Warn => ConsoleLevel::Warn,
            Level::Error => ConsoleLevel::Error,
        };
        self.devtools.console(&self.app, level, text);
    }
}

/// Listens.
pub(crate) fn listen(address: SocketAddr) -> Result<Arc<DevTools>, String> {
    DevTools::listen(address)
        .map(Arc::new)
        .map_err(|error| format!("--inspect: cannot listen on {address}: {error}"))
}

/// Says where, when there is all that a front end may ask for.
pub(crate) fn announce(devtools: &DevTools, app: &AppId) {
    let target = devtools.target(app);
    error_line(&format!("DevTools listening on {}", target.web_socket()));
    error_line(&format!(
        "In the address bar of Chrome: {}",
        target.front_end()
    ));
    if !devtools.address().ip().is_loopback() {
        error_line(
            "--inspect: whoever reaches this address can read all that the program sends and receives",
        );
    }
}

/// Waits for a front end, or for the end of the program.
pub(crate) fn wait(devtools: &DevTools, stop: &Stop) {
    error_line("Waiting for DevTools to attach");
    until(devtools.attached(), stop);
}

/// A person who looks at the calls may go on to do so when the program has ended by itself.
///
/// How it ended is told before, and not once more.
pub(crate) fn linger(devtools: &DevTools, stop: &Stop, ending: Ending) -> Ending {
    if devtools.sessions() == 0 || stop.is_set() {
        return ending;
    }
    ending.tell();
    error_line("The program has ended. Waiting for DevTools to detach");
    until(devtools.detached(), stop);
    Ending::Exited(ending.status())
}

fn until(done: impl Future<Output = ()>, stop: &Stop) {
    // Nothing here needs a clock or a socket, so the runtime cannot be refused them.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else {
        return;
    };
    runtime.block_on(async {
        tokio::select! {
            () = done => {}
            () = stop.wait() => {}
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{ADDRESS, address};

    #[test]
    fn an_address_may_be_a_port_alone() {
        for (text, means) in [
            (ADDRESS, ADDRESS),
            ("0", "127.0.0.1:0"),
            ("localhost:80", "127.0.0.1:80"),
            ("[::1]:1", "[::1]:1"),
        ] {
            assert_eq!(address(text), Ok(means.parse().unwrap()));
        }
        for text in ["", "x", "127.0.0.1", "host.test:1", "localhost:", "99999"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
