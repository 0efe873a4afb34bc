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

/// A value for each of the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerApi<T> {
    /// For `wx.request`.
    pub request: T,
    /// For `wx.uploadFile`.
    pub upload_file: T,
    /// For `wx.downloadFile`.
    pub download_file: T,
    /// For `wx.connectSocket`.
    pub connect_socket: T,
}

impl<T: Copy> PerApi<T> {
    /// The same for every call.
    #[must_use]
    pub const fn all(value: T) -> Self {
        Self {
            request: value,
            upload_file: value,
            download_file: value,
            connect_socket: value,
        }
    }

    /// That of one call.
    #[must_use]
    pub const fn of(&self, api: Api) -> T {
        match api {
            Api::Request => self.request,
            Api::UploadFile => self.upload_file,
            Api::DownloadFile => self.download_file,
            Api::ConnectSocket => self.connect_socket,
        }
    }
}
