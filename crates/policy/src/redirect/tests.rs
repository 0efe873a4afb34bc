use crate::failure::{AppFault, ServerFault};
use crate::rules::Rule;
use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    Api, Policy,
    exchange::{HttpDns, HttpVersion},
    files::FileName,
    identity::Env,
    multipart::Form,
    testing::{self, headers, pairs},
};

const FOLLOWED: [u16; 5] = [301, 302, 303, 307, 308];

const ENTRIES: [&str; 3] = ["https://a.com", "https://b.com", "https://c.com:8443"];

fn outgoing(method: Method, url: &str) -> OutgoingRequest {
    OutgoingRequest {
        target: testing::rules(&ENTRIES)
            .permit(Api::Request, url)
            .expect(url),
        method,
        headers: headers(&[
            ("Authorization", "secret"),
            ("X-A", "1"),
            ("cookie", "secret"),
            ("Content-Type", "text/plain"),
            ("content-language", "de"),
            ("Referer", "https://servicewechat.com/wx/1/page-frame.html"),
            ("PROXY-thing", "secret"),
        ]),
        body: Body::Bytes("body".into()),
        http2: true,
        high_performance: true,
        cache: true,
        measured: true,
        http3: true,
        redirect: RedirectMode::Follow,
        http_dns: Some(HttpDns {
            service_id: "wx1".to_owned(),
            timeout: Duration::from_secs(1),
            fallback: true,
        }),
        force_cellular: true,
    }
}

fn answered(status: u16, location: &str) -> ResponseHead {
    ResponseHead {
        status,
        version: HttpVersion::Http1,
        headers: headers(&[("location", location)]),
    }
}

fn followed(request: &OutgoingRequest, status: u16, location: &str) -> OutgoingRequest {
    match next(request, &answered(status, location), 0) {
        Ok(Next::Follow(hop)) => *hop,
        other => panic!("{status} {location}: {other:?}"),
    }
}

fn refused(location: &str) -> Refusal {
    let request = outgoing(Method::Get, "https://a.com/dir/page");
    next(&request, &answered(302, location), 0)
        .map(|_| ())
        .expect_err(location)
}

fn is_final(request: &OutgoingRequest, head: &ResponseHead) -> bool {
    matches!(next(request, head, 0), Ok(Next::Final))
}

#[test]
fn u6_the_five_redirects_are_followed_and_nothing_else() {
    let request = outgoing(Method::Get, "https://a.com/dir/page?q");
    for status in 100..=999 {
        let head = answered(status, "next");
        assert_eq!(
            is_final(&request, &head),
            !FOLLOWED.contains(&status),
            "{status}"
        );
    }
    for status in FOLLOWED {
        assert_eq!(
            followed(&request, status, "next").target.url().as_str(),
            "https://a.com/dir/next"
        );
        let nowhere = ResponseHead {
            status,
            version: HttpVersion::Http2,
            headers: Vec::new(),
        };
        assert!(is_final(&request, &nowhere));
    }
}

#[test]
fn u6_manual_returns_the_3xx_wherever_it_leads() {
    let request = OutgoingRequest {
        redirect: RedirectMode::Manual,
        ..outgoing(Method::Get, "https://a.com")
    };
    for status in FOLLOWED {
        assert!(is_final(&request, &answered(status, "https://evil.com")));
        assert!(matches!(
            next(&request, &answered(status, "/"), 1000),
            Ok(Next::Final)
        ));
    }
}

#[test]
fn r6_how_the_app_wants_to_connect_holds_for_every_hop() {
    let request = outgoing(Method::Get, "https://a.com");
    let hop = followed(&request, 302, "https://b.com/");
    assert_eq!(
        (hop.http2, hop.http3, hop.force_cellular),
        (true, true, true)
    );
    assert_eq!(hop.http_dns, request.http_dns);
}

