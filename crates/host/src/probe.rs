//! `appnet probe`: what the platform would see of a server. What is said of it is the network's own word; here it is only asked and shown.

use std::{net::SocketAddr, time::Duration};

use appnet::{IoFailure, Network, ProbeError, Probed, Seen, ShownCertificate};
use appnet_policy::{
    Api, Target,
    addresses::AddressRule,
    domains::DomainLists,
    exchange::RedirectMode,
    identity::{AppId, Env, Identity},
    prepare::{Call, RequestOptions, SocketOptions},
    rules::{AppConfig, ConfigError},
};
use serde::Serialize;
use tokio::task::LocalSet;

use crate::{
    cli::{ProbeArgs, WayArgs},
    ending::{Ending, print_line},
    run::on_the_way,
};

/// Looks at a server, and prints what was seen.
pub(crate) fn probe(args: &ProbeArgs) -> Ending {
    match probed(args) {
        Ok(probed) => show(args, &probed),
        Err(text) => Ending::Misused(text),
    }
}

fn probed(args: &ProbeArgs) -> Result<Probed, String> {
    let builder = on_the_way(Network::builder(), &args.way)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let (config, call) = (config(&args.url, &args.way), call(&args.url));
    let probed = LocalSet::new().block_on(&runtime, builder.probe(config, call));
    // The system's resolver may still be at a name that nobody waits for.
    runtime.shutdown_background();
    probed.map_err(|error| refused(&args.url, &error))
}

fn api(url: &str) -> Api {
    match url.split_once(':') {
        Some((scheme, _)) if scheme.to_ascii_lowercase().starts_with("ws") => Api::ConnectSocket,
        Some(_) | None => Api::Request,
    }
}

/// A released app that has the URL's origin on its list and nothing else.
fn config(url: &str, way: &WayArgs) -> AppConfig {
    let api = api(url);
    let origin = Target::parse(api, url).ok().map(|target| {
        let port = target.port_text().map(|port| format!(":{port}"));
        let (scheme, host) = (target.url().scheme(), target.host());
        format!("{scheme}://{host}{}", port.unwrap_or_default())
    });
    let list: Vec<_> = origin.into_iter().collect();
    let domains = match api {
        Api::ConnectSocket => DomainLists {
            socket: list,
            ..DomainLists::default()
        },
        Api::Request | Api::UploadFile | Api::DownloadFile => DomainLists {
            request: list,
            ..DomainLists::default()
        },
    };
    let identity = Identity {
        app_id: AppId::new("wx0000000000000000"),
        version: "1".to_owned(),
        env: Env::Release,
    };
    let mut config = AppConfig::new(identity, domains);
    config.connect_to.clone_from(&way.connect_to);
    if way.allow_private {
        config.addresses = AddressRule::Any;
    }
    config
}

/// One that changes nothing at the server, brings no body, and stays there.
fn call(url: &str) -> Call {
    let url = url.to_owned();
    match api(&url) {
        Api::ConnectSocket => Call::Socket(SocketOptions {
            url,
            ..SocketOptions::default()
        }),
        Api::Request | Api::UploadFile | Api::DownloadFile => Call::Request(RequestOptions {
            url,
            method: "HEAD".to_owned(),
            redirect: RedirectMode::Manual,
            ..RequestOptions::default()
        }),
    }
}

fn refused(url: &str, error: &ProbeError) -> String {
    match error {
        ProbeError::Config(ConfigError::Domains(report)) => {
            let lines = report.lines().join("; ");
            format!("no app can be configured to call {url}: {lines}")
        }
        ProbeError::Refused(refusal) => format!("no app can call {url}: {}", refusal.reason),
        error => error.to_string(),
    }
}

fn show(args: &ProbeArgs, probed: &Probed) -> Ending {
    let report = Report::of(&args.url, probed);
    let printed = if args.json {
        serde_json::to_string_pretty(&report)
            .map_err(std::io::Error::from)
            .and_then(|json| print_line(&json))
    } else {
        report.lines().iter().try_for_each(|line| print_line(line))
    };
    match (printed, report.ok) {
        (Err(_), _) => Ending::Unread,
        (Ok(()), true) => Ending::Done,
        (Ok(()), false) => Ending::Exited(1),
    }
}

/// What is printed; the names are those of `--json`. What is not known is not there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    url: &'a str,
    /// Whether an app would get through.
    ok: bool,
    /// The same in a sentence, with what the owner has to mend.
    summary: String,
    /// The name that was looked up.
    name: &'a str,
    /// Whether that is what --connect-to says.
    mapped: bool,
    /// The one of --proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_to: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_suite: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<Shown<'a>>,
    /// Whether the chain is complete, leads to a trusted root, and is for this host.
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted: Option<bool>,
    /// By their names in ALPN.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    http: &'a [&'static str],
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    lookup_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Heard>,
}

#[derive(Debug, Serialize)]
struct Address {
    address: String,
    /// U7
    allowed: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    subject: &'a str,
    names: &'a [String],
    issuer: &'a str,
    valid_from: &'a str,
    valid_until: &'a str,
    key: &'a str,
    signature: &'a str,
    authority: bool,
}

