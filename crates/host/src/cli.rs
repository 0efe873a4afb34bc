//! What a person types.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use appnet::{DohServer, Proxy};
use appnet_policy::{Dialect, connect::ConnectTo, identity::Env, lan::DeviceAddress, shape::Shape};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::inspect;

const STATUSES: &str = "\
Exit status:
  0    nothing was left to do (no task, timer or line listener), or host.exit(0)
  N    what host.exit(N) said
  1    an uncaught error or an unhandled promise rejection, printed with file and line. A callback of a wx function
       that throws is printed too, and the program goes on, as on the platform; then the status at its end is 1
  2    wrong usage or configuration; or app.js does not parse
  124  --max-time was over; what was still open is said
  129  stopped by SIGHUP, 130 by Ctrl-C, 143 by SIGTERM: within a second, and at once by a second signal
When nobody reads standard output any more, the program ends quietly with 0.";

const PROBE_HELP: &str = "\
Shows what the platform would see of a server, as an app would find it that has the URL's origin on its list: the addresses of the
name and which of them are refused, TLS, every certificate, the versions of HTTP, the answer to a HEAD (of wss: to the handshake),
and in one sentence what an app would get and what the server's owner has to mend. What cannot be seen is left out.";

const PROBE_STATUSES: &str = "\
Exit status: 0 if an app would get through, 1 if not, 2 for a URL that no app can call, or wrong usage.";

const BUS_HELP: &str = "\
Speaks the message bus with a UI layer in another process.

Without --listen one app's bus is on standard input and output: a line of JSON for each message; the lengths of its attachments stand
in a line before it, as [12,3], and their bytes follow it. The app ends with standard input. With --listen each connection speaks for
one app and one for the host, which launches and closes them. docs/bus.md has all of it under \"Over a pipe\".";

const BUS_STATUSES: &str = "\
Exit status: 0 when standard input, or the host's connection, has ended; 1 if what came was not the bus; 2 wrong usage or
configuration; 129, 130 and 143 by signals, as of run.";

const RUN_HELP: &str = "\
Runs a mini-program against real servers.

PROJECT is a folder as the platform's own tools lay it out: app.json or game.json, project.config.json, app.js or app.ts (game.js or
game.ts), server-domains.json. FILE.js or FILE.ts runs alone, with defaults. ES modules and TypeScript are compiled. Pages run without a
screen. The program finds `wx`, console, timers, App, Page, Component, getApp and `require`; and `host`, for tests and demos:
  host.print(line)  host.onLine(fn)  host.exit(code)  host.args  host.now()
  host.enterBackground({pinned})  host.enterForeground()  host.setNetwork({networkType, signalStrength, weakNet})
  host.readTextFile(path)  host.writeTextFile(path, text)  host.env(NAME)
The last three work only as far as --allow-read=DIR, --allow-write=DIR and --allow-env say. A line of standard input that
is longer than 16 MiB ends the program.";

/// Runs and checks mini-programs on the network subsystem of a mini-program host.
#[derive(Debug, Parser)]
#[command(
    name = "appnet",
    version,
    after_help = "Each command's --help says all of it."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the whole subsystem on embedded HTTPS and WSS origins: no network, no set-up, under 15 seconds
    #[command(after_help = "Exit status: 0; 1 if something did not happen as promised.")]
    Demo,
    /// Runs a mini-program against real servers
    #[command(long_about = RUN_HELP, after_help = STATUSES)]
    Run(Box<RunArgs>),
    /// Checks a project's configuration without running it
    #[command(
        long_about = "Checks a project's configuration without running it: app.json or game.json, project.config.json, the server domains, \
                      and whether each file that app.js and the pages reach parses. Prints what is configured.",
        after_help = "Exit status: 0 when all of it is valid, 2 when not, with file, line and remedy."
    )]
    Check(CheckArgs),
    /// Shows what the platform would see of a server: addresses, TLS, certificates, HTTP, and what its owner has to mend
    #[command(long_about = PROBE_HELP, after_help = PROBE_STATUSES)]
    Probe(ProbeArgs),
    /// Speaks the message bus with a UI layer in another process
    #[command(long_about = BUS_HELP, after_help = BUS_STATUSES)]
    Bus(Box<BusArgs>),
    /// Shows a HAR file as a table of calls
    #[command(after_help = "Exit status: 0; 2 if it is no HAR file.")]
    Har(HarArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// Where an app would turn to, with https or wss
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Prints one JSON object instead
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) way: WayArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BusArgs {
    /// A mini-program's folder, of which only the configuration is read [default: none; --app-id and --domains say what is needed]
    #[arg(value_name = "PROJECT")]
    pub(crate) project: Option<PathBuf>,
    /// Serve many apps there instead, for as long as the host's connection lasts; prints the host's token
    #[arg(long, value_name = "unix:PATH|ws://ADDRESS:PORT", conflicts_with_all = ["project", "data_dir"])]
    pub(crate) listen: Option<Listen>,
    /// Print wx.js, which makes `wx` out of a bus in any JavaScript engine, and end
    #[arg(long)]
    pub(crate) print_wx: bool,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// The app's own files: a folder that is new, empty, or of an earlier run [default: a fresh temporary folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// What to tell on standard error
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "warn")]
    pub(crate) log: LogLevel,
}

