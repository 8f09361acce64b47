//! What this process used.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;

/// Processor time of all of its threads, in user mode and in the kernel.
pub(crate) fn cpu() -> Outcome<Duration> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Ok(Duration::new(
        u64::try_from(time.tv_sec)?,
        u32::try_from(time.tv_nsec)?,
    ))
}

/// The most memory that it ever had, in MiB.
pub(crate) fn peak_mebibytes() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kibibytes: u32 = kibibytes.ok_or("no peak of memory")?.trim().parse()?;
    Ok(f64::from(kibibytes) / 1024.0)
}

/// Milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The time that so many of a hundred samples do not exceed.
pub(crate) fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(at).copied().map_or(f64::NAN, milliseconds)
}
