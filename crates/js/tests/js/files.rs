//! `wx.uploadFile`, `wx.downloadFile` and chunks: what goes out, and what a program hears (section 7, J3, J5, J8, J9, P8).

use super::bare::Bare;

/// The form's fields of one upload as they were posted.
fn form(fields: &str) -> String {
    let bare = Bare::new();
    bare.run(&format!("wx.uploadFile({{ formData: {fields} }})"));
    bare.json("sent[0].options.formData")
}

#[test]
fn f1_an_upload_carries_its_options_and_no_others() {
    let bare = Bare::new();
    bare.run(
        "wx.uploadFile({ url, filePath: 'wxfile://usr/a.png', name: 'f', method: 'PUT', data: 1 })
         wx.uploadFile({ url, filePath: '', name: '', header: { A: 1 }, timeout: 5, enableHttp2: true, enableProfile: false, enableQuic: true, formData: { k: 'v' } })",
    );
    assert_eq!(
        bare.json("sent.map((m) => [m.api, m.options])"),
        r#"[["uploadFile",{"url":"https://api.example.com/","filePath":"wxfile://usr/a.png","name":"f"}],["uploadFile",{"url":"https://api.example.com/","header":{"A":"1"},"timeout":5,"enableHttp2":true,"enableProfile":false,"enableQuic":true,"filePath":"","name":"","formData":{"k":"v"}}]]"#
    );
}

#[test]
fn j9_form_data_is_text_and_an_object_in_it_json() {
    let table = [
        (
            "{ n: 5, h: -0.5, big: 1e21 }",
            r#"{"n":"5","h":"-0.5","big":"1e+21"}"#,
        ),
        (
            "{ yes: true, long: 12n, nan: NaN }",
            r#"{"yes":"true","long":"12","nan":"NaN"}"#,
        ),
        ("{ none: null, un: undefined }", "{}"),
        (
            "{ o: { a: [1] }, list: ['x', 2] }",
            r#"{"o":"{\"a\":[1]}","list":"[\"x\",2]"}"#,
        ),
        (
            "{ 'a\"\\r\\nb': '\\r\\n\"好\\ud800' }",
            "{\"a\\\"\\r\\nb\":\"\\r\\n\\\"好\u{fffd}\"}",
        ),
        (
            "Object.assign(Object.create({ inherited: 1 }), { b: '', a: '1' })",
            r#"{"b":"","a":"1"}"#,
        ),
    ];
    for (fields, expected) in table {
        assert_eq!(form(fields), expected, "{fields}");
    }
    assert_eq!(form("null"), "undefined");
}