/// Where many apps are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listen {
    /// `unix:PATH`
    Unix(PathBuf),
    /// `ws://ADDRESS:PORT`, of loopback
    Web(SocketAddr),
}

impl FromStr for Listen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => Ok(Self::Unix(path.into())),
            Some(("ws", rest)) => {
                let address = rest.strip_prefix("//").and_then(|it| it.parse().ok());
                let local = address.filter(|it: &SocketAddr| it.ip().is_loopback());
                local
                    .map(Self::Web)
                    .ok_or("should be ws://ADDRESS:PORT of loopback such as ws://127.0.0.1:0")
            }
            _ => Err(
                "should be unix:PATH such as unix:/run/user/1000/appnet, or ws://ADDRESS:PORT such as ws://127.0.0.1:0",
            ),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct HarArgs {
    /// A file that --har or another program has written
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A mini-program's folder, or one file
    #[arg(value_name = "PROJECT|FILE")]
    pub(crate) program: PathBuf,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) allow: AllowArgs,
    #[command(flatten)]
    pub(crate) record: RecordArgs,
    #[command(flatten)]
    pub(crate) screen: ScreenArgs,
    #[command(flatten)]
    pub(crate) host: HostArgs,
    /// Reach the program as host.args
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<String>,
}

/// What a person would do on a screen, and what the platform would answer.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Pages and people")]
pub(crate) struct ScreenArgs {
    /// The page that is opened first, with its query: pages/index/index?id=1 [default: the first of app.json]. Its code runs and
    /// nothing is drawn
    #[arg(long, value_name = "PATH[?QUERY]")]
    pub(crate) page: Option<String>,
    /// How wx.showModal and wx.showActionSheet are answered
    #[arg(long, value_enum, default_value = "ok")]
    pub(crate) modal: ModalArg,
    /// What functions of `wx` answer that are no part of this host, as JSON: {"login": {"code": "…"}, "getSetting": {"errMsg":
    /// "getSetting:fail …"}}
    #[arg(long, value_name = "FILE")]
    pub(crate) fixture: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModalArg {
    /// The person confirms
    #[default]
    Ok,
    /// The person cancels
    Cancel,
}

impl ModalArg {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Cancel => "cancel",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A mini-program's folder, or one file
    #[arg(value_name = "PROJECT|FILE")]
    pub(crate) program: PathBuf,
    #[command(flatten)]
    pub(crate) app: AppArgs,
}

/// What decides about an app.
#[derive(Debug, Args)]
#[command(next_help_heading = "The app")]
pub(crate) struct AppArgs {
    /// The four lists of server domains, as JSON {"request": […], "uploadFile": […], "downloadFile": […], "socket": […]}
    /// [default: server-domains.json of the project; without it nothing can be reached]
    #[arg(long, value_name = "FILE")]
    pub(crate) domains: Option<PathBuf>,
    /// The app's id [default: appid of project.config.json, else wx0000000000000000]
    #[arg(long, value_name = "ID")]
    pub(crate) app_id: Option<String>,
    /// Its release number
    #[arg(long, value_name = "V", default_value = "1")]
    pub(crate) app_version: String,
    /// The platform whose rules hold, by name: seed, weixin, weixin-minigame, douyin, douyin-minigame, qq, baidu, mpaas or tcmpp
    #[arg(long, value_name = "NAME", default_value = "seed")]
    pub(crate) dialect: Dialect,
    /// Where its code comes from
    #[arg(long, value_enum, default_value = "release")]
    pub(crate) env: EnvArg,
    /// Skips the checks of domains, addresses and certificates, with --env devtools only (as setting.urlCheck: false does)
    #[arg(long)]
    pub(crate) no_url_check: bool,
    /// Says that the app is being debugged: skips the same checks, with --env develop or trial only
    #[arg(long)]
    pub(crate) debug: bool,
}

/// The way to servers, and whom to trust.
#[derive(Debug, Args)]
#[command(next_help_heading = "The network")]
pub(crate) struct WayArgs {
    /// One more trusted root certificate, in PEM; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,
    /// Connect there instead, as curl does: the name in the URL, in SNI and in the certificate check stays. An empty first HOST or
    /// PORT matches any, an empty second one keeps what it was (api.example.com::127.0.0.1: sends every port of that name to the
    /// same port of loopback); repeatable
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT")]
    pub(crate) connect_to: Vec<ConnectTo>,
    /// Addresses that are not public may be reached
    #[arg(long)]
    pub(crate) allow_private: bool,
    /// Look names up by this server of DNS over HTTPS (RFC 8484), whose path is often /dns-query, and not by the system. Its own name is
    /// looked up by the system, or mapped by --connect-to
    #[arg(long, value_name = "URL")]
    pub(crate) doh: Option<String>,
    /// Go to servers through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT, with USER:PASSWORD@ before HOST where it wants them. Names are looked up
    /// here and their addresses checked; with socks5h:// the proxy looks names up, and no address of a name is checked
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<Proxy>,
    /// Not to this host: example.com is that name alone, .example.com every name below it; repeatable
    #[arg(long, value_name = "HOST", requires = "proxy")]
    pub(crate) no_proxy: Vec<String>,
    /// Show this client certificate to the server, HOST or HOST:PORT, if it asks for one: files in PEM, the chain with the client's own certificate first, and
    /// its key; repeatable
    #[arg(long, value_name = "SERVER=CHAIN,KEY")]
    pub(crate) client_cert: Vec<ClientCertArg>,
    /// Trust the server, HOST or HOST:PORT, only if its chain has this public key, too, or one of several: sha256/BASE64 of its SubjectPublicKeyInfo; repeatable
    #[arg(long, value_name = "SERVER=KEY")]
    pub(crate) pin: Vec<PinArg>,
}

/// What decides about connections.
#[derive(Debug, Args)]
#[command(next_help_heading = "The network")]
pub(crate) struct NetworkArgs {
    #[command(flatten)]
    pub(crate) way: WayArgs,
    /// An address of this device and the length of its network's prefix, as in 192.168.1.23/24: which others are of the local network,
    /// where the dialect lets an app call those; give all of them; repeatable
    #[arg(long, value_name = "ADDR/PREFIX")]
    pub(crate) device_address: Vec<DeviceAddress>,
    /// The app asks for a jar of cookies, which counts where the dialect has one
    #[arg(long)]
    pub(crate) cookies: bool,
    /// Serve calls with enableHttpDNS and this httpDNSServiceId by a server of DNS over HTTPS; repeatable
    #[arg(long, value_name = "ID=URL")]
    pub(crate) http_dns: Vec<HttpDnsArg>,
    /// The network interface that calls with forceCellularNetwork go over; without it they fail
    #[arg(long, value_name = "NAME")]
    pub(crate) cellular_interface: Option<String>,
    /// Make the network weak: 2g, slow-3g, 3g, 4g, lossy or offline, or fields such as latency=400,jitter=50,down=50k,up=20k,loss=1,reset=0.1
    /// (milliseconds, bytes a second, percent of segments), or both, the preset first. wx.getNetworkType and what stands around it follow it
    #[arg(long, value_name = "PRESET|FIELDS")]
    pub(crate) throttle: Option<Shape>,
}

/// What stands in for servers.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Recordings")]
#[group(multiple = false)]
pub(crate) struct RecordArgs {
    /// Keep each exchange and socket as a file of this folder, which has no recordings yet. Cookies and authorizations are masked
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,
    /// Answer calls by the recordings of this folder, by method, URL and body, in any order, and by no server. A call that was not recorded fails
    #[arg(long, value_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,
    /// The same, but a call that was not recorded goes out and is recorded there
    #[arg(long, value_name = "DIR")]
    pub(crate) replay_or_record: Option<PathBuf>,
}

/// What the program may do beyond `wx`; nothing of it unless it is said.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What the program may do beyond wx")]
pub(crate) struct AllowArgs {
    /// host.readTextFile may read the files of this folder and of those below it; repeatable
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_read: Vec<PathBuf>,
    /// host.writeTextFile may write there; repeatable
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_write: Vec<PathBuf>,
    /// host.env may tell these variables, separated by commas; without names, all
    #[arg(long, value_name = "NAMES", num_args = 0..=1, require_equals = true, value_delimiter = ',')]
    pub(crate) allow_env: Option<Vec<String>>,
}

/// What decides about the program's surroundings.
#[derive(Debug, Args)]
#[command(next_help_heading = "The host")]
pub(crate) struct HostArgs {
    /// The app's own files and storage: a folder that is new, empty, or of an earlier run [default: a fresh temporary folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// What to tell on standard error
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "warn")]
    pub(crate) log: LogLevel,
    /// How it is told
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// Show each call on standard error as `curl -v` does, when it has been answered or has ended. Cookies and authorizations are masked
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Serve counts and times of calls at http://ADDRESS:PORT/metrics, as Prometheus reads them, while the program runs. A port alone is
    /// one of loopback, and 0 stands for any
    #[cfg(feature = "metrics")]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = inspect::address)]
    pub(crate) metrics: Option<SocketAddr>,
    /// Where `console` prints
    #[arg(long, value_enum, value_name = "STREAM", default_value = "stderr")]
    pub(crate) console: ConsoleArg,
    /// Run the program again whenever a file of the project changes, until it is stopped
    #[arg(long)]
    pub(crate) watch: bool,
    /// Stop the program after that, within a second whatever it does, and say what was still open; exit status 124
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) max_time: Option<Duration>,
    /// Give the program what the platform does not: text stands for TextEncoder and TextDecoder (UTF-8); repeatable
    #[arg(long, value_enum)]
    pub(crate) polyfill: Vec<Polyfill>,
    /// Write every call with its headers and bodies into this file at the end, in HAR 1.2; also when the program is stopped. Cookies and
    /// authorizations are masked
    #[arg(long, value_name = "FILE")]
    pub(crate) har: Option<PathBuf>,
    /// Show every call in Chrome DevTools while it goes on: listens there and prints where a front end attaches; port 0 stands for any. A
    /// program that has ended by itself waits until the front end goes away
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, require_equals = true, default_missing_value = inspect::ADDRESS, value_parser = inspect::address)]
    pub(crate) inspect: Option<SocketAddr>,
    /// Wait for a front end before the program's first line; the time counts for --max-time
    #[arg(long, requires = "inspect")]
    pub(crate) inspect_wait: bool,
}

