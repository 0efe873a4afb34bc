//! The options of a call, from JSON to types (R7, J2, J6, J7).

mod data;
mod reader;

#[cfg(test)]
mod tests;

use appnet_policy::failure::AppFault;
use appnet_policy::rules::Rule;
use appnet_policy::{
    Failure,
    exchange::{DataType, RedirectMode, ResponseType},
    failure::ParameterError,
    prepare::{
        Call, DownloadOptions, HttpDnsOptions, RequestOptions, SocketOptions, UploadOptions,
    },
    rules::Refusal,
};
use bytes::Bytes;

pub(crate) use self::{
    data::Attached,
    reader::{Reader, wrong_type},
};
use crate::{Malformed, fields::Fields, malformed};

/// Why options cannot be read.
pub(crate) enum OptionsError {
    /// Values of wrong types: the app hears of each (R7).
    Parameters(Vec<ParameterError>),
    /// Not in the bus's own form: the UI layer's mistake.
    Malformed(Malformed),
}

impl From<Malformed> for OptionsError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

/// The options of `wx.request`.
pub(crate) const REQUEST: [&str; 19] = [
    "url",
    "data",
    "header",
    "method",
    "timeout",
    "dataType",
    "responseType",
    "redirect",
    "enableHttp2",
    "enableProfile",
    "enableCache",
    "enableChunked",
    "enableHttpDNS",
    "enableHttpDNSFallback",
    "enableQuic",
    "forceCellularNetwork",
    "httpDNSServiceId",
    "httpDNSTimeout",
    "useHighPerformanceMode",
];
/// The options of `wx.uploadFile`.
pub(crate) const UPLOAD: [&str; 10] = [
    "url",
    "filePath",
    "name",
    "formData",
    "header",
    "timeout",
    "enableHttp2",
    "enableProfile",
    "enableQuic",
    "useHighPerformanceMode",
];
/// The options of `wx.downloadFile`.
pub(crate) const DOWNLOAD: [&str; 8] = [
    "url",
    "filePath",
    "header",
    "timeout",
    "enableHttp2",
    "enableProfile",
    "enableQuic",
    "useHighPerformanceMode",
];
/// The options of `wx.connectSocket`.
pub(crate) const SOCKET: [&str; 7] = [
    "url",
    "header",
    "protocols",
    "tcpNoDelay",
    "perMessageDeflate",
    "timeout",
    "forceCellularNetwork",
];

/// Reads the options of `wx.request`.
pub(crate) fn read_request(
    options: &Fields<'_>,
    attachments: &[Bytes],
) -> Result<Call, OptionsError> {
    only(options, &REQUEST)?;
    let mut reader = Reader::new(options);
    let read = RequestOptions {
        url: reader.required_string("url"),
        data: reader.data("data", attachments)?,
        header: reader.headers("header"),
        method: reader.string("method").unwrap_or_default(),
        timeout: reader.number("timeout"),
        data_type: data_type(reader.string("dataType").as_deref()),
        response_type: response_type(reader.string("responseType").as_deref()),
        redirect: redirect(reader.string("redirect").as_deref()),
        enable_http2: reader.boolean("enableHttp2").unwrap_or(false),
        use_high_performance_mode: reader.boolean("useHighPerformanceMode"),
        enable_quic: reader.boolean("enableQuic").unwrap_or(false),
        enable_profile: reader.boolean("enableProfile").unwrap_or(true),
        enable_cache: reader.boolean("enableCache").unwrap_or(false),
        enable_chunked: reader.boolean("enableChunked").unwrap_or(false),
        http_dns: http_dns(&mut reader),
        force_cellular: reader.boolean("forceCellularNetwork").unwrap_or(false),
    };
    reader.finish(Call::Request(read))
}

/// Reads the options of `wx.uploadFile`.
pub(crate) fn read_upload(options: &Fields<'_>, _: &[Bytes]) -> Result<Call, OptionsError> {
    only(options, &UPLOAD)?;
    let mut reader = Reader::new(options);
    let read = UploadOptions {
        url: reader.required_string("url"),
        file_path: reader.required_string("filePath"),
        name: reader.required_string("name"),
        form_data: reader.form_data("formData"),
        header: reader.headers("header"),
        timeout: reader.number("timeout"),
        enable_http2: reader.boolean("enableHttp2").unwrap_or(false),
        use_high_performance_mode: reader.boolean("useHighPerformanceMode"),
        enable_quic: reader.boolean("enableQuic").unwrap_or(false),
        enable_profile: reader.boolean("enableProfile").unwrap_or(true),
    };
    reader.finish(Call::Upload(read))
}

