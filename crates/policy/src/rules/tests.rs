mod tricks;

use super::*;
use crate::failure::AppFault;
use crate::rules::Rule;
use crate::{
    lan::{LanReach, LanRule},
    testing::{self, checked as rules},
};

fn config(env: Env, request: &[&str]) -> AppConfig {
    let mut config = testing::config(request);
    config.identity.env = env;
    config.domains.download_file = vec!["https://files.com".to_owned()];
    config
}

fn refusal(request: &[&str], api: Api, url: &str) -> Refusal {
    rules(config(Env::Release, request))
        .permit(api, url)
        .map(|_| ())
        .expect_err(url)
}

/// Rule and reason of a refused `wx.request`.
fn reason(request: &[&str], url: &str) -> (Rule, String) {
    let refusal = refusal(request, Api::Request, url);
    assert_eq!(
        refusal.failure,
        Failure::App(AppFault::NotInDomainList),
        "{url}"
    );
    (refusal.rule, refusal.reason)
}

/// Which addresses a connection to this URL may go to.
fn addresses(rules: &Rules, url: &str) -> AddressRule {
    rules.addresses(&Target::parse(Api::Request, url).expect(url))
}

#[test]
fn u3_a_url_of_the_list_is_permitted_and_carries_its_rules() {
    let rules = rules(config(Env::Release, &["https://a.com"]));
    let permitted = rules
        .permit(Api::Request, "https://a.com/x?y")
        .expect("it is in the list");
    assert_eq!(permitted.url().as_str(), "https://a.com/x?y");
    assert_eq!(permitted.would_refuse(), None);
    assert!(Arc::ptr_eq(permitted.rules(), &rules));
}

#[test]
fn u5_a_refusal_says_which_rule_decided_and_what_is_nearest() {
    let entries = ["https://myserver.com", "https://other.com:8080"];
    let table = [
        (
            "https://myserver.com:443/x?secret",
            Rule::U3,
            "https://myserver.com:443 carries a port, the entry https://myserver.com carries none",
        ),
        (
            "https://other.com/x?secret",
            Rule::U3,
            "https://other.com carries no port, the entry https://other.com:8080 carries 8080",
        ),
        (
            "https://other.com:9091",
            Rule::U3,
            "https://other.com:9091 carries the port \"9091\", the entry https://other.com:8080 carries \"8080\"",
        ),
        (
            "https://other.com:",
            Rule::U3,
            "https://other.com: carries the port \"\", the entry https://other.com:8080 carries \"8080\"",
        ),
        (
            "http://myserver.com/",
            Rule::U3,
            "http://myserver.com has the scheme http, the request list is for https",
        ),
        (
            "https://files.com/",
            Rule::D1,
            "https://files.com is in the downloadFile list, request looks in the request list",
        ),
        (
            "https://a.myserver.com",
            Rule::U4,
            "the entry https://myserver.com allows no names below it, https://a.myserver.com needs its own",
        ),
        (
            "https://myserver.com./",
            Rule::U4,
            "the host of https://myserver.com. ends in a dot, that of the entry https://myserver.com does not",
        ),
        (
            "https://evilmyserver.com",
            Rule::U3,
            "no entry of the request list has the host of https://evilmyserver.com",
        ),
        (
            "https://0x7f.1/",
            Rule::U3,
            "https://127.0.0.1 is an IP address, a list has domain names only",
        ),
    ];
    for (url, rule, text) in table {
        assert_eq!(reason(&entries, url), (rule, text.to_owned()), "{url}");
    }
    let near = refusal(&entries, Api::Request, "https://www.myserver.com");
    assert_eq!(near.nearest.as_deref(), Some("https://myserver.com"));
    let text = "U4: the entry https://myserver.com allows no names below it, https://www.myserver.com needs its own (nearest entry: https://myserver.com)";
    assert_eq!(near.to_string(), text);
}

#[test]
fn d7_an_empty_list_permits_nothing() {
    assert_eq!(
        reason(&[], "https://a.com/?secret"),
        (
            Rule::U3,
            "the request list is empty, https://a.com is not in it".to_owned()
        )
    );
}

