//! Files and streams, from a program to an origin and back.

use appnet_testkit::routes::event;

use crate::{network::server, run::script};

/// Promises instead of callbacks, and a file manager.
const PRELUDE: &str = "
    const base = 'https://api.example.com', usr = wx.env.USER_DATA_PATH, fs = wx.getFileSystemManager()
    const call = (api, options, started = () => {}) => new Promise((complete) => started(wx[api]({ ...options, url: base + options.url, complete })))
    const thrown = (f) => { try { return f() } catch (e) { return e.message + ' ' + e.errno } }
    const show = (...all) => host.print(JSON.stringify(all))
";

fn printed(source: &str, args: &[&str]) -> String {
    let mut all = vec!["--ca", "ca.pem"];
    all.extend(args);
    let run = server(&format!("{PRELUDE}; (async () => {{ {source} }})()")).run(&all);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    run.out
}

#[test]
fn f1_a_file_arrives_with_its_form_and_says_how_far_it_is() {
    let out = printed(
        "const bytes = new Uint8Array(300000).fill(7)
         fs.writeFileSync(`${usr}/图 1.png`, bytes.buffer)
         const seen = []
         const { data, statusCode, errMsg, header } = await call('uploadFile', { url: '/upload', filePath: `${usr}/图 1.png`, name: 'pic', formData: { n: 5, 键: '值' }, header: { 'content-type': 'text/plain' } }, (task) => { task.onProgressUpdate((p) => seen.push(p)); task.onHeadersReceived((h) => seen.push(h.statusCode)) })
         const form = JSON.parse(data), [file] = form.files, last = seen[seen.length - 2]
         show(errMsg, statusCode, header['Content-Type'], form.fields, file.field, file.name, file.type, file.size)
         show(seen.pop(), last.progress, last.totalBytesSent === last.totalBytesExpectedToSend, last.totalBytesSent > 300000)",
        &[],
    );
    assert_eq!(
        out,
        "[\"uploadFile:ok\",200,\"application/json\",[[\"n\",\"5\"],[\"键\",\"值\"]],\"pic\",\"图 1.png\",\"image/png\",300000]\n[200,100,true,true]\n"
    );
}

#[test]
fn f3_a_download_is_a_temporary_file_that_can_be_read_uploaded_and_saved() {
    let out = printed(
        "const progress = []
         const { tempFilePath: path, filePath, statusCode, errMsg } = await call('downloadFile', { url: '/bytes/100000' }, (task) => task.onProgressUpdate((p) => progress.push(p)))
         const bytes = new Uint8Array(fs.readFileSync(path))
         show(errMsg, statusCode, /^wxfile:\\/\\/tmp_\\w+(\\.\\w+)?$/.test(path), filePath, bytes.length, bytes.every((b, i) => b === i % 251), progress.pop())
         const up = await call('uploadFile', { url: '/upload', filePath: path, name: 'f' })
         show(JSON.parse(up.data).files[0].size)
         const saved = fs.saveFileSync(path)
         show(saved.startsWith(usr + '/store_'), fs.statSync(saved).size, thrown(() => fs.accessSync(path)).split(',')[0])
         const missing = await call('downloadFile', { url: '/status/404', filePath: `${usr}/missing.json` })
         show(missing.statusCode, missing.filePath, 'tempFilePath' in missing, fs.readFileSync(missing.filePath, 'utf8'))",
        &[],
    );
    assert_eq!(
        out,
        "[\"downloadFile:ok\",200,true,null,100000,true,{\"progress\":100,\"totalBytesWritten\":100000,\"totalBytesExpectedToWrite\":100000}]\n[100000]\n[true,100000,\"accessSync:fail no such file or directory\"]\n[404,\"wxfile://usr/missing.json\",false,\"{\\\"status\\\":404}\"]\n"
    );
}

#[test]
fn f2_only_the_apps_own_files_are_uploaded_or_written() {
    let out = printed(
        "fs.mkdirSync(`${usr}/d`)
         for (const filePath of [`${usr}/none`, `${usr}/../storage.json`, '/etc/hosts', `${usr}/d`]) {
           show((await call('uploadFile', { url: '/upload', name: 'f', filePath })).errMsg, (await call('downloadFile', { url: '/json', filePath })).errMsg)
         }",
        &[],
    );
    let denied = r#"["uploadFile:fail permission denied","downloadFile:fail permission denied"]"#;
    assert_eq!(
        out,
        format!(
            "[\"uploadFile:fail file not found\",\"downloadFile:ok\"]\n{denied}\n{denied}\n{denied}\n"
        )
    );
}

