//! `appnet probe`: what is seen of a server, and that it is what an app would meet.

use std::{fs, net::TcpListener};

use appnet_testkit::{
    Ca, Flaw, HttpOrigin, Leaf, RawOrigin, Reply, Script, Speaks, TestProxy, WsOrigin, ws::Act,
};
use rustls::version::TLS13;
use serde_json::Value;

use crate::{
    names::on_loopback,
    run::{Folder, Run},
};

const URL: &str = "https://api.example.com/";
const GET: &str =
    "wx.request({ url: 'https://api.example.com/', complete: (r) => host.print(r.errMsg) })";
const DOMAINS: &str = r#"{"request": ["https://api.example.com"]}"#;

/// The name <https://api.example.com> leads to this port; the trusted authority is `ca`.
struct World {
    folder: Folder,
    route: String,
}

impl World {
    fn new(ca: &Ca, port: u16) -> Self {
        let files = [
            ("t.js", GET),
            ("ca.pem", &ca.pem()),
            ("server-domains.json", DOMAINS),
        ];
        Self {
            folder: Folder::new(&files),
            route: format!("api.example.com::127.0.0.1:{port}"),
        }
    }

    fn appnet(&self, args: &[&str]) -> Run {
        let way = ["--ca", "ca.pem", "--connect-to", &self.route];
        self.folder.appnet(&[args, &way].concat(), "")
    }

    fn json(&self, url: &str) -> (i32, Value) {
        let run = self.appnet(&["probe", url, "--json"]);
        (run.status, serde_json::from_str(&run.out).unwrap())
    }

    /// Fails, for a reason that has these words; and an app's call fails in the same words.
    fn assert_fails(&self, words: &str) -> Value {
        let (status, seen) = self.json(URL);
        assert_eq!((status, seen["ok"].as_bool()), (1, Some(false)), "{seen}");
        let reason = seen["failure"]["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{words}: {reason}");
        assert!(reason.contains("to mend it: "), "{reason}");
        let run = self.appnet(&["run", "t.js"]);
        let heard = seen["failure"]["text"].as_str().unwrap();
        assert_eq!(run.out, format!("request:fail {heard}\n"), "{}", run.err);
        assert!(run.err.contains(reason), "{reason}: {}", run.err);
        seen
    }
}

fn serving(leaf: &Leaf) -> HttpOrigin {
    let origin = HttpOrigin::tls(leaf.http2());
    origin.start(|_| Reply::text("hello")).unwrap()
}

fn assert_refused(leaf: &Leaf, ca: &Ca, words: &str) -> Value {
    let origin = serving(leaf);
    World::new(ca, origin.port()).assert_fails(words)
}

#[test]
fn a_good_server_is_shown_whole_and_an_app_gets_through() {
    let ca = Ca::new();
    let leaf = ca.intermediate().issue(&["api.example.com", "*.a.test"]);
    let origin = serving(&leaf);
    let world = World::new(&ca, origin.port());
    let (status, seen) = world.json(URL);
    assert_eq!(
        (status, &seen["ok"], &seen["statusCode"], &seen["trusted"]),
        (0, &true.into(), &200.into(), &true.into()),
        "{seen}"
    );
    assert_eq!(seen["addresses"][0]["address"], "127.0.0.1");
    assert_eq!(seen["tlsVersion"], "TLSv1.3");
    assert_eq!(seen["tlsSuite"], "TLS_AES_128_GCM_SHA256"); // the first that is offered, as browsers do
    assert_eq!(seen["http"], serde_json::json!(["http/1.1", "h2"]));
    let [own, above] = &seen["certificates"].as_array().unwrap()[..] else {
        panic!("not two certificates: {seen}")
    };
    assert_eq!(
        own["names"],
        serde_json::json!(["api.example.com", "*.a.test"])
    );
    assert_eq!(own["key"], "an elliptic curve of 256 bits");
    assert_eq!(
        (&own["issuer"], &above["authority"]),
        (&above["subject"], &true.into())
    );
    let text = world.appnet(&["probe", URL]);
    assert_eq!(text.status, 0, "{}", text.err);
    let last = text.out.lines().last().unwrap();
    assert_eq!(last, "an app gets through: the status is 200, over TLSv1.3");
}

