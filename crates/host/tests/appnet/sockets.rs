//! Sockets of a program, over TLS to an origin of the testkit (section 8).

use appnet_testkit::{
    Ca,
    ws::{Act, WsOrigin},
};

use crate::run::{Folder, Run};

/// Runs a program against <wss://ws.example.com>: `/close` closes with 4001, `/broken` breaks the rules, all else is echoed.
fn run(source: &str) -> Run {
    let ca = Ca::new();
    let origin = WsOrigin::tls(ca.issue(&["ws.example.com"]).http1())
        .start(|path| match path {
            "/close" => Act::Close(4001, "as you wish"),
            "/broken" => Act::Raw {
                bytes: vec![0xff, 0].into(),
                reset: false,
            },
            _ => Act::Echo,
        })
        .unwrap();
    let folder = Folder::new(&[
        (
            "t.js",
            &format!(
                "const url = 'wss://ws.example.com', say = (name) => (r) => host.print(name + ' ' + JSON.stringify(r))\n{source}"
            ),
        ),
        ("ca.pem", &ca.pem()),
        (
            "server-domains.json",
            r#"{"request": ["https://https.example.com"], "socket": ["wss://ws.example.com"]}"#,
        ),
    ]);
    let route = format!(":443:127.0.0.1:{}", origin.port());
    let args = "run t.js --ca ca.pem --max-time 20 --connect-to".split(' ');
    folder.appnet(&args.chain([route.as_str()]).collect::<Vec<_>>(), "")
}

/// Runs one that is to end well, and answers its lines.
fn lines(source: &str) -> Vec<String> {
    let run = run(source);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    run.out.lines().map(str::to_owned).collect()
}

