//! What a task does for a program (J1, J3–J5, P7, P8).

use super::bare::Bare;

#[test]
fn j1_wx_is_a_plain_object_of_functions_that_need_no_this() {
    let bare = Bare::new();
    bare.run("const { request } = wx; const task = request({ url }); wx.request = 5; wx.mine = 1");
    assert_eq!(bare.json("[sent.length, Object.getPrototypeOf(wx) === Object.prototype, Object.keys(wx), wx.request]"), r#"[1,true,["request","uploadFile","downloadFile","connectSocket","onSocketOpen","onSocketMessage","onSocketError","onSocketClose","sendSocketMessage","closeSocket","getNetworkType","onNetworkStatusChange","offNetworkStatusChange","onNetworkWeakChange","offNetworkWeakChange","getLocalIPAddress","getRandomValues","canIUse","mine"],5]"#);
}

#[test]
fn j3_a_task_has_all_its_methods_at_once_whatever_the_options() {
    let bare = Bare::new();
    bare.run("const tasks = [wx.request(), wx.request(null), wx.request({ url: 5 }), wx.request({ url })]; tasks[0].then = 1; tasks[0].abort = 2");
    assert_eq!(
        bare.json("tasks.slice(1).map((t) => Object.entries(t).every(([, f]) => typeof f === 'function') && Object.keys(t).join())"),
        format!("[{}]", [r#""abort,onHeadersReceived,offHeadersReceived,onChunkReceived,offChunkReceived""#; 3].join(","))
    );
}

#[test]
fn p7_success_then_complete_get_the_same_fresh_object() {
    let bare = Bare::new();
    bare.run("wx.request({ url, ...all }); const first = heard.length; give(ok(1, { json: { a: [1] } }))");
    assert_eq!(
        bare.json("[first, heard[0], heard[1][0], heard[0][1] === heard[1][1], Object.isExtensible(heard[0][1])]"),
        r#"[0,["success",{"data":{"a":[1]},"statusCode":200,"header":{},"cookies":[],"errMsg":"request:ok"}],"complete",true,true]"#
    );
}

#[test]
fn j7_text_is_a_string_and_bytes_are_an_array_buffer_of_the_engine() {
    let bare = Bare::new();
    bare.run("wx.request({ url, ...all }); wx.request({ url, ...all }); give(ok(2, { text: 'x' })); give(ok(1, { bytes: 0 }), new Uint8Array([7]).buffer)");
    assert_eq!(bare.json("[heard[0][1].data, heard[2][1].data instanceof ArrayBuffer, new Uint8Array(heard[2][1].data)[0]]"), r#"["x",true,7]"#);
}

#[test]
fn j4_a_refused_message_fails_after_the_call_and_after_a_microtask() {
    let bare = Bare::new();
    bare.run(
        "answer = { json: '{\"type\":\"fail\",\"task\":1,\"result\":{\"errMsg\":\"request:fail exceed max task count\",\"errno\":600007}}', attachments: [] }
         const order = []
         wx.request({ url, fail: () => order.push('fail'), complete: () => order.push('complete') })
         order.push('returned'); Promise.resolve().then(() => order.push('microtask'))",
    );
    assert_eq!(
        bare.json("[order, bridge.openTasks()]"),
        r#"[["returned","microtask","fail","complete"],0]"#
    );
}

#[test]
fn p8_a_bridge_that_throws_still_ends_the_task() {
    let bare = Bare::new();
    bare.run("bridge.post = () => { throw new Error('broken') }; wx.request({ url, ...all })");
    assert_eq!(
        bare.json("[heard[0], heard.length, reported]"),
        r#"[["fail",{"errMsg":"request:fail network logic error","errno":600004}],2,["broken"]]"#
    );
}

#[test]
fn j4_a_callback_that_throws_is_reported_and_disturbs_nothing() {
    let bare = Bare::new();
    bare.run("const bad = () => { throw new Error('mine') }; wx.request({ url, success: bad, complete: note('complete') }); wx.request({ url, ...all }); give(ok(1, { text: '' })); give(ok(2, { text: '' }))");
    assert_eq!(
        bare.json("[heard.map(([name]) => name), reported]"),
        r#"[["complete","success","complete"],["mine"]]"#
    );
}

#[test]
fn p8_a_task_ends_once_and_hears_nothing_after_it() {
    let bare = Bare::new();
    bare.run("const task = wx.request({ url, ...all }); task.onHeadersReceived(note('headers')); give(ok(1, { text: '' })); give(ok(1, { text: '' }))");
    bare.run("give({ type: 'headersReceived', task: 1, header: {} }); give({ type: 'fail', task: 1, result: {} }); task.abort()");
    assert_eq!(
        bare.json("[heard.map(([name]) => name), sent.length, bridge.openTasks()]"),
        r#"[["success","complete"],1,0]"#
    );
}

#[test]
fn j5_abort_fails_once_whatever_was_on_its_way() {
    let bare = Bare::new();
    bare.run("const { abort } = wx.request({ url, ...all }); abort(); abort(); const early = heard.length; give(ok(1, { text: '' }))");
    bare.run("give({ type: 'fail', task: 1, result: { errMsg: 'request:fail abort' } })");
    assert_eq!(
        bare.json("[early, heard, sent[1], sent.length]"),
        r#"[0,[["fail",{"errMsg":"request:fail abort"}],["complete",{"errMsg":"request:fail abort"}]],{"type":"abort","task":1,"attachments":[]},2]"#
    );
}

#[test]
fn j5_abort_inside_a_listener_silences_the_other_listeners() {
    let bare = Bare::new();
    bare.run("const task = wx.request({ url, ...all }); task.onHeadersReceived(() => task.abort()); task.onHeadersReceived(note('headers')); give({ type: 'headersReceived', task: 1, header: {} })");
    assert_eq!(
        bare.json("heard.map(([name]) => name)"),
        r#"["fail","complete"]"#
    );
}

#[test]
fn j3_listeners_come_and_go_and_one_added_a_microtask_late_misses_nothing() {
    let bare = Bare::new();
    bare.run(
        "const task = wx.request({ url, ...all }); const a = note('a'), b = note('b')
         task.onHeadersReceived(a); task.onHeadersReceived(a); task.onHeadersReceived(b); task.offHeadersReceived(a); task.onHeadersReceived(undefined)
         Promise.resolve().then(() => task.onHeadersReceived(note('late')))",
    );
    bare.run("give({ type: 'headersReceived', task: 1, statusCode: 201, header: { A: '1' }, cookies: ['c'] }); task.offHeadersReceived(); give({ type: 'headersReceived', task: 1, header: {} })");
    assert_eq!(
        bare.json("[heard.map(([name]) => name), heard[0][1]]"),
        r#"[["a","b","late"],{"statusCode":201,"header":{"A":"1"},"cookies":["c"]}]"#
    );
}

#[test]
fn p8_a_call_that_the_port_could_not_read_fails() {
    let bare = Bare::new();
    bare.run("wx.request({ url, ...all }); give({ type: 'error', task: 1, field: 'task', expected: 'Number', message: 'task is too small' })");
    assert_eq!(
        bare.json("[heard[0], bridge.openTasks()]"),
        r#"[["fail",{"errMsg":"request:fail task is too small"}],0]"#
    );
}

#[test]
fn p8_an_event_that_cannot_be_parsed_still_ends_its_task() {
    let bare = Bare::new();
    bare.run("wx.request({ url, ...all }); bridge.receive('{\"type\":\"success\",\"task\":1,\"result\":{', [])");
    assert_eq!(
        bare.json("heard[0]"),
        r#"["fail",{"errMsg":"request:fail network logic error","errno":600004}]"#
    );
}

#[test]
fn a_program_that_overwrites_the_builtins_does_not_break_the_shim() {
    let bare = Bare::new();
    bare.run(
        "const parse = JSON.parse, stringify = JSON.stringify, promise = Promise
         JSON.parse = JSON.stringify = () => { throw new Error('patched') }
         Promise.prototype.then = Map.prototype.get = Array.prototype.push = Array.prototype[Symbol.iterator] = String.prototype.slice = Function.prototype.call = () => { throw new Error('patched') }
         globalThis.Promise = globalThis.Reflect = globalThis.String = undefined; Object.keys = undefined
         bridge.post = (json) => { sent[sent.length] = json }
         const outcome = []
         const task = wx.request({ url, data: { a: [1] }, header: { a: 1 }, success(r) { outcome[0] = r.data }, complete() { outcome[1] = 1 } })
         task.onHeadersReceived(() => { outcome[2] = 2 })
         bridge.receive('{\"type\":\"headersReceived\",\"task\":1,\"header\":{}}', [])
         bridge.receive('{\"type\":\"success\",\"task\":1,\"result\":{\"data\":{\"text\":\"t\"}}}', [])
         wx.request({ url, fail(r) { outcome[3] = r.errMsg } }).abort()",
    );
    bare.run("JSON.stringify = stringify; globalThis.String = (x) => x");
    assert_eq!(
        bare.json("[outcome, sent.length]"),
        r#"[["t",1,2,"request:fail abort"],3]"#
    );
}

#[test]
fn headers_that_nobody_listens_for_are_not_even_read() {
    let unreadable = r#"{\"type\":\"headersReceived\",\"task\":1,\"header\":x"#;
    for (listener, heard) in [
        ("", r#"[["success",{"data":1}],["complete",{"data":1}]]"#),
        (
            "task.onHeadersReceived(note('headers'));",
            r#"[["fail",{"errMsg":"request:fail network logic error","errno":600004}],["complete",{"errMsg":"request:fail network logic error","errno":600004}]]"#,
        ),
    ] {
        let bare = Bare::new();
        bare.run(&format!(
            "const task = wx.request({{ url, ...all }}); {listener} bridge.receive(\"{unreadable}\", [])
             give({{ type: 'success', task: 1, result: {{ data: {{ json: 1 }} }} }})"
        ));
        assert_eq!(bare.json("heard"), heard);
    }
}
