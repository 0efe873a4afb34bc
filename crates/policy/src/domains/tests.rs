use super::*;
use crate::{
    icp::IcpList,
    matching::{HostRule, PortRule},
};

const SPELLINGS_OF_AN_ADDRESS: [&str; 14] = [
    "127.0.0.1",
    "8.8.8.8",
    "2130706433",
    "0x7f000001",
    "0X7F.1",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "127.0.0.1.",
    "1%32%37.0.0.1",
    "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
    "[::1]",
    "[2606:4700::1111]",
    "[::ffff:8.8.8.8]",
];

fn lists(request: &[&str]) -> DomainLists {
    DomainLists {
        request: request.iter().map(|&text| text.to_owned()).collect(),
        ..DomainLists::default()
    }
}

fn check(request: &[&str]) -> Result<ServerDomains, DomainReport> {
    ServerDomains::check(&lists(request), &Policy::seed(), None)
}

fn domains(request: &[&str]) -> ServerDomains {
    check(request).unwrap_or_else(|report| panic!("{report}"))
}

fn problem(text: &str) -> DomainProblem {
    let report = check(&[text]).expect_err(text);
    let [entry] = report.entries.try_into().expect("one entry, one problem");
    assert_eq!(
        (entry.api, entry.index, entry.text.as_str()),
        (Api::Request, 0, text)
    );
    entry.problem
}

fn target(text: &str) -> Target {
    Target::parse(Api::Request, text).expect(text)
}

#[test]
fn d2_an_entry_is_scheme_host_and_perhaps_a_port() {
    for text in [
        "https://myserver.com",
        "https://myserver.com:8080",
        "https://myserver.com:443",
        "https://myserver.com:1",
        "https://myserver.com:65535",
        "https://a.b-c.d_e.example.com.cn",
        "HTTPS://MyServer.Com",
        "https://xn--fiqs8s.cn",
        "https://中国.cn",
        "https://1a.com",
        "https://1.2.3.com",
    ] {
        assert!(check(&[text]).is_ok(), "{text}");
    }
}

#[test]
fn d2_nothing_but_an_origin_is_an_entry() {
    for text in [
        "",
        "myserver.com",
        "//myserver.com",
        "://myserver.com",
        "https:myserver.com",
        "https:/myserver.com",
        "https:\\\\myserver.com",
        "https://",
        "https:///myserver.com",
        "https://myserver.com/",
        "https://myserver.com/path",
        "https://myserver.com\\path",
        "https://myserver.com?q",
        "https://myserver.com?",
        "https://myserver.com#",
        "https://user@myserver.com",
        "https://user:secret@myserver.com",
        "https://@myserver.com",
        "https://*.myserver.com",
        "https://*",
        " https://myserver.com ",
        "https://my server.com",
        "https://myserver.com\n",
        "https://my\tserver.com",
        "https://myserver.com:80 80",
        "https://my\u{0}server.com",
    ] {
        assert_eq!(problem(text), DomainProblem::NotAnOrigin, "{text:?}");
    }
}

#[test]
fn d2_the_scheme_is_that_of_the_list() {
    for text in [
        "http://myserver.com",
        "wss://myserver.com",
        "ws://myserver.com",
        "ftp://myserver.com",
        "httpss://myserver.com",
    ] {
        assert_eq!(problem(text), DomainProblem::Scheme, "{text}");
    }
    let lists = DomainLists {
        upload_file: vec!["http://a.com".to_owned()],
        download_file: vec!["wss://a.com".to_owned()],
        socket: vec![
            "wss://a.com".to_owned(),
            "https://a.com".to_owned(),
            "ws://a.com".to_owned(),
        ],
        ..DomainLists::default()
    };
    let report = ServerDomains::check(&lists, &Policy::seed(), None).expect_err("four are wrong");
    let found: Vec<_> = report
        .entries
        .iter()
        .map(|bad| (bad.api, bad.index, bad.problem.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (Api::UploadFile, 0, DomainProblem::Scheme),
            (Api::DownloadFile, 0, DomainProblem::Scheme),
            (Api::ConnectSocket, 1, DomainProblem::Scheme),
            (Api::ConnectSocket, 2, DomainProblem::Scheme),
        ]
    );
}

#[test]
fn d2_a_port_is_a_number_as_one_writes_it() {
    for port in [
        "",
        "0",
        "0443",
        "00",
        "65536",
        "99999999999",
        "-1",
        "+1",
        "x",
        "80x",
        "８０",
        "443:443",
        "0x50",
    ] {
        assert_eq!(
            problem(&format!("https://myserver.com:{port}")),
            DomainProblem::Port,
            "{port:?}"
        );
    }
}

