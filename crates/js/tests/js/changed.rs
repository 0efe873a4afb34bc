//! A program that has changed every built-in it can reach: what `wx`, console and timers are made of was taken before (J1-J4, I4).

use appnet_bus::Message;

use super::engine::Program;

const RUIN: &str = include_str!("ruin.js");

/// A program in which nothing but the language and what this crate gives is left.
fn ruined(mode: &str) -> Program {
    let mut program = Program::new();
    program.run(&format!(
        "{RUIN}('{mode}', ['wx', 'console', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Uint8Array'])"
    ));
    program
}

fn give(program: &Program, json: &str, attachments: Vec<bytes::Bytes>) {
    let json = json.to_owned();
    program
        .engine
        .deliver(Message { json, attachments })
        .unwrap();
    program.engine.drain_jobs().unwrap();
}

#[test]
fn j4_what_a_program_puts_into_a_prototype_is_not_taken_for_a_part_of_wx() {
    let mut program = Program::new();
    program.run(
        "for (const name of ['begin', 'called', 'stack', 'nearest', 'url', 'headersReceived', 'past']) {
           Object.prototype[name] = () => log('taken', name)
         }
         const none = Object.create(null)
         none.success = none.fail = none.complete = undefined
         none.url = 'https://a'
         wx.request(none).onHeadersReceived((r) => log(r.header.A))",
    );
    give(
        &program,
        r#"{"type":"headersReceived","task":1,"header":{"A":"a"}}"#,
        vec![],
    );
    assert_eq!(program.lines(), ["a"]);
}

#[test]
fn j4_calls_go_out_and_come_back_whatever_a_program_made_of_the_built_ins() {
    for mode in ["overwrite", "delete"] {
        let mut program = ruined(mode);
        program.run(
            "const task = wx.request({ url: 'https://a/\\ud800', header: { a: 1 }, data: { a: [1, 'x'] }, success: (r) => log(r.data.a, r.statusCode), complete: (r) => log(r.errMsg) })
             task.onHeadersReceived((r) => log(r.header.A))
             wx.request({ url: 'https://b', data: new Uint8Array(3), fail: (r) => log(r.errMsg) }).abort()
             wx.request({ url: 'https://c', responseType: 'arraybuffer', success: (r) => log('bytes', new Uint8Array(r.data)[1]) })
             wx.uploadFile({ filePath: 'f', name: 'n', formData: { n: 5, o: { a: 1 } }, fail: (r) => log(r.errMsg) })
             log(wx.canIUse('request.success.cookies'), wx.canIUse('nothing'))",
        );
        assert_eq!(
            program.lines(),
            ["true false", "request:fail abort"],
            "{mode}"
        );
        let sent: Vec<String> = program
            .sent
            .borrow()
            .iter()
            .map(|m| m.json.clone())
            .collect();
        assert_eq!(
            sent,
            [
                "{\"type\":\"call\",\"task\":1,\"api\":\"request\",\"options\":{\"url\":\"https://a/\u{fffd}\",\"header\":{\"a\":\"1\"},\"data\":{\"json\":{\"a\":[1,\"x\"]}}}}",
                r#"{"type":"call","task":2,"api":"request","options":{"url":"https://b","data":{"bytes":0}}}"#,
                r#"{"type":"abort","task":2}"#,
                r#"{"type":"call","task":3,"api":"request","options":{"url":"https://c","responseType":"arraybuffer"}}"#,
                r#"{"type":"call","task":4,"api":"uploadFile","options":{"url":{"$type":"Undefined"},"filePath":"f","name":"n","formData":{"n":"5","o":"{\"a\":1}"}}}"#,
            ],
            "{mode}"
        );
        assert_eq!(program.sent.borrow()[1].attachments, [vec![0; 3]], "{mode}");
        give(
            &program,
            r#"{"type":"headersReceived","task":1,"header":{"A":"1"}}"#,
            vec![],
        );
        give(
            &program,
            r#"{"type":"success","task":1,"result":{"data":{"json":{"a":7}},"statusCode":200,"errMsg":"request:ok"}}"#,
            vec![],
        );
        give(
            &program,
            r#"{"type":"success","task":3,"result":{"data":{"bytes":0},"errMsg":"request:ok"}}"#,
            vec![vec![1, 2].into()],
        );
        give(
            &program,
            r#"{"type":"error","task":4,"message":"unread"}"#,
            vec![],
        );
        assert_eq!(
            program.lines(),
            [
                "1",
                "7 200",
                "request:ok",
                "bytes 2",
                "wx: unread",
                "uploadFile:fail unread"
            ],
            "{mode}"
        );
        assert_eq!(
            (
                program.engine.open_tasks(),
                program.engine.failed_callbacks()
            ),
            (0, 0),
            "{mode}"
        );
    }
}

