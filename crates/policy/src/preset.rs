//! Every number and list of the platform's promises, as data.

use std::{num::NonZeroUsize, time::Duration};

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
    /// Redirects that are followed (U6).
    pub max_redirects: u32,
    /// Which requests are sent again after a connection that had served before ended without a byte of the answer (H4).
    pub resend: Resend,
    /// Timeout of a call that names none and whose app.json names none (T1).
    pub default_timeout: Duration,
    /// Timeout that none exceeds (T1).
    pub max_timeout: Duration,
    /// How long a lookup by HttpDNS may take if the call does not say (`httpDNSTimeout`).
    pub http_dns_timeout: Duration,
    /// Whether calls with `enableQuic` may go over HTTP/3; where not, they are warned (R6).
    pub http3: bool,
    /// Permits of an app (C1).
    pub permits: Permits,
    /// Tasks that may wait for a permit, for each pool (C2).
    pub queue_limit: usize,
    /// Sockets an app may have (C3).
    pub socket_limit: usize,
    /// How long tasks go on in the background (B1).
    pub grace: Duration,
    /// Whether the grace lets new calls in (B3).
    pub background_calls: BackgroundCalls,
    /// Commands and events of one app that may wait to be taken, each way; a port over it answers [`AppFault::TooManyTasks`](crate::failure::AppFault::TooManyTasks).
    pub port_backlog: usize,
    /// The User-Agent of every request (R2).
    pub user_agent: String,
    /// Bounds on responses (P6).
    pub limits: ResponseLimits,
    /// Bounds on one socket (W2).
    pub socket: SocketLimits,
    /// The Origin of every handshake (W4).
    pub socket_origin: String,
    /// Bounds on files (F4, F5).
    pub files: FileLimits,
    /// Bytes of chunks of one call that an app has not taken yet; over it the server waits (`enableChunked`).
    pub chunk_backlog_bytes: usize,
    /// Bounds on one call (I2).
    pub call: CallLimits,
    /// Bytes of URLs, headers and bodies that the calls of an app hold together, from the call to its end; a call over it fails (I2).
    pub waiting_bytes: usize,
    /// Bytes of bodies, chunks and messages of an app that it has not taken yet; over it its servers wait (I2).
    pub untaken_bytes: usize,
    /// How long the work of one app may hold a network thread before the other apps on it have their turn (I1).
    pub slice: Duration,
}

/// C1
const SEED_PERMITS: NonZeroUsize = NonZeroUsize::new(10).expect("10 is not 0");

/// How many tasks run at once (C1). A pool without a permit cannot be written: its tasks would wait for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permits {
    /// One pool for all APIs of an app.
    Shared(NonZeroUsize),
    /// A pool for each API; a socket's handshake counts with `request`.
    PerApi {
        /// `wx.request` and handshakes
        request: NonZeroUsize,
        /// `wx.uploadFile`
        upload_file: NonZeroUsize,
        /// `wx.downloadFile`
        download_file: NonZeroUsize,
    },
}

/// Which requests may be sent once more when it is not certain that the server has not acted on them (H4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// All, as browsers and curl do: a connection that ends before it answers was most likely closed before the request came.
    Any,
    /// Those that mean the same when they come twice (RFC 9110 §9.2.2).
    Idempotent,
}

/// Whether calls made in the background start (B3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackgroundCalls {
    /// They fail at once.
    Refused,
    /// They start while the grace lasts.
    DuringGrace,
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

impl Policy {
    /// The values of the platform's own documentation, and ours where it is silent.
    #[must_use]
    pub fn seed() -> Self {
        Self {
            domains_per_list: 20,
            reserved_hosts: vec!["api.weixin.qq.com".to_owned()],
            max_redirects: 15,
            resend: Resend::Any,
            default_timeout: Duration::from_secs(60),
            max_timeout: Duration::from_secs(60),
            http_dns_timeout: Duration::from_secs(60),
            http3: true,
            permits: Permits::Shared(SEED_PERMITS),
            queue_limit: 1000,
            socket_limit: 5,
            grace: Duration::from_secs(5),
            background_calls: BackgroundCalls::Refused,
            port_backlog: 4096,
            user_agent: concat!("appnet/", env!("CARGO_PKG_VERSION")).to_owned(),
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
            chunk_backlog_bytes: 1 << 20,
            call: CallLimits {
                url_bytes: 1 << 20,
                header_bytes: 256 << 10,
                header_count: 512,
                body_bytes: 64 << 20,
            },
            waiting_bytes: 64 << 20,
            untaken_bytes: 64 << 20,
            slice: Duration::from_micros(100),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_policy_has_the_numbers_of_the_contract() {
        let seed = Policy::seed();
        assert_eq!(seed.domains_per_list, 20); // D4
        assert_eq!(seed.reserved_hosts, ["api.weixin.qq.com"]); // D5
        assert_eq!(seed.max_redirects, 15); // U6
        assert_eq!(seed.resend, Resend::Any); // H4
        assert_eq!(seed.default_timeout, Duration::from_secs(60)); // T1
        assert_eq!(seed.max_timeout, Duration::from_secs(60)); // T1
        assert_eq!(
            seed.permits,
            Permits::Shared(NonZeroUsize::new(10).unwrap())
        ); // C1
        assert_eq!(seed.queue_limit, 1000); // C2
        assert_eq!(seed.socket_limit, 5); // C3
        assert_eq!(seed.grace, Duration::from_secs(5)); // B1
        assert_eq!(seed.background_calls, BackgroundCalls::Refused); // B3
        assert_eq!(seed.waiting_bytes, 64 * 1024 * 1024); // I2
        assert_eq!(seed.untaken_bytes, 64 * 1024 * 1024); // I2
        assert_eq!(seed.slice, Duration::from_micros(100)); // I1
        assert_eq!(seed.files.transfer_bytes, 200 * 1024 * 1024); // F4
        assert_eq!(seed.files.user_bytes, 200 * 1024 * 1024); // I3
        assert_eq!(seed.files.entries, 10_000); // I3
        assert_eq!(seed.files.storage_bytes, 10 * 1024 * 1024); // wx.setStorage
        assert_eq!(seed.files.storage_entry_bytes, 1024 * 1024); // wx.setStorage
        assert_eq!(seed.files.progress_interval, Duration::from_millis(50)); // F5: 20 a second
    }

    #[test]
    fn d5_a_reserved_host_is_known_in_any_case_and_with_a_dot_behind_it() {
        for host in [
            "api.weixin.qq.com",
            "API.weixin.qq.com",
            "api.weixin.qq.com.",
            "api.weixin.qq.com..",
        ] {
            assert!(Policy::seed().is_reserved(host), "{host}");
        }
        for host in [
            "weixin.qq.com",
            "x.api.weixin.qq.com",
            "xapi.weixin.qq.com",
            "",
            ".",
        ] {
            assert!(!Policy::seed().is_reserved(host), "{host}");
        }
    }
}
