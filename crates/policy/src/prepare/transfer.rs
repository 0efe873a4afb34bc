//! `wx.uploadFile` and `wx.downloadFile` (section 7).

#[cfg(test)]
mod tests;

use crate::failure::AppFault;
use crate::rules::Rule;
use std::sync::Arc;

use super::{
    DownloadOptions, Prepared, UploadOptions, invalid_header, refusal, warnings, without_http3,
};
use crate::{
    Api, Failure, Rules,
    exchange::{
        Body, DataType, Method, OutgoingRequest, Reading, Receive, RedirectMode, ResponseType,
        SaveTo,
    },
    failure::ParameterError,
    files::{self, FileName},
    headers::{self, Purpose},
    multipart::Form,
    rules::Refusal,
    timeouts,
};

/// Checks and builds one `wx.uploadFile` (F1, F2): a POST of a form; the app's content-type is replaced (J9), the body of the answer is
/// text and never parsed.
///
/// # Errors
/// The [`Refusal`], with the rule that decided.
pub fn upload(rules: &Arc<Rules>, options: UploadOptions) -> Result<Prepared, Refusal> {
    if options.name.is_empty() {
        return Err(nameless());
    }
    let target = rules.permit(Api::UploadFile, &options.url)?;
    let policy = rules.policy();
    let mut built = headers::build(
        options.header,
        Purpose::Transfer,
        rules.referer(),
        rules.user_agent(),
    )
    .map_err(invalid_header)?;
    // J9: I/O sets that of the form. Libraries always send one, so it is not a reason for a warning.
    built
        .headers
        .retain(|header| !header.name.eq_ignore_ascii_case(headers::CONTENT_TYPE));
    let file = FileName::parse(&options.file_path).map_err(no_file_name)?;
    let form = form(options.form_data, options.name, file);
    let high_performance = policy.high_performance(options.use_high_performance_mode);
    Ok(Prepared {
        request: Box::new(OutgoingRequest {
            target,
            method: Method::Post,
            headers: built.headers,
            body: Body::Form(Arc::new(form)),
            cache: false,
            http2: options.enable_http2 || high_performance,
            high_performance,
            measured: options.enable_profile,
            http3: (options.enable_quic || high_performance) && policy.http3,
            redirect: RedirectMode::Follow,
            http_dns: None,
            force_cellular: false,
        }),
        receive: Receive::Whole(Reading {
            data_type: DataType::Other,
            response_type: ResponseType::Text,
        }),
        timeout: timeouts::timeout(
            Api::UploadFile,
            options.timeout,
            rules.network_timeout(),
            policy,
        ),
        warnings: warnings(built.dropped, without_http3(options.enable_quic, policy)),
    })
}

/// Checks and builds one `wx.downloadFile` (F2, F3): a GET whose body goes to a file. An empty `filePath` counts as not given, as libraries
/// expect.
///
/// # Errors
/// The [`Refusal`], with the rule that decided.
pub fn download(rules: &Arc<Rules>, options: DownloadOptions) -> Result<Prepared, Refusal> {
    let target = rules.permit(Api::DownloadFile, &options.url)?;
    let policy = rules.policy();
    let built = headers::build(
        options.header,
        Purpose::Transfer,
        rules.referer(),
        rules.user_agent(),
    )
    .map_err(invalid_header)?;
    let path = options.file_path.filter(|path| !path.is_empty());
    let save_to = path.map_or(Ok(SaveTo::Temporary), |path| user_file(&path))?;
    let high_performance = policy.high_performance(options.use_high_performance_mode);
    Ok(Prepared {
        request: Box::new(OutgoingRequest {
            target,
            method: Method::Get,
            headers: built.headers,
            body: Body::NONE,
            cache: false,
            http2: options.enable_http2 || high_performance,
            high_performance,
            measured: options.enable_profile,
            http3: (options.enable_quic || high_performance) && policy.http3,
            redirect: RedirectMode::Follow,
            http_dns: None,
            force_cellular: false,
        }),
        receive: Receive::File(save_to),
        timeout: timeouts::timeout(
            Api::DownloadFile,
            options.timeout,
            rules.network_timeout(),
            policy,
        ),
        warnings: warnings(built.dropped, without_http3(options.enable_quic, policy)),
    })
}

fn form(fields: Vec<(String, String)>, file_field: String, file: FileName) -> Form {
    const UNKNOWN_TYPE: &str = "application/octet-stream";
    let file_name = file.last_part().to_owned();
    let file_type = files::media_type(&file_name).unwrap_or(UNKNOWN_TYPE);
    Form {
        fields,
        file_field,
        file_type: file_type.to_owned(),
        file_name,
        file,
    }
}

/// F3: temporary names are ours to give.
fn user_file(path: &str) -> Result<SaveTo, Refusal> {
    match FileName::parse(path).map_err(no_file_name)? {
        name @ FileName::User(_) => Ok(SaveTo::User(name)),
        FileName::Temporary(_) => Err(refusal(
            Failure::App(AppFault::FilePermissionDenied),
            Rule::F3,
            "filePath of a download should be a name in the user directory such as wxfile://usr/a.png",
        )),
    }
}

fn no_file_name(failure: Failure) -> Refusal {
    refusal(
        failure,
        Rule::F2,
        "filePath should be a name such as wxfile://usr/a.png or wxfile://tmp_1.png, without .. or anything else that leads elsewhere",
    )
}

/// A part without a name is dropped by servers (and never sent by browsers): the file would be lost without a word.
fn nameless() -> Refusal {
    let error = ParameterError::new("name", "non-empty String", "empty String");
    refusal(
        Failure::App(AppFault::Parameters(vec![error])),
        Rule::R7,
        "name should be a non-empty String",
    )
}
