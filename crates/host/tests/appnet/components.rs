//! Components without a screen, and which code of a project runs.

use crate::run::{Folder, Run};

const APP: &str = r#"{"pages": ["pages/a", "pages/b"], "lazyCodeLoading": "requiredComponents"}"#;

fn run(files: &[(&str, &str)]) -> Run {
    let mut all = vec![("app.json", APP), ("app.js", "App({})")];
    all.retain(|(name, _)| files.iter().all(|(other, _)| other != name));
    all.extend(files);
    Folder::new(&all).appnet(&["run", "."], "")
}

fn prints(files: &[(&str, &str)], expected: &[&str]) {
    let run = run(files);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!((run.status, &lines[..]), (0, expected), "{}", run.err);
}

/// A component that says each of its lifetimes with its name.
fn said(name: &str) -> String {
    format!(
        "const say = (what) => host.print('{name} ' + what)
         Component({{
           lifetimes: {{ created() {{ say('created') }}, attached() {{ say('attached') }}, ready() {{ say('ready') }}, detached() {{ say('detached') }} }},
           pageLifetimes: {{ show() {{ say('show') }}, hide() {{ say('hide') }} }},
         }})"
    )
}

#[test]
fn a_pages_components_live_with_it_one_for_each_entry_of_its_json_in_order() {
    let page = "const say = (what) => host.print('a ' + what)
        Page({ onLoad() { say('load') }, onShow() { say('show') }, onReady() { say('ready'); wx.navigateTo({ url: 'b' }) }, onHide() { say('hide') }, onUnload() { say('unload') } })";
    let (outer, inner, last) = (said("outer"), said("inner"), said("last"));
    prints(
        &[
            ("pages/a.js", page),
            (
                "pages/a.json",
                r#"{"usingComponents": {"z-outer": "/parts/outer", "a-last": "../parts/last"}}"#,
            ),
            (
                "pages/b.js",
                "Page({ onLoad(q) { if (!q.again) wx.reLaunch({ url: 'b?again=1' }) } })",
            ),
            ("parts/outer.js", &outer),
            (
                "parts/outer.json",
                r#"{"component": true, "usingComponents": {"inner": "./inner", "again": "./outer"}}"#,
            ),
            ("parts/inner.js", &inner),
            ("parts/last.js", &last),
        ],
        &[
            "inner created",
            "outer created",
            "last created",
            "outer attached",
            "inner attached",
            "last attached",
            "a load",
            "outer show",
            "inner show",
            "last show",
            "a show",
            "inner ready",
            "outer ready",
            "last ready",
            "a ready",
            "outer hide",
            "inner hide",
            "last hide",
            "a hide",
            "a unload",
            "inner detached",
            "outer detached",
            "last detached",
        ],
    );
}

#[test]
fn a_component_tells_its_page_what_happened_and_is_given_its_properties() {
    prints(
        &[
            (
                "pages/a.js",
                "Page({
                   data: { user: { id: 7 }, list: [1] },
                   onLoad() { this.setData({ 'user.id': 8, list: [1, 2], other: 1 }) },
                   onDone(e) { host.print(['done', this.route, e.type, e.detail.n, e.target.id, e.currentTarget.dataset.someName].join()) },
                 })",
            ),
            (
                "pages/a.json",
                r#"{"usingComponents": {"user-card": "../parts/card"}}"#,
            ),
            (
                "pages/a.wxml",
                r#"<view><user-card id="c" data-some-name="d" user-id="{{ user.id }}" count="5" on list="{{list}}" sum="{{1 + user.id}}" bind:done="onDone" catchgone="nobody"/></view>"#,
            ),
            (
                "parts/card.js",
                "Component({
                   properties: {
                     userId: { type: Number, observer(now, old, path) { host.print(['observer', typeof now, now, old, path].join()) } },
                     count: { type: Number, observer: 'counted' },
                     on: Boolean, list: Array, sum: { type: Number, value: 3 },
                   },
                   observers: {
                     'userId, on'(id, on) { host.print(['observers', id, on].join()) },
                     'list.**'(list) { host.print('list ' + list.length) },
                   },
                   lifetimes: { attached() { host.print(['attached', this.properties.userId, this.data.count, this.data.sum, this.id].join()) } },
                   pageLifetimes: { show() { this.setData({ count: 5 }); this.setData({ 'list[2]': 3 }); this.triggerEvent('done', { n: 1 }); this.triggerEvent('gone'); this.triggerEvent('unheard') } },
                   methods: { counted(now, old) { host.print(['counted', now, old].join()) } },
                 })",
            ),
        ],
        &[
            "observers,7,true",
            "list 1",
            "observer,number,7,0,userId",
            "counted,5,0",
            "attached,7,5,3,c",
            "observers,8,true",
            "list 2",
            "observer,number,8,7,userId",
            "list 3",
            "done,pages/a,done,1,c,d",
        ],
    );
    let err = run(&[
        ("pages/a.js", "Page({})"),
        (
            "pages/a.json",
            r#"{"usingComponents": {"c": "../parts/c", "none": "../parts/none"}}"#,
        ),
        ("pages/a.wxml", "<c bindx='gone'/>"),
        (
            "parts/c.js",
            "Component({ attached() { this.triggerEvent('x') } })",
        ),
    ])
    .err;
    for part in [
        "pages/a has no method \"gone\", which should hear the event x of <c>",
        "pages/a: there is no component ../parts/none, which it uses as <none>",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
}