#[test]
fn d3_no_spelling_of_an_address_is_a_name() {
    for host in SPELLINGS_OF_AN_ADDRESS {
        assert_eq!(
            problem(&format!("https://{host}")),
            DomainProblem::IpAddress,
            "{host}"
        );
        assert_eq!(
            problem(&format!("https://{host}:8080")),
            DomainProblem::IpAddress,
            "{host}"
        );
    }
}

#[test]
fn d3_localhost_is_no_server() {
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "a.b.LocalHost.",
        "local%68ost",
        "ｌocalhost",
    ] {
        assert_eq!(
            problem(&format!("https://{host}")),
            DomainProblem::Localhost,
            "{host}"
        );
    }
    assert!(check(&["https://notlocalhost.com", "https://localhost.com"]).is_ok());
}

#[test]
fn d3_a_host_is_a_full_dns_name() {
    let long_label = format!("{}.com", "a".repeat(64));
    let long_name = format!("{}.com", vec!["a".repeat(49); 5].join("."));
    assert_eq!(long_name.len(), 253);
    for host in [
        "myserver",
        "com.",
        "myserver.com.",
        ".myserver.com",
        "my..server.com",
        "-my.server.com",
        "my-.server.com",
        "my%65server.com",
        "my%2eserver.com",
        "my!server.com",
        "my~server.com",
        "my,server.com",
        "https",
        "1.2.3.4.5",
        "256.256.256.256",
        "a.0x",
        "[::1",
        "::1]",
        "xn--a.\u{df}.com",
        long_label.as_str(),
        &format!("a{long_name}"),
    ] {
        assert_eq!(
            problem(&format!("https://{host}")),
            DomainProblem::Host,
            "{host}"
        );
    }
    assert!(
        check(&[
            &format!("https://{long_name}"),
            &format!("https://{}.com", "a".repeat(63))
        ])
        .is_ok()
    );
}

#[test]
fn d3_an_international_name_is_stored_and_compared_in_ascii() {
    let domains = domains(&["https://例え.テスト"]);
    assert!(domains.allow(&target("https://xn--r8jz45g.xn--zckzah/x")));
    assert!(domains.allow(&target("https://例え。テスト/x")));
}

#[test]
fn d4_a_list_has_at_most_twenty_entries_and_the_others_do_not_count() {
    let names: Vec<String> = (0..22).map(|n| format!("https://a{n}.com")).collect();
    let lists = |n: usize| DomainLists {
        request: names.iter().take(n).cloned().collect(),
        upload_file: names.iter().take(20).cloned().collect(),
        ..DomainLists::default()
    };
    assert!(ServerDomains::check(&lists(20), &Policy::seed(), None).is_ok());
    let report =
        ServerDomains::check(&lists(22), &Policy::seed(), None).expect_err("22 are too many");
    assert_eq!(
        report.lines(),
        ["request[20] \"https://a20.com\": one entry too many, a list should have at most 20"]
    );
    let policy = Policy {
        domains_per_list: 22,
        ..Policy::seed()
    };
    assert!(ServerDomains::check(&lists(22), &policy, None).is_ok());
}

#[test]
fn d5_a_reserved_host_cannot_be_configured() {
    for text in [
        "https://api.weixin.qq.com",
        "https://API.Weixin.QQ.com:8080",
    ] {
        assert_eq!(problem(text), DomainProblem::Reserved, "{text}");
    }
    assert!(check(&["https://weixin.qq.com", "https://a.api.weixin.qq.com"]).is_ok());
}

