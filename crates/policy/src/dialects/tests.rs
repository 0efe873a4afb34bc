use std::sync::Arc;

use super::*;
use crate::{
    Api, Rules, headers,
    prepare::{self, RequestOptions},
    testing,
};

#[test]
fn a_dialect_is_found_by_its_name_and_no_other() {
    for dialect in Dialect::ALL {
        let found: Dialect = dialect.name().parse().expect("its own name");
        assert_eq!(found.policy(), dialect.policy());
        assert_eq!(format!("{found:?}"), format!("Dialect({dialect})"));
    }
    let error = "Weixin".parse::<Dialect>().expect_err("another case");
    assert_eq!(
        error.to_string(),
        "there is no dialect \"Weixin\"; it should be one of seed, weixin, weixin-minigame, douyin, douyin-minigame, qq, baidu, mpaas, tcmpp"
    );
    assert_eq!(Dialect::default().policy(), Policy::seed());
}

const DOCUMENT: &str = include_str!("../../../../docs/dialects.md");

#[test]
fn the_table_of_the_document_is_that_of_the_values() {
    let expected = table::table();
    assert!(
        DOCUMENT.contains(&expected),
        "docs/dialects.md should have this table:\n\n{expected}"
    );
}

#[test]
fn the_table_hides_no_difference() {
    for dialect in Dialect::ALL {
        assert_eq!(
            table::without_what_is_shown(dialect.policy()),
            Policy::seed(),
            "{dialect}: a rule that differs has no line in the table"
        );
    }
}

fn rules(dialect: Dialect, entries: [&str; 2]) -> Result<Arc<Rules>, String> {
    let mut config = testing::config(&[entries[0]]);
    config.domains.socket = vec![entries[1].to_owned()];
    config.device = vec!["192.168.1.23/24".parse().expect("an address of the device")];
    Rules::new(Arc::new(dialect.policy()), config, None)
        .map(Arc::new)
        .map_err(|error| error.to_string())
}

fn permits(rules: &Arc<Rules>, url: &str) -> bool {
    let api = if url.starts_with("ws") {
        Api::ConnectSocket
    } else {
        Api::Request
    };
    rules.permit(api, url).is_ok()
}

/// Of a list without ports: whether a URL without a port, with the default port, with another.
const URLS: [[&str; 3]; 2] = [
    ["https://a.com", "https://a.com:443", "https://a.com:8080"],
    ["wss://a.com", "wss://a.com:443", "wss://a.com:8080"],
];

#[test]
fn u3_each_dialect_reads_ports_in_its_own_way() {
    for dialect in Dialect::ALL {
        let exact = [true, false, false];
        let any = [true; 3];
        let expected = match dialect.name() {
            "weixin" | "weixin-minigame" => [exact, any],
            "douyin-minigame" => [any, any],
            "tcmpp" => [any, exact],
            _ => [exact, exact],
        };
        let plain = rules(dialect, ["https://a.com", "wss://a.com"]).expect("a valid list");
        let found = URLS.map(|urls| urls.map(|url| permits(&plain, url)));
        assert_eq!(found, expected, "{dialect}");
    }
}

#[test]
fn d2_each_dialect_says_whether_an_entry_may_have_a_port() {
    for dialect in Dialect::ALL {
        let with = [
            rules(dialect, ["https://a.com:8080", "wss://a.com"]),
            rules(dialect, ["https://a.com", "wss://a.com:8080"]),
        ];
        let expected = match dialect.name() {
            "douyin-minigame" | "baidu" => [false, false],
            "tcmpp" => [false, true],
            _ => [true, true],
        };
        assert_eq!([with[0].is_ok(), with[1].is_ok()], expected, "{dialect}");
        if let Ok(rules) = &with[0] {
            let found = URLS[0].map(|url| permits(rules, url));
            assert_eq!(found, [false, false, true], "{dialect}");
        }
    }
}

#[test]
fn u4_an_entry_opens_its_registrable_domain_in_mpaas_alone() {
    for dialect in Dialect::ALL {
        let rules = rules(dialect, ["https://api.a.com", "wss://api.a.com"]).expect("valid lists");
        let below = permits(&rules, "https://b.a.com") && permits(&rules, "wss://a.com");
        assert_eq!(below, dialect.name() == "mpaas", "{dialect}");
        assert!(!permits(&rules, "https://b.com"), "{dialect}");
    }
}

#[test]
fn u7_each_dialect_has_its_own_local_network() {
    for dialect in Dialect::ALL {
        let rules = rules(dialect, ["https://a.com", "wss://a.com"]).expect("valid lists");
        // Beside the device, by TLS and in plain text; in another segment; the device; loopback; a cloud's metadata service.
        let urls = [
            "https://192.168.1.7",
            "wss://192.168.1.7:9000",
            "http://192.168.1.7",
            "ws://192.168.1.7",
            "https://10.0.0.1",
            "https://192.168.1.23",
            "https://127.0.0.1",
            "https://169.254.169.254",
        ];
        let found = urls.map(|url| permits(&rules, url));
        let expected = match dialect.name() {
            "weixin" | "weixin-minigame" => [true, true, true, true, false, false, false, false],
            "douyin" | "douyin-minigame" | "tcmpp" => {
                [true, true, false, false, true, false, false, false]
            }
            _ => [false; 8],
        };
        assert_eq!(found, expected, "{dialect}");
    }
}

