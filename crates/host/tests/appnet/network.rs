//! Calls that go out, to an origin of the testkit.

use appnet_testkit::{Ca, Gate, HttpOrigin, routes::demo_routes};

use crate::run::{Folder, Run};

/// An origin with the testkit's routes at <https://api.example.com>, and one program for it.
pub(crate) struct Server {
    pub(crate) folder: Folder,
    route: String,
    origin: HttpOrigin,
}

pub(crate) fn server(source: &str) -> Server {
    let ca = Ca::new();
    let origin = HttpOrigin::tls(ca.issue(&["api.example.com"]).http1())
        .start(demo_routes(&Gate::new()))
        .unwrap();
    let list = r#"["https://api.example.com"]"#;
    let domains = format!(r#"{{"request": {list}, "uploadFile": {list}, "downloadFile": {list}}}"#);
    let folder = Folder::new(&[
        ("t.js", source),
        ("ca.pem", &ca.pem()),
        ("server-domains.json", &domains),
    ]);
    Server {
        folder,
        route: format!("api.example.com::127.0.0.1:{}", origin.port()),
        origin,
    }
}

impl Server {
    /// What sends calls for it there.
    pub(crate) fn route(&self) -> &str {
        &self.route
    }

    /// Returns when it has so many connections.
    pub(crate) fn until_open(&self, connections: usize) {
        while self.origin.counts().open != connections {
            std::thread::yield_now();
        }
    }

    pub(crate) fn run(&self, more: &[&str]) -> Run {
        self.run_for("20", more)
    }

    /// Runs it for so many seconds at most.
    pub(crate) fn run_for(&self, seconds: &str, more: &[&str]) -> Run {
        self.folder.appnet(&self.args(seconds, more), "")
    }

    /// Starts it and leaves it running.
    #[cfg(feature = "metrics")]
    pub(crate) fn start(&self, more: &[&str]) -> std::process::Child {
        self.folder.start(&self.args("20", more))
    }

    fn args<'a>(&'a self, seconds: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut args = vec![
            "run",
            "t.js",
            "--connect-to",
            &self.route,
            "--max-time",
            seconds,
        ];
        args.extend(more);
        args
    }
}

const GET: &str = "wx.request({ url: 'https://api.example.com/json', complete: (r) => host.print(r.errMsg + ' ' + JSON.stringify(r.data)) })";

#[test]
fn a_request_reaches_a_listed_origin_over_tls_and_ends_the_program_with_it() {
    let run = server(GET).run(&["--ca", "ca.pem"]);
    assert_eq!(
        (run.status, run.out.as_str()),
        (
            0,
            "request:ok {\"ok\":true,\"text\":\"你好\",\"list\":[1,2,3]}\n"
        ),
        "{}",
        run.err
    );
}

#[test]
fn k1_an_authority_that_is_not_trusted_is_refused() {
    let run = server(GET).run(&[]);
    assert_eq!(run.out, "request:fail ssl hand shake error undefined\n");
}

#[test]
fn u5_a_refusal_is_logged_with_its_rule_and_the_nearest_entry() {
    let run = server("wx.request({ url: 'https://api.example.com:443/?token=secret' })")
        .run(&["--ca", "ca.pem"]);
    assert_eq!(run.status, 0);
    assert!(
        run.err.contains("WARN")
            && run.err.contains("U3")
            && run.err.contains("https://api.example.com"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("secret"), "{}", run.err);
    assert_eq!(
        server("wx.request({ url: 'https://other.test/' })")
            .run(&["--log", "off"])
            .err,
        ""
    );
}

#[test]
fn info_logs_a_line_for_each_call() {
    let run = server(GET).run(&["--ca", "ca.pem", "--log", "info"]);
    assert_eq!(
        run.err
            .lines()
            .filter(|line| line.contains("https://api.example.com/json"))
            .count(),
        1,
        "{}",
        run.err
    );
}

#[test]
fn bytes_come_as_an_array_buffer() {
    let run = server("wx.request({ url: 'https://api.example.com/bytes/5', responseType: 'arraybuffer', success: ({ data }) => host.print([data instanceof ArrayBuffer, ...new Uint8Array(data)].join()) })").run(&["--ca", "ca.pem"]);
    assert_eq!(run.out, "true,0,1,2,3,4\n", "{}", run.err);
}

#[test]
fn bytes_go_out_as_they_are() {
    let run = server("wx.request({ url: 'https://api.example.com/echo', method: 'POST', data: Uint8Array.from([104, 105, 33]), success: ({ data }) => host.print(data.body) })").run(&["--ca", "ca.pem"]);
    assert_eq!(run.out, "hi!\n", "{}", run.err);
}

#[test]
fn b3_the_program_can_go_to_the_background_and_come_back() {
    let source = "
        const call = (name) => new Promise((resolve) => wx.request({ url: 'https://api.example.com/json', complete: (r) => { host.print(`${name} ${r.errMsg}`); resolve() } }))
        wx.onAppHide(() => host.print('hidden')); wx.onAppShow(() => host.print('shown'))
        ;(async () => {
          host.enterBackground(); await call('background'); host.enterForeground(); await call('foreground')
          host.enterBackground({ pinned: true }); await call('pinned')
        })()";
    let run = server(source).run(&["--ca", "ca.pem"]);
    let mut lines: Vec<&str> = run.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "background request:fail interrupted",
            "foreground request:ok",
            "hidden",
            "hidden",
            "pinned request:ok",
            "shown"
        ],
        "{}",
        run.err
    );
}

