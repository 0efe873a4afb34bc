//! `wx.connectSocket`: what goes out, what a SocketTask says and hears (W1-W4, J3, J4, J10, P8).

use super::bare::Bare;

/// A program with a socket `s` of task 1 whose listeners note what they hear, and helpers for the port's events.
fn socket() -> Bare {
    let bare = Bare::new();
    bare.run(
        "const s = wx.connectSocket({ url: 'wss://a.example', ...all })
         for (const event of ['Open', 'Message', 'Error', 'Close']) s[`on${event}`](note(event))
         const accepted = (task) => give({ type: 'success', task, result: { errMsg: 'connectSocket:ok' } })
         const opened = (task) => give({ type: 'open', task, header: { A: '1' }, profile: { port: 443 } })
         const said = (task, text) => give({ type: 'message', task, data: { text } })
         const broke = (task) => give({ type: 'socketError', task, errMsg: 'connectSocket:fail connection refused', errno: 600001 })
         const closed = (task, code, reason) => give({ type: 'close', task, code, reason })
         const did = (task, id, errMsg) => give({ type: 'done', task, id, ok: errMsg.endsWith(':ok'), result: errMsg.endsWith(':ok') ? { errMsg } : { errMsg, errno: 1 } })
         const names = () => heard.splice(0).map(([name, { errMsg }]) => errMsg ? name + ' ' + errMsg : name)",
    );
    bare
}

fn open_socket() -> Bare {
    let bare = socket();
    bare.run("accepted(1); opened(1); heard.splice(0)");
    bare
}

#[test]
fn w4_a_socket_carries_its_options_and_no_others() {
    let bare = Bare::new();
    bare.run(
        "wx.connectSocket({ url, protocols: undefined, header: null, timeout: 0, method: 'GET' })
         wx.connectSocket({ url, header: { A: 1 }, protocols: ['mqtt', 'x'], tcpNoDelay: true, perMessageDeflate: false, timeout: 9, forceCellularNetwork: true })
         wx.connectSocket({ protocols: 5, tcpNoDelay: 1 }); wx.connectSocket({ url, protocols: 'mqtt' }); wx.connectSocket({ url, protocols: ['a', 5, undefined] })",
    );
    assert_eq!(
        bare.json("sent.map((m) => [m.type, m.api, m.options])"),
        r#"[["call","connectSocket",{"url":"https://api.example.com/"}],["call","connectSocket",{"url":"https://api.example.com/","header":{"A":"1"},"timeout":9,"protocols":["mqtt","x"],"tcpNoDelay":true,"perMessageDeflate":false,"forceCellularNetwork":true}],["call","connectSocket",{"url":{"$type":"Undefined"},"protocols":{"$type":"Number"},"tcpNoDelay":{"$type":"Number"}}],["call","connectSocket",{"url":"https://api.example.com/","protocols":"mqtt"}],["call","connectSocket",{"url":"https://api.example.com/","protocols":["a",{"$type":"Number"},{"$type":"Undefined"}]}]]"#
    );
}

#[test]
fn j3_a_socket_task_has_all_its_members_at_once_and_is_the_programs_to_change() {
    let bare = Bare::new();
    bare.run("const t = wx.connectSocket(); t.mine = 1; t.send = 2; t.readyState = 'x'");
    assert_eq!(
        bare.json("[Object.keys(t).join(), Object.getPrototypeOf(t) === Object.prototype, t.send, t.readyState, [t.CONNECTING, t.OPEN, t.CLOSING, t.CLOSED]]"),
        r#"["send,close,onOpen,offOpen,onMessage,offMessage,onError,offError,onClose,offClose,CONNECTING,OPEN,CLOSING,CLOSED,readyState,mine",true,2,"x",[0,1,2,3]]"#
    );
}

#[test]
fn w1_success_comes_after_the_return_and_before_open() {
    let bare = socket();
    bare.run("const early = heard.length; accepted(1); const between = s.readyState; opened(1)");
    assert_eq!(
        bare.json("[early, between, heard]"),
        r#"[0,0,[["success",{"errMsg":"connectSocket:ok"}],["complete",{"errMsg":"connectSocket:ok"}],["Open",{"header":{"A":"1"},"profile":{"port":443}}]]]"#
    );
}