#[test]
fn u6_the_method_of_the_next_hop_is_that_of_rfc_9110() {
    for status in FOLLOWED {
        for method in Method::ALL {
            let expected = match (status, method) {
                (301 | 302, Method::Post) => Method::Get,
                (303, Method::Head) => Method::Head,
                (303, _) => Method::Get,
                _ => method,
            };
            let hop = followed(&outgoing(method, "https://a.com"), status, "/next");
            assert_eq!(hop.method, expected, "{status} {method:?}");
            assert_eq!(
                hop.body.is_empty(),
                expected != method,
                "{status} {method:?}"
            );
        }
    }
}

#[test]
fn u6_with_the_body_go_the_headers_that_describe_it() {
    let kept = [
        ("Authorization", "secret"),
        ("X-A", "1"),
        ("cookie", "secret"),
        ("Referer", "https://servicewechat.com/wx/1/page-frame.html"),
        ("PROXY-thing", "secret"),
    ];
    let hop = followed(&outgoing(Method::Post, "https://a.com"), 302, "/next");
    assert_eq!(pairs(&hop.headers), kept);
    let request = outgoing(Method::Post, "https://a.com");
    assert_eq!(followed(&request, 307, "/next").headers, request.headers);
}

#[test]
fn u6_a_hop_to_another_origin_loses_what_was_meant_for_the_first() {
    let kept = [
        ("X-A", "1"),
        ("Content-Type", "text/plain"),
        ("content-language", "de"),
        ("Referer", "https://servicewechat.com/wx/1/page-frame.html"),
    ];
    let request = outgoing(Method::Put, "https://a.com");
    for location in ["https://b.com/", "//b.com", "https://c.com:8443/x"] {
        let hop = followed(&request, 307, location);
        assert_eq!(pairs(&hop.headers), kept, "{location}");
        assert_eq!(
            (hop.body, hop.http2, hop.redirect),
            (Body::Bytes("body".into()), true, RedirectMode::Follow)
        );
    }
    for location in ["https://A.com/x", "/x", "//a.com/x", "https:x"] {
        assert_eq!(
            followed(&request, 307, location).headers,
            request.headers,
            "{location}"
        );
    }
}

#[test]
fn u6_what_was_lost_on_the_way_out_does_not_come_back_on_the_way_home() {
    let away = followed(
        &outgoing(Method::Get, "https://a.com"),
        302,
        "https://b.com",
    );
    let home = followed(&away, 302, "https://a.com");
    assert!(home.headers.iter().all(|header| header.value != "secret"));
}

#[test]
fn u6_every_hop_is_checked_like_a_first_call() {
    let table = [
        ("https://evil.com/?secret", "evil.com", Rule::U3),
        ("//evil.com", "evil.com", Rule::U3),
        ("https://a.com:443/", "a.com", Rule::U3),
        ("//a.com:443", "a.com", Rule::U3),
        ("https://c.com/", "c.com", Rule::U3),
        ("http://a.com/", "a.com", Rule::U3),
        ("https://sub.a.com/", "sub.a.com", Rule::U4),
        ("https://API.weixin.qq.com/", "api.weixin.qq.com", Rule::D5),
        ("https://127.1/", "127.0.0.1", Rule::U3),
        ("//[::1]/", "[::1]", Rule::U3),
        ("https://例え.テスト/", "xn--r8jz45g.xn--zckzah", Rule::U3),
        ("https:\\\\evil.com\\@a.com", "evil.com", Rule::U3),
    ];
    for (location, host, rule) in table {
        let refusal = refused(location);
        let failure = Failure::Server(ServerFault::RedirectNotInDomainList(host.to_owned()));
        assert_eq!(
            (&refusal.failure, refusal.rule),
            (&failure, rule),
            "{location}"
        );
        assert!(
            refusal.reason.starts_with("redirect: ") && !refusal.reason.contains("secret"),
            "{refusal}"
        );
    }
    assert_eq!(
        refused("https://b.com:443").nearest.as_deref(),
        Some("https://b.com")
    );
}

