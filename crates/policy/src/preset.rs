//! Every number and list of the platform's promises, as data. What other platforms promise is in [`dialects`](crate::dialects).

mod background;
mod permits;
#[cfg(test)]
mod tests;

use std::{num::NonZeroUsize, time::Duration};

use crate::{
    api::PerApi,
    lan::LanRule,
    matching::{HostRule, PortRule},
    method::Methods,
    template::Template,
};

pub use background::{BackgroundCalls, Interruption, InterruptionWords};
pub use permits::{HostPermits, Permits, Priority, QueueOrder};

/// The values that the rules decide with. A host changes what it wants to differ and leaves the rest:
///
/// ```
/// use appnet_policy::Policy;
/// let policy = Policy { queue_limit: 100, ..Policy::seed() };
/// assert_eq!(policy.grace.as_secs(), 5);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Entries in one list of server domains (D4).
    pub domains_per_list: usize,
    /// Hosts that can be neither configured nor called, in ASCII form and lower case (D5).
    pub reserved_hosts: Vec<String>,
    /// What ports mean in each list (U3).
    pub ports: PerApi<PortRule>,
    /// Which hosts an entry allows (U4).
    pub hosts: HostRule,
    /// Whether addresses of the local network need no entry (U7).
    pub lan: LanRule,
    /// Redirects that are followed (U6).
    pub max_redirects: u32,
    /// Which requests are sent again after a connection that had served before ended without a byte of the answer (H4).
    pub resend: Resend,
    /// Timeouts of each API (T1).
    pub timeouts: PerApi<TimeoutRule>,
    /// How long a lookup by HttpDNS may take if the call does not say (`httpDNSTimeout`).
    pub http_dns_timeout: Duration,
    /// Whether calls with `enableQuic` may go over HTTP/3; where not, they are warned (R6).
    pub http3: bool,
    /// Permits of an app (C1).
    pub permits: Permits,
    /// How many of them one host may have (C1).
    pub host_permits: HostPermits,
    /// Whose turn is next (C2).
    pub queue_order: QueueOrder,
    /// Tasks that may wait for a permit, for each pool (C2).
    pub queue_limit: usize,
    /// Sockets an app may have (C3).
    pub socket_limit: usize,
    /// How long tasks go on in the background (B1).
    pub grace: Duration,
    /// Whether the grace lets new calls in (B3).
    pub background_calls: BackgroundCalls,
    /// What an app hears of it (B2, B3).
    pub interruption: InterruptionWords,
    /// Commands and events of one app that may wait to be taken, each way; a port over it answers [`AppFault::TooManyTasks`](crate::failure::AppFault::TooManyTasks).
    pub port_backlog: usize,
    /// The Referer of every request (R1).
    pub referer: Template,
    /// The User-Agent of every request (R2).
    pub user_agent: Template,
    /// The methods that `wx.request` may ask for (R3).
    pub methods: Methods,
    /// Whether a call that does not say `useHighPerformanceMode` has it (R6): it may then go out over HTTP/2 unless it is in chunks.
    pub high_performance_mode: bool,
    /// Whether cookies are kept (P5).
    pub cookies: CookieRule,
    /// Bounds on responses (P6).
    pub limits: ResponseLimits,
    /// Bounds on one socket (W2).
    pub socket: SocketLimits,
    /// The Origin of every handshake (W4).
    pub socket_origin: String,
    /// Bounds on files (F4, F5).
    pub files: FileLimits,
    /// Bounds on the answers that are kept for `enableCache`.
    pub cache: CacheLimits,
    /// Bytes of chunks of one call that an app has not taken yet; over it the server waits (`enableChunked`).
    pub chunk_backlog_bytes: usize,
    /// Bounds on one call (I2).
    pub call: CallLimits,
    /// Bytes of URLs, headers and bodies that the calls of an app hold together, from the call to its end; a call over it fails (I2).
    pub waiting_bytes: usize,
    /// Bytes of bodies, chunks and messages of an app that it has not taken yet; over it its servers wait (I2).
    pub untaken_bytes: usize,
    /// How long the work of one app may hold a network thread before the other apps on it have their turn (I1). While no other app lives on that
    /// thread, it is forty times as long.
    pub slice: Duration,
}

