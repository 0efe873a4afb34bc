//! From a call's options to a request that may go out, or the reason why not (sections 2 and 5).

mod bounds;
mod socket;
mod transfer;

#[cfg(test)]
mod tests;

use crate::{failure::AppFault, rules::Rule};
use std::{sync::Arc, time::Duration};

use crate::{
    Api, Failure, Permitted, Policy, Rules, Target,
    body::{self, CallData, Placed},
    exchange::{
        Body, DataType, Header, HttpDns, Method, OutgoingRequest, Reading, Receive, RedirectMode,
        ResponseType,
    },
    headers::{self, Purpose},
    method::Methods,
    rules::Refusal,
    socket::SocketRequest,
    timeouts,
};
pub use socket::socket;
pub use transfer::{download, upload};

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
    /// `enableCache`
    pub enable_cache: bool,
    /// `useHighPerformanceMode`; what stands for `None` is the policy's to say (R6).
    pub use_high_performance_mode: Option<bool>,
    /// `enableQuic`
    pub enable_quic: bool,
    /// `enableChunked`: the body comes in chunks; `dataType` and `responseType` then say nothing.
    pub enable_chunked: bool,
    /// `enableProfile`: whether the answer carries the profile.
    pub enable_profile: bool,
    /// `enableHttpDNS` and what belongs to it.
    pub http_dns: Option<HttpDnsOptions>,
    /// `forceCellularNetwork`
    pub force_cellular: bool,
}

/// What `wx.request` says of HttpDNS when it asks for it (`enableHttpDNS`).
#[derive(Debug, Clone, PartialEq)]
pub struct HttpDnsOptions {
    /// `httpDNSServiceId`; empty if none was given.
    pub service_id: String,
    /// `httpDNSTimeout` in milliseconds; what is not a positive number counts as not given.
    pub timeout: Option<f64>,
    /// `enableHttpDNSFallback`
    pub fallback: bool,
}

/// The options of `wx.uploadFile` (F1).
#[derive(Debug, Clone, Default)]
pub struct UploadOptions {
    /// `url`
    pub url: String,
    /// `filePath`
    pub file_path: String,
    /// `name`: the field of the file.
    pub name: String,
    /// `formData`, in the app's order.
    pub form_data: Vec<(String, String)>,
    /// `header`, in the app's order.
    pub header: Vec<Header>,
    /// `timeout` in milliseconds (T1).
    pub timeout: Option<f64>,
    /// `enableHttp2`
    pub enable_http2: bool,
    /// `useHighPerformanceMode`; what stands for `None` is the policy's to say (R6).
    pub use_high_performance_mode: Option<bool>,
    /// `enableQuic`
    pub enable_quic: bool,
    /// `enableProfile`
    pub enable_profile: bool,
}

/// The options of `wx.downloadFile` (F3).
#[derive(Debug, Clone, Default)]
pub struct DownloadOptions {
    /// `url`
    pub url: String,
    /// `filePath`, if given: the file in the user directory to write.
    pub file_path: Option<String>,
    /// `header`, in the app's order.
    pub header: Vec<Header>,
    /// `timeout` in milliseconds (T1).
    pub timeout: Option<f64>,
    /// `enableHttp2`
    pub enable_http2: bool,
    /// `useHighPerformanceMode`; what stands for `None` is the policy's to say (R6).
    pub use_high_performance_mode: Option<bool>,
    /// `enableQuic`
    pub enable_quic: bool,
    /// `enableProfile`
    pub enable_profile: bool,
}

/// The options of `wx.connectSocket` (W4).
#[derive(Debug, Clone, Default)]
pub struct SocketOptions {
    /// `url`
    pub url: String,
    /// `header`, in the app's order.
    pub header: Vec<Header>,
    /// `protocols`, best first.
    pub protocols: Vec<String>,
    /// `tcpNoDelay`
    pub tcp_no_delay: bool,
    /// `perMessageDeflate`
    pub per_message_deflate: bool,
    /// `timeout` in milliseconds (T1), for the handshake (T2).
    pub timeout: Option<f64>,
    /// `forceCellularNetwork`
    pub force_cellular: bool,
}

