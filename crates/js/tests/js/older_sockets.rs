//! The functions for a socket that name no task (W5).

use super::bare::Bare;

/// A program that has registered for all four events, and helpers for the port's events.
fn registered() -> Bare {
    let bare = Bare::new();
    bare.run(
        "for (const event of ['Open', 'Message', 'Error', 'Close']) { const on = wx[`onSocket${event}`]; on(note(event)) }
         const ready = (task) => { give({ type: 'success', task, result: { errMsg: 'connectSocket:ok' } }); give({ type: 'open', task, header: {} }) }
         const said = (task, text) => give({ type: 'message', task, data: { text } })
         const closed = (task, code) => give({ type: 'close', task, code, reason: '' })
         const did = (task, id, errMsg) => give({ type: 'done', task, id, ok: errMsg.endsWith(':ok'), result: { errMsg } })
         const words = () => heard.splice(0).map(([name, r]) => [name, r.data, r.code, r.errMsg].filter((v) => v !== undefined).join(' '))",
    );
    bare
}

#[test]
fn w5_listeners_may_be_there_before_the_socket() {
    let bare = registered();
    bare.run("wx.connectSocket({ url }); ready(1); said(1, 'a'); give({ type: 'socketError', task: 1, errMsg: 'e' }); closed(1, 1006)");
    assert_eq!(
        bare.json("words()"),
        r#"["Open","Message a","Error e","Close 1006"]"#
    );
}

#[test]
fn w5_one_slot_an_event_beside_the_listeners_of_the_task() {
    let bare = registered();
    bare.run("wx.onSocketMessage(note('second')); wx.onSocketMessage(undefined); wx.connectSocket({ url }).onMessage(note('task')); ready(1); said(1, 'a')");
    assert_eq!(bare.json("words()"), r#"["Open","task a","second a"]"#);
}

#[test]
fn w5_they_bind_to_the_first_socket_and_to_a_later_one_only_once_that_is_closed() {
    let bare = registered();
    bare.run("wx.connectSocket({ url }); wx.connectSocket({ url }); ready(1); ready(2); said(2, 'second'); said(1, 'first')");
    assert_eq!(bare.json("words()"), r#"["Open","Message first"]"#);
    bare.run("closed(1, 1000); said(2, 'second'); wx.connectSocket({ url }); ready(3); said(3, 'third'); said(2, 'second')");
    assert_eq!(
        bare.json("words()"),
        r#"["Close 1000","Open","Message third"]"#
    );
}

#[test]
fn w5_a_socket_made_inside_the_close_of_the_first_is_bound_and_hears_no_close_of_it() {
    let bare = registered();
    bare.run("wx.connectSocket({ url }).onClose(() => wx.connectSocket({ url })); ready(1); words(); closed(1, 1000); ready(2)");
    assert_eq!(bare.json("words()"), r#"["Close 1000","Open"]"#);
}

#[test]
fn w5_a_refused_socket_leaves_the_place_to_the_next() {
    let bare = registered();
    bare.run("wx.connectSocket({ url }); give({ type: 'fail', task: 1, result: { errMsg: 'connectSocket:fail interrupted' } }); wx.connectSocket({ url }); ready(2)");
    assert_eq!(bare.json("words()"), r#"["Open"]"#);
}

#[test]
fn w5_what_is_registered_after_the_end_is_for_the_next_socket() {
    let bare = registered();
    bare.run("wx.connectSocket({ url }); ready(1); closed(1, 1000); words(); wx.onSocketClose(note('again'))");
    assert_eq!(bare.json("words()"), "[]");
}

#[test]
fn w5_send_socket_message_goes_to_the_bound_socket_and_answers_in_its_own_name() {
    let bare = registered();
    bare.run("wx.connectSocket({ url }); wx.connectSocket({ url }); ready(2); ready(1); words(); wx.sendSocketMessage({ data: 'x', ...all }); did(1, 1, 'SocketTask.send:ok')");
    assert_eq!(
        bare.json("[sent[2].task, sent[2].data, words()]"),
        r#"[1,{"text":"x"},["success sendSocketMessage:ok","complete sendSocketMessage:ok"]]"#
    );
}

#[test]
fn w5_without_a_socket_the_port_is_asked_about_one_that_never_was() {
    let bare = registered();
    bare.run("wx.sendSocketMessage({ data: 'x', ...all }); wx.closeSocket(all); const early = heard.length");
    bare.run("did(1, 1, 'SocketTask.send:fail SocketTask.readyState is not OPEN'); did(2, 2, 'SocketTask.close:fail SocketTask.readyState is not OPEN')");
    assert_eq!(
        bare.json("[early, sent.map(({ type, task, id }) => [type, task, id].join()), words(), bridge.openTasks()]"),
        r#"[0,["send,1,1","closeSocket,2,2"],["fail sendSocketMessage:fail SocketTask.readyState is not OPEN","complete sendSocketMessage:fail SocketTask.readyState is not OPEN","fail closeSocket:fail SocketTask.readyState is not OPEN","complete closeSocket:fail SocketTask.readyState is not OPEN"],0]"#
    );
}

#[test]
fn w5_close_socket_closes_every_socket_and_answers_once() {
    let bare = registered();
    bare.run(
        "wx.request({ url }); for (let i = 0; i < 3; i++) wx.connectSocket({ url }); ready(2); ready(3); words(); sent.splice(0)
         wx.closeSocket({ code: 3000, reason: 'bye', ...all }); did(2, 1, 'SocketTask.close:ok'); did(3, 2, 'SocketTask.close:ok'); const before = heard.length; did(4, 3, 'SocketTask.close:ok')",
    );
    assert_eq!(
        bare.json("[sent.map(({ type, task, code, reason }) => [type, task, code, reason].join()), before, words()]"),
        r#"[["closeSocket,2,3000,bye","closeSocket,3,3000,bye","closeSocket,4,3000,bye"],0,["success closeSocket:ok","complete closeSocket:ok"]]"#
    );
}

#[test]
fn w5_close_socket_fails_if_one_refuses_and_leaves_alone_what_is_closing() {
    let bare = registered();
    bare.run(
        "const first = wx.connectSocket({ url }); wx.connectSocket({ url }); ready(1); ready(2); first.close(); sent.splice(0)
         wx.closeSocket({ code: 1001, ...all }); words(); did(2, 2, 'SocketTask.close:fail invalid code'); did(1, 1, 'SocketTask.close:ok')",
    );
    assert_eq!(
        bare.json("[sent.map(({ task }) => task), words(), first.readyState]"),
        r#"[[2],["fail closeSocket:fail invalid code","complete closeSocket:fail invalid code"],2]"#
    );
}
