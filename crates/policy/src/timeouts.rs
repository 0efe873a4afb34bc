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
    let _ = (api, call, app, policy);
    todo!()
}