#[test]
fn d5_each_dialect_reserves_its_own_host() {
    for dialect in Dialect::ALL {
        let reserved = match dialect.name() {
            "qq" => "api.q.qq.com",
            "baidu" => "openapi.baidu.com",
            _ => "api.weixin.qq.com",
        };
        for host in ["api.weixin.qq.com", "api.q.qq.com", "openapi.baidu.com"] {
            let entry = format!("https://{host}");
            let is_valid = rules(dialect, [&entry, "wss://a.com"]).is_ok();
            assert_eq!(is_valid, host != reserved, "{dialect} {host}");
        }
    }
}

#[test]
fn d4_the_number_of_entries_is_the_dialects() {
    for dialect in Dialect::ALL {
        let most = if dialect.name() == "weixin" { 1000 } else { 20 };
        let names: Vec<String> = (0..=most).map(|n| format!("https://a{n}.com")).collect();
        let of = |n: usize| {
            let texts: Vec<&str> = names.iter().take(n).map(String::as_str).collect();
            Rules::new(Arc::new(dialect.policy()), testing::config(&texts), None).is_ok()
        };
        assert!(of(most) && !of(most + 1), "{dialect}");
    }
}

#[test]
fn r1_r2_each_dialect_has_its_own_referer_and_one_agent() {
    for dialect in Dialect::ALL {
        let rules = rules(dialect, ["https://a.com", "wss://a.com"]).expect("valid lists");
        let id = "wx1234567890abcdef";
        let expected = match dialect.name() {
            "douyin" => {
                format!("https://tmaservice.developer.toutiao.com/?appid={id}&version=42")
            }
            "douyin-minigame" => {
                format!("https://tmaservice.developer.toutiao.com?appid={id}&version=42")
            }
            "qq" => format!("https://appservice.qq.com/{id}/42/page-frame.html"),
            "baidu" => format!("https://smartapps.cn/{id}/42/page-frame.html"),
            _ => format!("https://servicewechat.com/{id}/42/page-frame.html"),
        };
        assert_eq!(rules.referer(), expected, "{dialect}");
        assert!(headers::is_sendable("Referer", rules.referer()));
        let agent = concat!("appnet/", env!("CARGO_PKG_VERSION"));
        assert_eq!(rules.user_agent(), agent, "{dialect}");
    }
}

#[test]
fn every_template_that_is_written_down_here_is_one() {
    for dialect in Dialect::ALL {
        let Policy {
            referer,
            user_agent,
            ..
        } = dialect.policy();
        for template in [referer, user_agent] {
            assert_eq!(template.to_string().parse(), Ok(template), "{dialect}");
        }
    }
}

#[test]
fn r3_each_dialect_has_its_own_methods() {
    for dialect in Dialect::ALL {
        let rules = rules(dialect, ["https://a.com", "wss://a.com"]).expect("valid lists");
        for method in Method::ALL {
            let options = RequestOptions {
                url: "https://a.com".to_owned(),
                method: method.as_str().to_owned(),
                ..RequestOptions::default()
            };
            let has = match method {
                Method::Get | Method::Post | Method::Delete => true,
                _ => dialect.name() != "mpaas",
            };
            let is_ok = prepare::request(&rules, options).is_ok();
            assert_eq!(is_ok, has, "{dialect} {method:?}");
        }
    }
}

#[test]
fn r6_weixin_offers_http2_by_itself_but_not_for_chunks() {
    for dialect in Dialect::ALL {
        let rules = rules(dialect, ["https://a.com", "wss://a.com"]).expect("valid lists");
        let offered = |chunked| {
            let options = RequestOptions {
                url: "https://a.com".to_owned(),
                enable_chunked: chunked,
                ..RequestOptions::default()
            };
            prepare::request(&rules, options)
                .expect("a good call")
                .request
                .http2
        };
        assert_eq!(offered(false), dialect.name() == "weixin", "{dialect}");
        assert!(!offered(true), "{dialect}");
    }
}

#[test]
fn p5_douyin_alone_has_a_jar_and_only_if_the_app_asks() {
    for dialect in Dialect::ALL {
        let jar = |asked| {
            let mut config = testing::config(&["https://a.com"]);
            config.cookies = asked;
            let rules = Rules::new(Arc::new(dialect.policy()), config, None);
            rules.expect("a valid configuration").cookies().is_some()
        };
        let expected = [false, dialect.name() == "douyin"];
        assert_eq!([jar(false), jar(true)], expected, "{dialect}");
    }
}
