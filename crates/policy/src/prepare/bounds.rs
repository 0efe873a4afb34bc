//! How large a call may be (I2).

#[cfg(test)]
mod tests;

use super::{Call, PreparedCall, refusal};
use crate::{
    Failure, Target,
    body::CallData,
    exchange::{Body, Header, OutgoingRequest},
    failure::{AppFault, CallBound},
    preset::CallLimits,
    rules::{Refusal, Rule},
};

/// Refuses a call over a bound before any other work is done with it.
pub(super) fn check(call: &Call, limits: &CallLimits) -> Result<(), Refusal> {
    within(CallBound::Url, call.url().len(), limits.url_bytes)?;
    let headers = call.headers();
    within(CallBound::HeaderCount, headers.len(), limits.header_count)?;
    let protocols = match call {
        Call::Socket(options) => options.protocols.iter().map(String::len).sum(),
        Call::Request(_) | Call::Upload(_) | Call::Download(_) => 0,
    };
    let bytes = header_bytes(headers) + protocols + call.service_id_bytes();
    within(CallBound::HeaderBlock, bytes, limits.header_bytes)?;
    within(CallBound::Body, body_bytes(call), limits.body_bytes)
}

/// The same for what `data` became: a query is a part of the URL, and a form is longer than its JSON.
pub(super) fn check_placed(
    target: &Target,
    body: &Body,
    limits: &CallLimits,
) -> Result<(), Refusal> {
    within(
        CallBound::Url,
        target.url().as_str().len(),
        limits.url_bytes,
    )?;
    match body {
        Body::Bytes(bytes) => within(CallBound::Body, bytes.len(), limits.body_bytes),
        Body::Form(_) => Ok(()),
    }
}

impl Call {
    fn headers(&self) -> &[Header] {
        match self {
            Self::Request(options) => &options.header,
            Self::Upload(options) => &options.header,
            Self::Download(options) => &options.header,
            Self::Socket(options) => &options.header,
        }
    }

    /// `httpDNSServiceId` counts with the headers: it is kept as long as they are.
    fn service_id_bytes(&self) -> usize {
        match self {
            Self::Request(options) => {
                let http_dns = options.http_dns.as_ref();
                http_dns.map_or(0, |http_dns| http_dns.service_id.len())
            }
            Self::Upload(_) | Self::Download(_) | Self::Socket(_) => 0,
        }
    }
}

impl PreparedCall {
    /// Bytes that it holds until it has ended: URL, headers, body.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Http(prepared) => request_bytes(&prepared.request),
            Self::Socket(prepared) => {
                let request = &prepared.request;
                let protocols: usize = request.protocols.iter().map(String::len).sum();
                request.target.url().as_str().len() + header_bytes(&request.headers) + protocols
            }
        }
    }
}

fn request_bytes(request: &OutgoingRequest) -> usize {
    let body = match &request.body {
        Body::Bytes(bytes) => bytes.len(),
        Body::Form(form) => field_bytes(&form.fields),
    };
    let http_dns = request.http_dns.as_ref();
    let service_id = http_dns.map_or(0, |http_dns| http_dns.service_id.len());
    request.target.url().as_str().len() + header_bytes(&request.headers) + service_id + body
}

fn body_bytes(call: &Call) -> usize {
    match call {
        Call::Request(options) => match &options.data {
            CallData::None | CallData::Unserialisable => 0,
            CallData::Text(text) => text.len(),
            CallData::Bytes(bytes) => bytes.len(),
            CallData::Json(json) => json.get().len(),
        },
        Call::Upload(options) => field_bytes(&options.form_data),
        Call::Download(_) | Call::Socket(_) => 0,
    }
}

fn header_bytes(headers: &[Header]) -> usize {
    let bytes = |header: &Header| header.name.len() + header.value.len();
    headers.iter().map(bytes).sum()
}

fn field_bytes(fields: &[(String, String)]) -> usize {
    fields
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum()
}

fn within(bound: CallBound, found: usize, most: usize) -> Result<(), Refusal> {
    if found <= most {
        return Ok(());
    }
    let what = match bound {
        CallBound::Url => "bytes of URL",
        CallBound::HeaderBlock => "bytes of headers",
        CallBound::HeaderCount => "headers",
        CallBound::Body => "bytes of body",
    };
    Err(refusal(
        Failure::App(AppFault::CallTooLarge(bound)),
        Rule::I2,
        &format!("the call has {found} {what}, at most {most} are allowed"),
    ))
}
