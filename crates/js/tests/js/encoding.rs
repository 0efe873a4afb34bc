//! How options become a message (J2, J6, R5, R7).

use super::bare::{Bare, posted};

#[test]
fn a_call_carries_its_known_options_and_a_rising_task_number() {
    let bare = Bare::new();
    bare.run("wx.request({ url, method: 'post', timeout: 1500, enableHttp2: true }); wx.request({ url })");
    assert_eq!(
        bare.json("sent.map(({ attachments, ...m }) => m)"),
        r#"[{"type":"call","task":1,"api":"request","options":{"url":"https://api.example.com/","timeout":1500,"enableHttp2":true,"method":"post"}},{"type":"call","task":2,"api":"request","options":{"url":"https://api.example.com/"}}]"#
    );
}

#[test]
fn j2_undefined_null_zero_and_unknown_options_are_not_given() {
    let options = posted(
        "{ url, data: null, header: undefined, method: undefined, dataType: null, timeout: 0, adapter: {}, _x: 1n, [Symbol('s')]: 1 }",
    );
    assert_eq!(options, r#"{"url":"https://api.example.com/"}"#);
}

#[test]
fn t1_a_timeout_that_is_no_positive_number_is_not_given() {
    for timeout in ["-1", "NaN", "Infinity", "'500'", "{}", "null"] {
        assert_eq!(
            posted(&format!("{{ url, timeout: {timeout} }}")),
            r#"{"url":"https://api.example.com/"}"#,
            "{timeout}"
        );
    }
}

#[test]
fn j2_getters_are_read_once_and_the_object_is_left_alone() {
    let bare = Bare::new();
    bare.run(
        "let reads = 0
         class Options { constructor() { this.data = { a: 1 } } get url() { reads++; return url } get success() { reads++ } toJSON() { throw new Error('serialised') } }
         const options = Object.freeze(new Options())
         wx.request(options)",
    );
    assert_eq!(
        bare.json("[reads, sent[0].options, Object.keys(options)]"),
        r#"[2,{"url":"https://api.example.com/","data":{"json":{"a":1}}},["data"]]"#
    );
}

#[test]
fn j2_a_getter_that_throws_counts_as_not_given_and_is_reported() {
    let bare = Bare::new();
    bare.run("wx.request({ url, get method() { throw new Error('no method') } })");
    assert_eq!(
        bare.json("[sent[0].options, reported]"),
        r#"[{"url":"https://api.example.com/"},["no method"]]"#
    );
}

#[test]
fn r7_what_does_not_fit_is_sent_as_the_name_of_its_type() {
    let table = [
        ("{ url: undefined }", r#"{"url":{"$type":"Undefined"}}"#),
        ("{ url: null }", r#"{"url":{"$type":"Null"}}"#),
        ("{ url: 5 }", r#"{"url":{"$type":"Number"}}"#),
        ("{ url: () => 1 }", r#"{"url":{"$type":"Function"}}"#),
        ("{ url: async () => 1 }", r#"{"url":{"$type":"Function"}}"#),
        ("{ url: Symbol('s') }", r#"{"url":{"$type":"Symbol"}}"#),
        (
            "{ url: new ArrayBuffer(1) }",
            r#"{"url":{"$type":"ArrayBuffer"}}"#,
        ),
        (
            "{ url, header: [] }",
            r#"{"url":"https://api.example.com/","header":{"$type":"Array"}}"#,
        ),
        (
            "{ url, header: 'a: b' }",
            r#"{"url":"https://api.example.com/","header":{"$type":"String"}}"#,
        ),
        (
            "{ url, enableHttp2: 1 }",
            r#"{"url":"https://api.example.com/","enableHttp2":{"$type":"Number"}}"#,
        ),
        (
            "{ url, data: () => 1 }",
            r#"{"url":"https://api.example.com/","data":{"$type":"Function"}}"#,
        ),
        ("undefined", r#"{"url":{"$type":"Undefined"}}"#),
        ("'https://a/'", r#"{"url":{"$type":"Undefined"}}"#),
    ];
    for (options, expected) in table {
        assert_eq!(posted(options), expected, "{options}");
    }
}

#[test]
fn r5_data_is_text_json_bytes_or_said_to_be_unserialisable() {
    let table = [
        ("'a=1'", r#"{"text":"a=1"}"#),
        ("''", r#"{"text":""}"#),
        ("{}", r#"{"json":{}}"#),
        ("[1, 'x', null]", r#"{"json":[1,"x",null]}"#),
        ("7", r#"{"json":7}"#),
        ("false", r#"{"json":false}"#),
        (
            "{ at: new Date(0), toJSON() { return { at: 0 } } }",
            r#"{"json":{"at":0}}"#,
        ),
        (
            "(() => { const o = {}; o.o = o; return o })()",
            r#"{"unserialisable":true}"#,
        ),
        ("{ n: 1n }", r#"{"unserialisable":true}"#),
        ("{ toJSON() { } }", r#"{"unserialisable":true}"#),
        ("new ArrayBuffer(3)", r#"{"bytes":0}"#),
        ("new Uint16Array(3)", r#"{"bytes":0}"#),
        ("new DataView(new ArrayBuffer(3), 1)", r#"{"bytes":0}"#),
    ];
    for (data, expected) in table {
        let expected = format!(r#"{{"url":"https://api.example.com/","data":{expected}}}"#);
        assert_eq!(
            posted(&format!("{{ url, data: {data} }}")),
            expected,
            "{data}"
        );
    }
}

#[test]
fn bytes_are_copied_when_the_call_is_made_and_a_view_sends_only_its_own() {
    let bare = Bare::new();
    bare.run("const b = new Uint8Array([1, 2, 3, 4]); wx.request({ url, data: b.subarray(1, 3) }); wx.request({ url, data: new DataView(b.buffer, 3) }); b.fill(9)");
    assert_eq!(bare.json("sent.map((m) => [m.attachments[0] instanceof ArrayBuffer, [...new Uint8Array(m.attachments[0])]])"), "[[true,[2,3]],[true,[4]]]");
}

#[test]
fn j2_an_option_may_make_calls_of_its_own_and_numbers_rise_in_the_order_of_posting() {
    let bare = Bare::new();
    bare.run(
        "wx.request({ url, data: { toJSON() { wx.request({ url: 'toJSON', ...all }); return 1 } }, get method() { wx.request({ url: 'getter', ...all }) }, ...all })
         wx.connectSocket({ url: 'wss://a', protocols: [{ toString() {} }], get header() { wx.request({ url: 'header', ...all }) } })",
    );
    assert_eq!(
        bare.json("sent.map((m) => [m.task, m.options.url])"),
        r#"[[1,"toJSON"],[2,"getter"],[3,"https://api.example.com/"],[4,"header"],[5,"wss://a"]]"#
    );
    bare.run("for (const task of [3, 2, 1]) give(ok(task, { text: '' + task }))");
    assert_eq!(
        bare.json("heard.map(([name, r]) => name + r.data)"),
        r#"["success3","complete3","success2","complete2","success1","complete1"]"#
    );
}

#[test]
fn j2_nothing_that_an_option_holds_makes_a_call_throw() {
    let bare = Bare::new();
    bare.run(
        "const { proxy: gone, revoke } = Proxy.revocable([], {}); revoke()
         const bad = new Proxy({}, new Proxy({}, { get() { throw new Error('trap') } }))
         let deep = []; for (let i = 0; i < 100000; i++) deep = [deep]
         const tag = { get [Symbol.toStringTag]() { throw new Error('tag') } }
         const values = [gone, bad, deep, tag, Symbol('s'), 5n, class {}, new Array(3), { valueOf: null, toString: null }, Object.create(null), new DataView(new ArrayBuffer(2)), new Date(NaN)]
         const thrown = []
         const attempt = (api, options) => { try { wx[api](options) } catch (error) { thrown.push([api, error.message]) } }
         const names = { request: ['url', 'data', 'method', 'header', 'timeout', 'success', 'responseType'], uploadFile: ['filePath', 'formData'], downloadFile: ['filePath'], connectSocket: ['protocols', 'tcpNoDelay'] }
         for (const value of values) for (const api in names) {
           attempt(api, value)
           for (const name of names[api]) attempt(api, { url, [name]: value })
           for (const name of ['header', 'formData']) attempt(api, { url, [name]: { field: value } })
         }
         const socket = wx.connectSocket({ url })
         for (const value of values) { socket.send({ data: value }); socket.send(value); socket.close(value); socket.close({ code: value, reason: value }) }",
    );
    assert_eq!(bare.json("thrown"), "[]");
    assert_eq!(
        bare.json("Object.entries({}).length + sent.filter((m) => m.type === 'call').length === bridge.openTasks() - sent.filter((m) => m.id).length"),
        "true"
    );
}

#[test]
fn headers_are_own_enumerable_values_as_text() {
    let options = posted(
        "{ url, header: Object.assign(Object.create({ inherited: 1 }), { 'X-N': 1, t: true, o: {}, none: null, un: undefined, s: 'ä\"' }) }",
    );
    assert_eq!(
        options,
        r#"{"url":"https://api.example.com/","header":{"X-N":"1","t":"true","o":"[object Object]","s":"ä\""}}"#
    );
    assert_eq!(
        posted("{ url, header: { bad: Object.create(null) } }"),
        r#"{"url":"https://api.example.com/","header":{"bad":{"$type":"Object"}}}"#
    );
}

#[test]
fn lone_surrogates_become_replacement_characters() {
    assert_eq!(
        posted("{ url, data: 'a\\ud800b' }"),
        "{\"url\":\"https://api.example.com/\",\"data\":{\"text\":\"a\u{fffd}b\"}}"
    );
}

/// J2: none of these may make the call throw, and none may go out as something else.
#[test]
fn j2_hostile_objects_in_any_option_of_any_function_throw_nothing() {
    let hostile = [
        "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()",
        "(() => { const { proxy, revoke } = Proxy.revocable(() => {}, {}); revoke(); return proxy })()",
        "(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy })()",
        "new Proxy({}, { ownKeys() { throw new Error('keys') } })",
        "new Proxy({ a: 1 }, { get() { throw new Error('get') } })",
        "new Proxy({}, { ownKeys() { throw { get message() { throw 1 } } } })",
        "({ get [Symbol.toStringTag]() { throw new Error('tag') } })",
        "({ [Symbol.toPrimitive]() { throw new Error('primitive') } })",
        "({ get toJSON() { throw new Error('json') } })",
        "[Symbol('s')]",
        "Object.create(null)",
    ];
    let options = "['url', 'data', 'header', 'method', 'timeout', 'enableHttp2', 'httpDNSTimeout', 'formData', 'filePath', 'name', 'protocols', 'success', 'complete']";
    for value in hostile {
        let bare = Bare::new();
        bare.run(&format!(
            "for (const name of {options}) for (const api of ['request', 'uploadFile', 'downloadFile', 'connectSocket']) wx[api]({{ url, [name]: {value} }})
             for (const api of ['request', 'uploadFile', 'downloadFile', 'connectSocket', 'sendSocketMessage', 'closeSocket', 'getNetworkType', 'getRandomValues']) wx[api]({value})
             const task = wx.connectSocket({{ url }}); task.send({{ data: {value} }}); task.send({value}); task.close({{ reason: {value}, code: {value} }}); task.close({value})
             wx.getRandomValues({{ length: {value}, ...all }}); wx.canIUse({value})
             bridge.report = (error) => {{ throw error }}; wx.request({{ get url() {{ throw 1 }} }})"
        ));
        assert_eq!(
            bare.json("sent.filter((m) => m.type === 'call').length"),
            "58",
            "{value}"
        );
    }
}

/// R5: a buffer that was given away holds nothing: that is an error of the program, and no `{}` goes out in its place.
#[test]
fn r5_a_detached_buffer_is_said_to_be_one() {
    let bare = Bare::new();
    bare.run(
        "const gone = new ArrayBuffer(3), view = new Uint8Array(gone), data = new DataView(gone); gone.transfer()
         for (const data of [gone, view]) wx.request({ url, data })
         const task = wx.connectSocket({ url }); task.send({ data: gone })
         wx.request({ url, data: new ArrayBuffer(0) })",
    );
    assert_eq!(
        bare.json("sent.map((m) => m.data || m.options.data)"),
        r#"[{"$type":"detached ArrayBuffer"},{"$type":"detached ArrayBuffer"},null,{"$type":"detached ArrayBuffer"},{"bytes":0}]"#
    );
}

#[test]
fn can_i_use_knows_what_is_built() {
    let bare = Bare::new();
    for yes in [
        "request",
        "request.object.timeout",
        "request.object.success",
        "request.success.cookies",
        "request.return.RequestTask",
        "RequestTask",
        "RequestTask.abort",
        "RequestTask.onHeadersReceived",
        "RequestTask.offChunkReceived",
        "request.object.enableChunked",
        "request.object.enableQuic",
        "request.object.httpDNSTimeout",
        "downloadFile.object.enableQuic",
        "uploadFile.object.formData",
        "UploadTask.onProgressUpdate",
        "downloadFile.success.tempFilePath",
        "downloadFile.return.DownloadTask",
        "DownloadTask.offHeadersReceived",
        "canIUse",
        "request.object.method.GET",
        "request.object.responseType.arraybuffer",
        "request.success.profile.rtt",
        "request.success.exception.retryCount",
        "request.fail.errno",
        "getNetworkType.success.weakNet",
        "onNetworkWeakChange.callback.weakNet",
        "getRandomValues.object.length",
    ] {
        assert_eq!(bare.json(&format!("wx.canIUse('{yes}')")), "true", "{yes}");
    }
    for no in [
        "",
        "createUDPSocket",
        "request.object.colour",
        "uploadFile.object.data",
        "RequestTask.onProgressUpdate",
        "DownloadTask.onChunkReceived",
        "toString",
        "RequestTask.then",
        "request.object.method.CONNECT",
        "request.object.method.toString",
        "request.object.url.GET",
        "request.object.timeout.more.still",
        "request.success.statusCode.more",
        "request.success.profile.colour",
        "request.success.profile.rtt.more",
        "request.return.RequestTask.abort",
        "uploadFile.object.name.GET",
        "RequestTask.abort.more",
        "sendSocketMessage.object.data.more",
        "closeSocket.object.colour",
        "onSocketOpen.callback.colour",
        "getNetworkType.success.colour",
        "getNetworkType.object.length",
        "getRandomValues.success.randomValues.more",
        "onNetworkStatusChange.callback.weakNet",
        "onNetworkStatusChange.success",
        "canIUse.object",
        "canIUse.object.schema",
    ] {
        assert_eq!(bare.json(&format!("wx.canIUse('{no}')")), "false", "{no}");
    }
}