#[test]
fn w5_the_ready_state_is_what_a_listener_is_told() {
    let bare = socket();
    bare.run(
        "const states = [s.readyState]; s.onOpen(() => states.push(s.readyState)); s.onClose(() => states.push(s.readyState))
         accepted(1); opened(1); s.close(); states.push(s.readyState); did(1, 1, 'SocketTask.close:ok'); states.push(s.readyState); closed(1, 1000, '')",
    );
    assert_eq!(bare.json("[states, bridge.openTasks()]"), "[[0,1,2,2,3],0]");
}

#[test]
fn w1_a_connection_that_fails_is_an_error_and_then_a_close() {
    let bare = socket();
    bare.run("accepted(1); heard.splice(0); broke(1); closed(1, 1006, 'connection refused'); closed(1, 1000, ''); broke(1)");
    assert_eq!(
        bare.json("[heard, s.readyState, bridge.openTasks()]"),
        r#"[[["Error",{"errMsg":"connectSocket:fail connection refused","errno":600001}],["Close",{"code":1006,"reason":"connection refused"}]],3,0]"#
    );
}

#[test]
fn c3_a_refused_socket_fails_and_no_listener_hears_of_it() {
    let bare = socket();
    bare.run("give({ type: 'fail', task: 1, result: { errMsg: 'connectSocket:fail reach max websocket connect count 5', errno: 1 } })");
    assert_eq!(
        bare.json("[names(), s.readyState, bridge.openTasks()]"),
        r#"[["fail connectSocket:fail reach max websocket connect count 5","complete connectSocket:fail reach max websocket connect count 5"],3,0]"#
    );
}

#[test]
fn j10_text_is_a_string_and_bytes_are_an_array_buffer_in_order() {
    let bare = open_socket();
    bare.run("said(1, 'a\\u0000好'); give({ type: 'message', task: 1, data: { bytes: 0 } }, new Uint8Array([7]).buffer); said(1, '')");
    assert_eq!(
        bare.json("heard.map(([name, { data }]) => [name, data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data])"),
        r#"[["Message","a\u0000好"],["Message",[7]],["Message",""]]"#
    );
}

#[test]
fn j3_several_listeners_hear_an_event_and_one_that_throws_disturbs_none() {
    let bare = open_socket();
    bare.run(
        "const { onMessage, offMessage } = s, a = note('a')
         onMessage(() => { throw new Error('mine') }); onMessage(a); onMessage(a); onMessage(null); onMessage(note('b')); offMessage(a)
         onMessage(() => offMessage()); said(1, 'x'); said(1, 'y')",
    );
    assert_eq!(
        bare.json("[names(), reported]"),
        r#"[["Message","a","b"],["mine"]]"#
    );
}

#[test]
fn w2_send_posts_text_and_a_copy_of_the_bytes_without_using_this() {
    let bare = open_socket();
    bare.run(
        "const { send } = s, bytes = new Uint8Array([1, 2, 3])
         send({ data: '好\\ud800' }); send({ data: bytes.subarray(1) }); send({ data: bytes.buffer }); send({ data: new DataView(bytes.buffer, 2) }); bytes[2] = 9",
    );
    assert_eq!(
        bare.json("sent.slice(1).map(({ attachments, ...m }) => [m, ...attachments.map((b) => [...new Uint8Array(b)])])"),
        "[[{\"type\":\"send\",\"task\":1,\"id\":1,\"data\":{\"text\":\"好\u{fffd}\"}}],[{\"type\":\"send\",\"task\":1,\"id\":2,\"data\":{\"bytes\":0}},[2,3]],[{\"type\":\"send\",\"task\":1,\"id\":3,\"data\":{\"bytes\":0}},[1,2,3]],[{\"type\":\"send\",\"task\":1,\"id\":4,\"data\":{\"bytes\":0}},[3]]]"
    );
}