#[test]
fn d6_the_registrable_domain_of_every_host_is_looked_up() {
    let filed: IcpList = ["myserver.com", "Example.com.cn", "github.io"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    let check = |text: &str| ServerDomains::check(&lists(&[text]), &Policy::seed(), Some(&filed));
    for text in [
        "https://myserver.com",
        "https://a.b.MyServer.com:8080",
        "https://api.example.com.cn",
        "https://me.github.io",
    ] {
        assert_eq!(
            check(text).map(|domains| domains.icp()),
            Ok(IcpState::Filed),
            "{text}"
        );
    }
    for (text, domain) in [
        ("https://notmyserver.com", "notmyserver.com"),
        ("https://a.other.com.cn", "other.com.cn"),
        ("https://a.b.unknown-suffix", "b.unknown-suffix"),
        ("https://com.cn", "com.cn"),
    ] {
        let report = check(text).expect_err(text);
        assert_eq!(
            report.entries[0].problem,
            DomainProblem::NotFiled(domain.to_owned())
        );
    }
}

#[test]
fn d6_without_a_registry_the_report_says_not_checked() {
    assert_eq!(
        domains(&["https://myserver.com"]).icp(),
        IcpState::NotChecked
    );
}

#[test]
fn d7_one_report_names_every_bad_entry_and_what_would_be_valid() {
    let lists = DomainLists {
        request: [
            "https://good.com",
            "http://a.com",
            "https://a.com:8080/path?secret",
            "a.com",
            "https://127.0.0.1",
            "https://localhost:8080",
            "https://nodots",
            "https://a.com:0443",
            "https://api.weixin.qq.com",
        ]
        .map(str::to_owned)
        .to_vec(),
        socket: ["ws://a.com:8080", "https://*.a.com", "wss://[::1]"]
            .map(str::to_owned)
            .to_vec(),
        ..DomainLists::default()
    };
    let report = ServerDomains::check(&lists, &Policy::seed(), None).expect_err("eleven are wrong");
    let expected = [
        r#"request[1] "http://a.com": scheme should be https, as in "https://a.com""#,
        r#"request[2] "https://a.com:8080/path?secret": should be https://host[:port] and nothing else, as in "https://a.com:8080""#,
        r#"request[3] "a.com": should be https://host[:port] and nothing else, as in "https://a.com""#,
        r#"request[4] "https://127.0.0.1": host should be a domain name and no IP address, as in "https://myserver.com""#,
        r#"request[5] "https://localhost:8080": host should be a public domain name and not localhost, as in "https://myserver.com""#,
        r#"request[6] "https://nodots": host should be a full domain name of letters, digits and hyphens, as in "https://myserver.com""#,
        r#"request[7] "https://a.com:0443": port should be a number from 1 to 65535 without leading zeros, or left out with its colon, as in "https://myserver.com:8080""#,
        r#"request[8] "https://api.weixin.qq.com": this host is reserved, no list may have it; call it from a server of your own"#,
        r#"socket[0] "ws://a.com:8080": scheme should be wss, as in "wss://a.com:8080""#,
        r#"socket[1] "https://*.a.com": should be wss://host[:port] and nothing else, as in "wss://myserver.com""#,
        r#"socket[2] "wss://[::1]": host should be a domain name and no IP address, as in "wss://myserver.com""#,
    ];
    assert_eq!(report.lines(), expected);
    assert_eq!(report.to_string(), expected.join("\n"));
}

#[test]
fn d7_what_a_report_suggests_is_valid() {
    for text in [
        "http://a.com",
        "http://a.com:80",
        "ws://b.com:443/x",
        "x",
        "",
        "://",
        "https://u:p@a.com:8080/",
        "http://127.0.0.1/",
        "http://localhost",
        "http://*.a.com",
        "http://nodots",
        "ftp://中国.cn/",
    ] {
        for line in check(&[text]).expect_err(text).lines() {
            let suggestion = line.rsplit('"').nth(1).expect("a suggestion in quotes");
            assert!(check(&[suggestion]).is_ok(), "{line}");
        }
    }
}

#[test]
fn d7_without_a_valid_configuration_nothing_is_reached() {
    let nothing = ServerDomains::default();
    assert!(!nothing.allow(&target("https://a.com")));
    assert_eq!(nothing.nearest(&target("https://a.com")), None);
}

#[test]
fn d1_an_entry_of_one_list_does_not_help_another_api() {
    let lists = DomainLists {
        request: vec!["https://r.com".to_owned()],
        upload_file: vec!["https://u.com".to_owned()],
        download_file: vec!["https://d.com".to_owned()],
        socket: vec!["wss://s.com".to_owned()],
    };
    let domains = ServerDomains::check(&lists, &Policy::seed(), None).expect("all are valid");
    for api in Api::ALL {
        for (owner, host) in Api::ALL
            .into_iter()
            .zip(["r.com", "u.com", "d.com", "s.com"])
        {
            let target =
                Target::parse(api, &format!("{}://{host}/x", api.list_scheme())).expect("a URL");
            assert_eq!(domains.allow(&target), api == owner, "{api} {host}");
        }
    }
}

#[test]
fn u3_the_port_text_has_to_be_that_of_the_entry() {
    let table = [
        ("https://myserver.com", "https://myserver.com/x?y#z", true),
        ("https://myserver.com", "https://myserver.com:443/x", false),
        ("https://myserver.com", "https://myserver.com:/x", false),
        ("https://myserver.com", "https://myserver.com:0443", false),
        ("https://myserver.com", "https://myserver.com:8080", false),
        ("https://myserver.com", "https:\\\\myserver.com:443", false),
        (
            "https://myserver.com",
            "https://mys\terver.com:4\n43",
            false,
        ),
        ("https://myserver.com", "http://myserver.com", false),
        (
            "https://myserver.com:8080",
            "https://myserver.com:8080/x",
            true,
        ),
        ("https://myserver.com:8080", "https://myserver.com", false),
        (
            "https://myserver.com:8080",
            "https://myserver.com:9091",
            false,
        ),
        (
            "https://myserver.com:8080",
            "https://myserver.com:08080",
            false,
        ),
        ("https://myserver.com:443", "https://myserver.com:443", true),
        ("https://myserver.com:443", "https://myserver.com", false),
        ("https://myserver.com:443", "http://myserver.com:443", false),
    ];
    for (entry, url, allowed) in table {
        assert_eq!(
            domains(&[entry]).allow(&target(url)),
            allowed,
            "{entry} {url}"
        );
    }
}

#[test]
fn u4_only_the_very_host_is_allowed_whatever_its_case() {
    let domains = domains(&["https://Example.com"]);
    for url in [
        "https://example.com",
        "https://EXAMPLE.COM/x",
        "https://ex%61mple.com",
        "https://\u{ff45}xample.com",
    ] {
        assert!(domains.allow(&target(url)), "{url}");
    }
    for url in [
        "https://a.example.com",
        "https://evilexample.com",
        "https://example.com.",
        "https://example.com.evil.com",
        "https://example.co",
        "https://xample.com",
        "https://evil.com\\.example.com",
        "https://evil.com/@example.com",
        "https://93.184.216.34",
    ] {
        assert!(!domains.allow(&target(url)), "{url}");
    }
}

#[test]
fn u5_the_nearest_entry_is_the_one_that_was_probably_meant() {
    let domains = domains(&[
        "https://far.org",
        "https://api.example.com",
        "https://www.example.com:8080",
        "https://shop.example.com.cn",
        "https://exampel.net",
        "https://checkout.exampel.com",
    ]);
    let table = [
        (
            "https://www.example.com:9091/x",
            "https://www.example.com:8080",
        ),
        ("https://cdn.example.com", "https://api.example.com"),
        ("https://apl.example.com", "https://api.example.com"),
        ("https://example.com.cn", "https://shop.example.com.cn"),
        ("https://example.net", "https://exampel.net"),
        ("https://api.example.com.", "https://api.example.com"),
        ("https://for.org", "https://far.org"),
        ("https://checkout.example.com", "https://api.example.com"),
    ];
    for (url, entry) in table {
        assert_eq!(domains.nearest(&target(url)), Some(entry), "{url}");
    }
    let endless = format!("https://{}.com", "a".repeat(1 << 20));
    assert!(domains.nearest(&target(&endless)).is_some());
}

#[test]
fn d1_the_lists_are_read_from_json_and_a_misspelt_one_is_refused() {
    let read = |text| serde_json::from_str::<DomainLists>(text);
    let lists =
        read(r#"{"request": ["https://a.com"], "socket": ["wss://b.com"]}"#).expect("valid");
    assert_eq!(
        lists,
        DomainLists {
            request: vec!["https://a.com".to_owned()],
            socket: vec!["wss://b.com".to_owned()],
            ..DomainLists::default()
        }
    );
    assert!(read(r#"{"uploadfile": []}"#).is_err());
}

proptest::proptest! {
    #[test]
    fn d7_no_text_makes_the_check_panic(text in "(https?|wss)?:?/{0,2}\\PC{0,20}(:[0-9]{0,6})?", host in "\\PC{0,20}") {
        let filed = IcpList::default();
        for text in [text, format!("https://{host}")] {
            if let Err(report) = ServerDomains::check(&lists(&[&text]), &Policy::seed(), Some(&filed)) {
                assert_eq!(report.lines().len(), 1);
            }
        }
        if let Ok(target) = Target::parse(Api::Request, &format!("https://{host}")) {
            let _ = domains(&["https://a.com", "https://b.github.io"]).nearest(&target);
        }
    }

    #[test]
    fn u3_u4_an_entry_allows_the_url_that_is_its_text(host in "[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,5})?(\\.[a-z]{2,5}){1,3}", port in proptest::option::of(1..=65535_u16)) {
        let text = port.map_or(format!("https://{host}"), |port| format!("https://{host}:{port}"));
        let domains = domains(&[&text]);
        assert!(domains.allow(&target(&format!("{text}/path?query"))));
        assert!(!domains.allow(&target(&format!("https://a{host}"))));
    }
}

/// Whether `https://` and these lead from an entry to a URL, under this rule of ports.
fn leads(rule: PortRule, entry: &str, url: &str) -> Result<bool, DomainProblem> {
    let policy = Policy {
        ports: crate::api::PerApi::all(rule),
        ..Policy::seed()
    };
    let domains = ServerDomains::check(&lists(&[entry]), &policy, None)
        .map_err(|report| report.entries[0].problem.clone())?;
    Ok(domains.allow(&target(url)))
}

#[test]
fn u3_what_ports_mean_is_the_policys_to_say() {
    let urls = [
        "https://a.com/x",
        "https://a.com:443/x",
        "https://a.com:8080/x",
        "https://a.com:9091/x",
    ];
    let all = |rule, entry| urls.map(|url| leads(rule, entry, url));
    let (yes, no) = (Ok(true), Ok(false));
    let refused = || Err(DomainProblem::PortNotAllowed);
    let (plain, with_port) = ("https://a.com", "https://a.com:8080");
    for (rule, of_plain, of_port) in [
        (
            PortRule::Exact,
            [yes.clone(), no.clone(), no.clone(), no.clone()],
            [no.clone(), no.clone(), yes.clone(), no.clone()],
        ),
        (
            PortRule::Any,
            [const { Ok(true) }; 4],
            [const { Ok(true) }; 4],
        ),
        (
            PortRule::NoneAllowed,
            [yes, no.clone(), no.clone(), no],
            std::array::from_fn(|_| refused()),
        ),
        (
            PortRule::NoneInEntryAnyInUrl,
            [const { Ok(true) }; 4],
            std::array::from_fn(|_| refused()),
        ),
    ] {
        assert_eq!(all(rule, plain), of_plain, "{rule:?} {plain}");
        assert_eq!(all(rule, with_port), of_port, "{rule:?} {with_port}");
        assert_eq!(leads(rule, plain, "https://b.com:8080"), Ok(false));
        assert_eq!(leads(rule, plain, "http://a.com"), Ok(false));
    }
}

#[test]
fn d7_a_port_where_none_may_be_is_reported_with_what_would_be_valid() {
    let policy = Policy {
        ports: crate::api::PerApi::all(PortRule::NoneAllowed),
        ..Policy::seed()
    };
    let entries = ["https://a.com:8080", "http://a.com:8080", "https://a.com:x"];
    let report = ServerDomains::check(&lists(&entries), &policy, None).expect_err("all are wrong");
    let expected = [
        r#"request[0] "https://a.com:8080": an entry should have no port here, as in "https://a.com""#,
        r#"request[1] "http://a.com:8080": scheme should be https, as in "https://a.com""#,
        r#"request[2] "https://a.com:x": an entry should have no port here, as in "https://myserver.com""#,
    ];
    assert_eq!(report.lines(), expected);
}

#[test]
fn u4_an_entry_may_open_its_registrable_domain_and_no_more() {
    let policy = Policy {
        hosts: HostRule::RegistrableDomain,
        ..Policy::seed()
    };
    let entries = ["https://api.example.com.cn", "https://me.github.io:8080"];
    let domains = ServerDomains::check(&lists(&entries), &policy, None).expect("two valid entries");
    for url in [
        "https://api.example.com.cn",
        "https://example.com.cn",
        "https://other.b.example.com.cn",
        "https://me.github.io:8080",
        "https://x.me.github.io:8080",
    ] {
        assert!(domains.allow(&target(url)), "{url}");
    }
    for url in [
        "https://com.cn",
        "https://evilexample.com.cn",
        "https://example.com.cn.",
        "https://api.example.com.cn:443",
        "https://x.me.github.io",
        "https://you.github.io:8080",
        "https://github.io:8080",
        "https://127.0.0.1",
    ] {
        assert!(!domains.allow(&target(url)), "{url}");
    }
    let refused = target("https://x.me.github.io");
    let nearest = domains.nearest_entry(&refused).expect("it has entries");
    assert!(domains.names(nearest, &refused));
}
