//! What the benches ask of the system.

use std::{error::Error, fs, time::Duration};

use nix::time::{ClockId, clock_gettime};

/// Processor time of this process so far.
pub(crate) fn used() -> Result<Duration, Box<dyn Error>> {
    Ok(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into())
}

/// A line of what the kernel knows of this process, in KiB.
pub(crate) fn memory(name: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let words = line.ok_or("the kernel does not tell")?;
    Ok(words
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .parse()?)
}