#[test]
fn w2_what_is_neither_text_nor_bytes_is_sent_as_the_name_of_its_type() {
    let bare = open_socket();
    bare.run(
        "s.send(); s.send({}); s.send({ data: null }); s.send({ data: 5 }); s.send({ data: { byteLength: 1 } }); s.send({ data: new String('x') }); s.send('x')",
    );
    assert_eq!(
        bare.json("sent.slice(1).map((m) => m.data.$type)"),
        r#"["Undefined","Undefined","Null","Number","Object","String","Undefined"]"#
    );
}

#[test]
fn w2_each_send_is_answered_once_in_its_own_callbacks() {
    let bare = open_socket();
    bare.run(
        "const cb = (n) => ({ success: note('ok' + n), fail: note('no' + n), complete: note('end' + n) })
         s.send({ data: '1', ...cb(1) }); s.send({ data: '2', ...cb(2) }); const early = heard.length, waiting = bridge.openTasks()
         did(1, 2, 'SocketTask.send:fail SocketTask.readyState is not OPEN'); did(1, 1, 'SocketTask.send:ok'); did(1, 1, 'SocketTask.send:ok'); did(1, 9, 'SocketTask.send:ok')",
    );
    assert_eq!(
        bare.json("[early, waiting, heard, heard[0][1] === heard[1][1], bridge.openTasks()]"),
        r#"[0,3,[["no2",{"errMsg":"SocketTask.send:fail SocketTask.readyState is not OPEN","errno":1}],["end2",{"errMsg":"SocketTask.send:fail SocketTask.readyState is not OPEN","errno":1}],["ok1",{"errMsg":"SocketTask.send:ok"}],["end1",{"errMsg":"SocketTask.send:ok"}]],true,1]"#
    );
}

#[test]
fn j4_a_send_that_the_port_refuses_at_once_fails_after_the_call() {
    let bare = open_socket();
    bare.run(
        "answer = { json: JSON.stringify({ type: 'done', task: 1, id: 1, ok: false, result: { errMsg: 'SocketTask.send:fail exceed max task count', errno: 600007 } }), attachments: [] }
         s.send({ data: 'x', ...all }); const early = heard.length",
    );
    assert_eq!(
        bare.json("[early, names(), bridge.openTasks()]"),
        r#"[0,["fail SocketTask.send:fail exceed max task count","complete SocketTask.send:fail exceed max task count"],1]"#
    );
}

#[test]
fn w2_a_send_before_the_program_has_heard_open_names_no_socket() {
    let bare = socket();
    bare.run(
        "s.send({ data: 'early' }); wx.sendSocketMessage({ data: 'early' }); accepted(1); s.send({ data: 'early' }); opened(1)
         s.send({ data: 'open' }); wx.sendSocketMessage({ data: 'open' })",
    );
    assert_eq!(
        bare.json("sent.slice(1).map(({ task, data }) => [task, data.text])"),
        r#"[[2,"early"],[3,"early"],[4,"early"],[1,"open"],[1,"open"]]"#
    );
}

#[test]
fn w2_a_send_after_the_end_is_the_ports_to_refuse() {
    let bare = open_socket();
    bare.run("closed(1, 1000, ''); heard.splice(0); s.send({ data: 'x', ...all }); did(1, 1, 'SocketTask.send:fail SocketTask.readyState is not OPEN')");
    assert_eq!(
        bare.json("[sent.length, names(), bridge.openTasks()]"),
        r#"[2,["fail SocketTask.send:fail SocketTask.readyState is not OPEN","complete SocketTask.send:fail SocketTask.readyState is not OPEN"],0]"#
    );
}

