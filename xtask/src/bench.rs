//! `cargo xtask bench`: figures that may not get worse; so far the start-up time.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::{process, workspace};

#[cfg(test)]
mod tests;

/// Runs whose median is taken; of an even number, the upper middle one.
const RUNS: usize = 20;

/// The start-up budget for `deckhands --version`: far under what a person notices.
const START_UP_LIMIT: Duration = Duration::from_millis(10);

/// Builds the release binary, starts it repeatedly and compares the median with the limit.
pub(crate) fn run() -> Result<()> {
    let build = [
        "build",
        "--locked",
        "--release",
        "--package",
        "deckhands-cli",
    ];
    process::run(process::cargo().args(build))?;
    let binary = workspace::target_dir()?.join("release").join("deckhands");
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let began = now();
        ensure!(
            process::succeeds(Command::new(&binary).arg("--version")),
            "--version failed"
        );
        times.push(began.elapsed());
    }
    let median = median(&mut times);
    println!("start-up: median {median:.1?} of {RUNS} runs, limit {START_UP_LIMIT:?}");
    ensure!(
        median <= START_UP_LIMIT,
        "start-up takes {median:.1?}, limit {START_UP_LIMIT:?}"
    );
    Ok(())
}

/// The wall clock, for measuring.
#[expect(
    clippy::disallowed_methods,
    reason = "measures real time; there is no tokio here"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