#[test]
fn u6_a_relative_location_keeps_the_port_text_that_was_permitted() {
    let request = outgoing(Method::Get, "https://c.com:8443/a/b");
    for location in ["/x", "x", "?x", "https:/x"] {
        assert_eq!(
            followed(&request, 302, location).target.port_text(),
            Some("8443"),
            "{location:?}"
        );
    }
}

#[test]
fn u6_a_location_that_is_no_url_for_a_call_is_named() {
    for location in [
        "https://",
        "wss://a.com",
        "javascript:alert(1)",
        "https://user@a.com",
        "https://@a.com",
        "https://a.com:x",
        "//",
    ] {
        let refusal = refused(location);
        assert_eq!(
            (refusal.failure, refusal.rule),
            (
                Failure::App(AppFault::InvalidUrl(location.to_owned())),
                Rule::U6
            )
        );
    }
}

#[test]
fn u6_the_fragment_of_a_location_is_dropped() {
    let request = outgoing(Method::Get, "https://a.com/dir/page?q");
    assert_eq!(
        followed(&request, 301, "x#part").target.url().as_str(),
        "https://a.com/dir/x"
    );
}

#[test]
fn u6_an_empty_location_is_as_good_as_none() {
    let request = outgoing(Method::Get, "https://a.com/dir/page?q");
    for location in ["", " ", "\t"] {
        let next = next(&request, &answered(301, location), 0);
        assert!(matches!(next, Ok(Next::Final)), "{location:?}: {next:?}");
    }
}

#[test]
fn u6_of_several_locations_the_first_counts() {
    let mut head = answered(302, "/one");
    head.headers.extend(headers(&[("Location", "/two")]));
    let request = outgoing(Method::Get, "https://a.com");
    assert!(
        matches!(next(&request, &head, 0), Ok(Next::Follow(hop)) if hop.target.url().path() == "/one")
    );
}

/// An upload under way.
fn upload() -> OutgoingRequest {
    let form = Form {
        fields: Vec::new(),
        file_field: "file".to_owned(),
        file_name: "a.png".to_owned(),
        file_type: "image/png".to_owned(),
        file: FileName::Temporary("tmp_a.png".to_owned()),
    };
    OutgoingRequest {
        body: Body::Form(Arc::new(form)),
        ..outgoing(Method::Post, "https://a.com")
    }
}

#[test]
fn u6_f1_an_upload_is_sent_again_after_307_and_308_and_becomes_a_get_after_the_others() {
    let request = upload();
    for status in FOLLOWED {
        for location in ["/next", "https://b.com/next"] {
            let hop = followed(&request, status, location);
            let is_sent_again = matches!(status, 307 | 308);
            let expected = if is_sent_again {
                (Method::Post, request.body.clone())
            } else {
                (Method::Get, Body::NONE)
            };
            assert_eq!((hop.method, hop.body), expected, "{status} {location}");
        }
    }
}

#[test]
fn u6_at_most_fifteen_redirects_are_followed() {
    let request = outgoing(Method::Get, "https://a.com");
    let result = |hops| {
        next(&request, &answered(302, "/"), hops)
            .map(|_| ())
            .map_err(|refusal| refusal.failure)
    };
    assert_eq!(result(14), Ok(()));
    assert_eq!(
        result(15),
        Err(Failure::Server(ServerFault::TooManyRedirects))
    );
    assert_eq!(
        result(u32::MAX),
        Err(Failure::Server(ServerFault::TooManyRedirects))
    );
    assert!(matches!(
        next(&request, &answered(200, "/"), 15),
        Ok(Next::Final)
    ));
    assert_eq!(Policy::seed().max_redirects, 15);
}