#[test]
fn an_event_that_bubbles_out_of_a_component_reaches_the_one_around_it() {
    let files = |listener: &'static str| {
        [
            (
                "pages/a.js",
                "Page({ heard(e) { host.print('page ' + e.target.id + ' ' + e.currentTarget.id) } })",
            ),
            (
                "pages/a.json",
                r#"{"usingComponents": {"outer": "../parts/outer"}}"#,
            ),
            ("pages/a.wxml", "<outer id='o' bind:x='heard'/>"),
            (
                "parts/outer.js",
                "Component({ methods: { passed() { host.print('outer') } } })",
            ),
            (
                "parts/outer.json",
                r#"{"usingComponents": {"inner": "inner"}}"#,
            ),
            ("parts/outer.wxml", listener),
            (
                "parts/inner.js",
                "Component({ attached() { this.triggerEvent('x', {}, { bubbles: true }); host.print('-'); this.triggerEvent('x', {}, { bubbles: true, composed: true }) } })",
            ),
        ]
    };
    prints(
        &files("<inner id='i' bind:x='passed'/>"),
        &["outer", "-", "outer", "page i o"],
    );
    prints(
        &files("<inner id='i' catch:x='passed'/>"),
        &["outer", "-", "outer"],
    );
}

#[test]
fn a_page_finds_its_components_by_id_and_class() {
    prints(
        &[
            (
                "pages/a.js",
                "Page({ onReady() {
                   const is = (selector) => host.print(selector + ' ' + this.selectAllComponents(selector).map((it) => it.name || it.is).join())
                   is('#one'); is('.row'); is('.row.big'); is('#one, .big'); is('view > .big'); is('#one >>> .row'); is('.none'); is('two'); is('#row')
                   host.print(this.selectComponent('.none') + ' ' + this.selectComponent('#one').hello() + ' ' + (this.selectComponent('#one').selectOwnerComponent() === this))
                 } })",
            ),
            (
                "pages/a.json",
                r#"{"usingComponents": {"one": "../parts/one", "two": "../parts/two", "three": "../parts/one"}}"#,
            ),
            (
                "pages/a.wxml",
                "<one id='one' class='row'/><view><two class='row  big'/></view>",
            ),
            (
                "parts/one.js",
                "Component({ methods: { hello() { return 'hello' } } })",
            ),
            (
                "parts/one.json",
                r#"{"usingComponents": {"two": "./two"}}"#,
            ),
            ("parts/one.wxml", "<two class='row'/>"),
            (
                "parts/two.js",
                "Component({ behaviors: ['wx://component-export'], export() { return { name: 'two' } } })",
            ),
        ],
        &[
            "#one parts/one",
            ".row parts/one,two",
            ".row.big two",
            "#one, .big parts/one,two",
            "view > .big two",
            "#one >>> .row two",
            ".none ",
            "two ",
            "#row ",
            "null hello true",
        ],
    );
}

#[test]
fn only_the_code_of_what_is_used_runs_and_when_it_is_used_first() {
    let files = |app: &'static str| {
        [
            ("app.json", app),
            ("app.js", "host.print('app'); App({})"),
            (
                "pages/a.js",
                "host.print('page a'); Page({ onReady() { wx.navigateTo({ url: 'b' }) } })",
            ),
            (
                "pages/a.json",
                r#"{"usingComponents": {"own": "../parts/own"}}"#,
            ),
            ("pages/a.wxml", "<every/>"),
            ("pages/b.js", "host.print('page b'); Page({})"),
            (
                "pages/b.json",
                r#"{"usingComponents": {"late": "../parts/late", "own": "../parts/own"}}"#,
            ),
            ("parts/own.js", "host.print('own'); Component({})"),
            ("parts/every.js", "host.print('every'); Component({})"),
            ("parts/late.js", "host.print('late'); Component({})"),
            ("parts/unused.js", "host.print('unused'); Component({})"),
            ("parts/unnamed.js", "throw new Error('nobody names it')"),
        ]
    };
    // The same without the switch.
    for app in [
        r#"{"pages": ["pages/a", "pages/b"], "lazyCodeLoading": "requiredComponents", "usingComponents": {"every": "/parts/every", "unused": "parts/unused"}}"#,
        r#"{"pages": ["pages/a", "pages/b"], "usingComponents": {"every": "/parts/every", "unused": "parts/unused"}}"#,
    ] {
        prints(
            &files(app),
            &["app", "page a", "own", "every", "page b", "late"],
        );
    }
}