#[test]
fn a_data_folder_keeps_files_and_drops_temporary_ones() {
    let server = server(&format!(
        "{PRELUDE}; (async () => {{
           await call('downloadFile', {{ url: '/bytes/9', filePath: `${{usr}}/kept` }}); await call('downloadFile', {{ url: '/bytes/9' }})
           show(fs.readdirSync(usr))
         }})()"
    ));
    for _ in 0..2 {
        let run = server.run(&["--ca", "ca.pem", "--data-dir", "data"]);
        assert_eq!(run.out, "[[\"kept\"]]\n", "{}", run.err);
        let left = std::fs::read_dir(server.folder.file("data/tmp")).unwrap();
        assert_eq!(left.count(), 0);
    }
    assert!(server.folder.file("data/usr/kept").exists());
}

/// Puts chunks of bytes together to whole characters, as a program must that has no TextDecoder.
const DECODER: &str = "
    let bytes = [], cuts = 0
    const add = (data) => { const text = [...new Uint8Array(data)]; cuts += (text[0] & 0xc0) === 0x80; bytes.push(...text) }
    const text = () => decodeURIComponent(bytes.map((b) => '%' + b.toString(16).padStart(2, '0')).join(''))
";

#[test]
fn server_sent_events_reach_a_program_as_they_come_cut_inside_characters() {
    let source = format!(
        "{DECODER} const order = []
         const {{ data, statusCode }} = await call('request', {{ url: '/sse/8/4', enableChunked: true, timeout: 1000 }}, (task) => {{
           task.onHeadersReceived(() => order.push('headers'))
           task.onChunkReceived(({{ data }}) => {{ add(data); order.push('chunk') }})
         }})
         show(data, statusCode, order[0], order.length > 20, cuts > 0)
         host.print(text())"
    );
    let events: String = (0..8).map(event).collect();
    assert_eq!(
        printed(&source, &[]),
        format!("[\"\",200,\"headers\",true,true]\n{events}\n")
    );
}

