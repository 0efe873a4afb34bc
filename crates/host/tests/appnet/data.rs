//! The data folder of a run: whose it is, and what is in it after a run that was killed, or that found the disk full (I3).

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::run::{Folder, Run, finish, script};

/// Runs a file of the folder on its data folder `data`.
fn run(folder: &Folder, file: &str) -> Run {
    folder.appnet(&["run", file, "--data-dir", "data"], "")
}

/// A run that goes on until it is killed; the lines that it prints.
fn running(folder: &Folder, file: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = folder.start(&["run", file, "--data-dir", "data"]);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

#[test]
fn i3_a_folder_that_is_not_an_apps_is_refused_and_left_as_it_is() {
    let folder = Folder::new(&[("t.js", "host.print('ran')"), ("data/tmp/precious", "mine")]);
    let run = run(&folder, "t.js");
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    let told = "appnet: data is not empty and has no .appnet-sandbox: it was not made for an app, and opening it would remove files; name a directory that is new or empty, or put an empty file named .appnet-sandbox into it to give it to the app\n";
    assert_eq!(run.err, told);
    let entries = fs::read_dir(folder.file("data")).unwrap();
    assert_eq!(entries.count(), 1);
    let precious = fs::read_to_string(folder.file("data/tmp/precious"));
    assert_eq!(precious.unwrap(), "mine");
}

#[test]
fn i3_a_second_run_on_a_data_folder_is_refused_and_a_killed_one_does_not_keep_it() {
    let folder = Folder::new(&[
        ("long.js", "host.onLine(() => {}); host.print('runs')"),
        ("t.js", "host.print('ran')"),
    ]);
    let (mut first, mut lines) = running(&folder, "long.js");
    assert_eq!(lines.next().unwrap().unwrap(), "runs");
    let second = run(&folder, "t.js");
    let told = "appnet: data is in use by another network or run: wait until that has ended, or name another directory\n";
    assert_eq!(
        (second.status, second.out.as_str(), second.err.as_str()),
        (2, "", told)
    );
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(run(&folder, "t.js").out, "ran\n");
}

#[test]
fn any_string_is_a_key_and_a_value_of_the_storage() {
    let source = r"
        const keys = ['\ud800', '\udc00x', '', '__proto__', 'toString', '1', '\u0000', '键🎈', 'x'.repeat(1000)]
        if (host.args.length) for (const key of keys) wx.setStorageSync(key, [key, { [key]: key }])
        const same = (key) => JSON.stringify(wx.getStorageSync(key)) === JSON.stringify([key, { [key]: key }])
        const info = wx.getStorageInfoSync()
        host.print([keys.every(same), keys.every((key) => info.keys.includes(key)), info.keys.length === keys.length].join())";
    let folder = Folder::new(&[("t.js", source)]);
    let first = folder.appnet(&["run", "t.js", "--data-dir", "data", "--", "write"], "");
    assert_eq!(first.out, "true,true,true\n", "{}", first.err);
    assert_eq!(run(&folder, "t.js").out, "true,true,true\n");
}

#[test]
fn a_storage_file_that_is_none_is_set_aside_with_a_warning() {
    let source = "host.print(JSON.stringify(wx.getStorageSync('k'))); wx.setStorageSync('k', 1)";
    let folder = Folder::new(&[("t.js", source)]);
    assert_eq!(run(&folder, "t.js").out, "\"\"\n");
    fs::write(folder.file("data/storage.json"), "{\"k\":\"2").unwrap();
    let second = run(&folder, "t.js");
    assert_eq!((second.status, second.out.as_str()), (0, "\"\"\n"));
    for part in ["EOF while parsing", "storage.json.broken"] {
        assert!(second.err.contains(part), "{}", second.err);
    }
    let aside = fs::read_to_string(folder.file("data/storage.json.broken"));
    assert_eq!(aside.unwrap(), "{\"k\":\"2");
    assert_eq!(run(&folder, "t.js").out, "1\n");
}

#[test]
fn i3_a_storage_that_is_over_its_bounds_fails_as_on_the_platform_and_keeps_what_it_has() {
    let run = script(
        "const thrown = (f) => { try { f(); return 'kept' } catch (e) { return e.message } }
         const megabyte = 'x'.repeat(1024 * 1024 - 10)
         host.print(thrown(() => wx.setStorageSync('k', megabyte + 'x'.repeat(10))))
         for (let i = 0; i < 10; i++) wx.setStorageSync(String(i), megabyte)
         host.print(thrown(() => wx.setStorageSync('more', megabyte)))
         wx.setStorage({ key: 'more', data: megabyte, fail: ({ errMsg }) => host.print(errMsg) })
         const { keys, currentSize, limitSize } = wx.getStorageInfoSync()
         host.print([keys.length, currentSize, limitSize].join()); host.print(wx.getStorageSync('9') === megabyte)",
    );
    assert_eq!(
        run.out,
        "entry size limit reached\nexceed storage max size 10Mb\n10,10240,10240\ntrue\nsetStorage:fail exceed storage max size 10Mb\n",
        "{}",
        run.err
    );
}

#[test]
fn i3_directories_of_a_program_stop_at_the_bound_with_a_clear_error() {
    let run = script(
        "const fs = wx.getFileSystemManager(), thrown = (f) => { try { f() } catch (e) { return e.message + ' ' + e.errno } }
         let n = 0, error
         while (n < 60000 && !(error = thrown(() => fs.mkdirSync(`${wx.env.USER_DATA_PATH}/${n}`)))) n++
         host.print(n + ' ' + error)
         host.print(thrown(() => fs.writeFileSync(`${wx.env.USER_DATA_PATH}/f`, '')))
         host.print(thrown(() => wx.setStorageSync('k', 1)))",
    );
    let full = "the maximum size of the file storage limit is exceeded";
    assert_eq!(
        run.out,
        format!(
            "10000 mkdirSync:fail {full}, mkdir \"wxfile://usr/10000\" 1300202\nwriteFileSync:fail {full}, open \"wxfile://usr/f\" 1300202\ncannot be stored: over the quota of 10000 files and directories undefined\n"
        ),
        "{}",
        run.err
    );
}

/// Stores more and more, and says what was stored.
const STORES: &str = "
    let n = Number(wx.getStorageSync('n').length) || 0
    const step = () => { n++; wx.setStorageSync('n', '.'.repeat(n)); wx.setStorageSync('ballast', String(n).repeat(100000)); host.print(String(n)); setTimeout(step) }
    step()";

#[test]
fn a_run_that_is_killed_at_any_moment_keeps_what_was_stored() {
    let folder = Folder::new(&[
        ("store.js", STORES),
        (
            "read.js",
            "host.print(String(wx.getStorageSync('n').length))",
        ),
    ]);
    for round in 1..=8 {
        let (mut child, mut lines) = running(&folder, "store.js");
        let said = lines.nth(round * 3 % 7).unwrap().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let said = lines.last().map_or(said, Result::unwrap);
        let kept = run(&folder, "read.js");
        assert_eq!((kept.status, kept.err.as_str()), (0, ""));
        let (said, kept): (u64, u64) = (said.parse().unwrap(), kept.out.trim().parse().unwrap());
        assert!((said..=said + 1).contains(&kept), "{said} {kept}");
    }
}

/// Runs a file where no file may have more than some kilobytes; `first` is what the shell does before.
#[cfg(unix)]
fn with_a_small_disk(folder: &Folder, first: &str, file: &str) -> Run {
    let child = Command::new("sh")
        .args(["-c", &format!("{first} ulimit -f 8; exec \"$0\" \"$@\"")])
        .args([
            env!("CARGO_BIN_EXE_appnet"),
            "run",
            file,
            "--data-dir",
            "data",
        ])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    finish(child.unwrap())
}

const OUTGROWS: &str = "
    wx.setStorageSync('k', 'old'); wx.getFileSystemManager().writeFileSync(`${wx.env.USER_DATA_PATH}/f`, 'old'); host.print('stored')
    const thrown = (f) => { try { f() } catch (e) { host.print(e.message) } }
    thrown(() => wx.setStorageSync('k', 'x'.repeat(100000)))
    thrown(() => wx.getFileSystemManager().writeFileSync(`${wx.env.USER_DATA_PATH}/f`, 'x'.repeat(100000)))
    thrown(() => wx.getFileSystemManager().appendFileSync(`${wx.env.USER_DATA_PATH}/f`, 'x'.repeat(100000)))";

const READS: &str = "host.print(wx.getStorageSync('k') + wx.getFileSystemManager().readFileSync(`${wx.env.USER_DATA_PATH}/f`, 'utf8'))";

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_in_the_middle_of_a_write_keeps_what_was_stored() {
    let folder = Folder::new(&[("t.js", OUTGROWS), ("read.js", READS)]);
    // The system kills whoever writes beyond the bound, having written up to it.
    let killed = with_a_small_disk(&folder, "", "t.js");
    assert_eq!((killed.status, killed.out.as_str()), (-1, "stored\n"));
    assert_eq!(run(&folder, "read.js").out, "oldold\n");
}

#[cfg(unix)]
#[test]
fn a_full_disk_fails_the_write_and_keeps_what_was_stored() {
    let folder = Folder::new(&[("t.js", OUTGROWS), ("read.js", READS)]);
    let full = with_a_small_disk(&folder, "trap '' XFSZ;", "t.js");
    let told = "the maximum size of the file storage limit is exceeded, open \"wxfile://usr/f\"";
    assert_eq!(
        full.out,
        format!(
            "stored\ncannot be stored: the disk is full\nwriteFileSync:fail {told}\nappendFileSync:fail {told}\n"
        ),
        "{}",
        full.err
    );
    assert_eq!(run(&folder, "read.js").out, "oldold\n");
}

#[test]
fn the_file_manager_says_of_every_path_what_it_always_said() {
    let run = script(include_str!("file_manager/program.js"));
    let expected = include_str!("file_manager/expected.txt");
    for (number, (line, expected)) in run.out.lines().zip(expected.lines()).enumerate() {
        assert_eq!(line, expected, "line {}", number + 1);
    }
    assert_eq!(run.out.len(), expected.len(), "{}", run.err);
}
