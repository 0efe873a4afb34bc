//! An origin, and a network that trusts it, through the C ABI.

use appnet_ffi::client;
use appnet_testkit::{Ca, Gate, HttpOrigin, routes};

pub(crate) const HOST: &str = "api.example.com";

/// The report of a close right after task 2 was called: its actor has looked at it, or has not yet.
pub(crate) const ENDED_BY_A_CLOSE: [&str; 2] = [
    r#"{"queued":[],"running":[2],"sockets":[]}"#,
    r#"{"queued":[2],"running":[],"sockets":[]}"#,
];

pub(crate) struct World {
    pub(crate) ca: Ca,
    pub(crate) origin: HttpOrigin,
}

impl World {
    pub(crate) fn new() -> Self {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&[HOST]).http2())
            .start(routes::demo_routes(&Gate::new()))
            .unwrap();
        Self { ca, origin }
    }

    pub(crate) fn network(&self) -> u64 {
        client::start(&self.network_config()).unwrap()
    }

    pub(crate) fn network_config(&self) -> String {
        let pem = self.ca.pem().replace('\n', "\\n");
        format!(r#"{{"threads": 1, "systemRoots": false, "extraRootsPem": "{pem}"}}"#)
    }

    pub(crate) fn config(&self, app: &str) -> String {
        let port = self.origin.port();
        format!(
            r#"{{"appId": "{app}", "domains": {{"request": ["https://{HOST}"]}}, "connectTo": ["{HOST}::127.0.0.1:{port}"]}}"#
        )
    }
}

pub(crate) fn call(task: u64, path: &str) -> String {
    format!(
        r#"{{"type":"call","task":{task},"api":"request","options":{{"url":"https://{HOST}{path}"}}}}"#
    )
}

/// The JSON of the next event that ends a task.
pub(crate) fn end(app: u64) -> String {
    loop {
        let event = client::next_event(app, 20_000, |json, _| json.to_owned()).unwrap();
        if event.starts_with(r#"{"type":"success""#) || event.starts_with(r#"{"type":"fail""#) {
            return event;
        }
    }
}