#[test]
fn a_chunk_is_heard_while_the_next_one_is_still_far_away() {
    let out = printed(
        "let heard
         const first = new Promise((resolve) => { heard = resolve })
         let task
         const stream = call('request', { url: '/drip/2/600000', enableChunked: true }, (t) => { task = t; t.onChunkReceived(({ data }) => heard(data.byteLength)) })
         show(await first, (await call('request', { url: '/json' })).statusCode)
         task.abort()
         show((await stream).errMsg)",
        &[],
    );
    assert_eq!(out, "[1,200]\n[\"request:fail abort\"]\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_does_not_take_its_chunks_holds_the_response_up_and_not_memory() {
    let out = printed(
        "const kibibytes = (field) => Number(host.readTextFile('/proc/self/status').match(field + '[^0-9]*([0-9]+)')[1])
         const before = kibibytes('VmRSS'); let length = 0, chunks = 0
         function hear({ data }) {
           length += data.byteLength
           if (chunks++ === 3) for (const until = host.now() + 700; host.now() < until;);
         }
         const { errMsg } = await call('request', { url: '/chunked/67108864', enableChunked: true }, (task) => task.onChunkReceived(hear))
         show(errMsg, length, kibibytes('VmHWM') - before < 12 * 1024)",
        &["--allow-read=/proc/self"],
    );
    assert_eq!(out, "[\"request:ok\",67108864,true]\n");
}

#[test]
fn t2_a_stream_may_take_longer_than_its_timeout_but_not_pause_for_so_long() {
    let out = printed(
        "const began = host.now(); let chunks = 0
         const count = (task) => task.onChunkReceived(() => chunks++)
         const slow = await call('request', { url: '/drip/25/50', enableChunked: true, timeout: 1000 }, count)
         show(slow.errMsg, chunks, host.now() - began > 1000)
         const stuck = await call('request', { url: '/drip/2/9000', enableChunked: true, timeout: 500 }, count)
         show(stuck.errMsg, chunks)",
        &[],
    );
    assert_eq!(
        out,
        "[\"request:ok\",25,true]\n[\"request:fail timeout\",26]\n"
    );
}

#[test]
fn j5_aborted_transfers_end_at_once_and_leave_no_file() {
    let out = printed(
        "const abort = (task) => task.onProgressUpdate(() => task.abort())
         fs.writeFileSync(`${usr}/f`, new ArrayBuffer(5000000))
         const down = await call('downloadFile', { url: '/paced/3000000/50', filePath: `${usr}/part` }, abort)
         const up = await call('uploadFile', { url: '/never', filePath: `${usr}/f`, name: 'f' }, (task) => setTimeout(task.abort, 50))
         show(down.errMsg, up.errMsg, fs.readdirSync(usr))",
        &[],
    );
    assert_eq!(
        out,
        "[\"downloadFile:fail abort\",\"uploadFile:fail abort\",[\"f\"]]\n"
    );
}

#[test]
fn files_are_read_and_written_in_every_encoding() {
    let run = script(
        "const fs = wx.getFileSystemManager(), f = `${wx.env.USER_DATA_PATH}/f`
         const bytes = Uint8Array.from({ length: 20000 }, (_, i) => i * 7 ^ i >> 8)
         const same = (encoding) => { fs.writeFileSync(f, bytes.buffer); const text = fs.readFileSync(f, encoding); fs.writeFileSync(f, text, encoding); const again = new Uint8Array(fs.readFileSync(f)); return again.length === bytes.length && again.every((b, i) => b === bytes[i]) }
         host.print(['base64', 'hex', 'binary', 'latin1', 'ascii', 'ucs2', 'ucs-2', 'utf16le', 'UTF-16LE'].every(same))
         fs.writeFileSync(f, 'é小🎈'); host.print([fs.readFileSync(f, 'utf8'), fs.readFileSync(f, 'hex'), fs.readFileSync(f, 'utf-8', 2, 3), fs.readFileSync(f, 'ucs2').length].join())
         fs.writeFileSync(f, ' YQ=', 'base64'); fs.appendFileSync(f, '-_8', 'base64'); fs.appendFileSync(f, '0aZZ0B', 'hex'); host.print(fs.readFileSync(f, 'hex'))
         for (const wrong of [() => fs.readFileSync(f, 'rot13'), () => fs.readFileSync(f, 'constructor'), () => fs.readFileSync(f, 'utf8', -1), () => fs.readFileSync(f, 'utf8', 0, 1.5), () => fs.readFileSync(f, 'utf8', 99), () => fs.writeFileSync(f, 5), () => fs.readFileSync()]) try { wrong(); host.print('?') } catch (e) { host.print(e.message + ' ' + e.errno) }",
    );
    assert_eq!(
        run.out,
        "true\né小🎈,c3a9e5b08ff09f8e88,小,4\n61fbff0a0b\nreadFileSync:fail invalid encoding \"rot13\" undefined\nreadFileSync:fail invalid encoding \"constructor\" undefined\nreadFileSync:fail invalid argument, open \"wxfile://usr/f\" 1300022\nreadFileSync:fail invalid argument, open \"wxfile://usr/f\" 1300022\nreadFileSync:fail invalid argument, open \"wxfile://usr/f\" 1300022\nwriteFileSync:fail data should be String or ArrayBuffer undefined\nreadFileSync:fail parameter error: the path should be String instead of Undefined; undefined\n",
        "{}",
        run.err
    );
}

#[test]
fn a_folder_tells_of_all_below_it() {
    let run = script(
        "const fs = wx.getFileSystemManager(), d = `${wx.env.USER_DATA_PATH}/d`
         fs.mkdirSync(`${d}/a/b`, true); fs.writeFileSync(`${d}/a/f`, 'xyz')
         host.print(JSON.stringify(fs.statSync(`${d}/`, true).map(({ path, stats }) => [path, stats.isFile(), stats.isFile() && stats.size])))
         fs.stat({ path: `${d}/a/f`, recursive: true, success: ({ stats }) => host.print(stats.size) })
         fs.getFileInfo({ filePath: `${d}/a/f`, success: ({ size, errMsg }) => host.print(size + errMsg) })",
    );
    assert_eq!(
        run.out,
        "[[\"/\",false,false],[\"/a\",false,false],[\"/a/b\",false,false],[\"/a/f\",true,3]]\n3\n3getFileInfo:ok\n",
        "{}",
        run.err
    );
}
