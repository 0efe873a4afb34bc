use crate::failure::AppFault;
use crate::rules::Rule;
use std::time::Duration;

use super::*;
use crate::{
    Policy,
    domains::DomainLists,
    exchange::Header,
    prepare::{Call, RequestOptions, Warning, call},
    testing::{self, headers, pairs},
    timeouts::NetworkTimeout,
};

const REFERER: &str = "https://servicewechat.com/wx1234567890abcdef/42/page-frame.html";
const AGENT: &str = concat!("appnet/", env!("CARGO_PKG_VERSION"));

/// One server for each API.
fn rules() -> Arc<Rules> {
    let list = |url: &str| vec![url.to_owned()];
    let mut config = testing::config(&[]);
    config.domains = DomainLists {
        request: list("https://request.com"),
        upload_file: list("https://up.com"),
        download_file: list("https://down.com"),
        ..DomainLists::default()
    };
    config.network_timeout = NetworkTimeout {
        request: Some(1_000.0),
        upload_file: Some(2_000.0),
        download_file: Some(3_000.0),
        ..NetworkTimeout::default()
    };
    testing::checked(config)
}

fn uploads() -> UploadOptions {
    UploadOptions {
        url: "https://up.com/a?b#c".to_owned(),
        file_path: "wxfile://usr/a/图.PNG".to_owned(),
        name: "image".to_owned(),
        ..UploadOptions::default()
    }
}

fn downloads() -> DownloadOptions {
    DownloadOptions {
        url: "https://down.com/a?b#c".to_owned(),
        ..DownloadOptions::default()
    }
}

