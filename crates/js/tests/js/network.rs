//! The device's network, as a program sees it: questions, answers, news.

use super::bare::Bare;

#[test]
fn a_question_goes_out_with_a_number_and_its_answer_calls_back_once() {
    let bare = Bare::new();
    bare.run(
        "wx.getNetworkType(all); const open = bridge.openTasks()
         give({ type: 'answer', task: 1, ok: true, result: { networkType: 'wifi', weakNet: false, errMsg: 'getNetworkType:ok' } })
         give({ type: 'answer', task: 1, ok: true, result: {} })",
    );
    assert_eq!(
        bare.json("[sent.map(({ attachments, ...m }) => m), open, bridge.openTasks(), heard]"),
        r#"[[{"type":"query","task":1,"name":"getNetworkType"}],1,0,[["success",{"networkType":"wifi","weakNet":false,"errMsg":"getNetworkType:ok"}],["complete",{"networkType":"wifi","weakNet":false,"errMsg":"getNetworkType:ok"}]]]"#
    );
}

#[test]
fn without_callbacks_there_is_a_promise() {
    let bare = Bare::new();
    bare.run(
        "wx.getLocalIPAddress().then(note('yes'), note('no')); wx.getLocalIPAddress({}).then(note('yes'), note('no'))
         give({ type: 'answer', task: 1, ok: true, result: { localip: '192.0.2.7' } }); give({ type: 'answer', task: 2, ok: false, result: { errMsg: 'getLocalIPAddress:fail' } })",
    );
    assert_eq!(
        bare.json("heard"),
        r#"[["yes",{"localip":"192.0.2.7"}],["no",{"errMsg":"getLocalIPAddress:fail"}]]"#
    );
}

#[test]
fn random_values_are_a_buffer_of_the_engine_and_a_wrong_length_is_named() {
    let bare = Bare::new();
    bare.run(
        "wx.getRandomValues({ length: 2, ...all }); wx.getRandomValues({ length: 'x', ...all }); wx.getRandomValues(all)
         give({ type: 'answer', task: 1, ok: true, result: { randomValues: { bytes: 0 } } }, new Uint8Array([7, 9]).buffer)",
    );
    assert_eq!(
        bare.json("[sent.map((m) => m.length), heard[0][1].randomValues instanceof ArrayBuffer, [...new Uint8Array(heard[0][1].randomValues)]]"),
        r#"[[2,{"$type":"String"},{"$type":"Undefined"}],true,[7,9]]"#
    );
}

#[test]
fn listeners_hear_news_until_they_are_taken_away() {
    let bare = Bare::new();
    bare.run(
        "const [a, b] = [note('a'), note('b')]; const weak = (weakNet) => give({ type: 'networkWeakChange', weakNet, networkType: '4g' })
         wx.onNetworkStatusChange(a); wx.onNetworkStatusChange(b); wx.onNetworkWeakChange(a); wx.onNetworkStatusChange(5)
         give({ type: 'networkStatusChange', isConnected: false, networkType: 'none' })
         wx.offNetworkStatusChange(a); give({ type: 'networkStatusChange', isConnected: true, networkType: '4g' })
         wx.offNetworkStatusChange(); give({ type: 'networkStatusChange', isConnected: false, networkType: 'none' })
         weak(true); wx.offNetworkWeakChange(b); weak(false); wx.offNetworkWeakChange(); weak(true)",
    );
    assert_eq!(
        bare.json("heard.map(([who, news]) => [who, ...Object.values(news)])"),
        r#"[["a",false,"none"],["b",false,"none"],["b",true,"4g"],["a",true,"4g"],["a",false,"4g"]]"#
    );
}

#[test]
fn p8_a_question_that_the_bridge_cannot_take_is_answered_too() {
    let bare = Bare::new();
    bare.run("bridge.post = () => { throw new Error('broken') }; wx.getNetworkType(all)");
    assert_eq!(
        bare.json("[heard[0], heard.length, bridge.openTasks()]"),
        r#"[["fail",{"errMsg":"getNetworkType:fail network logic error","errno":600004}],2,0]"#
    );
}
