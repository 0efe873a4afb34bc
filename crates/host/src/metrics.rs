//! `--metrics`: a page that Prometheus reads, while a program runs.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::ending::error_line;

/// Times of calls, in seconds: the buckets of OpenTelemetry's conventions, and the platform's longest timeout (T1).
const SECONDS: [f64; 15] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 60.0,
];

/// What a client may send before it is answered, and how long it may take.
const HEAD_BYTES: usize = 8 << 10;
const PATIENCE: Duration = Duration::from_secs(2);

/// Counts from now on, and serves the page until the process ends.
///
/// # Errors
/// A text that says what is wrong with the address.
pub(crate) fn serve(address: SocketAddr) -> Result<(), String> {
    let failed =
        |error: &dyn std::fmt::Display| format!("--metrics: cannot serve {address}: {error}");
    let listener = TcpListener::bind(address).map_err(|error| failed(&error))?;
    let local = listener.local_addr().map_err(|error| failed(&error))?;
    let builder = PrometheusBuilder::new();
    let builder = builder
        .set_buckets(&SECONDS)
        .map_err(|error| failed(&error))?;
    let page = builder.install_recorder().map_err(|error| failed(&error))?;
    let answer_all = move || {
        for client in listener.incoming() {
            drop(client.and_then(|client| answer(client, &page))); // it has gone, or is too slow
        }
    };
    thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(answer_all)
        .map_err(|error| failed(&error))?;
    error_line(&format!("Metrics at http://{local}/metrics"));
    if !local.ip().is_loopback() {
        error_line("--metrics: whoever reaches this address can read the page");
    }
    Ok(())
}

fn answer(mut client: TcpStream, page: &PrometheusHandle) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 1024];
        let length = client.read(&mut piece)?;
        if length == 0 || head.len() > HEAD_BYTES {
            return Ok(());
        }
        head.extend_from_slice(&piece[..length]);
    }
    let (status, text) = match head.starts_with(b"GET /metrics ") {
        true => {
            page.run_upkeep();
            ("200 OK", page.render())
        }
        false => ("404 Not Found", "the page is /metrics\n".to_owned()),
    };
    write!(
        client,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}