#[test]
fn j5_abort_ends_the_call_and_the_program() {
    let run = server("const task = wx.request({ url: 'https://api.example.com/never', fail: (r) => host.print(r.errMsg) }); setTimeout(() => task.abort(), 50)").run(&["--ca", "ca.pem"]);
    assert_eq!(
        (run.status, run.out.as_str()),
        (0, "request:fail abort\n"),
        "{}",
        run.err
    );
}

#[test]
fn i4_what_was_open_when_the_time_was_over_is_named_without_its_query() {
    let source = "for (let i = 0; i < 7; i++) wx.request({ url: 'https://api.example.com/never?token=secret' });
        setTimeout(() => {}, 1e6)";
    let run = server(source).run_for("0.5", &["--ca", "ca.pem"]);
    assert_eq!(run.status, 124, "{}", run.err);
    let named = "; still open: request #1 https://api.example.com/never, request #2 https://api.example.com/never, ";
    assert!(
        run.err.contains(named) && run.err.ends_with("2 more calls, 1 timer\n"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("secret"), "{}", run.err);
}

#[test]
fn u8_devtools_without_url_check_reach_what_is_not_listed_and_say_so() {
    let source = "wx.request({ url: 'https://api.example.com:443/json', complete: (r) => host.print(r.errMsg) })";
    let run = server(source).run(&["--env", "devtools", "--no-url-check"]);
    assert_eq!(run.out, "request:ok\n", "{}", run.err);
    assert!(run.err.contains("a release would refuse"), "{}", run.err);
    let release = server(source).run(&["--no-url-check", "--ca", "ca.pem"]);
    assert_eq!(release.out, "request:fail url not in domain list\n");
}

#[test]
fn a_program_can_be_put_on_a_weak_network_and_off_it() {
    const CALL: &str = "
        wx.getNetworkType({ success: (r) => host.print(r.networkType) });
        const begun = host.now();
        wx.request({ url: 'https://api.example.com/json', complete: (r) => host.print(r.errMsg + (host.now() - begun > 240)) });";
    let server = server(CALL);
    let weak = server.run(&["--ca", "ca.pem", "--throttle", "3g,latency=80"]);
    // TCP, TLS and the request: three round trips.
    assert_eq!(
        (weak.status, weak.out.as_str()),
        (0, "3g\nrequest:oktrue\n")
    );
    let offline = server.run(&["--ca", "ca.pem", "--throttle", "offline"]);
    assert_eq!(
        (offline.status, offline.out.as_str()),
        (0, "none\nrequest:fail network unreachablefalse\n"),
        "{}",
        offline.err
    );
    assert!(
        offline.err.contains("the app was taken off the network"),
        "{}",
        offline.err
    );
    let wrong = server.run(&["--throttle", "5g"]);
    assert_eq!(wrong.status, 2);
    let words = "\"5g\" should be one of 2g, slow-3g, 3g, 4g, lossy, offline, or a field such as latency=400";
    assert!(wrong.err.contains(words), "{}", wrong.err);
}
