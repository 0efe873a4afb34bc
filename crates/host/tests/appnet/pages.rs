//! Pages without a screen, and what of `wx` is beyond the network.

use crate::run::{Folder, Run};

const APP: &str = r#"{"pages": ["pages/a", "pages/b", "pages/tab"], "tabBar": {"list": [{"pagePath": "pages/tab"}]}}"#;

fn run(files: &[(&str, &str)], flags: &[&str]) -> Run {
    let mut all = vec![("app.json", APP), ("app.js", "App({})")];
    all.retain(|(name, _)| files.iter().all(|(other, _)| other != name));
    all.extend(files);
    let mut args = vec!["run", "."];
    args.extend(flags);
    Folder::new(&all).appnet(&args, "")
}

fn prints(files: &[(&str, &str)], flags: &[&str], expected: &str) {
    let run = run(files, flags);
    assert_eq!(
        (run.status, run.out.trim_end()),
        (0, expected),
        "{}",
        run.err
    );
}

#[test]
fn the_first_page_is_opened_after_the_app_with_its_data_and_query() {
    let page = "Page({ data: { n: 1, list: [] }, onLoad(q) { host.print('load ' + (q.id || '-') + ' ' + this.route); this.setData({ n: 2, 'list[1].a': 5 }, () => host.print('set')); host.print(this.data.n + JSON.stringify(this.data.list)) }, onShow() { host.print('show ' + getCurrentPages().length) }, onReady() { host.print('ready') } })";
    let files = [
        (
            "app.js",
            "App({ onLaunch(o) { host.print('launch ' + o.path + (o.query.id || '')) } })",
        ),
        ("pages/a.js", page),
        ("pages/b.js", page),
    ];
    prints(
        &files,
        &[],
        "launch pages/a\nload - pages/a\n2[null,{\"a\":5}]\nshow 1\nready\nset",
    );
    prints(
        &files,
        &["--page", "pages/b?id=x%20y&flag"],
        "launch pages/bx%20y\nload x%20y pages/b\n2[null,{\"a\":5}]\nshow 1\nready\nset",
    );
    let err = run(&files, &[]).err;
    assert_eq!(err.matches("without a screen").count(), 1, "{err}");
    let wrong = run(&files, &["--page", "pages/none"]);
    assert_eq!(wrong.status, 2);
    assert!(
        wrong.err.contains("--page pages/none") && wrong.err.contains("pages/a, pages/b"),
        "{}",
        wrong.err
    );
}

#[test]
fn a_page_goes_to_others_and_hears_of_it() {
    let said = |name: &str| {
        format!(
            "Page({{ onLoad(q) {{ host.print('{name} load ' + JSON.stringify(q)); this.getOpenerEventChannel().emit('got', 1) }}, onShow() {{ host.print('{name} show') }}, onHide() {{ host.print('{name} hide') }}, onUnload() {{ host.print('{name} unload') }} }})"
        )
    };
    let (b, tab) = (said("b"), said("tab"));
    let go = |calls: &str| {
        format!(
            "Page({{ onHide() {{ host.print('a hide') }}, onUnload() {{ host.print('a unload') }}, async onLoad() {{ {calls} }} }})"
        )
    };
    for (calls, expected) in [
        (
            "const { errMsg } = await wx.navigateTo({ url: '/pages/b?x=1', events: { got: (n) => host.print('event ' + n) } }); host.print(errMsg); await wx.navigateBack(); host.print(getCurrentPages()[0].route)",
            "a hide\nb load {\"x\":\"1\"}\nevent 1\nb show\nnavigateTo:ok\nb unload\npages/a",
        ),
        (
            "await wx.redirectTo({ url: 'b' }); host.print(getCurrentPages().length)",
            "a unload\nb load {}\nb show\n1",
        ),
        (
            "await wx.reLaunch({ url: '/pages/b' })",
            "a unload\nb load {}\nb show",
        ),
        (
            "await wx.switchTab({ url: '/pages/tab' })",
            "a unload\ntab load {}\ntab show",
        ),
        (
            "wx.navigateTo({ url: '/pages/none', fail: (e) => host.print(e.errMsg) })",
            "navigateTo:fail page \"pages/none\" is not found",
        ),
        (
            "wx.navigateTo({ url: '/pages/tab', fail: (e) => host.print(e.errMsg) })",
            "navigateTo:fail can not navigateTo a tabbar page",
        ),
        (
            "wx.switchTab({ url: '/pages/b', fail: (e) => host.print(e.errMsg) })",
            "switchTab:fail can not switch to no-tabBar page",
        ),
        (
            "wx.navigateBack({ fail: (e) => host.print(e.errMsg) })",
            "navigateBack:fail cannot navigate back at first page.",
        ),
    ] {
        prints(
            &[
                ("pages/a.js", &go(calls)),
                ("pages/b.js", &b),
                ("pages/tab.js", &tab),
            ],
            &[],
            expected,
        );
    }
}

