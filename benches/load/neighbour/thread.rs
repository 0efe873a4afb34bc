//! What the system knows of a thread (Linux).

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// Before a program: it works where nobody else wants a core. So do the attacker's thread and server, as if they were on other machines: what is
/// measured is how the network shares its thread, not how the system shares its cores. A low priority is not enough: Linux lets whoever works
/// finish a slice of some milliseconds first.
pub(crate) const ONLY_IDLE: [&str; 3] = ["chrt", "--idle", "0"];

/// The network's thread steps so far behind the neighbour's thread and server, for the same reason: else these wait for a core while it works
/// for the attacker.
const OF_NETWORK: i32 = 10;

/// Lets this thread work where nobody else wants a core.
pub(super) fn step_aside() {
    let own = fs::read_link("/proc/thread-self").unwrap_or_default();
    let [program, policy, priority] = ONLY_IDLE;
    change(
        Command::new(program).args([policy, "--pid", priority]),
        &own,
    );
}

/// Lets a thread step behind this one.
fn renice(thread: &Path, by: i32) {
    let niceness = (own_niceness() + by).to_string();
    change(Command::new("renice").args(["-n", &niceness, "-p"]), thread);
}

/// Has the system change what it does with a thread, whose number comes last.
fn change(command: &mut Command, thread: &Path) {
    let Some(id) = thread.file_name() else { return };
    let command = command.arg(id).stdout(Stdio::null()).stderr(Stdio::null());
    let _ = command.status(); // without it, numbers are worse
}

/// The field 19 of `proc_pid_stat(5)`; the name before it, in parentheses, may have blanks.
fn own_niceness() -> i32 {
    let stat = fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let niceness = fields.split_whitespace().nth(16);
    niceness.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The thread of this process that apps live on: the network of the bench has one.
pub(super) struct NetworkThread(PathBuf);

/// How long a thread has worked, and how long it could have and had no core.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    pub(super) worked: Duration,
    pub(super) waited: Duration,
}

impl NetworkThread {
    pub(super) fn find() -> Option<Self> {
        let threads = fs::read_dir("/proc/self/task").ok()?;
        threads
            .flatten()
            .map(|thread| thread.path())
            .find(|path| is_arbiter(path))
            .map(Self)
    }

    /// Lets it step behind the neighbour.
    pub(super) fn step_behind(&self) {
        renice(&self.0, OF_NETWORK);
    }

    pub(super) fn used(&self) -> Used {
        let text = fs::read_to_string(self.0.join("schedstat")).unwrap_or_default();
        let mut nanos = text.split_whitespace().map(|n| n.parse().unwrap_or(0));
        let mut next = || Duration::from_nanos(nanos.next().unwrap_or(0));
        Used {
            worked: next(),
            waited: next(),
        }
    }
}

impl Used {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            worked: self.worked.saturating_sub(before.worked),
            waited: self.waited.saturating_sub(before.waited),
        }
    }
}

fn is_arbiter(thread: &Path) -> bool {
    fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.starts_with("actix-rt"))
}
