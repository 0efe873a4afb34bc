//! The servers that `conformance/app.js` asks. `conformance/servers.sh` starts them; a host with a runner of its own can do the same.
//!
//! `cargo run -p appnet-testkit --example conformance -- CA.pem` writes the certificate of its authority there, and prints a line for each name of the
//! program's servers, `HOST:PORT:ADDRESS:PORT`: where the host that is tested has to lead it. It serves until its standard input ends.

#![expect(clippy::print_stdout, reason = "it says where it serves")]

use std::{env, error::Error, fs, io};

use appnet_testkit::{Ca, Gate, HttpOrigin, Leaf, Reply, WsOrigin, routes, ws::Act};
use bytes::Bytes;

fn main() -> Result<(), Box<dyn Error>> {
    let pem = env::args().nth(1);
    let pem = pem.ok_or("wanted: the file for the authority's certificate")?;
    let ca = Ca::new();
    fs::write(pem, ca.pem())?;
    let names = [
        "api.conformance.test",
        "down.conformance.test",
        "other.conformance.test",
        "sub.api.conformance.test",
        "port.conformance.test",
    ];
    let good = serve(&ca.issue(&names))?;
    for name in &names[..4] {
        println!("{name}:443:127.0.0.1:{}", good.port());
    }
    for port in [8443, 8444] {
        println!("port.conformance.test:{port}:127.0.0.1:{}", good.port());
    }
    let bad = [
        (
            "expired.conformance.test",
            ca.issue_expired(&["expired.conformance.test"]),
        ),
        (
            "early.conformance.test",
            ca.issue_not_yet_valid(&["early.conformance.test"]),
        ),
        (
            "name.conformance.test",
            ca.issue(&["another.conformance.test"]),
        ),
        (
            "self.conformance.test",
            Leaf::self_signed(&["self.conformance.test"]),
        ),
        (
            "unknown.conformance.test",
            Ca::new().issue(&["unknown.conformance.test"]),
        ),
        (
            "chain.conformance.test",
            ca.intermediate()
                .issue(&["chain.conformance.test"])
                .without_intermediates(),
        ),
    ];
    let mut kept = vec![good];
    for (name, leaf) in &bad {
        let origin = serve(leaf)?;
        println!("{name}:443:127.0.0.1:{}", origin.port());
        kept.push(origin);
    }
    let sockets =
        WsOrigin::tls(ca.issue(&["ws.conformance.test"]).http1()).start(|path| match path {
            "/close" => Act::Close(3001, "bye"),
            // A frame of a kind that there is not.
            "/broken" => Act::Raw {
                bytes: Bytes::from_static(&[0x8f, 0]),
                reset: false,
            },
            _ => Act::Echo,
        })?;
    println!("ws.conformance.test:443:127.0.0.1:{}\n", sockets.port());
    io::copy(&mut io::stdin(), &mut io::sink())?;
    drop(kept);
    Ok(())
}

fn serve(leaf: &Leaf) -> io::Result<HttpOrigin> {
    let routes = routes::demo_routes(&Gate::new());
    HttpOrigin::tls(leaf.http2()).start(move |request| match request.path() {
        "/loop" => Reply::status(302).header("location", "/loop"),
        _ => routes(request),
    })
}
