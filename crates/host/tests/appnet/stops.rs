//! Programs that are told to stop: within a second, whatever they do (I4).

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use crate::run::{Folder, Run, finish};

/// Native functions of the engine that take longer than anybody waits; some ask nobody whether they should go on.
const LONG: [&str; 21] = [
    "[].sort.call({ length: 2 ** 53 - 1 })",
    "[].indexOf.call({ length: 2 ** 53 - 1 }, 1)",
    "[].lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)",
    "[].includes.call({ length: 2 ** 53 - 1 }, 1)",
    "[].reverse.call({ length: 2 ** 53 - 1 })",
    "[].copyWithin.call({ length: 2 ** 53 - 1 }, 1)",
    "[].unshift.call({ length: 2 ** 53 - 2 }, 1)",
    "[].shift.call({ length: 2 ** 53 - 1 })",
    "[].splice.call({ length: 2 ** 53 - 1 }, 0, 1)",
    "[].fill.call({ length: 2 ** 53 - 1 }, 1)",
    "[].concat.call({ length: 1, [Symbol.isConcatSpreadable]: true }, { length: 2 ** 53 - 2, [Symbol.isConcatSpreadable]: true })",
    "[].slice.call({ length: 2 ** 53 - 1 }, 2 ** 52)",
    "[].flat.call({ length: 2 ** 53 - 1 })",
    "[].join.call({ length: 2 ** 31 - 2 })",
    "/(x+x+)+y/.test('x'.repeat(100))",
    "JSON.stringify(Array.from({ length: 20 }).reduce((inner) => [inner, inner, inner, inner], 0))",
    "(3n ** 3000000n) ** 3n",
    "(3n ** 3000000n).toString()",
    "BigInt('9'.repeat(2e7))",
    "('a'.repeat(1 << 28)).indexOf('a'.repeat(1 << 27) + 'b')",
    "String.raw({ raw: { length: 2 ** 53 - 1 } })",
];

struct Running {
    child: Child,
    temporary: tempfile::TempDir,
    sent: Instant,
}

impl Running {
    /// A program that says `up` and goes on with `source`.
    fn new(source: &str, flags: &[&str]) -> Self {
        let folder = Folder::new(&[("t.js", &format!("host.print('up'); {source}"))]);
        let temporary = tempfile::tempdir().unwrap();
        let mut child = folder
            .command(&[&["run", "t.js"], flags].concat())
            .env("TMPDIR", temporary.path())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "up\n");
        Self {
            child,
            temporary,
            sent: Instant::now(),
        }
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// Waits for the end, as a terminal does: standard input stays open. A program that does not end is killed.
    fn ended(mut self, limit: Duration) -> Run {
        let input = self.child.stdin.take();
        let id = self.child.id().to_string();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let killer = std::thread::spawn(move || {
            if wait.recv_timeout(Duration::from_secs(5)).is_err() {
                Command::new("kill").args(["-KILL", &id]).status().unwrap();
            }
        });
        let run = finish(self.child);
        let took = self.sent.elapsed();
        done.send(()).ok();
        killer.join().unwrap();
        drop(input);
        assert!(took < limit, "{took:?} {run:?}");
        assert!(
            is_empty(self.temporary.path()),
            "the temporary folder is left"
        );
        run
    }
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

/// Whether this process, and so what it starts, ignores SIGHUP; where the system does not tell, it does not.
#[cfg(unix)]
fn is_hang_up_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|it| it & 1 == 1))
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn i4_max_time_stops_a_program_that_waits_and_one_that_spins_and_says_what_was_open() {
    for (source, open) in [
        ("setInterval(() => {}, 10)", "; still open: 1 timer\n"),
        ("for (;;);", "; nothing was open, the program was busy\n"),
        (
            "const again = () => Promise.resolve().then(again); again()",
            "busy\n",
        ),
        (
            "host.onLine(() => {}); setTimeout(() => {}, 1e6); setTimeout(() => {}, 1e6)",
            "; still open: 2 timers, standard input\n",
        ),
        (
            "[].sort.call({ length: 2 ** 53 - 1 })",
            "appnet: stopped: --max-time is over\nappnet: the program did not end in time and was cut off\n",
        ),
    ] {
        let run =
            Running::new(source, &["--max-time", "0.3"]).ended(SECOND + Duration::from_millis(300));
        assert_eq!(run.status, 124, "{source}");
        assert!(
            run.err.starts_with("appnet: stopped: --max-time is over") && run.err.ends_with(open),
            "{source}: {}",
            run.err
        );
    }
}