fn uploaded(options: UploadOptions) -> Prepared {
    upload(&rules(), options).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn downloaded(options: DownloadOptions) -> Prepared {
    download(&rules(), options).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn form_of(prepared: &Prepared) -> &Form {
    match &prepared.request.body {
        Body::Form(form) => form,
        Body::Bytes(bytes) => panic!("{bytes:?}"),
    }
}

/// What both calls are refused with.
fn refused<T>(result: Result<T, Refusal>) -> (Failure, Rule) {
    let refusal = result.map(|_| ()).expect_err("it is wrong");
    (refusal.failure, refusal.rule)
}

fn with_path(path: &str) -> (UploadOptions, DownloadOptions) {
    let path = path.to_owned();
    let up = UploadOptions {
        file_path: path.clone(),
        ..uploads()
    };
    let down = DownloadOptions {
        file_path: Some(path),
        ..downloads()
    };
    (up, down)
}

// ---- upload ----------------------------------------------------------------------------------------------------------------

#[test]
fn f1_an_upload_is_a_post_of_a_form_whose_answer_is_text() {
    let fields = vec![("a".to_owned(), "1".to_owned())];
    let prepared = uploaded(UploadOptions {
        form_data: fields.clone(),
        ..uploads()
    });
    let request = &prepared.request;
    assert_eq!(request.method, Method::Post);
    assert_eq!(request.target.url().as_str(), "https://up.com/a?b");
    assert_eq!(request.target.api(), Api::UploadFile);
    assert_eq!(request.redirect, RedirectMode::Follow);
    assert!(!request.http2 && !request.body.is_empty() && prepared.warnings.is_empty());
    let expected = Form {
        fields,
        file_field: "image".to_owned(),
        file_name: "图.PNG".to_owned(),
        file_type: "image/png".to_owned(),
        file: FileName::User(vec!["a".to_owned(), "图.PNG".to_owned()]),
    };
    assert_eq!(form_of(&prepared), &expected);
    let text = Reading {
        data_type: DataType::Other,
        response_type: ResponseType::Text,
    };
    assert_eq!(prepared.receive, Receive::Whole(text));
}

#[test]
fn j9_a_temporary_file_is_uploaded_under_its_own_name() {
    let (options, _) = with_path("wxfile://tmp_5f1c.jpg");
    let prepared = uploaded(options);
    let form = form_of(&prepared);
    assert_eq!(form.file_name, "tmp_5f1c.jpg");
    assert_eq!(form.file_type, "image/jpeg");
}

#[test]
fn f1_a_file_whose_extension_says_nothing_is_bytes() {
    for name in ["a", "a.nobody-knows", ".png"] {
        let (options, _) = with_path(&format!("{}{name}", FileName::USER));
        let prepared = uploaded(options);
        assert_eq!(form_of(&prepared).file_type, "application/octet-stream");
    }
}

#[test]
fn j9_the_content_type_of_the_app_is_replaced_without_a_word() {
    for name in ["content-type", "Content-Type", "CONTENT-TYPE"] {
        let prepared = uploaded(UploadOptions {
            header: headers(&[("X-A", "1"), (name, "multipart/form-data"), ("Cookie", "c")]),
            ..uploads()
        });
        let expected = [
            ("X-A", "1"),
            ("Cookie", "c"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("Referer", REFERER),
            ("User-Agent", AGENT),
        ];
        assert_eq!(pairs(&prepared.request.headers), expected);
        assert_eq!(prepared.warnings, []);
    }
}

#[test]
fn r7_a_file_whose_field_has_no_name_is_not_sent_to_be_lost() {
    let nameless = UploadOptions {
        name: String::new(),
        ..uploads()
    };
    let error = ParameterError::new("name", "non-empty String", "empty String");
    let expected = (Failure::App(AppFault::Parameters(vec![error])), Rule::R7);
    assert_eq!(refused(upload(&rules(), nameless)), expected);
}

// ---- download --------------------------------------------------------------------------------------------------------------

#[test]
fn f3_a_download_is_a_get_into_a_temporary_file() {
    let prepared = downloaded(downloads());
    let request = &prepared.request;
    assert_eq!(request.method, Method::Get);
    assert_eq!(request.target.url().as_str(), "https://down.com/a?b");
    assert_eq!(request.target.api(), Api::DownloadFile);
    assert_eq!(request.redirect, RedirectMode::Follow);
    assert!(!request.http2 && request.body.is_empty() && prepared.warnings.is_empty());
    assert_eq!(
        pairs(&request.headers),
        [
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("Referer", REFERER),
            ("User-Agent", AGENT)
        ],
        "no content-type: nothing is sent"
    );
    assert_eq!(prepared.receive, Receive::File(SaveTo::Temporary));
}

#[test]
fn f3_a_download_goes_to_the_file_path_that_is_given() {
    let (_, options) = with_path("wxfile://usr/a/b.png");
    let name = FileName::User(vec!["a".to_owned(), "b.png".to_owned()]);
    assert_eq!(
        downloaded(options).receive,
        Receive::File(SaveTo::User(name))
    );
}

#[test]
fn j2_an_empty_file_path_of_a_download_is_as_if_not_given() {
    let (_, options) = with_path("");
    assert_eq!(
        downloaded(options).receive,
        Receive::File(SaveTo::Temporary)
    );
}

#[test]
fn f3_the_name_of_a_temporary_file_is_not_for_an_app_to_choose() {
    let (_, options) = with_path("wxfile://tmp_mine.png");
    let expected = (Failure::App(AppFault::FilePermissionDenied), Rule::F3);
    assert_eq!(refused(download(&rules(), options)), expected);
}

// ---- both ------------------------------------------------------------------------------------------------------------------

#[test]
fn f2_a_path_out_of_the_sandbox_is_refused() {
    let expected = (Failure::App(AppFault::FilePermissionDenied), Rule::F2);
    for path in [
        "/etc/passwd",
        "wxfile://usr/../../etc/passwd",
        "wxfile://usr/",
        "a.png",
    ] {
        let (up, down) = with_path(path);
        assert_eq!(refused(upload(&rules(), up)), expected, "{path}");
        assert_eq!(refused(download(&rules(), down)), expected, "{path}");
    }
    let (up, _) = with_path("");
    assert_eq!(refused(upload(&rules(), up)), expected);
}

#[test]
fn d1_each_call_has_its_own_list() {
    let not_listed = (Failure::App(AppFault::NotInDomainList), Rule::D1);
    for url in ["https://request.com", "https://down.com"] {
        let options = UploadOptions {
            url: url.to_owned(),
            ..uploads()
        };
        assert_eq!(refused(upload(&rules(), options)), not_listed, "{url}");
    }
    for url in ["https://request.com", "https://up.com"] {
        let options = DownloadOptions {
            url: url.to_owned(),
            ..downloads()
        };
        assert_eq!(refused(download(&rules(), options)), not_listed, "{url}");
    }
}

#[test]
fn t1_each_call_has_its_own_timeout() {
    assert_eq!(uploaded(uploads()).timeout, Duration::from_secs(2));
    assert_eq!(downloaded(downloads()).timeout, Duration::from_secs(3));
    let up = UploadOptions {
        timeout: Some(70_000.0),
        ..uploads()
    };
    assert_eq!(uploaded(up).timeout, Duration::from_secs(60));
    let down = DownloadOptions {
        timeout: Some(500.0),
        ..downloads()
    };
    assert_eq!(downloaded(down).timeout, Duration::from_millis(500));
}

/// Headers of which something is said, and what is said.
fn remarkable() -> (Vec<Header>, [Warning; 1]) {
    let header = headers(&[("referer", "https://evil.com")]);
    let warnings = [Warning::HeaderDropped("referer".to_owned())];
    (header, warnings)
}

#[test]
fn r1_r2_what_was_done_differently_is_said_and_what_was_asked_for_is_passed_on() {
    let (header, warnings) = remarkable();
    let up = uploaded(UploadOptions {
        header,
        enable_http2: true,
        ..uploads()
    });
    assert!(up.request.http2);
    assert_eq!(up.warnings, warnings);
    let (header, warnings) = remarkable();
    let down = downloaded(DownloadOptions {
        header,
        enable_http2: true,
        ..downloads()
    });
    assert!(down.request.http2);
    assert_eq!(down.warnings, warnings);
    for prepared in [up, down] {
        let referer = headers::find(&prepared.request.headers, "referer");
        assert_eq!(referer, Some(REFERER));
    }
}

#[test]
fn r2_a_header_that_could_break_the_framing_is_refused() {
    let expected = (Failure::App(AppFault::InvalidHeader), Rule::R2);
    for bad in [("a b", "1"), ("content-type", "x\r\ny: z")] {
        let up = UploadOptions {
            header: headers(&[bad]),
            ..uploads()
        };
        assert_eq!(refused(upload(&rules(), up)), expected);
        let down = DownloadOptions {
            header: headers(&[bad]),
            ..downloads()
        };
        assert_eq!(refused(download(&rules(), down)), expected);
    }
}

#[test]
fn a_call_knows_what_it_is_and_goes_its_own_way() {
    let request = |enable_profile| RequestOptions {
        url: "https://request.com".to_owned(),
        enable_profile,
        ..RequestOptions::default()
    };
    let up = |enable_profile| UploadOptions {
        enable_profile,
        ..uploads()
    };
    let down = |enable_profile| DownloadOptions {
        enable_profile,
        ..downloads()
    };
    for wants_profile in [true, false] {
        let calls = [
            (
                Call::Request(request(wants_profile)),
                Api::Request,
                "https://request.com",
            ),
            (
                Call::Upload(up(wants_profile)),
                Api::UploadFile,
                "https://up.com/a?b#c",
            ),
            (
                Call::Download(down(wants_profile)),
                Api::DownloadFile,
                "https://down.com/a?b#c",
            ),
        ];
        for (made, api, url) in calls {
            let known = (made.api(), made.url(), made.wants_profile());
            assert_eq!(known, (api, url, wants_profile));
            let prepared = call(&rules(), made).expect(url);
            assert_eq!(prepared.target().api(), api);
        }
    }
}

#[test]
fn r6_a_transfer_goes_over_http3_if_the_call_asks_and_the_host_has_it() {
    let http3 = |has, enable_quic, use_high_performance_mode| {
        let policy = Policy {
            http3: has,
            high_performance_mode: true,
            ..Policy::seed()
        };
        let mut config = testing::config(&[]);
        config.domains = DomainLists {
            upload_file: vec!["https://up.com".to_owned()],
            download_file: vec!["https://down.com".to_owned()],
            ..DomainLists::default()
        };
        let rules = Arc::new(Rules::new(Arc::new(policy), config, None).expect("it is right"));
        let up = UploadOptions {
            enable_quic,
            use_high_performance_mode,
            ..uploads()
        };
        let down = DownloadOptions {
            enable_quic,
            use_high_performance_mode,
            ..downloads()
        };
        let prepared = [upload(&rules, up), download(&rules, down)];
        prepared.map(|call| call.expect("it is allowed").request.http3)
    };
    assert_eq!(http3(true, true, None), [true, true]);
    assert_eq!(http3(true, false, Some(true)), [true, true]);
    assert_eq!(http3(true, false, Some(false)), [false, false]);
    assert_eq!(http3(false, true, Some(true)), [false, false]);
}