#[test]
fn k4_what_is_wrong_with_a_certificate_is_said_as_apps_are_told() {
    let ca = Ca::new();
    let names = ["api.example.com"];
    let seen = assert_refused(&ca.issue_expired(&names), &ca, "certificate expired");
    assert_eq!(seen["trusted"], false);
    assert_eq!(
        seen["certificates"][0]["names"],
        serde_json::json!(["api.example.com"])
    );
    assert_refused(
        &ca.issue(&["other.test"]),
        &ca,
        "certificate not valid for api.example.com",
    );
    assert_refused(&Ca::new().issue(&names), &ca, "unknown issuer");
    assert_refused(&Leaf::self_signed(&names), &ca, "self-signed");
    let short = ca.intermediate().issue(&names).without_intermediates();
    let seen = assert_refused(&short, &ca, "nor sent by the server");
    assert_eq!(seen["certificates"].as_array().unwrap().len(), 1);
}

#[test]
fn k1_a_server_without_tls_1_2_or_without_tls_is_told_from_others() {
    let alert = [21, 3, 2, 0, 2, 2, 70]; // TLS 1.1: fatal, protocol_version
    let old = Script::new().read_bytes(5).send(alert.to_vec()).close();
    let old = RawOrigin::plain().script(old.repeat()).start();
    World::new(&Ca::new(), old.port()).assert_fails("neither TLS 1.2 nor TLS 1.3");
    let plain = HttpOrigin::plain().start(|_| Reply::text("hello")).unwrap();
    let seen = World::new(&Ca::new(), plain.port()).assert_fails("does not speak TLS");
    assert!(seen.get("tlsVersion").is_none() && seen.get("certificates").is_none());
}

#[test]
fn where_nobody_listens_the_port_is_to_be_checked() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    World::new(&Ca::new(), port).assert_fails("check the port");
}

/// A server of DNS over HTTPS with these answers, and a port for the name itself.
fn assert_by_dns(answer: fn(&[u8]) -> Reply, words: &str) -> Value {
    let ca = Ca::new();
    let origin = serving(&ca.issue(&["api.example.com"]));
    let dns = HttpOrigin::tls(ca.issue(&["dns.example.com"]).http2());
    let dns = dns.start(move |request| answer(request.body)).unwrap();
    let world = World {
        route: format!("api.example.com:::{}", origin.port()),
        ..World::new(&ca, 0)
    };
    let to_dns = format!("dns.example.com::127.0.0.1:{}", dns.port());
    let url = "https://dns.example.com/dns-query";
    let args = [
        "probe",
        URL,
        "--json",
        "--doh",
        url,
        "--connect-to",
        &to_dns,
    ];
    let run = world.appnet(&args);
    let seen: Value = serde_json::from_str(&run.out).unwrap();
    let reason = seen["failure"]["reason"].as_str().unwrap();
    assert!(run.status == 1 && reason.contains(words), "{seen}");
    let allowed = world.appnet(&[&args[..], &["--allow-private"]].concat());
    let mended = i32::from(seen.get("addresses").is_none());
    assert_eq!(allowed.status, mended, "{}", allowed.out);
    seen
}

#[test]
fn u7_a_private_address_is_shown_as_refused() {
    let seen = assert_by_dns(on_loopback, "--allow-private");
    let address = serde_json::json!([{ "address": "127.0.0.1", "allowed": false }]);
    assert_eq!(seen["addresses"], address);
    assert_eq!(seen["failure"]["text"], "url not in domain list");
}

#[test]
fn a_name_without_an_address_is_said_to_have_none() {
    let nothing = |question: &[u8]| {
        let mut answer = question.to_vec();
        answer[2] |= 0x80; // a response, with no answer in it
        Reply::ok("application/dns-message", answer)
    };
    let seen = assert_by_dns(nothing, "has no address");
    assert_eq!(seen["failure"]["text"], "dns lookup failed");
}

#[test]
fn w4_a_socket_is_probed_by_its_handshake() {
    let ca = Ca::new();
    let origin = WsOrigin::tls(ca.issue(&["api.example.com"]).http1());
    let origin = origin.start(|_| Act::Echo).unwrap();
    let (status, seen) = World::new(&ca, origin.port()).json("wss://api.example.com/");
    assert_eq!((status, &seen["statusCode"]), (0, &101.into()), "{seen}");
    let http = serving(&ca.issue(&["api.example.com"]));
    let (status, seen) = World::new(&ca, http.port()).json("wss://api.example.com/");
    assert_eq!(status, 1, "{seen}");
    assert!(seen["summary"].as_str().unwrap().contains("not 101"));
}