/// What an app would hear, and what it would not: the reason.
#[derive(Debug, Serialize)]
struct Heard {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<u32>,
    reason: String,
}

impl<'a> Report<'a> {
    fn of(url: &'a str, probed: &'a Probed) -> Self {
        let seen = &probed.seen;
        let addresses = seen.addresses.iter().map(|(address, allowed)| Address {
            address: address.to_string(),
            allowed: *allowed,
        });
        Self {
            url,
            ok: probed.outcome.is_ok(),
            summary: summary(seen, &probed.outcome),
            name: &seen.name,
            mapped: seen.mapped,
            proxy: seen.proxy.as_deref(),
            addresses: addresses.collect(),
            connected_to: seen.peer,
            tls_version: seen.tls_version,
            tls_suite: seen.tls_suite.as_deref(),
            certificates: seen.certificates.iter().map(Shown::of).collect(),
            trusted: seen.trusted,
            http: &seen.protocols,
            lookup_ms: seen.lookup.map(milliseconds),
            connect_ms: seen.connect.map(milliseconds),
            tls_ms: seen.tls.map(milliseconds),
            status_code: probed.outcome.as_ref().ok().copied(),
            failure: probed.outcome.as_ref().err().map(Heard::of),
        }
    }

    /// For a person.
    fn lines(&self) -> Vec<String> {
        let mapped = if self.mapped {
            " (by --connect-to)"
        } else {
            ""
        };
        let name = format!("{}{mapped}", self.name);
        let mut lines = vec![line("url", self.url), line("name", name)];
        lines.extend(self.proxy.map(|proxy| line("proxy", proxy)));
        lines.extend(self.addresses.iter().map(Address::line));
        lines.extend(self.connected_to.map(|peer| line("connected", peer)));
        lines.extend(self.tls_version.map(|version| {
            let suite = self.tls_suite.map(|suite| format!(", {suite}"));
            line("tls", version.to_owned() + &suite.unwrap_or_default())
        }));
        lines.extend(self.certificates.iter().flat_map(Shown::lines));
        lines.extend(self.trusted.map(|trusted| {
            let verdict = if trusted {
                "complete, trusted, and for this host"
            } else {
                "not trusted for this host"
            };
            line("chain", verdict)
        }));
        if !self.http.is_empty() {
            lines.push(line("http", self.http.join(", ")));
        }
        lines.extend(self.times());
        lines.push(self.summary.clone());
        lines
    }

    fn times(&self) -> Option<String> {
        let steps = [
            ("lookup", self.lookup_ms),
            ("connect", self.connect_ms),
            ("of it tls", self.tls_ms),
        ];
        let steps: Vec<_> = steps
            .into_iter()
            .filter_map(|(name, ms)| ms.map(|ms| format!("{name} {ms:.1} ms")))
            .collect();
        (!steps.is_empty()).then(|| line("times", steps.join(", ")))
    }
}

impl Address {
    fn line(&self) -> String {
        let Self { address, allowed } = self;
        match allowed {
            true => line("address", address),
            false => line("address", format!("{address} refused (U7): not public")),
        }
    }
}

impl<'a> Shown<'a> {
    fn of(certificate: &'a ShownCertificate) -> Self {
        Self {
            subject: &certificate.subject,
            names: &certificate.names,
            issuer: &certificate.issuer,
            valid_from: &certificate.valid_from,
            valid_until: &certificate.valid_until,
            key: &certificate.key,
            signature: &certificate.signature,
            authority: certificate.authority,
        }
    }

    fn lines(&self) -> Vec<String> {
        let authority = if self.authority {
            " (an authority)"
        } else {
            ""
        };
        let mut lines = vec![line("certificate", format!("{}{authority}", self.subject))];
        if !self.names.is_empty() {
            lines.push(line("  for", self.names.join(", ")));
        }
        lines.push(line("  issuer", self.issuer));
        let valid = format!("{} to {}", self.valid_from, self.valid_until);
        lines.push(line("  valid", valid));
        let key = format!("{}, signed with {}", self.key, self.signature);
        lines.push(line("  key", key));
        lines
    }
}

impl Heard {
    fn of(failure: &IoFailure) -> Self {
        let (text, errno) = failure.failure.text_and_errno();
        Self {
            text: text.into_owned(),
            errno,
            reason: failure.reason.clone(),
        }
    }
}

fn summary(seen: &Seen, outcome: &Result<u16, IoFailure>) -> String {
    match outcome {
        Ok(status) => {
            let over = seen.tls_version.unwrap_or("TCP");
            let redirect = match status {
                300..=399 => "; it is a redirect, which an app follows to a listed domain only",
                _ => "",
            };
            format!("an app gets through: the status is {status}, over {over}{redirect}")
        }
        Err(failure) => {
            let Heard {
                text,
                errno,
                reason,
            } = Heard::of(failure);
            let errno = errno.map(|errno| format!(" (errno {errno})"));
            format!(
                "an app hears `{text}`{}: {reason}",
                errno.unwrap_or_default()
            )
        }
    }
}

fn line(name: &str, value: impl std::fmt::Display) -> String {
    format!("{name:12} {value}")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
