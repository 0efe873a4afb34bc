//! The options of `uploadFile` and `downloadFile`.

use appnet_policy::{
    Api,
    prepare::{Call, DownloadOptions, UploadOptions},
};

use super::{VALUES, is_nothing};
use crate::{Command, CommandKind, Malformed, Message, command, errors::err_msg, options};

/// All that an upload needs.
const FILE: &str = r#""url":"https://a.com","filePath":"wxfile://tmp_1","name":"f""#;

fn read(api: Api, options: &str) -> Result<Command, Malformed> {
    let json = format!(r#"{{"type":"call","task":7,"api":"{api}","options":{{{options}}}}}"#);
    command::read(&Message::from(json))
}

fn call(api: Api, options: &str) -> Call {
    match read(api, options) {
        Ok(Command {
            what: CommandKind::Call(call),
            ..
        }) => *call,
        other => panic!("{options}: {other:?}"),
    }
}

/// An upload with one more option beside those it needs.
fn upload(option: &str) -> UploadOptions {
    match call(Api::UploadFile, &format!("{FILE},{option}")) {
        Call::Upload(options) => options,
        other => panic!("{:?}", other.api()),
    }
}

fn download(option: &str) -> DownloadOptions {
    match call(
        Api::DownloadFile,
        &format!(r#""url":"https://a.com",{option}"#),
    ) {
        Call::Download(options) => options,
        other => panic!("{:?}", other.api()),
    }
}

/// What the app hears of its options: `None` if nothing is wrong.
fn complaint(api: Api, options: &str) -> Option<String> {
    match read(api, options) {
        Ok(Command {
            what: CommandKind::Call(_),
            ..
        }) => None,
        Ok(Command {
            what: CommandKind::Unreadable { api, refusal },
            ..
        }) => Some(err_msg(api, &refusal.failure)),
        other => panic!("{options}: {other:?}"),
    }
}

fn form_data(json: &str) -> Vec<(String, String)> {
    upload(&format!(r#""formData":{json}"#)).form_data
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs.iter().map(|&(a, b)| (a.to_owned(), b.to_owned()));
    owned.collect()
}

#[test]
fn f1_an_upload_is_read_from_its_options() {
    let read = upload(
        r#""formData":{"b":"1","a":2},"header":{"X-A":"1"},"timeout":5,"enableHttp2":true,"enableProfile":false"#,
    );
    assert_eq!(read.url, "https://a.com");
    assert_eq!(read.file_path, "wxfile://tmp_1");
    assert_eq!(read.name, "f");
    assert_eq!(read.form_data, pairs(&[("b", "1"), ("a", "2")]));
    assert_eq!(read.header.len(), 1);
    assert_eq!(read.timeout, Some(5.0));
    assert!(read.enable_http2 && !read.enable_profile);
}

#[test]
fn f3_a_download_is_read_from_its_options() {
    let read = download(
        r#""filePath":"wxfile://usr/a","header":{"X-A":"1"},"timeout":5,"enableHttp2":true,"enableProfile":false"#,
    );
    assert_eq!(read.url, "https://a.com");
    assert_eq!(read.file_path.as_deref(), Some("wxfile://usr/a"));
    assert_eq!(read.header.len(), 1);
    assert_eq!(read.timeout, Some(5.0));
    assert!(read.enable_http2 && !read.enable_profile);
}

#[test]
fn j2_what_is_absent_null_or_undefined_is_not_given() {
    let bare_upload = format!("{:?}", call(Api::UploadFile, FILE));
    let bare_download = format!("{:?}", call(Api::DownloadFile, r#""url":"https://a.com""#));
    for nothing in ["null", r#"{"$type":"Undefined"}"#] {
        for name in &options::UPLOAD[3..] {
            let read = call(Api::UploadFile, &format!(r#"{FILE},"{name}":{nothing}"#));
            assert_eq!(format!("{read:?}"), bare_upload, "{name}: {nothing}");
        }
        for name in &options::DOWNLOAD[1..] {
            let options = format!(r#""url":"https://a.com","{name}":{nothing}"#);
            let read = call(Api::DownloadFile, &options);
            assert_eq!(format!("{read:?}"), bare_download, "{name}: {nothing}");
        }
    }
    let read = upload(r#""header":{}"#);
    assert!(read.enable_profile && !read.enable_http2);
    assert!(read.form_data.is_empty() && read.header.is_empty());
    assert_eq!(read.timeout, None);
    let read = download(r#""header":{}"#);
    assert!(read.enable_profile && !read.enable_http2);
    assert!(read.header.is_empty());
    assert_eq!((read.timeout, read.file_path), (None, None));
}

#[test]
fn r7_each_option_refuses_each_wrong_type_by_name() {
    let table = [
        (Api::UploadFile, "formData", "Object"),
        (Api::UploadFile, "header", "Object"),
        (Api::UploadFile, "enableHttp2", "Boolean"),
        (Api::UploadFile, "enableProfile", "Boolean"),
        (Api::UploadFile, "enableQuic", "Boolean"),
        (Api::UploadFile, "useHighPerformanceMode", "Boolean"),
        (Api::DownloadFile, "filePath", "String"),
        (Api::DownloadFile, "header", "Object"),
        (Api::DownloadFile, "enableHttp2", "Boolean"),
        (Api::DownloadFile, "enableProfile", "Boolean"),
        (Api::DownloadFile, "enableQuic", "Boolean"),
        (Api::DownloadFile, "useHighPerformanceMode", "Boolean"),
    ];
    for (api, name, expected) in table {
        let needed = if api == Api::UploadFile {
            FILE
        } else {
            r#""url":"https://a.com""#
        };
        for (json, found) in VALUES {
            let fits = found == expected || is_nothing(found);
            let clause = format!("parameter.{name} should be {expected} instead of {found};");
            assert_eq!(
                complaint(api, &format!(r#"{needed},"{name}":{json}"#)),
                (!fits).then(|| format!("{api}:fail parameter error: {clause}")),
                "{name}: {json}"
            );
        }
    }
}

#[test]
fn r7_what_a_call_needs_is_named_when_it_is_not_there() {
    insta::assert_snapshot!(
        complaint(Api::UploadFile, "").expect("three mistakes"),
        @"uploadFile:fail parameter error: parameter.url should be String instead of Undefined; parameter.filePath should be String instead of Undefined; parameter.name should be String instead of Undefined;"
    );
    insta::assert_snapshot!(
        complaint(Api::DownloadFile, r#""filePath":1"#).expect("two mistakes"),
        @"downloadFile:fail parameter error: parameter.url should be String instead of Undefined; parameter.filePath should be String instead of Number;"
    );
    for (json, found) in VALUES.into_iter().filter(|(_, found)| *found != "String") {
        for name in ["url", "filePath", "name"] {
            let clause = format!(
                "uploadFile:fail parameter error: parameter.{name} should be String instead of {found};"
            );
            let heard = complaint(Api::UploadFile, &format!(r#"{FILE},"{name}":{json}"#));
            assert_eq!(heard, Some(clause));
        }
    }
}

#[test]
fn t1_a_timeout_of_any_wrong_type_is_as_if_not_given() {
    for (json, found) in VALUES {
        let expected = (found == "Number").then_some(1.5);
        assert_eq!(upload(&format!(r#""timeout":{json}"#)).timeout, expected);
        assert_eq!(download(&format!(r#""timeout":{json}"#)).timeout, expected);
    }
}

#[test]
fn r6_the_high_performance_mode_is_asked_for_or_left_to_the_policy() {
    let option = r#""useHighPerformanceMode":true"#;
    assert_eq!(upload(option).use_high_performance_mode, Some(true));
    assert_eq!(download(option).use_high_performance_mode, Some(true));
    assert_eq!(
        upload(r#""enableQuic":false"#).use_high_performance_mode,
        None
    );
}

#[test]
fn an_option_of_another_call_is_the_ui_layers_mistake() {
    let wrong = [
        (Api::UploadFile, r#""data":{"text":""}"#),
        (Api::UploadFile, r#""enableChunked":true"#),
        (Api::DownloadFile, r#""name":"""#),
        (Api::DownloadFile, r#""formData":{}"#),
        (Api::Request, r#""filePath":"""#),
    ];
    let answers = wrong.map(|(api, options)| {
        let malformed = read(api, options).expect_err("an option of another call");
        assert!(malformed.task.is_some());
        format!("{api} {malformed}")
    });
    insta::assert_snapshot!(answers.join("\n"), @"
    uploadFile options.data should be one of url, filePath, name, formData, header, timeout, enableHttp2, enableProfile, enableQuic, useHighPerformanceMode instead of another name
    uploadFile options.enableChunked should be one of url, filePath, name, formData, header, timeout, enableHttp2, enableProfile, enableQuic, useHighPerformanceMode instead of another name
    downloadFile options.name should be one of url, filePath, header, timeout, enableHttp2, enableProfile, enableQuic, useHighPerformanceMode instead of another name
    downloadFile options.formData should be one of url, filePath, header, timeout, enableHttp2, enableProfile, enableQuic, useHighPerformanceMode instead of another name
    request options.filePath should be one of url, data, header, method, timeout, dataType, responseType, redirect, enableHttp2, enableProfile, enableCache, enableChunked, enableHttpDNS, enableHttpDNSFallback, enableQuic, forceCellularNetwork, httpDNSServiceId, httpDNSTimeout, useHighPerformanceMode instead of another name
    ");
}

// ---- formData --------------------------------------------------------------------------------------------------------------

#[test]
fn j9_numbers_booleans_and_what_is_nested_become_text() {
    assert_eq!(
        form_data(
            r#"{"s":"a\r\n\"b","n":5,"e":1E400,"t":true,"f":false,"o":{"a": [1 ,2]},"l":[ ],"empty":""}"#
        ),
        pairs(&[
            ("s", "a\r\n\"b"),
            ("n", "5"),
            ("e", "1E400"),
            ("t", "true"),
            ("f", "false"),
            ("o", r#"{"a": [1 ,2]}"#),
            ("l", "[ ]"),
            ("empty", ""),
        ])
    );
}

#[test]
fn f1_fields_keep_their_order_and_any_name() {
    assert_eq!(
        form_data(r#"{"z":"1","":"2","a\"\n":"3","小":"4","2":"5"}"#),
        pairs(&[
            ("z", "1"),
            ("", "2"),
            ("a\"\n", "3"),
            ("小", "4"),
            ("2", "5")
        ])
    );
}

#[test]
fn j2_a_field_of_null_or_undefined_is_absent_and_of_a_repeated_one_the_last_value_counts() {
    assert_eq!(
        form_data(r#"{"a":null,"b":{"$type":"Undefined"},"c":"1","d":"2","c":"3"}"#),
        pairs(&[("c", "3"), ("d", "2")])
    );
}

#[test]
fn r7_a_field_without_a_text_is_named() {
    for name in ["Function", "Symbol", "ArrayBuffer", "String"] {
        let data = format!(r#"{FILE},"formData":{{"a":"1","f":{{"$type":"{name}"}}}}"#);
        let clause = format!("parameter.formData.f should be String instead of {name};");
        assert_eq!(
            complaint(Api::UploadFile, &data),
            Some(format!("uploadFile:fail parameter error: {clause}"))
        );
    }
}
