use std::num::NonZeroU32;

use super::*;
use crate::Api;

#[test]
fn the_seed_policy_has_the_numbers_of_the_contract() {
    let seed = Policy::seed();
    assert_eq!(seed.domains_per_list, 20); // D4
    assert_eq!(seed.reserved_hosts, ["api.weixin.qq.com"]); // D5
    assert_eq!(seed.max_redirects, 15); // U6
    assert_eq!(seed.resend, Resend::Any); // H4
    assert_eq!(seed.timeouts, PerApi::all(TimeoutRule::seconds(60, 60))); // T1
    assert_eq!(
        seed.permits,
        Permits::Shared(NonZeroUsize::new(10).unwrap())
    ); // C1
    assert_eq!(seed.queue_limit, 1000); // C2
    assert_eq!(seed.socket_limit, 5); // C3
    assert_eq!(seed.grace, Duration::from_secs(5)); // B1
    assert_eq!(seed.background_calls, BackgroundCalls::Refused); // B3
    assert_eq!(seed.waiting_bytes, 64 * 1024 * 1024); // I2
    assert_eq!(seed.untaken_bytes, 64 * 1024 * 1024); // I2
    assert_eq!(seed.slice, Duration::from_micros(25)); // I1
    assert_eq!(seed.files.transfer_bytes, 200 * 1024 * 1024); // F4
    assert_eq!(seed.files.user_bytes, 200 * 1024 * 1024); // I3
    assert_eq!(seed.files.entries, 10_000); // I3
    assert_eq!(seed.files.storage_bytes, 10 * 1024 * 1024); // wx.setStorage
    assert_eq!(seed.files.storage_entry_bytes, 1024 * 1024); // wx.setStorage
    // RFC 6265 §6.1, for each host: 50 cookies, 4,096 bytes each.
    let cookies = CookieLimits::seed();
    assert!(cookies.count >= 50 && cookies.cookie_bytes >= 4096);
    assert_eq!(cookies.bytes, 128 * 1024);
    assert_eq!(seed.files.progress_interval, Duration::from_millis(50)); // F5: 20 a second
}

#[test]
fn the_document_has_every_value_of_the_seed() {
    let document = include_str!("../../../../docs/policy.md");
    let block = format!("```text\n{:#?}\n```\n", Policy::seed());
    assert!(
        document.contains(&block),
        "docs/policy.md should have:\n{block}"
    );
}

#[test]
fn d5_a_reserved_host_is_known_in_any_case_and_with_a_dot_behind_it() {
    for host in [
        "api.weixin.qq.com",
        "API.weixin.qq.com",
        "api.weixin.qq.com.",
        "api.weixin.qq.com..",
    ] {
        assert!(Policy::seed().is_reserved(host), "{host}");
    }
    for host in [
        "weixin.qq.com",
        "x.api.weixin.qq.com",
        "xapi.weixin.qq.com",
        "",
        ".",
    ] {
        assert!(!Policy::seed().is_reserved(host), "{host}");
    }
}

/// Every value of the default, so that a rule for another platform cannot change it unseen.
#[test]
fn the_seed_policy_is_what_it_always_was() {
    let agent = concat!("appnet/", env!("CARGO_PKG_VERSION"));
    assert_eq!(Policy::seed().user_agent.to_string(), agent);
    let seed = Policy {
        user_agent: Template::known("(ours)"),
        ..Policy::seed()
    };
    insta::assert_debug_snapshot!(seed, @r#"
    Policy {
        domains_per_list: 20,
        reserved_hosts: [
            "api.weixin.qq.com",
        ],
        ports: PerApi {
            request: Exact,
            upload_file: Exact,
            download_file: Exact,
            connect_socket: Exact,
        },
        hosts: Exact,
        lan: Refused,
        max_redirects: 15,
        resend: Any,
        timeouts: PerApi {
            request: TimeoutRule {
                default: 60s,
                maximum: 60s,
            },
            upload_file: TimeoutRule {
                default: 60s,
                maximum: 60s,
            },
            download_file: TimeoutRule {
                default: 60s,
                maximum: 60s,
            },
            connect_socket: TimeoutRule {
                default: 60s,
                maximum: 60s,
            },
        },
        http_dns_timeout: 60s,
        http3: true,
        permits: Shared(
            10,
        ),
        host_permits: PerApi {
            request: None,
            upload_file: None,
            download_file: None,
            connect_socket: None,
        },
        queue_order: Fifo,
        queue_limit: 1000,
        socket_limit: 5,
        grace: 5s,
        background_calls: Refused,
        interruption: InterruptionWords {
            call: Interrupted,
            task: Interrupted,
        },
        port_backlog: 4096,
        referer: Template(
            "https://servicewechat.com/{appid}/{version}/page-frame.html",
        ),
        user_agent: Template(
            "(ours)",
        ),
        methods: Methods(
            255,
        ),
        high_performance_mode: false,
        cookies: Never,
        limits: ResponseLimits {
            body_bytes: 67108864,
            header_bytes: 262144,
            header_count: 512,
            decompression_ratio: 1000,
            chunk_extension_bytes: 16384,
        },
        socket: SocketLimits {
            message_bytes: 67108864,
            frame_bytes: 67108864,
            decompression_ratio: 1000,
            unsent_bytes: 33554432,
            untaken_bytes: 1048576,
            close_wait: 5s,
            end_wait: 1s,
            answer_wait: 50ms,
            ping_interval: None,
        },
        socket_origin: "https://servicewechat.com",
        files: FileLimits {
            transfer_bytes: 209715200,
            user_bytes: 209715200,
            temporary_bytes: 4294967296,
            entries: 10000,
            path_depth: 64,
            storage_bytes: 10485760,
            storage_entry_bytes: 1048576,
            progress_interval: 50ms,
        },
        cache: CacheLimits {
            bytes: 8388608,
            entry_bytes: 1048576,
            entries: 256,
        },
        chunk_backlog_bytes: 1048576,
        call: CallLimits {
            url_bytes: 1048576,
            header_bytes: 262144,
            header_count: 512,
            body_bytes: 67108864,
        },
        waiting_bytes: 67108864,
        untaken_bytes: 67108864,
        slice: 25µs,
    }
    "#);
}

#[test]
fn a_task_stands_behind_by_its_priority_times_the_head_start() {
    let order = QueueOrder::ByPriority {
        of: PerApi {
            request: Priority::High,
            upload_file: Priority::Normal,
            download_file: Priority::Low,
            connect_socket: Priority::Normal,
        },
        head_start: NonZeroU32::new(7).unwrap(),
    };
    let places = |order: &QueueOrder| Api::ALL.map(|api| (api, order.places_behind(api)));
    for (api, behind) in places(&order) {
        let expected = match api {
            Api::Request => 0,
            Api::UploadFile | Api::ConnectSocket => 7,
            Api::DownloadFile => 14,
        };
        assert_eq!(behind, expected, "{api}");
    }
    assert!(
        places(&QueueOrder::Fifo)
            .iter()
            .all(|(_, behind)| *behind == 0)
    );
}
