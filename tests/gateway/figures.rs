//! What this process used, and what many measurements come to.

use std::time::Duration;

use crate::Outcome;

/// A line of this process's status, such as `VmHWM` (the most memory that it ever had) or `VmRSS` (what it
/// has now), in MB: a million bytes.
pub(crate) fn memory(name: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.strip_prefix(':')?.trim().strip_suffix("kB"));
    let kibibytes: u32 = kibibytes.ok_or("no such memory")?.trim().parse()?;
    Ok(f64::from(kibibytes) * 1024.0 / 1e6)
}

/// Milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// What so many of a hundred values do not exceed; no number where there is none.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or(f64::NAN)
}