#[test]
fn u2_an_invalid_url_is_refused_with_its_text_for_the_app_and_without_it_for_the_log() {
    for (url, reason) in [
        (
            "wss://a.com/?secret",
            "the URL cannot be used: its scheme should be https (or http)",
        ),
        (
            "https://me:secret@a.com",
            "the URL cannot be used: it should carry no user name or password",
        ),
        (
            "secret",
            "the URL cannot be used: it is not an absolute URL: relative URL without a base",
        ),
    ] {
        let refusal = refusal(&["https://a.com"], Api::Request, url);
        assert_eq!(
            refusal.failure,
            Failure::App(AppFault::InvalidUrl(url.to_owned()))
        );
        assert_eq!((refusal.rule, refusal.reason.as_str()), (Rule::U2, reason));
    }
}

const RESERVED: [&str; 4] = [
    "https://api.weixin.qq.com/x",
    "https://API.weixin.qq.com.",
    "https://api.weixin.qq.com:8080",
    "http://api%2Eweixin.qq.com",
];

#[test]
fn d5_a_reserved_host_cannot_be_called_in_any_mode() {
    let mut skipping = config(Env::Devtools, &[]);
    skipping.url_check = false;
    for rules in [
        rules(config(Env::Release, &["https://weixin.qq.com"])),
        rules(skipping),
    ] {
        for api in [Api::Request, Api::UploadFile, Api::DownloadFile] {
            for url in RESERVED {
                let refusal = rules.permit(api, url).map(|_| ()).expect_err(url);
                assert_eq!(
                    (refusal.failure, refusal.rule),
                    (Failure::App(AppFault::NotInDomainList), Rule::D5),
                    "{url}"
                );
            }
        }
        let socket = rules
            .permit(Api::ConnectSocket, "wss://api.weixin.qq.com")
            .map(|_| ());
        assert_eq!(socket.map_err(|refusal| refusal.rule), Err(Rule::D5));
    }
}

#[test]
fn u8_checks_are_skipped_in_a_developers_session_only() {
    for env in [Env::Release, Env::Trial, Env::Develop, Env::Devtools] {
        for (url_check, debug) in [(true, false), (false, false), (true, true), (false, true)] {
            let config = AppConfig {
                url_check,
                debug,
                ..config(env, &["https://a.com"])
            };
            let rules = rules(config);
            let expected = match env {
                Env::Release => false,
                Env::Trial | Env::Develop => debug,
                Env::Devtools => !url_check,
            };
            let case = format!("{env:?} {url_check} {debug}");
            assert_eq!(
                rules.permit(Api::Request, "http://b.com:1").is_ok(),
                expected,
                "{case}"
            );
            assert_eq!(
                addresses(&rules, "https://a.com") == AddressRule::Any,
                expected,
                "{case}"
            );
            assert_eq!(
                rules.certificates() == CertificateCheck::DangerouslySkipped,
                expected,
                "{case}"
            );
        }
    }
}

#[test]
fn u8_a_call_that_a_release_would_refuse_says_so() {
    let mut config = config(Env::Devtools, &["https://a.com"]);
    config.url_check = false;
    let rules = rules(config);
    let would_refuse = |url| {
        rules
            .permit(Api::Request, url)
            .expect(url)
            .would_refuse()
            .cloned()
    };
    assert_eq!(would_refuse("https://a.com/x"), None);
    let refusal = would_refuse("https://a.com:443/x").expect("a release refuses it");
    assert_eq!(
        (refusal.failure, refusal.rule),
        (Failure::App(AppFault::NotInDomainList), Rule::U3)
    );
    assert_eq!(
        refusal.reason,
        "https://a.com:443 carries a port, the entry https://a.com carries none"
    );
    assert!(would_refuse("http://127.0.0.1:8080/").is_some());
    assert_eq!(
        rules
            .permit(Api::Request, "nonsense")
            .map(|_| ())
            .map_err(|refusal| refusal.rule),
        Err(Rule::U2)
    );
}