#[test]
fn j10_every_way_to_say_close_goes_out() {
    let calls = [
        ("", "{}"),
        ("{}", "{}"),
        ("null", "{}"),
        ("{ code: undefined, reason: null }", "{}"),
        ("1000, 'x'", r#"{"code":1000,"reason":"x"}"#),
        (
            "{ code: 4001.5, reason: '好' }",
            r#"{"code":4001.5,"reason":"好"}"#,
        ),
        ("{ code: NaN }", r#"{"code":0}"#),
        (
            "'1000', 5",
            r#"{"code":{"$type":"String"},"reason":{"$type":"Number"}}"#,
        ),
    ];
    for (arguments, expected) in calls {
        let bare = open_socket();
        bare.run(&format!("const {{ close }} = s; close({arguments})"));
        assert_eq!(
            bare.json("(({ type, task, id, attachments, ...rest }) => [type, task, id].join() === 'closeSocket,1,1' ? rest : type)(sent[1])"),
            expected,
            "{arguments}"
        );
    }
}

#[test]
fn j10_ones_own_close_is_answered_and_followed_by_on_close() {
    let bare = open_socket();
    bare.run("s.close({ code: 3001, reason: 'r', ...all }); did(1, 1, 'SocketTask.close:ok'); closed(1, 3001, 'r')");
    assert_eq!(
        bare.json("heard"),
        r#"[["success",{"errMsg":"SocketTask.close:ok"}],["complete",{"errMsg":"SocketTask.close:ok"}],["Close",{"code":3001,"reason":"r"}]]"#
    );
}

#[test]
fn w3_a_close_that_is_refused_leaves_the_socket_as_it_was() {
    let bare = open_socket();
    bare.run("s.close({ code: 1001, ...all }); const during = s.readyState; did(1, 1, 'SocketTask.close:fail invalid code')");
    assert_eq!(
        bare.json("[during, s.readyState, names()]"),
        r#"[2,1,["fail SocketTask.close:fail invalid code","complete SocketTask.close:fail invalid code"]]"#
    );
}

#[test]
fn j10_a_second_close_fails_and_the_socket_goes_on_closing() {
    let bare = open_socket();
    bare.run("s.close(); s.close(all); did(1, 1, 'SocketTask.close:ok'); did(1, 2, 'SocketTask.close:fail SocketTask.readyState is not OPEN')");
    assert_eq!(
        bare.json("[s.readyState, heard[0][0], heard.length]"),
        r#"[2,"fail",2]"#
    );
}

#[test]
fn a_late_listener_still_gets_the_end_once_and_an_object_of_its_own() {
    let bare = socket();
    bare.run("accepted(1); broke(1); closed(1, 1006, 'r'); heard.splice(0); s.onError(note('late error')); s.onClose(note('late close')); s.onOpen(note('late open')); const early = heard.length");
    assert_eq!(
        bare.json("[early, heard]"),
        r#"[0,[["late error",{"errMsg":"connectSocket:fail connection refused","errno":600001}],["late close",{"code":1006,"reason":"r"}]]]"#
    );
    bare.run("heard[1][1].code = 0; s.onClose(({ code }) => heard.push(code))");
    assert_eq!(bare.json("heard[2]"), "1006");
}

#[test]
fn a_listener_added_inside_another_hears_the_end_once() {
    let bare = open_socket();
    bare.run("s.onClose(() => s.onClose(note('inner'))); closed(1, 1000, '')");
    assert_eq!(bare.json("names()"), r#"["Close","inner"]"#);
}

#[test]
fn p8_a_socket_whose_event_cannot_be_parsed_ends_with_all_that_waits() {
    let bare = open_socket();
    bare.run("s.send({ data: 'x', ...all }); bridge.receive('{\"type\":\"message\",\"task\":1,\"data\":{', []); closed(1, 1000, ''); did(1, 1, 'SocketTask.send:ok')");
    assert_eq!(
        bare.json("[heard.map(([name, r]) => [name, r.errMsg || r.code]), s.readyState, sent[2].type, bridge.openTasks()]"),
        r#"[[["fail","SocketTask.send:fail network logic error"],["complete","SocketTask.send:fail network logic error"],["Error","connectSocket:fail network logic error"],["Close",1006]],3,"closeSocket",0]"#
    );
}

#[test]
fn p8_a_bridge_that_throws_fails_the_send_alone_and_the_call_before_it_is_accepted() {
    let bare = open_socket();
    bare.run("bridge.post = () => { throw new Error('broken') }; s.send({ data: 'x', ...all }); wx.connectSocket({ url, ...all })");
    assert_eq!(
        bare.json("[names(), s.readyState, bridge.openTasks()]"),
        r#"[["fail SocketTask.send:fail network logic error","complete SocketTask.send:fail network logic error","fail connectSocket:fail network logic error","complete connectSocket:fail network logic error"],1,1]"#
    );
}

#[test]
fn p8_what_the_port_could_not_read_ends_the_socket_it_named() {
    let bare = open_socket();
    bare.run("give({ type: 'error', task: 1, field: 'id', expected: 'Number', message: 'id is too small' })");
    assert_eq!(
        bare.json("[names(), heard.length, bridge.openTasks()]"),
        r#"[["Error connectSocket:fail id is too small","Close"],0,0]"#
    );
}

#[test]
fn can_i_use_knows_sockets() {
    let bare = Bare::new();
    let known = [
        "connectSocket",
        "connectSocket.object.perMessageDeflate",
        "connectSocket.object.forceCellularNetwork",
        "connectSocket.return.SocketTask",
        "SocketTask.send",
        "SocketTask.onMessage",
        "SocketTask.readyState",
        "onSocketMessage",
        "onSocketMessage.callback.data",
        "sendSocketMessage.object.data",
        "closeSocket.object.reason",
        "closeSocket.success.errMsg",
    ];
    let unknown = [
        "connectSocket.object.colour",
        "SocketTask.abort",
        "onSocketMessage.callback.code",
        "onSocketOpen.object",
        "sendSocketMessage.object.code",
        "closeSocket.callback",
    ];
    let answers = |names: &[&str]| bare.json(&format!("{names:?}.filter((n) => wx.canIUse(n))"));
    assert_eq!(answers(&known), bare.json(&format!("{known:?}")));
    assert_eq!(answers(&unknown), "[]");
    bare.run("wx.sendSocketMessage({ data: 'x' })");
    assert_eq!(
        bare.json("[sent.length, bridge.openTasks()]"),
        "[1,1]",
        "asking about SocketTask makes none"
    );
}

#[test]
fn a_program_that_overwrites_the_builtins_does_not_break_its_sockets() {
    let bare = open_socket();
    bare.run(
        "const stringify = JSON.stringify, keep = String
         JSON.parse = JSON.stringify = Object.keys = Object.defineProperty = () => { throw new Error('patched') }
         Array.prototype[Symbol.iterator] = String.prototype.split = String.prototype.slice = Array.prototype.push = Function.prototype.call = () => { throw new Error('patched') }
         bridge.post = (json) => { sent[sent.length] = json }
         const outcome = [], event = (json) => bridge.receive(json, [])
         const t = wx.connectSocket({ url, protocols: ['a'], success() { outcome[0] = 1 } })
         t.onOpen(() => t.send({ data: 'x', success() { outcome[1] = 2 } })); t.onClose(() => { outcome[2] = t.readyState })
         event('{\"type\":\"success\",\"task\":2,\"result\":{\"errMsg\":\"connectSocket:ok\"}}'); event('{\"type\":\"open\",\"task\":2,\"header\":{}}')
         event('{\"type\":\"done\",\"task\":2,\"id\":1,\"ok\":true,\"result\":{\"errMsg\":\"SocketTask.send:ok\"}}')
         wx.closeSocket({ success(r) { outcome[3] = r.errMsg } })
         event('{\"type\":\"done\",\"task\":1,\"id\":2,\"ok\":true,\"result\":{\"errMsg\":\"SocketTask.close:ok\"}}')
         event('{\"type\":\"done\",\"task\":2,\"id\":3,\"ok\":true,\"result\":{\"errMsg\":\"SocketTask.close:ok\"}}')
         event('{\"type\":\"close\",\"task\":2,\"code\":1000,\"reason\":\"\"}')",
    );
    bare.run("JSON.stringify = stringify");
    assert_eq!(
        bare.json("[outcome, reported.length]"),
        r#"[[1,2,3,"closeSocket:ok"],0]"#
    );
}