/// Reads the options of `wx.downloadFile`.
pub(crate) fn read_download(options: &Fields<'_>, _: &[Bytes]) -> Result<Call, OptionsError> {
    only(options, &DOWNLOAD)?;
    let mut reader = Reader::new(options);
    let read = DownloadOptions {
        url: reader.required_string("url"),
        file_path: reader.string("filePath"),
        header: reader.headers("header"),
        timeout: reader.number("timeout"),
        enable_http2: reader.boolean("enableHttp2").unwrap_or(false),
        use_high_performance_mode: reader.boolean("useHighPerformanceMode"),
        enable_quic: reader.boolean("enableQuic").unwrap_or(false),
        enable_profile: reader.boolean("enableProfile").unwrap_or(true),
    };
    reader.finish(Call::Download(read))
}

/// Reads the options of `wx.connectSocket`.
pub(crate) fn read_socket(options: &Fields<'_>, _: &[Bytes]) -> Result<Call, OptionsError> {
    only(options, &SOCKET)?;
    let mut reader = Reader::new(options);
    let read = SocketOptions {
        url: reader.required_string("url"),
        header: reader.headers("header"),
        protocols: reader.strings("protocols"),
        tcp_no_delay: reader.boolean("tcpNoDelay").unwrap_or(false),
        per_message_deflate: reader.boolean("perMessageDeflate").unwrap_or(false),
        timeout: reader.number("timeout"),
        force_cellular: reader.boolean("forceCellularNetwork").unwrap_or(false),
    };
    reader.finish(Call::Socket(read))
}

/// The `length` of `wx.getRandomValues`: a whole number up to what the platform gives at once.
pub(crate) fn random_length(fields: &Fields<'_>) -> Result<usize, ParameterError> {
    const MOST: usize = 1 << 20;
    let length = fields.get("length");
    let number = length.and_then(|length| serde_json::from_str::<usize>(length.get()).ok());
    number
        .filter(|number| (1..=MOST).contains(number))
        .ok_or_else(|| reader::mistake("length", "a whole Number from 1 to 1048576", length))
}

fn only(options: &Fields<'_>, known: &[&str]) -> Result<(), Malformed> {
    match options.unknown(known) {
        Some(name) => Err(malformed::unknown_name("options.", name, &known.join(", "))),
        None => Ok(()),
    }
}

/// J7: JSON unless another one is named.
fn data_type(word: Option<&str>) -> DataType {
    match word {
        None | Some("json") => DataType::Json,
        Some(_) => DataType::Other,
    }
}

fn response_type(word: Option<&str>) -> ResponseType {
    match word {
        Some("arraybuffer") => ResponseType::ArrayBuffer,
        None | Some(_) => ResponseType::Text,
    }
}

fn redirect(word: Option<&str>) -> RedirectMode {
    match word {
        Some("manual") => RedirectMode::Manual,
        None | Some(_) => RedirectMode::Follow,
    }
}

/// R6. What belongs to HttpDNS says nothing without `enableHttpDNS`; its types are checked all the same (R7).
fn http_dns(reader: &mut Reader<'_>) -> Option<HttpDnsOptions> {
    let asked = reader.boolean("enableHttpDNS") == Some(true);
    let options = HttpDnsOptions {
        service_id: reader.string("httpDNSServiceId").unwrap_or_default(),
        timeout: reader.number("httpDNSTimeout"),
        fallback: reader.boolean("enableHttpDNSFallback").unwrap_or(true),
    };
    asked.then_some(options)
}

/// What a call with wrong options is refused with (R7).
pub(crate) fn refusal(wrong: Vec<ParameterError>) -> Refusal {
    let clauses: Vec<_> = wrong
        .iter()
        .map(|e| {
            format!(
                "{} should be {} instead of {}",
                e.field, e.expected, e.found
            )
        })
        .collect();
    Refusal {
        reason: clauses.join(", "),
        failure: Failure::App(AppFault::Parameters(wrong)),
        rule: Rule::R7,
        nearest: None,
    }
}
