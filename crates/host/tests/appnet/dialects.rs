//! `--dialect`: the rules of other platforms, by name.

use crate::{
    network::server,
    run::{Folder, Run},
};

const NAMES: [&str; 9] = [
    "seed",
    "weixin",
    "weixin-minigame",
    "douyin",
    "douyin-minigame",
    "qq",
    "baidu",
    "mpaas",
    "tcmpp",
];

#[test]
fn an_unknown_dialect_is_refused_with_the_names_of_all() {
    let folder = Folder::new(&[("t.js", "host.print('ran')")]);
    for command in ["run", "check"] {
        let Run { status, out, err } = folder.appnet(&[command, "t.js", "--dialect", "wechat"], "");
        assert_eq!((status, out.as_str()), (2, ""), "{command}");
        assert!(
            err.contains("\"wechat\"") && err.contains(&NAMES.join(", ")),
            "{command}: {err}"
        );
        let help = folder.appnet(&[command, "--help"], "").out;
        for name in NAMES {
            assert!(help.contains(name), "{command} {name}: {help}");
            let run = folder.appnet(&[command, "t.js", "--dialect", name], "");
            assert_eq!(run.status, 0, "{command} {name}: {}", run.err);
        }
    }
}

#[test]
fn r1_the_program_calls_by_the_rules_of_its_dialect() {
    let source = "wx.request({ url: 'https://api.example.com/echo', complete: (r) => host.print(r.data.headers.referer) })";
    let server = server(source);
    let referer = |dialect| server.run(&["--ca", "ca.pem", "--dialect", dialect]).out;
    assert_eq!(
        referer("seed"),
        "https://servicewechat.com/wx0000000000000000/1/page-frame.html\n"
    );
    assert_eq!(
        referer("qq"),
        "https://appservice.qq.com/wx0000000000000000/1/page-frame.html\n"
    );
}

#[test]
fn p5_the_program_has_a_jar_of_cookies_if_the_flag_and_the_dialect_say_so() {
    let source = "wx.request({ url: 'https://api.example.com/cookies', success: () => wx.request({ url: 'https://api.example.com/echo', success: (r) => host.print(r.data.headers.cookie) }) })";
    let server = server(source);
    let cookie = |more: &[&str]| server.run(&[&["--ca", "ca.pem"], more].concat()).out;
    assert_eq!(
        cookie(&["--dialect", "douyin", "--cookies"]),
        "a=1; b=2; c=3\n"
    );
    assert_eq!(cookie(&["--dialect", "douyin"]), "undefined\n");
    assert_eq!(cookie(&["--cookies"]), "undefined\n");
}

#[test]
fn d2_t1_check_says_what_is_configured_by_the_dialect() {
    let entry = r#"{"request": ["https://api.example.com:8080"]}"#;
    let folder = Folder::new(&[("t.js", ""), ("server-domains.json", entry)]);
    let check = |dialect| folder.appnet(&["check", "t.js", "--dialect", dialect], "");
    let mpaas = check("mpaas");
    assert_eq!(mpaas.status, 0, "{}", mpaas.err);
    for line in ["dialect   mpaas", "timeout   request        30000 ms"] {
        assert!(mpaas.out.contains(line), "{line}: {}", mpaas.out);
    }
    let baidu = check("baidu");
    assert_eq!(baidu.status, 2);
    assert!(
        baidu
            .err
            .contains("should have no port here, as in \"https://api.example.com\""),
        "{}",
        baidu.err
    );
}

#[test]
fn u7_an_address_of_this_device_has_its_prefix() {
    let folder = Folder::new(&[("t.js", "")]);
    let run = folder.appnet(&["run", "t.js", "--device-address", "192.168.1.23"], "");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("as in 192.168.1.23/24"), "{}", run.err);
}

#[test]
fn u7_the_program_reaches_its_local_network_but_not_its_own_device() {
    let source = "for (const host of ['192.168.1.7', '192.168.1.23']) wx.request({ url: `http://${host}:1/`, complete: (r) => host_(host, r.errMsg) }); function host_(name, text) { host.print(`${name} ${text}`) }";
    let folder = Folder::new(&[("t.js", source)]);
    // Nobody listens there: what matters is who was asked.
    let args = [
        "run",
        "t.js",
        "--dialect",
        "weixin",
        "--device-address",
        "192.168.1.23/24",
        "--connect-to",
        "192.168.1.7:1:127.0.0.1:1",
    ];
    let run = folder.appnet(&args, "");
    let mut lines: Vec<&str> = run.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "192.168.1.23 request:fail url not in domain list",
            "192.168.1.7 request:fail connection refused"
        ],
        "{}",
        run.err
    );
}
