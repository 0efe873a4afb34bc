//! A program that has changed every built-in it can reach, and what it finds beside `wx` (J1-J4, I4).

use crate::run::Folder;

const RUIN: &str = include_str!("../../../js/tests/js/ruin.js");

/// The lines that a program prints with what `kept` names left of the globals.
fn printed(before: &str, after: &str) -> Vec<[String; 2]> {
    let kept = "['wx', 'console', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'host', 'App', 'getApp', 'TextEncoder', 'TextDecoder', 'Uint8Array', 'DataView']";
    ["overwrite", "delete"]
        .map(|mode| {
            let source = format!("{before}; {RUIN}('{mode}', {kept}); {after}");
            let folder = Folder::new(&[
                ("t.js", source.as_str()),
                (
                    "lib.js",
                    "exports.n = 5; exports.file = __filename; exports.parsed = require('./data')",
                ),
                ("data.json", "\u{feff}{\"a\": 1}"),
            ]);
            let flags = [
                "run",
                "t.js",
                "--polyfill",
                "text",
                "--allow-read=.",
                "--allow-env",
            ];
            let run = folder.appnet(&flags, "line\n");
            assert_eq!(run.status, 0, "{mode}: {}{}", run.out, run.err);
            [run.out, run.err]
        })
        .into()
}

fn both(before: &str, after: &str, out: &str) {
    for [seen, err] in printed(before, after) {
        assert_eq!((seen.as_str(), err.as_str()), (out, ""));
    }
}

#[test]
fn j4_storage_works_whatever_a_program_made_of_the_built_ins() {
    both(
        "",
        "wx.setStorageSync('k', { a: [1] }); wx.setStorage({ key: 'b', data: 2, success: (r) => host.print(r.errMsg) })
         wx.getStorage({ key: 'none', fail: (r) => host.print(r.errMsg), complete: () => { wx.removeStorageSync('b'); host.print(wx.getStorageInfoSync().keys[0] + wx.getStorageInfoSync().keys.length) } })
         host.print(wx.getStorageSync('k').a[0] + '|' + wx.getStorageSync('none'))
         try { wx.setStorageSync(5, 5) } catch (e) { host.print('thrown') }",
        "1|\nthrown\nsetStorage:ok\ngetStorage:fail data not found\nk1\n",
    );
}

#[test]
fn j4_files_work_whatever_a_program_made_of_the_built_ins() {
    both(
        "",
        "const fs = wx.getFileSystemManager(), at = wx.env.USER_DATA_PATH, file = at + '/d/f'
         fs.mkdirSync(at + '/d/e', true); fs.writeFileSync(file, 'aé'); fs.appendFileSync(file, 'eg==', 'base64'); fs.appendFileSync(file, '7A 7b', 'hex'); fs.appendFileSync(file, new DataView(fs.readFileSync(file), 0, 1))
         host.print(fs.readFileSync(file, 'hex')); host.print(fs.readFileSync(file, 'base64', 0, 3)); host.print(fs.readFileSync(file, 'latin1', 0, 1) + fs.readFileSync(file, 'utf8', 0, 3))
         host.print(fs.readdirSync(at + '/d')[1] + fs.statSync(at + '/', true).length + fs.statSync(file).size); fs.copyFileSync(file, at + '/g'); fs.renameSync(at + '/g', at + '/h'); fs.unlinkSync(at + '/h')
         try { fs.readFileSync(at + '/none') } catch (e) { host.print('thrown ' + e.errno) }
         fs.readFile({ filePath: file, encoding: 'ucs2', success: (r) => host.print(r.data[0] === '\\uc361') }); fs.access({ path: at + '/none', fail: (r) => host.print(r.errMsg) })
         fs.rmdirSync(at + '/d', true); host.print(wx.arrayBufferToBase64(wx.base64ToArrayBuffer('_-A')))",
        "61c3a97a7a7b61\nYcOp\naaé\nf47\nthrown 1300002\n/+A=\ntrue\naccess:fail no such file or directory, access \"wxfile://usr/none\"\n",
    );
}

#[test]
fn j4_modules_apps_and_the_host_work_whatever_a_program_made_of_the_built_ins() {
    both(
        "",
        "const lib = require('./lib'); host.print(lib.n + lib.file + lib.parsed.a)
         try { require('./none') } catch (e) { host.print('thrown') }
         App({ onLaunch() { host.print('launched') }, onHide() { host.print('hidden') } })
         const f = () => { host.print('heard'); host.onLine((line) => { host.print(line); host.exit(0) }) }
         wx.onAppHide(f); wx.onAppHide(() => host.print('taken away')); wx.offAppHide(); wx.onAppHide(f)
         setTimeout(() => host.enterBackground(), 1)
         host.print(host.readTextFile('data.json').length + typeof host.env('PATH') + typeof host.now())",
        "5/lib.js1\nthrown\n9stringnumber\nlaunched\nhidden\nheard\nline\n",
    );
}

#[test]
fn j4_text_encoder_and_decoder_work_whatever_a_program_made_of_the_built_ins() {
    both(
        "",
        "const bytes = new TextEncoder().encode('é小🎈'), decoder = new TextDecoder()
         let text = ''
         for (let i = 0; i < 9; i++) { const one = new Uint8Array(1); one[0] = bytes[i]; text += decoder.decode(one, { stream: true }) }
         const into = new TextEncoder().encodeInto('é小', new Uint8Array(4))
         host.print(text + decoder.decode() + into.read + into.written)",
        "é小🎈12\n",
    );
}

#[test]
fn j4_the_system_answers_whatever_a_program_made_of_the_built_ins() {
    both(
        "",
        "wx.getSystemInfo({ success: (r) => host.print(r.SDKVersion) }); wx.getNetworkType({ success: (r) => host.print(typeof r.networkType) })
         host.print(wx.getAccountInfoSync().miniProgram.envVersion)",
        "release\n3.3.0\nstring\n",
    );
}