#[test]
fn u6_u8_without_checks_a_hop_goes_anywhere_but_to_a_reserved_host_and_says_so() {
    let mut config = testing::config(&ENTRIES);
    config.identity.env = Env::Devtools;
    config.url_check = false;
    let target = testing::checked(config)
        .permit(Api::Request, "https://a.com")
        .expect("it is in the list");
    let request = OutgoingRequest {
        target,
        ..outgoing(Method::Get, "https://a.com")
    };
    let hop = followed(&request, 302, "http://evil.com:80/");
    let refusal = hop.target.would_refuse().expect("a release refuses it");
    assert_eq!(refusal.rule, Rule::U3);
    assert!(refusal.reason.starts_with("redirect: "), "{refusal}");
    assert!(hop.headers.iter().all(|header| header.value != "secret"));
    let reserved = next(&request, &answered(302, "https://api.weixin.qq.com"), 0).map(|_| ());
    assert_eq!(reserved.map_err(|refusal| refusal.rule), Err(Rule::D5));
}

#[test]
fn d1_u6_a_hop_is_checked_against_the_list_of_the_same_api() {
    let mut config = testing::config(&["https://a.com"]);
    config.domains.download_file = vec!["https://d.com".to_owned()];
    let rules = testing::checked(config);
    let target = rules
        .permit(Api::DownloadFile, "https://d.com")
        .expect("it is in the list");
    let request = OutgoingRequest {
        target,
        ..outgoing(Method::Get, "https://a.com")
    };
    let refusal = next(&request, &answered(302, "https://a.com"), 0)
        .map(|_| ())
        .expect_err("another list");
    assert_eq!(
        (refusal.failure, refusal.rule),
        (
            Failure::Server(ServerFault::RedirectNotInDomainList("a.com".to_owned())),
            Rule::D1
        )
    );
}

proptest::proptest! {
    #[test]
    fn u6_no_location_leads_out_of_the_list(status in 300..310_u16, location in "[htps:/\\\\@.\\[\\]#?a-c\t ]{0,16}(\\PC{0,4}|:[0-9]{0,5})?") {
        let request = outgoing(Method::Get, "https://a.com/x");
        if let Ok(Next::Follow(hop)) = next(&request, &answered(status, &location), 0) {
            assert!(request.target.rules().domains().allow(&hop.target), "{location:?}");
        }
    }
}

#[test]
fn u6_u7_only_a_server_of_the_local_network_leads_into_it() {
    use crate::lan::{LanReach, LanRule};
    let mut config = crate::testing::config(&["https://a.com"]);
    config.device = vec!["192.168.1.23/24".parse().expect("an address of the device")];
    let policy = crate::Policy {
        lan: LanRule::Allowed {
            reach: LanReach::Private,
            plain: true,
        },
        ..crate::Policy::seed()
    };
    let rules = crate::Rules::new(std::sync::Arc::new(policy), config, None);
    let rules = std::sync::Arc::new(rules.expect("a valid configuration"));
    let hop = |from: &str, to: &str| {
        let target = rules.permit(crate::Api::Request, from).expect(from);
        let request = OutgoingRequest {
            target,
            ..outgoing(Method::Get, "https://a.com/start")
        };
        next(&request, &answered(302, to), 0).map(|_| ())
    };
    assert_eq!(hop("http://192.168.1.7/", "http://192.168.1.8/"), Ok(()));
    assert_eq!(hop("http://192.168.1.7/", "https://a.com/"), Ok(()));
    let refusal = hop("https://a.com/", "http://192.168.1.7/?secret").expect_err("it leads in");
    assert_eq!(refusal.rule, Rule::U7);
    assert_eq!(
        refusal.failure,
        Failure::Server(ServerFault::RedirectNotInDomainList(
            "192.168.1.7".to_owned()
        ))
    );
    assert_eq!(
        refusal.reason,
        "redirect: http://192.168.1.7 is an address of the local network, only the app itself or a server there may lead to it"
    );
}