#[test]
fn j10_sockets_speak_whatever_a_program_made_of_the_built_ins() {
    for mode in ["overwrite", "delete"] {
        let mut program = ruined(mode);
        program.run(
            "wx.onSocketOpen((r) => log('old', r.header.A))
             const socket = wx.connectSocket({ url: 'wss://a', protocols: ['p', 'q'], success: () => log('accepted') })
             socket.onOpen(() => { log(socket.readyState); socket.send({ data: 'x', success: (r) => log(r.errMsg) }) })
             socket.onMessage((r) => log(r.data)); socket.onClose((r) => log(r.code, r.reason))",
        );
        give(
            &program,
            r#"{"type":"success","task":1,"result":{"errMsg":"connectSocket:ok"}}"#,
            vec![],
        );
        give(
            &program,
            r#"{"type":"open","task":1,"header":{"A":"1"}}"#,
            vec![],
        );
        give(
            &program,
            r#"{"type":"done","task":1,"id":1,"ok":true,"result":{"errMsg":"SocketTask.send:ok"}}"#,
            vec![],
        );
        give(
            &program,
            r#"{"type":"message","task":1,"data":{"text":"m"}}"#,
            vec![],
        );
        program.run("socket.close(1000, 'bye')");
        give(
            &program,
            r#"{"type":"close","task":1,"code":1000,"reason":"bye"}"#,
            vec![],
        );
        assert_eq!(
            program.lines(),
            [
                "accepted",
                "1",
                "old 1",
                "SocketTask.send:ok",
                "m",
                "1000 bye"
            ],
            "{mode}"
        );
        let last = program.sent.borrow().last().unwrap().json.clone();
        assert_eq!(
            last,
            r#"{"type":"closeSocket","task":1,"id":2,"code":1000,"reason":"bye"}"#
        );
    }
}

#[test]
fn j4_a_refused_message_fails_whatever_a_program_made_of_the_built_ins() {
    for mode in ["overwrite", "delete"] {
        let program =
            Program::refusing(r#"{"type":"fail","task":1,"result":{"errMsg":"request:fail no"}}"#);
        let source = format!(
            "{RUIN}('{mode}', ['wx', 'console']); wx.request({{ url: '', fail: (r) => console.log(r.errMsg) }})"
        );
        program.engine.eval("a.js", &source).unwrap();
        program.engine.drain_jobs().unwrap();
        assert_eq!(program.lines(), ["request:fail no"], "{mode}");
    }
}

#[test]
fn timers_and_the_console_work_whatever_a_program_made_of_the_built_ins() {
    for mode in ["overwrite", "delete"] {
        let mut program = Program::new();
        program.run("const kept = [new Map([[1, 'm']]), new Set(['s']), new Date(0), /r/g, new Error('e'), new Uint8Array(2), Promise.resolve()]; kept[4].stack = ''");
        program.run(&format!(
            "{RUIN}('{mode}', ['wx', 'console', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'])
             setTimeout((a) => log('late', a), 5, 'x'); const id = setInterval(() => {{ log('again'); clearInterval(id) }}, 1)
             console.group('%s is %d%% %o', 'g', 5, {{ a: [1, {{ b: 'long'}}] }}, 'rest'); log('a\\nb'); console.groupEnd()
             log(kept[0], kept[1], kept[2]); log(5n, -0, [null, undefined], {{ f() {{}}, 'b-c': 1 }}); console.count(); console.assert(false, 'no')",
        ));
        assert_eq!(
            program.lines(),
            [
                "g is 5% { a: [1, { b: \"long\" }] } rest",
                "  a\n  b",
                "Map(1) { 1 => \"m\" } Set(1) { \"s\" } 1970-01-01T00:00:00.000Z",
                "5n -0 [null, undefined] { f: [Function: f], \"b-c\": 1 }",
                "default: 1",
                "Assertion failed: no",
            ],
            "{mode}"
        );
        assert_eq!(program.after(10), "again late x", "{mode}");
        program.run("log(kept[3], kept[6])");
        assert!(program.lines()[0].starts_with("/r/"), "{mode}");
    }
}

#[test]
fn a_thrown_error_is_told_whatever_a_program_made_of_the_built_ins() {
    for mode in ["overwrite", "delete"] {
        let program = ruined(mode);
        let error = program.engine.eval("t.js", "\nnull.x").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("cannot read property 'x' of null"),
            "{mode}: {error}"
        );
    }
}
