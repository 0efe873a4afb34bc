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

/// Lets this thread work where nobody else wants a core.
pub(super) fn step_aside() {
    let own = fs::read_link("/proc/thread-self").unwrap_or_default();
    let Some(id) = own.file_name() else { return };
    let [program, policy, priority] = ONLY_IDLE;
    let mut change = Command::new(program);
    change.args([policy, "--pid", priority]).arg(id);
    let _ = change.stdout(Stdio::null()).stderr(Stdio::null()).status(); // without it, numbers are worse
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