/// A call of an app, with the types already right.
#[derive(Debug, Clone)]
pub enum Call {
    /// `wx.request`
    Request(RequestOptions),
    /// `wx.uploadFile`
    Upload(UploadOptions),
    /// `wx.downloadFile`
    Download(DownloadOptions),
    /// `wx.connectSocket`
    Socket(SocketOptions),
}

impl Call {
    /// Which one it is.
    #[must_use]
    pub const fn api(&self) -> Api {
        match self {
            Self::Request(_) => Api::Request,
            Self::Upload(_) => Api::UploadFile,
            Self::Download(_) => Api::DownloadFile,
            Self::Socket(_) => Api::ConnectSocket,
        }
    }

    /// `url`
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Request(options) => &options.url,
            Self::Upload(options) => &options.url,
            Self::Download(options) => &options.url,
            Self::Socket(options) => &options.url,
        }
    }

    /// `enableProfile`; a socket's `open` always has it (W1).
    #[must_use]
    pub const fn wants_profile(&self) -> bool {
        match self {
            Self::Request(options) => options.enable_profile,
            Self::Upload(options) => options.enable_profile,
            Self::Download(options) => options.enable_profile,
            Self::Socket(_) => true,
        }
    }
}

/// Checks and builds a call.
///
/// # Errors
/// The [`Refusal`], with the rule that decided.
pub fn call(rules: &Arc<Rules>, call: Call) -> Result<PreparedCall, Refusal> {
    bounds::check(&call, &rules.policy().call)?;
    Ok(match call {
        Call::Request(options) => PreparedCall::Http(request(rules, options)?),
        Call::Upload(options) => PreparedCall::Http(upload(rules, options)?),
        Call::Download(options) => PreparedCall::Http(download(rules, options)?),
        Call::Socket(options) => PreparedCall::Socket(socket(rules, options)?),
    })
}

/// A call that may go out, of either kind.
#[derive(Debug, Clone)]
pub enum PreparedCall {
    /// One exchange.
    Http(Prepared),
    /// A socket.
    Socket(PreparedSocket),
}

/// A call that may go out.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What to send. In a box: it is large, and it is handed on several times before it goes out.
    pub request: Box<OutgoingRequest>,
    /// What becomes of the answer's body.
    pub receive: Receive,
    /// Its timeout (T1).
    pub timeout: Duration,
    /// What the app should know.
    pub warnings: Vec<Warning>,
}

impl PreparedCall {
    /// Its timeout (T1).
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        match self {
            Self::Http(prepared) => prepared.timeout,
            Self::Socket(prepared) => prepared.timeout,
        }
    }

    /// Where it goes, checked.
    #[must_use]
    pub const fn target(&self) -> &Permitted<Target> {
        match self {
            Self::Http(prepared) => &prepared.request.target,
            Self::Socket(prepared) => &prepared.request.target,
        }
    }

    /// Its method; a handshake is a GET (RFC 6455 §4.1).
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::Http(prepared) => prepared.request.method,
            Self::Socket(_) => Method::Get,
        }
    }

    /// What the app should know, taken out.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        match self {
            Self::Http(prepared) => std::mem::take(&mut prepared.warnings),
            Self::Socket(prepared) => std::mem::take(&mut prepared.warnings),
        }
    }
}

/// A socket that may be connected.
#[derive(Debug, Clone)]
pub struct PreparedSocket {
    /// What to connect.
    pub request: Box<SocketRequest>,
    /// The handshake's timeout (T1, T2).
    pub timeout: Duration,
    /// What the app should know.
    pub warnings: Vec<Warning>,
}

/// Something that was done differently from what the app asked, said once for each call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A header that an app cannot set was dropped (R2).
    HeaderDropped(String),
    /// An option that this host cannot do was ignored (R6).
    OptionNotImplemented(&'static str),
}