#[test]
fn components_and_behaviors_run_their_lifetimes_and_methods() {
    let files = [
        (
            "pages/a.js",
            "const shared = Behavior({ data: { s: 1 }, methods: { hello() { return 'hello ' + this.data.s } }, lifetimes: { attached() { host.print('behavior attached') } } })\nComponent({ behaviors: [shared], properties: { id: String, n: { type: Number, value: 3 } }, observers: { 'n, id'(n, id) { host.print('n ' + n + id) } }, lifetimes: { created() { host.print('created') }, attached() { host.print('attached ' + this.hello() + this.data.n + this.properties.id) }, ready() { host.print('ready') } }, pageLifetimes: { show() { host.print('shown') } }, methods: { onLoad(q) { host.print('load ' + q.id); this.setData({ n: 4 }) } } })",
        ),
        (
            "pages/a.json",
            r#"{"usingComponents": {"child-one": "../parts/child", "unused": "../parts/none"}}"#,
        ),
        ("pages/a.wxml", "<view><child-one wx:if=\"{{x}}\"/></view>"),
        (
            "parts/child.js",
            "Component({ attached() { host.print('child attached') }, detached() {} })",
        ),
    ];
    prints(
        &files,
        &["--page", "pages/a?id=q"],
        "created\nbehavior attached\nattached hello 13q\nchild attached\nload q\nn 4q\nshown\nready",
    );
}