#[test]
fn u7_a_host_may_allow_private_addresses_for_an_app() {
    let mut config = config(Env::Release, &["https://a.com"]);
    assert_eq!(
        addresses(&rules(config.clone()), "https://a.com"),
        AddressRule::PublicOnly
    );
    config.addresses = AddressRule::Any;
    let rules = rules(config);
    assert_eq!(addresses(&rules, "https://a.com"), AddressRule::Any);
    assert_eq!(rules.certificates(), CertificateCheck::Enforced);
}

#[test]
fn u7_the_hosts_own_mapping_decides_where_a_connection_goes() {
    let mut config = config(Env::Release, &["https://a.com"]);
    config.connect_to = vec!["a.com::127.0.0.1:8443".parse().expect("a mapping")];
    let rules = rules(config);
    let target = rules
        .permit(Api::Request, "https://a.com/x")
        .expect("it is in the list");
    assert_eq!(rules.route(&target).to_string(), "127.0.0.1:8443");
    assert_eq!(target.host(), "a.com");
}

#[test]
fn d7_a_configuration_is_refused_whole_with_every_mistake_of_its_lists() {
    let check = |config| Rules::new(Arc::new(Policy::seed()), config, None).map(|_| ());
    let Err(ConfigError::Domains(report)) = check(config(
        Env::Release,
        &["http://a.com", "https://a.com", "b"],
    )) else {
        panic!("two entries are wrong");
    };
    assert_eq!(report.entries.len(), 2);
    let mut nameless = config(Env::Release, &[]);
    nameless.identity.version = "4/2".to_owned();
    assert_eq!(
        check(nameless),
        Err(ConfigError::Identity(IdentityError::Version(
            "4/2".to_owned()
        )))
    );
}

#[test]
fn r1_the_referer_is_that_of_the_identity() {
    let rules = testing::rules(&["https://a.com"]);
    assert_eq!(
        rules.referer(),
        "https://servicewechat.com/wx1234567890abcdef/42/page-frame.html"
    );
}

#[test]
fn u6_u7_a_name_of_which_all_addresses_are_refused_is_not_in_the_list_of_domains() {
    let addresses = ["127.0.0.1", "fd00::1"].map(|text| text.parse().expect("an address"));
    let refusal = Refusal::of_addresses("a.com", &addresses);
    assert_eq!(
        (refusal.failure.text_and_errno(), refusal.rule),
        (("url not in domain list".into(), Some(600_002)), Rule::U7)
    );
    assert_eq!(
        refusal.reason,
        "a.com has only addresses that this app may not reach: 127.0.0.1, fd00::1; to mend it: give the name a public address, or, for a test, \
         let the app reach others (`--allow-private` on the command line, `AddressRule::Any` in a program that embeds the network)"
    );
    let refusal = refusal.on_redirect_to("a.com");
    assert_eq!(
        (refusal.failure.text_and_errno(), refusal.rule),
        (
            (
                "redirect url not in domain list:a.com".into(),
                Some(600_002)
            ),
            Rule::U7
        )
    );
    assert!(refusal.reason.starts_with("redirect: a.com has only"));
}

/// A phone at 192.168.1.23 whose platform lets apps into its segment.
fn on_a_lan(env: Env) -> Arc<Rules> {
    let mut config = config(env, &["https://a.com"]);
    config.debug = true;
    config.device = vec!["192.168.1.23/24".parse().expect("an address of the device")];
    let policy = Policy {
        lan: LanRule::Allowed {
            reach: LanReach::SameSegment,
            plain: true,
        },
        ..Policy::seed()
    };
    Arc::new(Rules::new(Arc::new(policy), config, None).expect("a valid configuration"))
}