/// `ID=URL`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpDnsArg {
    pub(crate) service_id: String,
    pub(crate) url: String,
}

impl FromStr for HttpDnsArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (service_id, url) = text
            .split_once('=')
            .filter(|(service_id, _)| !service_id.is_empty())
            .ok_or("should be ID=URL such as wx1=https://dns.example.com/dns-query")?;
        Ok(Self {
            service_id: service_id.to_owned(),
            url: url.to_owned(),
        })
    }
}

/// `--client-cert`
#[derive(Debug, Clone)]
pub(crate) struct ClientCertArg {
    pub(crate) server: String,
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

impl FromStr for ClientCertArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RIGHT: &str = "should be SERVER=CHAIN,KEY such as pay.example.com=chain.pem,key.pem";
        let (server, files) = text.split_once('=').ok_or(RIGHT)?;
        let (chain, key) = files.split_once(',').ok_or(RIGHT)?;
        Ok(Self {
            server: server.to_owned(),
            chain: chain.into(),
            key: key.into(),
        })
    }
}

/// `--pin`
#[derive(Debug, Clone)]
pub(crate) struct PinArg {
    pub(crate) server: String,
    pub(crate) key: String,
}

impl FromStr for PinArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (server, key) = text
            .split_once('=')
            .ok_or("should be SERVER=KEY such as api.example.com=sha256/BASE64")?;
        Ok(Self {
            server: server.to_owned(),
            key: key.to_owned(),
        })
    }
}