/// C1
const SEED_PERMITS: NonZeroUsize = NonZeroUsize::new(10).expect("10 is not 0");

/// Timeouts of one API (T1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeoutRule {
    /// That of a call that names none and whose app.json names none.
    pub default: Duration,
    /// That which none exceeds.
    pub maximum: Duration,
}

impl TimeoutRule {
    /// Both in seconds.
    #[must_use]
    pub const fn seconds(default: u64, maximum: u64) -> Self {
        Self {
            default: Duration::from_secs(default),
            maximum: Duration::from_secs(maximum),
        }
    }
}

/// Whether what a server sets as a cookie is kept and sent back (P5, RFC 6265).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieRule {
    /// Never.
    Never,
    /// If the app's configuration asks for it, in a jar of its own, in memory, within these bounds.
    WhenEnabled(CookieLimits),
}

/// Bounds on the cookies of one app. Over a bound, the cookie that was set longest ago goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieLimits {
    /// Cookies.
    pub count: usize,
    /// Names, values, domains and paths of all of them, in bytes.
    pub bytes: usize,
    /// The text of one, in bytes; a longer one is not kept.
    pub cookie_bytes: usize,
}

impl CookieLimits {
    /// More than what RFC 6265 §6.1 asks of a client for each host, and no more than the headers of one call may have.
    #[must_use]
    pub const fn seed() -> Self {
        Self {
            count: 300,
            bytes: 128 << 10,
            cookie_bytes: 4 << 10,
        }
    }
}

/// Which requests may be sent once more when it is not certain that the server has not acted on them (H4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// All, as browsers and curl do: a connection that ends before it answers was most likely closed before the request came.
    Any,
    /// Those that mean the same when they come twice (RFC 9110 §9.2.2).
    Idempotent,
}

/// Bounds on one response (P6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseLimits {
    /// Decoded body in memory, in bytes.
    pub body_bytes: usize,
    /// Status line and headers, in bytes.
    pub header_bytes: usize,
    /// Header lines.
    pub header_count: usize,
    /// Decoded bytes for each received byte; not looked at below 1 MiB decoded.
    pub decompression_ratio: u32,
    /// Extensions of one chunk, in bytes.
    pub chunk_extension_bytes: usize,
}

/// Bounds on one call (I2). A call over one of them is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// The text of the URL, with the query that `data` becomes, in bytes.
    pub url_bytes: usize,
    /// Names and values of all headers together, in bytes.
    pub header_bytes: usize,
    /// Number of headers.
    pub header_count: usize,
    /// The body, or the fields of a form, in bytes.
    pub body_bytes: usize,
}

/// Bounds of one socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketLimits {
    /// One message received, decoded, in bytes.
    pub message_bytes: usize,
    /// The payload that one frame may announce, in bytes.
    pub frame_bytes: usize,
    /// Decoded bytes for each byte received of a message; not looked at below 1 MiB decoded.
    pub decompression_ratio: u32,
    /// What was given to send and is not yet with the transport, in bytes (W2); a message costs more than its length, see [`SocketMessage::OVERHEAD`](crate::socket::SocketMessage::OVERHEAD).
    pub unsent_bytes: usize,
    /// What was received and the app has not taken, in bytes; over it nothing more is read from this socket.
    pub untaken_bytes: usize,
    /// How long the peer may take to answer our close frame, and to take what was sent before it.
    pub close_wait: Duration,
    /// How long the peer may take to close the connection, once both close frames are out or the connection has failed.
    pub end_wait: Duration,
    /// When a message is followed at once by a frame that breaks the rules: how long after the message the connection fails, so that what the
    /// app sends in answer to it still goes out.
    pub answer_wait: Duration,
    /// After how much silence the peer is asked whether it is there, and for how long it may not answer; `None`: it is not asked.
    pub ping_interval: Option<Duration>,
}

impl SocketLimits {
    /// The memory of a response body to receive a message in, and half of it to send; times within which a living peer answers.
    #[must_use]
    pub const fn seed() -> Self {
        Self {
            message_bytes: 64 << 20,
            frame_bytes: 64 << 20,
            decompression_ratio: 1000,
            unsent_bytes: 32 << 20,
            untaken_bytes: 1 << 20,
            close_wait: Duration::from_secs(5),
            end_wait: Duration::from_secs(1),
            answer_wait: Duration::from_millis(50),
            ping_interval: None,
        }
    }
}

