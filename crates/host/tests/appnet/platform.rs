//! What a program finds beside the network functions.

use crate::run::{Folder, script};

fn printed(source: &str) -> String {
    let run = script(source);
    assert_eq!(run.status, 0, "{}", run.err);
    run.out
}

#[test]
fn lines_of_standard_input_reach_the_program_and_keep_it_alive_until_they_end() {
    let folder = Folder::new(&[(
        "t.js",
        "host.onLine((line) => host.print('<' + line + '>'))",
    )]);
    let run = folder.appnet(&["run", "t.js"], "one\r\n\n三\nlast");
    assert_eq!(
        (run.status, run.out.as_str()),
        (0, "<one>\n<>\n<三>\n<last>\n")
    );
}

#[test]
fn a_listener_that_is_taken_away_lets_the_program_end() {
    let folder = Folder::new(&[(
        "t.js",
        "host.onLine((line) => { host.print(line); host.onLine(null) })",
    )]);
    let mut child = folder.start(&["run", "t.js"]);
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"only\n").unwrap();
    let run = crate::run::finish(child);
    drop(input);
    assert_eq!((run.status, run.out.as_str()), (0, "only\n"));
}

#[test]
fn arguments_and_the_environment_reach_the_program() {
    let folder = Folder::new(&[(
        "t.js",
        "host.print(JSON.stringify([host.args, host.env('APPNET_TEST'), host.env('APPNET_NOT_SET'), typeof host.now()]))",
    )]);
    let run = folder.appnet(&["run", "t.js", "--allow-env", "--", "a", "--b", "c d"], "");
    assert_eq!(
        run.out,
        "[[\"a\",\"--b\",\"c d\"],\"from outside\",null,\"number\"]\n"
    );
}

#[test]
fn text_files_of_the_machine_are_the_hosts_to_read_and_write() {
    let folder = Folder::new(&[
        (
            "t.js",
            "host.writeTextFile('out.txt', host.readTextFile('in.txt') + '!'); try { host.readTextFile('none') } catch (e) { host.print(e.message.slice(0, 16)) }",
        ),
        ("in.txt", "好"),
    ]);
    let flags = ["run", "t.js", "--allow-read=.", "--allow-write=."];
    assert_eq!(folder.appnet(&flags, "").out, "cannot read none\n");
    assert_eq!(
        std::fs::read_to_string(folder.file("out.txt")).unwrap(),
        "好!"
    );
}