impl WayArgs {
    /// A server of DNS over HTTPS, whose name is mapped as those of apps are.
    pub(crate) fn doh_server(&self, flag: &str, url: &str) -> Result<DohServer, String> {
        DohServer::new(url, self.connect_to.clone()).map_err(|error| format!("{flag}: {error}"))
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EnvArg {
    /// A published version
    Release,
    /// A version under trial or audit
    Trial,
    /// A developer's version on a device
    Develop,
    /// Inside the developer tools
    Devtools,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Nothing
    Off,
    /// Calls that were refused, and what deserves attention
    Warn,
    /// One line for each call
    Info,
    /// What the parts do
    Debug,
    /// Everything
    Trace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for a person
    Text,
    /// One JSON object a line, with the time
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConsoleArg {
    /// All of it to standard error
    #[default]
    Stderr,
    /// To standard output, and what `console.warn` and `console.error` print to standard error, as with Node
    Stdout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Polyfill {
    /// TextEncoder and TextDecoder
    Text,
}

impl From<EnvArg> for Env {
    fn from(env: EnvArg) -> Self {
        match env {
            EnvArg::Release => Self::Release,
            EnvArg::Trial => Self::Trial,
            EnvArg::Develop => Self::Develop,
            EnvArg::Devtools => Self::Devtools,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "should be a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(number)
        .ok()
        .filter(|d| !d.is_zero())
        .ok_or_else(|| "should be more than 0 seconds".to_owned())
}