#[test]
fn r7_what_is_no_form_is_sent_as_the_name_of_its_type() {
    let table = [
        ("'a=1'", r#"{"$type":"String"}"#),
        ("[1]", r#"{"$type":"Array"}"#),
        ("{ f: () => 1 }", r#"{"f":{"$type":"Function"}}"#),
        (
            "{ f: new ArrayBuffer(2) }",
            r#"{"f":{"$type":"ArrayBuffer"}}"#,
        ),
        (
            "{ f: new Uint8Array(2) }",
            r#"{"f":{"$type":"Uint8Array"}}"#,
        ),
        (
            "(() => { const o = {}; o.o = o; return { o } })()",
            r#"{"o":{"$type":"Object"}}"#,
        ),
    ];
    for (fields, expected) in table {
        assert_eq!(form(fields), expected, "{fields}");
    }
    let bare = Bare::new();
    bare.run("wx.uploadFile({ name: 5 })");
    assert_eq!(
        bare.json("sent[0].options"),
        r#"{"url":{"$type":"Undefined"},"filePath":{"$type":"Undefined"},"name":{"$type":"Number"}}"#
    );
}

#[test]
fn f3_a_download_carries_its_options() {
    let bare = Bare::new();
    bare.run("wx.downloadFile({ url, filePath: undefined, name: 'x' }); wx.downloadFile({ url, filePath: 'wxfile://usr/b', header: {}, timeout: 7 })");
    assert_eq!(
        bare.json("sent.map((m) => [m.api, m.options])"),
        r#"[["downloadFile",{"url":"https://api.example.com/"}],["downloadFile",{"url":"https://api.example.com/","header":{},"timeout":7,"filePath":"wxfile://usr/b"}]]"#
    );
}

#[test]
fn j3_file_tasks_have_all_their_methods_and_need_no_this() {
    let bare = Bare::new();
    bare.run("const tasks = [wx.uploadFile(), wx.downloadFile({ url: 1 })]");
    let methods =
        r#""abort,onHeadersReceived,offHeadersReceived,onProgressUpdate,offProgressUpdate""#;
    assert_eq!(
        bare.json("tasks.map((task) => Object.keys(task).join())"),
        format!("[{methods},{methods}]")
    );
}

#[test]
fn p8_progress_reaches_its_listeners_in_the_platforms_words_until_the_end() {
    let bare = Bare::new();
    bare.run(
        "const { onProgressUpdate, offProgressUpdate } = wx.uploadFile({ url, ...all }), gone = note('gone')
         onProgressUpdate(note('progress')); onProgressUpdate(gone); offProgressUpdate(gone)
         wx.downloadFile({ url }).onProgressUpdate(note('download'))
         give({ type: 'progressUpdate', task: 1, progress: { progress: 50, totalBytesSent: 1, totalBytesExpectedToSend: 2 } })
         give({ type: 'progressUpdate', task: 2, progress: { progress: 0, totalBytesWritten: 9, totalBytesExpectedToWrite: 0 } })
         give(ok(1, { text: '{\"a\":1}' }))
         give({ type: 'progressUpdate', task: 1, progress: { progress: 100 } })",
    );
    assert_eq!(
        bare.json("heard.map(([name, r]) => [name, r.errMsg ? r.data : r])"),
        r#"[["progress",{"progress":50,"totalBytesSent":1,"totalBytesExpectedToSend":2}],["download",{"progress":0,"totalBytesWritten":9,"totalBytesExpectedToWrite":0}],["success","{\"a\":1}"],["complete","{\"a\":1}"]]"#
    );
}

#[test]
fn f3_a_download_ends_with_the_path_that_the_port_names() {
    let bare = Bare::new();
    bare.run("wx.downloadFile({ url, ...all }); give({ type: 'success', task: 1, result: { tempFilePath: 'wxfile://tmp_1.png', statusCode: 404, header: {}, cookies: [], errMsg: 'downloadFile:ok' } })");
    assert_eq!(
        bare.json("heard[0]"),
        r#"["success",{"tempFilePath":"wxfile://tmp_1.png","statusCode":404,"header":{},"cookies":[],"errMsg":"downloadFile:ok"}]"#
    );
}

#[test]
fn j5_aborted_file_tasks_fail_in_their_own_name() {
    let bare = Bare::new();
    bare.run("wx.uploadFile({ url, ...all }).abort(); wx.downloadFile({ url, ...all }).abort()");
    assert_eq!(
        bare.json("[heard.map(([name, r]) => name + ' ' + r.errMsg), sent.slice(-1)[0].type]"),
        r#"[["fail uploadFile:fail abort","complete uploadFile:fail abort","fail downloadFile:fail abort","complete downloadFile:fail abort"],"abort"]"#
    );
}

#[test]
fn chunks_reach_their_listeners_as_fresh_array_buffers_one_by_one() {
    let bare = Bare::new();
    bare.run(
        "const bytes = (...list) => new Uint8Array(list).buffer, texts = []
         const task = wx.request({ url, enableChunked: true, ...all })
         task.onChunkReceived(({ data, ...rest }) => texts.push([data instanceof ArrayBuffer, ...new Uint8Array(data), Object.keys(rest).length]))
         give({ type: 'chunkReceived', task: 1, data: { bytes: 0 } }, bytes(0xe4, 0xbd)); const first = texts.length
         give({ type: 'chunkReceived', task: 1, data: { bytes: 0 } }, bytes(0xa0))
         give(ok(1, { text: '' }))",
    );
    assert_eq!(
        bare.json("[sent[0].options.enableChunked, first, texts, heard.map(([name, r]) => [name, r.data])]"),
        r#"[true,1,[[true,228,189,0],[true,160,0]],[["success",""],["complete",""]]]"#
    );
}

#[test]
fn j5_a_listener_that_aborts_is_the_last_to_hear_a_chunk() {
    let bare = Bare::new();
    bare.run(
        "const task = wx.request({ url, ...all }); task.onChunkReceived(() => task.abort()); task.onChunkReceived(note('after'))
         for (let i = 0; i < 2; i++) give({ type: 'chunkReceived', task: 1, data: { bytes: 0 } }, new ArrayBuffer(4))",
    );
    assert_eq!(
        bare.json("heard.map(([name, r]) => name + ' ' + r.errMsg)"),
        r#"["fail request:fail abort","complete request:fail abort"]"#
    );
}