#[test]
fn u7_an_address_of_the_local_network_needs_no_entry_and_is_connected_to_as_it_stands() {
    let rules = on_a_lan(Env::Release);
    for (api, url) in [
        (Api::Request, "http://192.168.1.7:8080/x"),
        (Api::DownloadFile, "https://192.168.1.7"),
        (Api::ConnectSocket, "ws://0xc0a80107:9000"),
    ] {
        let target = rules.permit(api, url).expect(url);
        let only = AddressRule::Only("192.168.1.7".parse().expect("an address"));
        assert_eq!(rules.addresses(&target), only, "{url}");
        assert_eq!(rules.addresses_in_release(&target), only, "{url}");
        assert_eq!(target.would_refuse(), None, "{url}");
        assert_eq!(rules.certificates(), CertificateCheck::Enforced);
        assert!(only.allows("192.168.1.7".parse().expect("an address")));
        assert!(!only.allows("192.168.1.8".parse().expect("an address")));
    }
    // A name is checked as ever, also one that leads there.
    assert_eq!(addresses(&rules, "https://a.com"), AddressRule::PublicOnly);
}

#[test]
fn u7_what_is_beyond_the_local_network_is_refused_with_the_reason() {
    let rules = on_a_lan(Env::Release);
    let table = [
        (
            "http://192.168.1.23:8080/?secret",
            Rule::U7,
            "http://192.168.1.23:8080 is the device's own address, an app may call others only",
        ),
        (
            "https://192.168.2.7",
            Rule::U7,
            "https://192.168.2.7 is in no segment of the local network that the device is in",
        ),
        (
            "https://127.0.0.1",
            Rule::U3,
            "https://127.0.0.1 is an IP address, a list has domain names only",
        ),
        (
            "https://169.254.169.254",
            Rule::U3,
            "https://169.254.169.254 is an IP address, a list has domain names only",
        ),
        (
            "https://[::ffff:192.168.1.7]",
            Rule::U3,
            "https://[::ffff:c0a8:107] is an IP address, a list has domain names only",
        ),
    ];
    for (url, rule, text) in table {
        let refusal = rules.permit(Api::Request, url).map(|_| ()).expect_err(url);
        assert_eq!(
            refusal.failure,
            Failure::App(AppFault::NotInDomainList),
            "{url}"
        );
        assert_eq!((refusal.rule, refusal.reason.as_str()), (rule, text));
    }
    let target = on_a_lan(Env::Trial)
        .permit(Api::Request, "http://192.168.1.23")
        .expect("a developer's session goes anywhere");
    assert_eq!(
        target.would_refuse().map(|refusal| refusal.rule),
        Some(Rule::U7)
    );
}

#[test]
fn p5_a_jar_of_cookies_needs_the_policy_and_the_app() {
    let limits = CookieLimits::seed();
    for rule in [CookieRule::Never, CookieRule::WhenEnabled(limits)] {
        for asked in [false, true] {
            let policy = Policy {
                cookies: rule,
                ..Policy::seed()
            };
            let mut config = config(Env::Release, &[]);
            config.cookies = asked;
            let rules = Rules::new(Arc::new(policy), config, None).expect("a valid configuration");
            let expected = (asked && rule != CookieRule::Never).then_some(limits);
            assert_eq!(rules.cookies(), expected, "{rule:?} {asked}");
        }
    }
}

#[test]
fn an_app_of_json_has_version_1_and_the_mappings_that_are_named() {
    let read = |text: &str| {
        let json: AppConfigJson = serde_json::from_str(text).expect("it can be read");
        json.into_config()
    };
    let config = read(r#"{"appId": "wx1"}"#).expect("it is right");
    assert_eq!(config.identity.version, "1");
    assert!(config.url_check, "U8");
    assert_eq!(config.connect_to, []);
    let config = read(r#"{"appId": "wx1", "connectTo": ["a.com:443:127.0.0.1:8443"]}"#);
    let expected = "a.com:443:127.0.0.1:8443".parse().expect("a mapping");
    assert_eq!(config.expect("it is right").connect_to, [expected]);
    let wrong = read(r#"{"appId": "wx1", "connectTo": ["a.com"]}"#).expect_err("no mapping");
    assert!(wrong.to_string().starts_with("connectTo: "), "{wrong}");
}
