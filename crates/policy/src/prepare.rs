//! From a call's options to a request that may go out, or the reason why not (sections 2 and 5).

use std::{sync::Arc, time::Duration};

use crate::{
    Rules,
    body::CallData,
    exchange::{DataType, Header, OutgoingRequest, Reading, RedirectMode, ResponseType},
    rules::Refusal,
};

/// The options of `wx.request`, with the types already right (R7 is decided where JSON is read).
#[derive(Debug, Clone, Default)]
pub struct RequestOptions {
    /// `url`
    pub url: String,
    /// `data`
    pub data: CallData,
    /// `header`, in the app's order.
    pub header: Vec<Header>,
    /// `method`, in any case; empty means GET (R3, J6).
    pub method: String,
    /// `timeout` in milliseconds (T1).
    pub timeout: Option<f64>,
    /// `dataType`
    pub data_type: DataType,
    /// `responseType`
    pub response_type: ResponseType,
    /// `redirect`
    pub redirect: RedirectMode,
    /// `enableHttp2`
    pub enable_http2: bool,
    /// `enableProfile`: whether the answer carries the profile.
    pub enable_profile: bool,
    /// Names of options that were given, are part of the platform, and are not built yet (R6).
    pub not_implemented: Vec<&'static str>,
}

/// A call that may go out.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What to send.
    pub request: OutgoingRequest,
    /// How to read the answer.
    pub reading: Reading,
    /// Its timeout (T1).
    pub timeout: Duration,
    /// What the app should know.
    pub warnings: Vec<Warning>,
}

/// Something that was done differently from what the app asked, said once for each call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A header that an app cannot set was dropped (R2).
    HeaderDropped(String),
    /// An option that is not built yet was ignored (R6).
    OptionNotImplemented(&'static str),
}

/// Checks and builds one `wx.request` (U1–U5, T1, R1–R6).
///
/// # Errors
/// The [`Refusal`], with the rule that decided.
pub fn request(rules: &Arc<Rules>, options: RequestOptions) -> Result<Prepared, Refusal> {
    let _ = (rules, options);
    todo!()
}
