//! What a UI layer sends is what is read.

use appnet_policy::{
    body::CallData,
    exchange::{DataType, Header, RedirectMode, ResponseType},
    prepare::{Call, HttpDnsOptions, RequestOptions},
};
use bytes::Bytes;
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::select,
};
use serde_json::value::RawValue;

use super::{json_text, quoted};
use crate::{Command, CommandKind, Message, command};

fn data() -> impl Strategy<Value = CallData> {
    let json = json_text()
        .prop_map(|text| CallData::Json(RawValue::from_string(text).expect("made as JSON")));
    prop_oneof![
        Just(CallData::None),
        Just(CallData::Unserialisable),
        any::<String>().prop_map(CallData::Text),
        vec(any::<u8>(), 0..20).prop_map(|bytes| CallData::Bytes(bytes.into())),
        json,
    ]
}

fn headers() -> impl Strategy<Value = Vec<Header>> {
    btree_map(any::<String>(), any::<String>(), 0..6).prop_map(|headers| {
        headers
            .into_iter()
            .map(|(name, value)| Header { name, value })
            .collect()
    })
}

fn http_dns() -> impl Strategy<Value = Option<HttpDnsOptions>> {
    let asked = (any::<String>(), option::of(any::<i32>()), any::<bool>());
    option::of(
        asked.prop_map(|(service_id, timeout, fallback)| HttpDnsOptions {
            service_id,
            timeout: timeout.map(f64::from),
            fallback,
        }),
    )
}

prop_compose! {
    fn request_options()(
        url in any::<String>(),
        data in data(),
        header in headers(),
        method in any::<String>(),
        eighths in option::of(any::<i32>()),
        data_type in select(vec![DataType::Json, DataType::Other]),
        response_type in select(vec![ResponseType::Text, ResponseType::ArrayBuffer]),
        redirect in select(vec![RedirectMode::Follow, RedirectMode::Manual]),
        [enable_http2, enable_quic, enable_profile, enable_cache, enable_chunked, force_cellular] in any::<[bool; 6]>(),
        http_dns in http_dns(),
        use_high_performance_mode in option::of(any::<bool>()),
    ) -> RequestOptions {
        RequestOptions {
            url,
            data,
            header,
            method,
            timeout: eighths.map(|eighths| f64::from(eighths) / 8.0), // exact in decimal too
            data_type,
            response_type,
            redirect,
            enable_http2,
            use_high_performance_mode,
            enable_quic,
            enable_profile,
            enable_cache,
            enable_chunked,
            http_dns,
            force_cellular,
        }
    }
}

/// The message that a UI layer would send for these options.
fn sent(options: &RequestOptions) -> Message {
    let (data, attachments) = sent_data(&options.data);
    let fields: Vec<_> = sent_fields(options)
        .into_iter()
        .chain(data.map(|data| ("data", data)))
        .map(|(name, json)| format!(r#""{name}":{json}"#))
        .collect();
    let options = fields.join(",");
    Message {
        json: format!(r#"{{"type":"call","task":1,"api":"request","options":{{{options}}}}}"#),
        attachments,
    }
}

fn sent_fields(options: &RequestOptions) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("url", quoted(&options.url)),
        ("method", quoted(&options.method)),
        ("header", sent_headers(&options.header)),
        ("enableHttp2", options.enable_http2.to_string()),
        ("enableQuic", options.enable_quic.to_string()),
        ("enableProfile", options.enable_profile.to_string()),
        ("enableCache", options.enable_cache.to_string()),
        ("enableChunked", options.enable_chunked.to_string()),
        ("forceCellularNetwork", options.force_cellular.to_string()),
    ];
    if let Some(http_dns) = &options.http_dns {
        fields.push(("enableHttpDNS", "true".to_owned()));
        fields.push(("httpDNSServiceId", quoted(&http_dns.service_id)));
        fields.push(("enableHttpDNSFallback", http_dns.fallback.to_string()));
        let timeout = http_dns.timeout.map(|timeout| timeout.to_string());
        fields.extend(timeout.map(|timeout| ("httpDNSTimeout", timeout)));
    }
    let timeout = options.timeout.map(|timeout| timeout.to_string());
    fields.extend(timeout.map(|timeout| ("timeout", timeout)));
    fields.extend(words(options).map(|(name, word)| (name, quoted(word))));
    let high_performance = options.use_high_performance_mode;
    fields.extend(high_performance.map(|it| ("useHighPerformanceMode", it.to_string())));
    fields
}

fn sent_headers(headers: &[Header]) -> String {
    let fields = headers
        .iter()
        .map(|header| format!("{}:{}", quoted(&header.name), quoted(&header.value)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn sent_data(data: &CallData) -> (Option<String>, Vec<Bytes>) {
    match data {
        CallData::None => (None, vec![]),
        CallData::Text(text) => (Some(format!(r#"{{"text":{}}}"#, quoted(text))), vec![]),
        CallData::Json(json) => (Some(format!(r#"{{"json":{json}}}"#)), vec![]),
        CallData::Bytes(bytes) => (Some(r#"{"bytes":0}"#.to_owned()), vec![bytes.clone()]),
        CallData::Unserialisable => (Some(r#"{"unserialisable":true}"#.to_owned()), vec![]),
    }
}

fn words(options: &RequestOptions) -> [(&'static str, &'static str); 3] {
    let data_type = match options.data_type {
        DataType::Json => "json",
        DataType::Other => "text",
    };
    let response_type = match options.response_type {
        ResponseType::Text => "text",
        ResponseType::ArrayBuffer => "arraybuffer",
    };
    let redirect = match options.redirect {
        RedirectMode::Follow => "follow",
        RedirectMode::Manual => "manual",
    };
    [
        ("dataType", data_type),
        ("responseType", response_type),
        ("redirect", redirect),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_call_reads_back_as_it_was_sent(options in request_options()) {
        let message = sent(&options);
        let Ok(Command { what: CommandKind::Call(call), .. }) = command::read(&message) else {
            panic!("{}", message.json);
        };
        // CallData cannot be compared: raw JSON has no equality. Its Debug form is its text.
        prop_assert_eq!(format!("{call:?}"), format!("{:?}", Call::Request(options)));
    }
}
