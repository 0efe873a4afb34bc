//! The four calls that reach the network.

use std::fmt;

/// One of the platform's network calls; each has its own list of server domains (D1) and its own timeout (T1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Api {
    /// `wx.request`
    Request,
    /// `wx.uploadFile`
    UploadFile,
    /// `wx.downloadFile`
    DownloadFile,
    /// `wx.connectSocket`
    ConnectSocket,
}

impl Api {
    /// Every call, in the order of the platform's documentation.
    pub const ALL: [Self; 4] = [
        Self::Request,
        Self::UploadFile,
        Self::DownloadFile,
        Self::ConnectSocket,
    ];

    /// The name as it stands in `errMsg` and in `networkTimeout` of app.json: `request`, `connectSocket` …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::UploadFile => "uploadFile",
            Self::DownloadFile => "downloadFile",
            Self::ConnectSocket => "connectSocket",
        }
    }

    /// The name of its list of server domains (D1): as [`name`](Self::name), but `socket` for `connectSocket`.
    #[must_use]
    pub const fn list_name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::UploadFile => "uploadFile",
            Self::DownloadFile => "downloadFile",
            Self::ConnectSocket => "socket",
        }
    }

    /// The scheme that an entry of its list must have (D2).
    #[must_use]
    pub const fn list_scheme(self) -> &'static str {
        match self {
            Self::Request | Self::UploadFile | Self::DownloadFile => "https",
            Self::ConnectSocket => "wss",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