#[test]
fn i4_what_no_flag_allows_is_an_error_that_names_the_flag() {
    let folder = Folder::new(&[
        (
            "t.js",
            "for (const f of [() => host.readTextFile('/etc/hosts'), () => host.writeTextFile('out.txt', ''), () => host.env('APPNET_TEST'), () => host.readTextFile('in/../t.js'), () => host.readTextFile('in/link'), () => host.readTextFile('in/a')]) try { host.print(f()) } catch (e) { host.print(e.message) }",
        ),
        ("in/a", "allowed"),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("../t.js", folder.file("in/link")).unwrap();
    let run = folder.appnet(
        &[
            "run",
            "t.js",
            "--allow-read=in",
            "--allow-env=OTHER,ANOTHER",
        ],
        "",
    );
    let lines: Vec<&str> = run.out.lines().collect();
    for (line, flag) in lines.iter().zip([
        "reading /etc/hosts needs --allow-read=DIR",
        "writing out.txt needs --allow-write=DIR",
        "APPNET_TEST needs --allow-env=APPNET_TEST",
        "--allow-read",
        "--allow-read",
        "allowed",
    ]) {
        assert!(line.contains(flag), "{line}");
    }
    assert!(!folder.file("out.txt").exists());
}

#[test]
fn i4_a_line_that_is_too_long_ends_the_program_with_its_reason() {
    let folder = Folder::new(&[("t.js", "host.onLine((line) => host.print(line.length))")]);
    let run = folder.appnet(
        &["run", "t.js"],
        &format!("short\n{}", "x".repeat(17 << 20)),
    );
    assert_eq!((run.status, run.out.as_str()), (1, "5\n"));
    assert!(
        run.err
            .contains("a line of standard input is longer than 16777216 bytes"),
        "{}",
        run.err
    );
}

#[test]
fn console_goes_to_standard_error() {
    let run = script("console.log('a', { b: [1] }); console.error('e')");
    assert_eq!(
        (run.out.as_str(), run.err.as_str()),
        ("", "a { b: [1] }\ne\n")
    );
}

#[test]
fn names_that_bundles_read_bare_are_undefined_and_global_is_there() {
    let names = "[window, self, document, navigator, location, localStorage, XMLHttpRequest, WebSocket, fetch]";
    assert_eq!(
        printed(&format!(
            "host.print([{names}.every((x) => x === undefined), global === globalThis, typeof process, typeof Buffer, typeof TextEncoder, typeof require].join())"
        )),
        "true,true,undefined,undefined,undefined,function\n"
    );
}

#[test]
fn text_encoder_and_decoder_are_there_when_asked_for() {
    let source = "
        const bytes = new TextEncoder().encode('é小🎈'), decoder = new TextDecoder()
        let text = ''
        for (const byte of bytes) text += decoder.decode(Uint8Array.of(byte), { stream: true })
        text += decoder.decode()
        let fatal; try { new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.of(255)) } catch (e) { fatal = e.name }
        host.print([bytes.length, text, new TextDecoder().decode(Uint8Array.of(0xef, 0xbb, 0xbf, 65)), new TextDecoder().decode(Uint8Array.of(65, 255)), fatal].join())";
    let run = Folder::new(&[("t.js", source)]).appnet(&["run", "t.js", "--polyfill", "text"], "");
    assert_eq!(run.out, "9,é小🎈,A,A\u{fffd},TypeError\n", "{}", run.err);
}

#[test]
fn storage_keeps_copies_and_lasts_with_a_data_folder() {
    let folder = Folder::new(&[
        (
            "a.js",
            "const o = { a: [1] }; wx.setStorageSync('k', o); o.a.push(2); wx.setStorage({ key: 'gone', data: 1, success: () => wx.removeStorageSync('gone') })",
        ),
        (
            "b.js",
            "host.print(JSON.stringify([wx.getStorageSync('k'), wx.getStorageSync('gone'), wx.getStorageInfoSync().keys])); wx.getStorage({ key: 'x' }).catch((e) => host.print(e.errMsg))",
        ),
    ]);
    assert_eq!(
        folder
            .appnet(&["run", "a.js", "--data-dir", "data"], "")
            .status,
        0
    );
    assert_eq!(
        folder
            .appnet(&["run", "b.js", "--data-dir", "data"], "")
            .out,
        "[{\"a\":[1]},\"\",[\"k\"]]\ngetStorage:fail data not found\n"
    );
    assert_eq!(
        folder.appnet(&["run", "b.js"], "").out,
        "[\"\",\"\",[]]\ngetStorage:fail data not found\n"
    );
}

#[test]
fn f2_files_are_the_apps_own_and_nothing_else() {
    let source = "
        const fs = wx.getFileSystemManager(), at = wx.env.USER_DATA_PATH
        fs.mkdirSync(`${at}/d/e`, true); fs.writeFileSync(`${at}/d/f`, Uint8Array.of(0, 255).buffer); fs.appendFileSync(`${at}/d/f`, 'é')
        host.print([fs.readdirSync(`${at}/d`), fs.readFileSync(`${at}/d/f`, 'hex'), fs.readFileSync(`${at}/d/f`, 'base64', 2, 2), fs.statSync(`${at}/d`).isDirectory(), new Uint8Array(fs.readFileSync(`${at}/d/f`))[1]].join())
        fs.renameSync(`${at}/d/f`, `${at}/g`); fs.rmdirSync(`${at}/d`, true)
        const order = []
        fs.readFile({ filePath: `${at}/g`, encoding: 'latin1', success: ({ data }) => order.push(data.length), complete: ({ errMsg }) => host.print([...order, errMsg].join()) })
        order.push('returned')
        fs.access({ path: `${at}/d` }).catch(({ errMsg, errno }) => host.print(errMsg + ' ' + errno))
        for (const path of [`${at}/../storage.json`, '/etc/hosts', `${at}x`]) try { fs.readFileSync(path) } catch (e) { host.print(e.message.split(',')[0]) }";
    let denied = "readFileSync:fail permission denied\n".repeat(3);
    assert_eq!(
        printed(source),
        format!(
            "e,f,00ffc3a9,w6k=,true,255\n{denied}returned,4,readFile:ok\naccess:fail no such file or directory, access \"wxfile://usr/d\" 1300002\n"
        )
    );
}

#[test]
fn base64_goes_both_ways() {
    assert_eq!(
        printed(
            "for (const t of ['', 'a', 'ab', 'abc']) { const b = Uint8Array.from(t, (c) => c.charCodeAt(0)).buffer; const s = wx.arrayBufferToBase64(b); host.print(s + ' ' + String.fromCharCode(...new Uint8Array(wx.base64ToArrayBuffer(s)))) }"
        ),
        " \nYQ== a\nYWI= ab\nYWJj abc\n"
    );
}

#[test]
fn a_program_can_be_told_of_another_network() {
    let source = "
        wx.onNetworkStatusChange((news) => { host.print(JSON.stringify(news)); wx.getNetworkType({ success: (r) => host.print([r.networkType, r.signalStrength, r.weakNet].join()), complete: () => host.exit() }) })
        try { host.setNetwork({ networkType: '6g' }) } catch (error) { host.print(error.message) }
        host.setNetwork({ networkType: '2g', signalStrength: -101, weakNet: true }); setTimeout(() => {}, 60000)";
    assert_eq!(
        printed(source),
        "networkType should be one of wifi, 2g, 3g, 4g, 5g, unknown, none instead of \"6g\"\n{\"isConnected\":true,\"networkType\":\"2g\"}\n2g,-101,true\n"
    );
}

#[test]
fn the_system_answers_what_libraries_ask() {
    let source = "
        host.print([wx.getSystemInfoSync().SDKVersion, wx.getDeviceInfo().platform, wx.getAppBaseInfo().language, wx.canIUse('getSystemInfo'), wx.canIUse('login')].join())
        wx.getNetworkType({ success: ({ networkType, errMsg }) => host.print(typeof networkType + ' ' + errMsg) }); wx.onNetworkStatusChange(() => {})";
    assert_eq!(
        printed(source),
        "3.3.0,devtools,zh_CN,true,false\nstring getNetworkType:ok\n"
    );
}

#[test]
fn deep_recursion_is_an_error_that_a_program_can_catch() {
    assert_eq!(
        printed(
            "let n = 0; const f = () => { n++; f() }; try { f() } catch (e) { host.print(e.name + ' ' + (n > 5000)) }"
        ),
        "RangeError true\n"
    );
}