#[test]
fn j10_success_comes_before_open_and_text_and_bytes_come_back_in_order() {
    let heard = lines(
        "const s = wx.connectSocket({ url, success: say('success'), complete: () => host.print('complete ' + s.readyState) })
         host.print('returned ' + s.readyState)
         s.onOpen(({ header }) => { host.print('open ' + s.readyState + ' ' + typeof header); s.send({ data: '你好' }); s.send({ data: new Uint8Array([7, 8]).buffer, success: say('sent') }) })
         let heard = 0
         s.onMessage(({ data }) => { host.print(data instanceof ArrayBuffer ? 'bytes ' + new Uint8Array(data) : 'text ' + data); if (++heard === 2) s.close({ success: say('closing') }) })
         s.onClose(({ code }) => host.print('close ' + code + ' ' + s.readyState))",
    );
    let (sent, others): (Vec<_>, Vec<_>) =
        heard.into_iter().partition(|line| line.starts_with("sent"));
    assert_eq!(sent, [r#"sent {"errMsg":"SocketTask.send:ok"}"#]);
    assert_eq!(
        others,
        [
            "returned 0",
            r#"success {"errMsg":"connectSocket:ok"}"#,
            "complete 0",
            "open 1 object",
            "text 你好",
            "bytes 7,8",
            r#"closing {"errMsg":"SocketTask.close:ok"}"#,
            "close 1000 3",
        ]
    );
}

#[test]
fn a_program_stays_while_a_socket_is_open_and_ends_with_it() {
    // Nothing but the socket keeps it: the server's close is what ends it.
    let heard = lines(
        "wx.connectSocket({ url: url + '/close' }).onClose(({ code, reason }) => host.print(code + ' ' + reason))",
    );
    assert_eq!(heard, ["4001 as you wish"]);
    let open = run("wx.connectSocket({ url }); setTimeout(() => host.exit(5), 300)");
    assert_eq!(open.status, 5, "{}", open.err);
}

#[test]
fn d1_a_socket_needs_an_entry_of_the_socket_list() {
    let heard = lines(
        "const s = wx.connectSocket({ url: 'wss://https.example.com', fail: say('fail') })
         s.onError(say('error')); s.onClose(say('close'))",
    );
    assert_eq!(
        heard,
        [r#"fail {"errMsg":"connectSocket:fail url not in domain list","errno":600002}"#]
    );
}

#[test]
fn c3_the_sixth_socket_fails_at_once_and_close_socket_closes_the_five() {
    let heard = lines(
        "let open = 0, closed = 0
         for (let i = 0; i < 6; i++) {
           const s = wx.connectSocket({ url, fail: ({ errMsg }) => host.print(i + ' ' + errMsg) })
           s.onOpen(() => { if (++open === 5) wx.closeSocket({ success: say('all') }) })
           s.onClose(({ code }) => { if (code === 1000 && ++closed === 5) host.print('five closed') })
         }",
    );
    assert_eq!(
        heard,
        [
            "5 connectSocket:fail reach max websocket connect count 5",
            r#"all {"errMsg":"closeSocket:ok"}"#,
            "five closed",
        ]
    );
}

#[test]
fn w1_a_server_that_breaks_the_rules_is_an_error_and_then_a_close_with_1006() {
    let heard = lines(
        "const s = wx.connectSocket({ url: url + '/broken' })
         s.onError(({ errMsg }) => host.print('error ' + errMsg)); s.onClose(({ code }) => host.print('close ' + code))",
    );
    assert_eq!(
        heard,
        ["error connectSocket:fail malformed response", "close 1006"]
    );
}

#[test]
fn w2_w3_what_cannot_be_sent_or_closed_fails_and_changes_nothing() {
    let mut heard = lines(
        "const fail = ({ errMsg }) => host.print(errMsg)
         const s = wx.connectSocket({ url }), long = '三'.repeat(41) + 'x'
         s.send({ data: 'early', fail })
         s.onOpen(() => {
           s.send({ data: 5, fail })
           s.close({ code: 1001, fail }); s.close({ reason: long, fail })
           s.send({ data: 'still open' })
         })
         s.onMessage(({ data }) => { host.print(data); s.close(1000, 'x'); s.close({ fail }) })
         s.onClose(({ code, reason }) => { host.print('close ' + code + ' ' + reason); s.send({ data: 'late', fail }) })",
    );
    let not_open = |verb| format!("SocketTask.{verb}:fail SocketTask.readyState is not OPEN");
    if let [.., second_close, end, _] = heard.as_mut_slice()
        && second_close.starts_with("close ")
    {
        std::mem::swap(second_close, end); // the server may have closed before the second `close` was asked
    }
    assert_eq!(
        heard,
        [
            not_open("send"),
            "SocketTask.send:fail parameter error: parameter.data should be String/ArrayBuffer instead of Number;".to_owned(),
            "SocketTask.close:fail the code must be 1000 or between 3000 and 4999".to_owned(),
            "SocketTask.close:fail the reason must not be longer than 123 bytes in UTF-8".to_owned(),
            "still open".to_owned(),
            not_open("close"),
            "close 1000 x".to_owned(),
            not_open("send"),
        ]
    );
}

#[test]
fn w5_the_older_functions_work_without_a_task() {
    let heard = lines(
        "const fail = ({ errMsg }) => host.print(errMsg)
         const words = [], hear = (word) => { words.push(word); if (words.length === 2) { host.print(words.sort().join()); wx.closeSocket() } }
         wx.onSocketOpen(() => wx.sendSocketMessage({ data: 'hello', success: ({ errMsg }) => hear(errMsg) }))
         wx.onSocketMessage(({ data }) => hear(data))
         wx.onSocketClose(({ code }) => { host.print('close ' + code); wx.sendSocketMessage({ data: 'late', fail }); wx.closeSocket({ fail }) })
         wx.sendSocketMessage({ data: 'early', fail: (r) => { fail(r); wx.connectSocket({ url }) } })",
    );
    assert_eq!(
        heard,
        [
            "sendSocketMessage:fail SocketTask.readyState is not OPEN",
            "hello,sendSocketMessage:ok",
            "close 1000",
            "sendSocketMessage:fail SocketTask.readyState is not OPEN",
            "closeSocket:fail SocketTask.readyState is not OPEN",
        ]
    );
}

#[test]
fn b2_b3_the_background_interrupts_sends_at_once_and_sockets_after_the_grace() {
    let heard = lines(
        "const s = wx.connectSocket({ url })
         s.onOpen(() => {
           const left = host.now()
           host.enterBackground()
           s.send({ data: 'x', fail: say('send') })
           s.onClose(({ code, reason }) => { const waited = host.now() - left; host.print([code, reason, waited >= 4900].join()) })
         })",
    );
    assert_eq!(
        heard,
        [
            r#"send {"errMsg":"SocketTask.send:fail interrupted","errno":600003}"#,
            "1006,interrupted,true"
        ]
    );
}

#[test]
fn w2_of_ten_thousand_sends_in_one_turn_each_is_answered_once_and_what_was_sent_comes_back_in_order()
 {
    let heard = lines(
        "const s = wx.connectSocket({ url }), sent = [], refused = [], back = [], texts = {}
         let answered = 0
         const end = () => { if (answered === 10000 && back.length === sent.length) s.close() }
         s.onOpen(() => {
           for (let i = 0; i < 10000; i++) s.send({ data: String(i), success: () => sent.push(i), fail: ({ errMsg }) => { refused.push(i); texts[errMsg] = 1 }, complete: () => { answered++; end() } })
         })
         s.onMessage(({ data }) => { back.push(Number(data)); end() })
         s.onClose(() => {
           sent.sort((a, b) => a - b)
           host.print([sent.length > 0, sent.length + refused.length, new Set([...sent, ...refused]).size, String(sent) === String(back)].join())
           host.print(Object.keys(texts).every((text) => text === 'SocketTask.send:fail native buffer exceed size limit'))
         })",
    );
    assert_eq!(heard, ["true,10000,10000,true", "true"]);
}