/// Bounds on an app's files and its storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimits {
    /// One download or upload, in bytes (F4).
    pub transfer_bytes: u64,
    /// All that an app keeps, its files and its storage, in bytes (I3).
    pub user_bytes: u64,
    /// All temporary files, in bytes (I3).
    pub temporary_bytes: u64,
    /// Files and directories of every kind together (I3).
    pub entries: usize,
    /// Parts of one path below the user directory (I3).
    pub path_depth: usize,
    /// Keys and values of `wx.setStorage` together, in bytes of their JSON text.
    pub storage_bytes: u64,
    /// One key of `wx.setStorage` with its value, in bytes of their JSON text.
    pub storage_entry_bytes: u64,
    /// The least time between two progress events of a task (F5).
    pub progress_interval: Duration,
}

/// Bounds on the answers that an app's calls may have again (RFC 9111). What was not used for longest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// All answers together, in bytes as received, with what is noted of each.
    pub bytes: usize,
    /// One answer, in bytes; a larger one is not kept.
    pub entry_bytes: usize,
    /// Answers.
    pub entries: usize,
}

impl Policy {
    /// The values of the platform's own documentation, and ours where it is silent.
    #[must_use]
    pub fn seed() -> Self {
        Self {
            domains_per_list: 20,
            reserved_hosts: vec!["api.weixin.qq.com".to_owned()],
            ports: PerApi::all(PortRule::Exact),
            hosts: HostRule::Exact,
            lan: LanRule::Refused,
            max_redirects: 15,
            resend: Resend::Any,
            timeouts: PerApi::all(TimeoutRule::seconds(60, 60)),
            http_dns_timeout: Duration::from_secs(60),
            http3: true,
            permits: Permits::Shared(SEED_PERMITS),
            host_permits: PerApi::all(None),
            queue_order: QueueOrder::Fifo,
            queue_limit: 1000,
            socket_limit: 5,
            grace: Duration::from_secs(5),
            background_calls: BackgroundCalls::Refused,
            interruption: InterruptionWords {
                call: Interruption::Interrupted,
                task: Interruption::Interrupted,
            },
            port_backlog: 4096,
            referer: Template::known("https://servicewechat.com/{appid}/{version}/page-frame.html"),
            user_agent: Template::known(concat!("appnet/", env!("CARGO_PKG_VERSION"))),
            methods: Methods::ALL,
            high_performance_mode: false,
            cookies: CookieRule::Never,
            limits: ResponseLimits {
                body_bytes: 64 << 20,
                header_bytes: 256 << 10,
                header_count: 512,
                decompression_ratio: 1000,
                chunk_extension_bytes: 16 << 10,
            },
            socket: SocketLimits::seed(),
            socket_origin: "https://servicewechat.com".to_owned(),
            files: FileLimits {
                transfer_bytes: 200 << 20,
                user_bytes: 200 << 20,
                temporary_bytes: 4 << 30,
                entries: 10_000,
                path_depth: 64,
                storage_bytes: 10 << 20,
                storage_entry_bytes: 1 << 20,
                progress_interval: Duration::from_millis(50),
            },
            cache: CacheLimits {
                bytes: 8 << 20,
                entry_bytes: 1 << 20,
                entries: 256,
            },
            chunk_backlog_bytes: 1 << 20,
            call: CallLimits {
                url_bytes: 1 << 20,
                header_bytes: 256 << 10,
                header_count: 512,
                body_bytes: 64 << 20,
            },
            waiting_bytes: 64 << 20,
            untaken_bytes: 64 << 20,
            slice: Duration::from_micros(25),
        }
    }

    /// Whether a call has the platform's high performance mode (R6): `asked` is what it says of it.
    pub(crate) fn high_performance(&self, asked: Option<bool>) -> bool {
        asked.unwrap_or(self.high_performance_mode)
    }

    /// Whether a host can be neither configured nor called (D5): also with the dot of a fully qualified name, which leads to
    /// the same server.
    pub(crate) fn is_reserved(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.reserved_hosts
            .iter()
            .any(|reserved| reserved.eq_ignore_ascii_case(host))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::seed()
    }
}
