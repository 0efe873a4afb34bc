//! Exit statuses, and what is said with them.

use crate::run::{Folder, Run, finish, script};

fn status_and_error(source: &str) -> (i32, String) {
    let Run { status, err, .. } = script(source);
    (status, err)
}

#[test]
fn a_program_ends_with_0_when_nothing_is_left_to_do() {
    let run = script("setTimeout(() => host.print('last'), 20); host.print('first')");
    assert_eq!(
        (run.status, run.out.as_str(), run.err.as_str()),
        (0, "first\nlast\n", "")
    );
}

#[test]
fn host_exit_ends_at_once_with_its_code_and_cannot_be_caught() {
    let run = script(
        "setInterval(() => {}, 1); try { host.exit(7) } catch {} finally { host.print('finally') } host.print('after')",
    );
    assert_eq!((run.status, run.out.as_str()), (7, ""));
    assert_eq!(script("host.exit()").status, 0);
    assert_eq!(
        script("setTimeout(() => { for (;;); }, 5); setTimeout(() => {}, 1e6); host.exit(0)")
            .status,
        0
    );
}

#[test]
fn an_uncaught_error_ends_with_1_and_its_file_and_line() {
    let (status, err) = status_and_error("\nfunction f() {\n  null.x\n}\nf()");
    assert_eq!(status, 1);
    assert!(
        err.starts_with("Uncaught TypeError: cannot read property 'x' of null\n    at f (t.js:3:"),
        "{err}"
    );
}

#[test]
fn an_uncaught_error_in_a_timer_ends_with_1() {
    let (status, err) = status_and_error(
        "setTimeout(() => { throw new Error('late') }); setInterval(() => {}, 1000)",
    );
    assert_eq!(status, 1);
    assert!(
        err.starts_with("Uncaught Error: late\n    at <anonymous> (t.js:1:"),
        "{err}"
    );
}

#[test]
fn an_unhandled_rejection_ends_with_1_and_its_file_and_line() {
    let (status, err) =
        status_and_error("(async () => { await null; throw new Error('async') })()");
    assert_eq!(status, 1);
    assert!(
        err.starts_with("Unhandled promise rejection: Error: async\n    at <anonymous> (t.js:1:"),
        "{err}"
    );
}

#[test]
fn j4_a_callback_that_throws_is_printed_and_the_program_goes_on_to_status_1() {
    let run = script(
        "wx.request({ url: 'https://a.test/', fail() { throw new Error('mine') }, complete() { setTimeout(() => host.print('lives'), 5) } })",
    );
    assert_eq!((run.status, run.out.as_str()), (1, "lives\n"));
    assert!(
        run.err
            .contains("Uncaught Error: mine\n    at fail (t.js:1:"),
        "{}",
        run.err
    );
}

#[test]
fn a_source_that_does_not_parse_ends_with_2_and_its_file_and_line() {
    let (status, err) = status_and_error("host.print('never')\nlet = = 3");
    assert_eq!(status, 2);
    assert!(
        err.contains("SyntaxError") && err.contains("t.js:2:"),
        "{err}"
    );
}

#[test]
fn i4_a_program_whose_reader_has_gone_ends_quietly() {
    let folder = Folder::new(&[("t.js", "for (;;) host.print('more')")]);
    let mut child = folder.start(&["run", "t.js"]);
    drop(child.stdout.take());
    let run = finish(child);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_is_full_is_an_error() {
    let folder = Folder::new(&[("t.js", "for (;;) host.print('more')")]);
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = folder
        .command(&["run", "t.js"])
        .stdout(full)
        .spawn()
        .unwrap();
    let run = finish(child);
    assert_eq!(run.status, 1);
    assert!(
        run.err.contains("cannot write to standard output"),
        "{}",
        run.err
    );
}