#[cfg(unix)]
#[test]
fn i4_signals_stop_within_a_second_a_program_that_waits_and_one_that_spins() {
    // Under nohup(1) a program goes on when its terminal goes.
    let hang_up = (!is_hang_up_ignored()).then_some(("-HUP", 129));
    for (signal, status) in [("-INT", 130), ("-TERM", 143)].into_iter().chain(hang_up) {
        for source in [
            "setInterval(() => {}, 10)",
            "for (;;);",
            "[].sort.call({ length: 2 ** 53 - 1 })",
        ] {
            let running = Running::new(source, &[]);
            running.signal(signal);
            assert_eq!(running.ended(SECOND).status, status, "{signal} {source}");
        }
    }
}

#[cfg(unix)]
#[test]
fn i4_a_signal_stops_within_a_second_also_inside_a_native_function_of_the_engine() {
    let late = [
        format!("setTimeout(() => {{ {} }}, 1)", LONG[0]),
        format!("(async () => {{ await null; {} }})()", LONG[0]),
    ];
    let now = LONG.map(|source| format!("try {{ {source} }} catch {{}} for (;;);"));
    for source in now.iter().chain(&late) {
        let running = Running::new(source, &[]);
        running.signal("-TERM");
        assert_eq!(running.ended(SECOND).status, 143, "{source}");
    }
}

#[cfg(unix)]
#[test]
fn i4_a_second_signal_ends_at_once() {
    let running = Running::new("[].sort.call({ length: 2 ** 53 - 1 })", &[]);
    running.signal("-TERM");
    // The first one must have been heard: it is then that the second one counts.
    std::thread::sleep(Duration::from_millis(100));
    running.signal("-INT");
    assert_eq!(running.ended(Duration::from_millis(500)).status, 143);
}

#[cfg(target_os = "linux")]
#[test]
fn i4_a_program_that_outlives_its_terminal_is_not_stopped_by_it() {
    let folder = Folder::new(&[(
        "t.js",
        "host.print('up'); host.onLine((line) => host.exit(Number(line)))",
    )]);
    let appnet = folder.command(&[]);
    let mut child = Command::new("nohup")
        .arg(appnet.get_program())
        .args(["run", "t.js"])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    Command::new("kill")
        .args(["-HUP", &child.id().to_string()])
        .status()
        .unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"9\n").unwrap();
    assert_eq!(finish(child).status, 9);
}

#[cfg(unix)]
#[test]
fn i4_a_program_that_prints_to_a_reader_who_does_not_read_is_stopped_too() {
    let running = Running::new(
        "for (;;) { host.print('x'.repeat(1000)); console.log('y'.repeat(1000)) }",
        &[],
    );
    running.signal("-TERM");
    let Running {
        mut child,
        temporary,
        sent,
    } = running;
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(sent.elapsed() < SECOND, "{:?}", sent.elapsed());
    assert!(is_empty(temporary.path()));
}

#[test]
fn i4_check_runs_nothing() {
    for source in [
        "}); for(;;); (function () {",
        "for (;;);",
        "}, [(() => { for (;;); })()]: 1, m() {",
    ] {
        let folder = Folder::new(&[("t.js", source)]);
        let child = folder.start(&["check", "t.js"]);
        let temporary = tempfile::tempdir().unwrap();
        let run = Running {
            child,
            temporary,
            sent: Instant::now(),
        }
        .ended(Duration::from_secs(4));
        let valid = source == "for (;;);";
        assert_eq!(
            run.status,
            if valid { 0 } else { 2 },
            "{source}: {}",
            run.err
        );
        assert_eq!(
            run.err.contains("SyntaxError") && run.err.contains("t.js:1:"),
            !valid,
            "{source}: {}",
            run.err
        );
    }
}