#[test]
fn a_proxy_is_shown_and_an_app_gets_through_it_as_the_probe_does() {
    let ca = Ca::new();
    let origin = serving(&ca.issue(&["api.example.com"]));
    let proxy = TestProxy::speaking(Speaks::Http)
        .knowing("user", "geheim")
        .start()
        .unwrap();
    let world = World::new(&ca, origin.port());
    let there = format!("http://user:geheim@{}", proxy.address());
    let run = world.appnet(&["probe", URL, "--json", "--proxy", &there]);
    let seen: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.status, &seen["ok"]), (0, &true.into()), "{seen}");
    assert_eq!(seen["proxy"], format!("http://{}", proxy.address()));
    let run = world.appnet(&["run", "t.js", "--proxy", &there]);
    assert_eq!(run.out, "request:ok\n", "{}", run.err);
    let asked = proxy.asked().len();
    assert!(asked >= 3, "{asked}"); // the probe dials for HTTP/1.1 and for HTTP/2, and calls
    let around = ["--proxy", &there, "--no-proxy", "api.example.com"];
    let run = world.appnet(&[&["run", "t.js"], &around[..]].concat());
    assert_eq!(run.out, "request:ok\n", "{}", run.err);
    assert_eq!(proxy.asked().len(), asked);

    let stranger = format!("http://{}", proxy.address());
    let run = world.appnet(&["run", "t.js", "--proxy", &stranger]);
    assert_eq!(run.out, "request:fail network unreachable\n", "{}", run.err);
    assert!(
        run.err
            .contains("wants to know who asks (status 407, by Basic)"),
        "{}",
        run.err
    );
    let run = world.appnet(&["probe", URL, "--proxy", "https://proxy.example.com:1"]);
    assert_eq!(run.status, 2);
    assert!(
        run.err.contains("a proxy is spoken to in plain TCP"),
        "{}",
        run.err
    );
}

#[test]
fn a_server_that_knows_its_clients_is_shown_the_certificate_of_the_flag() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let demanding = ca
        .issue(&["api.example.com"])
        .for_known_clients(&clients, &[&TLS13]);
    let origin = HttpOrigin::tls(demanding);
    let origin = origin.start(|_| Reply::text("hello")).unwrap();
    let world = World::new(&ca, origin.port());
    world.assert_fails("certificate");

    let client = clients.issue_flawed(&["client.test"], Flaw::ForClients);
    fs::write(world.folder.file("chain.pem"), client.chain_pem()).unwrap();
    fs::write(world.folder.file("key.pem"), client.key_pem()).unwrap();
    let flag = ["--client-cert", "api.example.com=chain.pem,key.pem"];
    let run = world.appnet(&[&["probe", URL][..], &flag].concat());
    assert_eq!(run.status, 0, "{}", run.out);
    let run = world.appnet(&[&["run", "t.js"][..], &flag].concat());
    assert_eq!(run.out, "request:ok\n", "{}", run.err);

    for (wrong, words) in [
        ("api.example.com", "should be SERVER=CHAIN,KEY"),
        ("api.example.com=chain.pem", "should be SERVER=CHAIN,KEY"),
        ("api.example.com=chain.pem,none.pem", "none.pem"),
        ("api.example.com=key.pem,chain.pem", "--client-cert: "),
    ] {
        let run = world.appnet(&["run", "t.js", "--client-cert", wrong]);
        assert_eq!(run.status, 2, "{wrong}: {}", run.err);
        assert!(run.err.contains(words), "{wrong}: {}", run.err);
    }
}

#[test]
fn a_pinned_server_has_to_have_one_of_the_keys_of_the_flags() {
    let ca = Ca::new();
    let origin = serving(&ca.issue(&["api.example.com"]));
    let world = World::new(&ca, origin.port());
    let other = "api.example.com=sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let run = world.appnet(&["run", "t.js", "--pin", other]);
    assert_eq!(
        run.out, "request:fail ssl hand shake error\n",
        "{}",
        run.err
    );
    let shown = run.err.split("sha256/").nth(1).map(|key| &key[..44]);
    let right = format!("api.example.com=sha256/{}", shown.expect("a key is shown"));
    let run = world.appnet(&["run", "t.js", "--pin", other, "--pin", &right]);
    assert_eq!(run.out, "request:ok\n", "{}", run.err);
    for (wrong, words) in [
        ("api.example.com", "should be SERVER=KEY"),
        ("api.example.com=md5/x", "--pin: "),
    ] {
        let run = world.appnet(&["run", "t.js", "--pin", wrong]);
        assert_eq!(run.status, 2, "{wrong}: {}", run.err);
        assert!(run.err.contains(words), "{wrong}: {}", run.err);
    }
}
