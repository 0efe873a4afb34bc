//! `--doh` and `--http-dns`: names looked up by a server of DNS over HTTPS.

use appnet_testkit::{Ca, HttpOrigin, Reply};

use crate::run::{Folder, Run};

/// An origin at <https://api.example.com>, and a server of DNS over HTTPS that knows every name to be on loopback.
struct World {
    folder: Folder,
    origin: HttpOrigin,
    dns: HttpOrigin,
}

impl World {
    fn new(source: &str) -> Self {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&["api.example.com"]).http1());
        let dns = HttpOrigin::tls(ca.issue(&["dns.example.com"]).http2());
        Self {
            folder: Folder::new(&[
                ("t.js", source),
                ("ca.pem", &ca.pem()),
                (
                    "server-domains.json",
                    r#"{"request": ["https://api.example.com"]}"#,
                ),
            ]),
            origin: origin.start(|_| Reply::text("hello")).unwrap(),
            dns: dns.start(|request| on_loopback(request.body)).unwrap(),
        }
    }

    fn run(&self, more: &[&str]) -> Run {
        let origin = format!("api.example.com:::{}", self.origin.port());
        let dns = format!("dns.example.com::127.0.0.1:{}", self.dns.port());
        let mut args = vec!["run", "t.js", "--ca", "ca.pem", "--max-time", "20"];
        args.extend(["--allow-private", "--connect-to", &origin]);
        args.extend(["--connect-to", &dns]);
        args.extend(more);
        self.folder.appnet(&args, "")
    }
}

/// RFC 1035 §4.1: the question again, and for one of type A the address behind it.
pub(crate) fn on_loopback(question: &[u8]) -> Reply {
    let mut answer = question.to_vec();
    answer[2] |= 0x80; // a response
    if answer.ends_with(&[0, 1, 0, 1]) {
        answer[7] = 1; // with one answer: the name in the question, type A, class IN, 300 seconds, 4 bytes
        answer.extend([0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 127, 0, 0, 1]);
    }
    Reply::ok("application/dns-message", answer)
}

const GET: &str =
    "wx.request({ url: 'https://api.example.com/', complete: (r) => host.print(r.errMsg) })";

#[test]
fn names_are_looked_up_by_the_server_of_doh() {
    let world = World::new(GET);
    let run = world.run(&["--doh", "https://dns.example.com/dns-query"]);
    assert_eq!(run.out, "request:ok\n", "{}", run.err);
    assert_eq!(world.dns.counts().requests, 2); // one question for each family
}

#[test]
fn r6_a_service_of_http_dns_serves_the_calls_that_ask_for_it() {
    let world = World::new(
        "wx.request({ url: 'https://api.example.com/', enableHttpDNS: true, httpDNSServiceId: 'wx1',
           complete: (r) => host.print(r.errMsg) })",
    );
    let run = world.run(&["--http-dns", "wx1=https://dns.example.com/dns-query"]);
    assert_eq!(run.out, "request:ok\n", "{}", run.err);
    assert_eq!(world.dns.counts().requests, 2);
}

#[test]
fn r6_without_a_cellular_interface_a_call_that_must_go_over_it_fails() {
    let world = World::new(
        "wx.request({ url: 'https://api.example.com/', forceCellularNetwork: true,
           complete: (r) => host.print(r.errMsg + ' ' + r.errno) })",
    );
    let run = world.run(&["--doh", "https://dns.example.com/dns-query"]);
    let heard = "request:fail bind socket dependency is unavailable 602301\n";
    assert_eq!(run.out, heard, "{}", run.err);
    assert_eq!(world.origin.counts().connections, 0);
}
