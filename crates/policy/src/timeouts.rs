//! Which timeout a call has (T1).

use std::time::Duration;

use crate::{Api, Policy};

/// `networkTimeout` of app.json or game.json, in milliseconds; not a positive number means not given.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NetworkTimeout {
    /// For `wx.request`.
    pub request: Option<f64>,
    /// For `wx.connectSocket`.
    pub connect_socket: Option<f64>,
    /// For `wx.uploadFile`.
    pub upload_file: Option<f64>,
    /// For `wx.downloadFile`.
    pub download_file: Option<f64>,
}

/// The timeout of a call: its own (milliseconds), else the app's, else the default; never above the maximum.
#[must_use]
pub fn timeout(api: Api, call: Option<f64>, app: &NetworkTimeout, policy: &Policy) -> Duration {
    let given = given(call).or_else(|| given(app.of(api)));
    given
        .unwrap_or(policy.default_timeout)
        .min(policy.max_timeout)
}

impl NetworkTimeout {
    const fn of(&self, api: Api) -> Option<f64> {
        match api {
            Api::Request => self.request,
            Api::UploadFile => self.upload_file,
            Api::DownloadFile => self.download_file,
            Api::ConnectSocket => self.connect_socket,
        }
    }
}

/// What is not a positive number is as if not given (T1, J2): also infinity, which is no time that can be kept.
fn given(milliseconds: Option<f64>) -> Option<Duration> {
    let milliseconds = milliseconds.filter(|ms| ms.is_finite() && *ms > 0.0)?;
    // More than a Duration holds is more than any maximum.
    Some(Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or(Duration::MAX))
}
