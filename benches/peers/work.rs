//! What is measured.

/// One kind of work that the clients do in turns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What it is in words.
    pub(crate) about: &'static str,
    /// What is to be done.
    pub(crate) task: Task,
}

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Task {
    /// Requests over HTTP.
    Http(Version, What),
    /// Messages over sockets.
    Socket(Talk),
    /// Calls that the list of domains refuses.
    Refused,
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// HTTP/1.1, over as many connections as requests are under way.
    One,
    /// HTTP/2, over one connection.
    Two,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// 200 bytes of JSON, read as bytes.
    Small,
    /// 1 MiB of JSON, read and checked to be JSON.
    Json,
    /// 1 MiB, read as bytes.
    Bytes,
    /// A large body into a file.
    Download,
    /// A large body out of a file.
    Upload,
}

/// An exchange of messages with a server that echoes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk {
    /// Connections.
    pub(crate) connections: usize,
    /// Messages that are under way on each of them.
    pub(crate) in_flight: usize,
    /// Bytes of a message.
    pub(crate) length: usize,
    /// Whether it is a text.
    pub(crate) text: bool,
}

/// Requests under way at once; transfers go one at a time.
pub(crate) const UNDER_WAY: usize = 10;

impl What {
    /// Requests under way at once.
    pub(crate) const fn lanes(self) -> usize {
        match self {
            Self::Small | Self::Json | Self::Bytes => UNDER_WAY,
            Self::Download | Self::Upload => 1,
        }
    }

    /// Where the origin has it.
    pub(crate) fn path(self, transfer: u64) -> String {
        match self {
            Self::Small => "/small".to_owned(),
            Self::Json => "/json".to_owned(),
            Self::Bytes => "/bytes".to_owned(),
            Self::Download => format!("/large/{transfer}"),
            Self::Upload => "/upload".to_owned(),
        }
    }
}

/// Every work, in the order of the tables.
pub(crate) const ALL: &[Work] = &[
    http("small-h1", "200 bytes of JSON", Version::One, What::Small),
    http("small-h2", "200 bytes of JSON", Version::Two, What::Small),
    http("json-h1", "1 MiB of JSON", Version::One, What::Json),
    http("json-h2", "1 MiB of JSON", Version::Two, What::Json),
    http("bytes-h1", "1 MiB of bytes", Version::One, What::Bytes),
    http("bytes-h2", "1 MiB of bytes", Version::Two, What::Bytes),
    http(
        "download-h1",
        "a large body into a file",
        Version::One,
        What::Download,
    ),
    http(
        "download-h2",
        "a large body into a file",
        Version::Two,
        What::Download,
    ),
    http(
        "upload-h1",
        "a large body out of a file",
        Version::One,
        What::Upload,
    ),
    http(
        "upload-h2",
        "a large body out of a file",
        Version::Two,
        What::Upload,
    ),
    socket("ws-pingpong-64", "a text of 64 bytes", 1, 1, 64),
    socket("ws-pingpong-64-ten", "a text of 64 bytes", 10, 1, 64),
    socket("ws-pingpong-64k", "a text of 64 KiB", 1, 1, 64 << 10),
    Work {
        name: "ws-pingpong-64k-bytes",
        about: "64 KiB of bytes",
        task: Task::Socket(Talk {
            connections: 1,
            in_flight: 1,
            length: 64 << 10,
            text: false,
        }),
    },
    socket("ws-pipelined-64", "a text of 64 bytes", 1, 64, 64),
    Work {
        name: "refused",
        about: "calls that the list of domains refuses",
        task: Task::Refused,
    },
];

const fn http(name: &'static str, about: &'static str, version: Version, what: What) -> Work {
    let task = Task::Http(version, what);
    Work { name, about, task }
}

const fn socket(
    name: &'static str,
    about: &'static str,
    connections: usize,
    in_flight: usize,
    length: usize,
) -> Work {
    let task = Task::Socket(Talk {
        connections,
        in_flight,
        length,
        text: true,
    });
    Work { name, about, task }
}
