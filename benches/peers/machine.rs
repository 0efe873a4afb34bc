//! What the bench asks of the system: cores, processor time, switches between threads, load.

use std::{error::Error, fs, time::Duration};

use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::resource::{UsageWho, getrusage},
    time::{ClockId, clock_gettime},
    unistd::Pid,
};

/// Two cores of those that this process may use: the client's and the origin's. One, twice, where there is only one.
pub(crate) fn cores() -> Result<(usize, usize), Box<dyn Error>> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let mut cores = (0..CpuSet::count()).filter(|core| allowed.is_set(*core) == Ok(true));
    let first = cores.next().ok_or("no core is allowed")?;
    Ok((first, cores.next().unwrap_or(first)))
}

/// Keeps the calling thread, and those that it starts from now on, on one core.
pub(crate) fn pin(core: usize) -> Result<(), Box<dyn Error>> {
    let mut only = CpuSet::new();
    only.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &only)?)
}

/// What a process has used so far, all of its threads together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// Processor time.
    pub(crate) cpu: Duration,
    /// Switches from one of its threads to another thread, because it waited or because it was made to.
    pub(crate) switches: i64,
}

impl Used {
    /// This process.
    pub(crate) fn now() -> Result<Self, Box<dyn Error>> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        Ok(Self {
            cpu: clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into(),
            switches: usage.voluntary_context_switches() + usage.involuntary_context_switches(),
        })
    }

    /// Another process.
    pub(crate) fn of(process: u32) -> Result<Self, Box<dyn Error>> {
        let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(process.try_into()?))?;
        Ok(Self {
            cpu: clock_gettime(clock)?.into(),
            switches: switches(process)?,
        })
    }
}

/// Switches of the threads that a process has now.
fn switches(process: u32) -> Result<i64, Box<dyn Error>> {
    let mut switches = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let status = fs::read_to_string(thread?.path().join("status"))?;
        let counts = status.lines().filter_map(|line| {
            let (name, count) = line.split_once(':')?;
            name.ends_with("ctxt_switches").then(|| count.trim())
        });
        for count in counts {
            switches += count.parse::<i64>()?;
        }
    }
    Ok(switches)
}

/// The load average of the last one, five and fifteen minutes.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let three: Vec<&str> = text.split(' ').take(3).collect();
    three.join(" ")
}