/// Checks and builds one `wx.request` (U1–U5, T1, R1–R6).
///
/// # Errors
/// The [`Refusal`], with the rule that decided.
pub fn request(rules: &Arc<Rules>, options: RequestOptions) -> Result<Prepared, Refusal> {
    let policy = rules.policy();
    let method = method(&options.method, policy.methods)?;
    let target = rules.permit(Api::Request, &options.url)?;
    let built = headers::build(
        options.header,
        Purpose::Request,
        rules.referer(),
        rules.user_agent(),
    )
    .map_err(invalid_header)?;
    let content_type = headers::find(&built.headers, headers::CONTENT_TYPE);
    let placed = body::place(options.data, method, content_type).map_err(unserialisable)?;
    let (target, body) = put(placed, target);
    bounds::check_placed(&target, &body, &policy.call)?;
    // R6: chunks are the exception of the platform's high performance mode, not of `enableHttp2`.
    let high_performance =
        !options.enable_chunked && policy.high_performance(options.use_high_performance_mode);
    Ok(Prepared {
        request: Box::new(OutgoingRequest {
            target,
            method,
            headers: built.headers,
            body,
            cache: options.enable_cache,
            http2: options.enable_http2 || high_performance,
            high_performance,
            measured: options.enable_profile,
            http3: (options.enable_quic || high_performance) && policy.http3,
            redirect: options.redirect,
            http_dns: options.http_dns.map(|asked| http_dns(asked, policy)),
            force_cellular: options.force_cellular,
        }),
        receive: if options.enable_chunked {
            Receive::Chunks
        } else {
            Receive::Whole(Reading {
                data_type: options.data_type,
                response_type: options.response_type,
            })
        },
        timeout: timeouts::timeout(
            Api::Request,
            options.timeout,
            rules.network_timeout(),
            policy,
        ),
        warnings: warnings(built.dropped, without_http3(options.enable_quic, policy)),
    })
}

fn http_dns(asked: HttpDnsOptions, policy: &Policy) -> HttpDns {
    HttpDns {
        service_id: asked.service_id,
        timeout: timeouts::http_dns(asked.timeout, policy),
        fallback: asked.fallback,
    }
}

/// The target and body after `data` found its place. A query is put where the rules do not look, so the permit holds.
fn put(placed: Placed, target: Permitted<Target>) -> (Permitted<Target>, Body) {
    match placed {
        Placed::Nowhere => (target, Body::NONE),
        Placed::Query(query) => (target.map(|target| target.with_query(&query)), Body::NONE),
        Placed::Body(body) => (target, Body::Bytes(body)),
    }
}

/// R6: the option of a call that this host cannot do.
fn without_http3(asked: bool, policy: &Policy) -> Option<&'static str> {
    (asked && !policy.http3).then_some("enableQuic")
}

fn warnings(dropped: Vec<String>, not_implemented: Option<&'static str>) -> Vec<Warning> {
    let headers = dropped.into_iter().map(Warning::HeaderDropped);
    let option = not_implemented.map(Warning::OptionNotImplemented);
    headers.chain(option).collect()
}

/// R3: one of the platform's methods.
fn method(text: &str, methods: Methods) -> Result<Method, Refusal> {
    let invalid = Failure::App(AppFault::InvalidMethod);
    Method::parse(text)
        .and_then(|method| methods.has(method).then_some(method).ok_or(invalid))
        .map_err(|failure| {
            refusal(
                failure,
                Rule::R3,
                &format!("method should be one of {methods}"),
            )
        })
}

fn invalid_header(failure: Failure) -> Refusal {
    refusal(
        failure,
        Rule::R2,
        "a header's name should be a token, its value have no control characters",
    )
}

fn unserialisable(failure: Failure) -> Refusal {
    refusal(
        failure,
        Rule::R5,
        "data should be a string, an ArrayBuffer, or something that JSON can say",
    )
}

fn refusal(failure: Failure, rule: Rule, reason: &str) -> Refusal {
    Refusal {
        failure,
        rule,
        reason: reason.to_owned(),
        nearest: None,
    }
}