#[test]
fn what_only_shows_something_succeeds_and_a_modal_is_answered_by_its_flag() {
    let files = [(
        "app.js",
        "wx.showLoading({ title: 't' }); wx.showToast({ title: 't', success: (r) => host.print(r.errMsg) }); wx.showModal({ title: 'q', success: ({ confirm, cancel }) => host.print(confirm + ',' + cancel) }); wx.showActionSheet({ itemList: ['a'], success: (r) => host.print('item ' + r.tapIndex), fail: (r) => host.print(r.errMsg) }); wx.hideLoading(); wx.setNavigationBarTitle({ title: 'x' })",
    )];
    let json = [("app.json", "{}"), files[0]];
    prints(&json, &[], "showToast:ok\ntrue,false\nitem 0");
    prints(
        &json,
        &["--modal", "cancel"],
        "showToast:ok\nfalse,true\nshowActionSheet:fail cancel",
    );
    let logged = run(&json, &["--log", "info"]).err;
    assert!(
        logged.contains(r#"wx.showLoading {"title":"t"}"#),
        "{logged}"
    );
}

#[test]
fn what_is_not_part_of_this_host_fails_by_name_and_a_fixture_can_answer() {
    let source = "wx.login({ fail: (r) => host.print(r.errMsg), success: (r) => host.print('code ' + r.code) }); wx.getLocation(); wx.getLocation({ fail: (r) => host.print(r.errMsg) }); wx.onCompassChange(() => {}); try { wx.createVideoContext('v') } catch (e) { host.print(e.message) } host.print(['login', 'getLocation', 'request', 'showToast'].map(wx.canIUse).join())";
    let files = [
        ("app.json", "{}"),
        ("app.js", source),
        (
            "f.json",
            r#"{"login": {"code": "c0"}, "getLocation": {"errMsg": "getLocation:fail auth deny", "errno": 7}}"#,
        ),
    ];
    prints(
        &files,
        &[],
        "wx.createVideoContext is not part of this host\nfalse,false,true,true\nlogin:fail wx.login is not part of this host\ngetLocation:fail wx.getLocation is not part of this host",
    );
    prints(
        &files,
        &["--fixture", "f.json"],
        "wx.createVideoContext is not part of this host\ntrue,true,true,true\ncode c0\ngetLocation:fail auth deny",
    );
    let err = run(&files, &[]).err;
    assert_eq!(
        err.matches("wx.getLocation is not part of this host")
            .count(),
        1,
        "{err}"
    );
    for (text, what) in [
        (r#"{"logon": {}}"#, "no function logon"),
        (r#"{"request": {}}"#, "function of the network"),
        ("[", "f.json"),
    ] {
        let wrong = run(
            &[files[0], files[1], ("f.json", text)],
            &["--fixture", "f.json"],
        );
        assert_eq!(wrong.status, 2, "{what}");
        assert!(wrong.err.contains(what), "{what}: {}", wrong.err);
    }
}

#[test]
fn errors_that_the_program_hears_of_do_not_end_it() {
    let json = ("app.json", "{}");
    for (source, expected) in [
        (
            "App({ onError(e) { host.print(e.split('\\n')[0]) }, onLaunch() { setTimeout(() => host.print('on')); throw new Error('launch') } })",
            "Error: launch\non",
        ),
        (
            "wx.onError((e) => host.print(e.split('\\n')[0])); setTimeout(() => { throw new TypeError('timer') }); setTimeout(() => host.print('on'), 5)",
            "TypeError: timer\non",
        ),
        (
            "wx.onUnhandledRejection(({ reason, promise }) => host.print(reason + (promise instanceof Promise))); Promise.reject('no'); setTimeout(() => host.print('on'), 5)",
            "notrue\non",
        ),
        (
            "App({ onUnhandledRejection({ reason }) { host.print(reason.message) } }); (async () => { throw new Error('gone') })(); setTimeout(() => host.print('on'), 5)",
            "gone\non",
        ),
        (
            "wx.onError((e) => host.print(e.split('\\n')[0])); wx.getNetworkType({ success() { throw new Error('callback') } })",
            "Error: callback",
        ),
    ] {
        prints(&[json, ("app.js", source)], &[], expected);
    }
    for source in [
        "const f = () => {}; wx.onError(f); wx.offError(f); setTimeout(() => { throw new Error('x') })",
        "wx.onError(() => {}); Promise.reject(new Error('x'))",
        "wx.onUnhandledRejection(() => {}); wx.offUnhandledRejection(); Promise.reject(new Error('x'))",
        "wx.onError(() => { throw new Error('in the handler') }); setTimeout(() => { throw new Error('x') })",
    ] {
        let run = run(&[json, ("app.js", source)], &[]);
        assert_eq!(run.status, 1, "{source}: {}", run.err);
    }
}

#[test]
fn the_app_before_it_is_there_launch_options_and_games() {
    let json = ("app.json", "{}");
    prints(
        &[
            json,
            (
                "app.js",
                "host.print(getApp()); getApp({ allowDefault: true }).early = 1; App({ late: 2 }); host.print(getApp().early + getApp().late); host.print(wx.getLaunchOptionsSync().scene)",
            ),
        ],
        &[],
        "undefined\n3\n1001",
    );
    let game = Folder::new(&[
        ("game.json", "{}"),
        (
            "game.js",
            "GameGlobal.x = 1; host.print(x + typeof wx.offShow); wx.onHide(() => host.print('hide')); wx.onShow(({ scene }) => host.print('show ' + scene)); host.enterBackground(); host.enterForeground()",
        ),
    ]);
    assert_eq!(
        game.appnet(&["run", "."], "").out,
        "1function\nhide\nshow 1001\n"
    );
    prints(
        &[(
            "pages/a.js",
            "Page({ onShow() { host.print('page show') }, onHide() { host.print('page hide') }, onReady() { host.enterBackground(); host.enterForeground() } })",
        )],
        &[],
        "page show\npage hide\npage show",
    );
}

#[test]
fn files_of_the_project_count_as_the_tools_have_them() {
    let account = "host.print(wx.getAccountInfoSync().miniProgram.appId)";
    let json = ("app.json", "{}");
    prints(
        &[
            json,
            ("app.js", account),
            ("project.config.json", r#"{"appid": "wx1"}"#),
            ("project.private.config.json", r#"{"appid": "wx2"}"#),
        ],
        &[],
        "wx2",
    );
    prints(
        &[
            json,
            ("app.js", account),
            ("project.config.json", r#"{"appid": ""}"#),
        ],
        &[],
        "wx0000000000000000",
    );
    let err = run(
        &[
            json,
            ("app.js", ""),
            ("project.config.json", r#"{"appid": ""}"#),
        ],
        &[],
    )
    .err;
    assert!(
        err.contains("appid is empty") && err.contains("--app-id"),
        "{err}"
    );

    let nested = Folder::new(&[
        (
            "project.config.json",
            r#"{"miniprogramRoot": "mini/", "setting": {"urlCheck": true}}"#,
        ),
        (
            "project.private.config.json",
            r#"{"setting": {"urlCheck": false}}"#,
        ),
        (
            "server-domains.json",
            r#"{"request": ["https://api.example.com"]}"#,
        ),
        ("mini/app.json", "{}"),
        ("mini/app.js", ""),
    ]);
    let out = nested.appnet(&["check", "."], "").out;
    for line in [
        "https://api.example.com",
        "urlCheck  off",
        "server-domains.json",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }

    for (files, parts) in [
        (
            &[
                ("app.json", "{\n  // pages\n  \"pages\": []\n}"),
                ("app.js", ""),
            ][..],
            ["app.json:2:3", "no comments"],
        ),
        (
            &[("app.json", "{\"networkTimeout\": null}"), ("app.js", "")],
            ["invalid type: null", "an object of milliseconds by API"],
        ),
        (
            &[("project.config.json", r#"{"miniprogramRoot": "nowhere/"}"#)],
            ["miniprogramRoot is \"nowhere/\"", "no folder ./nowhere"],
        ),
        (
            &[("project.config.json", r#"{"miniprogramRoot": "../x"}"#)],
            ["leads out of the project", "project.config.json"],
        ),
    ] {
        let wrong = run(files, &[]);
        assert_eq!(wrong.status, 2, "{}", wrong.err);
        for part in parts {
            assert!(wrong.err.contains(part), "{part}: {}", wrong.err);
        }
    }
}
