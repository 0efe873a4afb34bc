//! What a UI layer sends of a file is what is read.

use appnet_policy::{
    exchange::Header,
    prepare::{Call, DownloadOptions, UploadOptions},
};
use proptest::{collection::btree_map, option, prelude::*};

use super::quoted;
use crate::{Command, CommandKind, Message, command};

fn texts() -> impl Strategy<Value = Vec<(String, String)>> {
    btree_map(any::<String>(), any::<String>(), 0..6).prop_map(|texts| texts.into_iter().collect())
}

prop_compose! {
    fn upload()(
        [url, file_path, name] in any::<[String; 3]>(),
        (form_data, header) in (texts(), texts()),
        timeout in option::of(any::<i32>().prop_map(f64::from)),
        [enable_http2, enable_quic, enable_profile] in any::<[bool; 3]>(),
        use_high_performance_mode in option::of(any::<bool>()),
    ) -> Call {
        let header = header.into_iter().map(|(name, value)| Header { name, value }).collect();
        Call::Upload(UploadOptions {
            url, file_path, name, form_data, header, timeout, enable_http2, use_high_performance_mode, enable_quic, enable_profile,
        })
    }
}

prop_compose! {
    fn download()(
        url in any::<String>(),
        file_path in option::of(any::<String>()),
        header in texts(),
        timeout in option::of(any::<i32>().prop_map(f64::from)),
        [enable_http2, enable_quic, enable_profile] in any::<[bool; 3]>(),
        use_high_performance_mode in option::of(any::<bool>()),
    ) -> Call {
        let header = header.into_iter().map(|(name, value)| Header { name, value }).collect();
        Call::Download(DownloadOptions { url, file_path, header, timeout, enable_http2, use_high_performance_mode, enable_quic, enable_profile })
    }
}

/// What both have in common.
struct Common<'a> {
    header: &'a [Header],
    timeout: Option<f64>,
    flags: [(&'static str, bool); 3],
    high_performance: Option<bool>,
}

impl Common<'_> {
    fn fields(&self) -> Vec<(&'static str, String)> {
        let header = self.header.iter();
        let mut fields = vec![("header", object(header.map(|h| (&h.name, &h.value))))];
        fields.extend(self.timeout.map(|timeout| ("timeout", timeout.to_string())));
        fields.extend(self.flags.map(|(name, flag)| (name, flag.to_string())));
        let high_performance = self.high_performance;
        fields.extend(high_performance.map(|it| ("useHighPerformanceMode", it.to_string())));
        fields
    }
}

fn object<'a>(texts: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let fields = texts.map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// The message that a UI layer would send for this call.
fn sent(call: &Call) -> Message {
    let fields = match call {
        Call::Upload(options) => sent_upload(options),
        Call::Download(options) => sent_download(options),
        Call::Request(_) | Call::Socket(_) => unreachable!("not made here"),
    };
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, json)| format!(r#""{name}":{json}"#))
        .collect();
    let (api, options) = (call.api(), fields.join(","));
    Message::new(format!(
        r#"{{"type":"call","task":1,"api":"{api}","options":{{{options}}}}}"#
    ))
}

fn sent_upload(options: &UploadOptions) -> Vec<(&'static str, String)> {
    let common = Common {
        header: &options.header,
        timeout: options.timeout,
        flags: [
            ("enableHttp2", options.enable_http2),
            ("enableQuic", options.enable_quic),
            ("enableProfile", options.enable_profile),
        ],
        high_performance: options.use_high_performance_mode,
    };
    let form_data = options.form_data.iter();
    let mut fields = common.fields();
    fields.extend([
        ("url", quoted(&options.url)),
        ("filePath", quoted(&options.file_path)),
        ("name", quoted(&options.name)),
        (
            "formData",
            object(form_data.map(|(name, value)| (name, value))),
        ),
    ]);
    fields
}

fn sent_download(options: &DownloadOptions) -> Vec<(&'static str, String)> {
    let common = Common {
        header: &options.header,
        timeout: options.timeout,
        flags: [
            ("enableHttp2", options.enable_http2),
            ("enableQuic", options.enable_quic),
            ("enableProfile", options.enable_profile),
        ],
        high_performance: options.use_high_performance_mode,
    };
    let mut fields = common.fields();
    fields.push(("url", quoted(&options.url)));
    let path = options.file_path.as_deref();
    fields.extend(path.map(|path| ("filePath", quoted(path))));
    fields
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_call_of_a_file_reads_back_as_it_was_sent(call in prop_oneof![upload(), download()]) {
        let message = sent(&call);
        let Ok(Command { what: CommandKind::Call(read), .. }) = command::read(&message) else {
            panic!("{}", message.json);
        };
        prop_assert_eq!(format!("{read:?}"), format!("{call:?}"));
    }
}
