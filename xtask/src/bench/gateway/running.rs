//! A process beside the measurement, which ends with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::park_timeout;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::bench::memory::high_water;
use crate::bench::now;
use crate::process;

#[cfg(test)]
mod tests;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// For a process that was asked to end.
const DEADLINE: Duration = Duration::from_secs(20);

/// A process that was started here; dropping it ends it and waits for it.
pub(super) struct Running {
    child: Child,
    /// Held so that it can go on printing, where its output is a pipe.
    stdout: Option<BufReader<ChildStdout>>,
}

impl Running {
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        eprintln!("$ {}", process::shown(command));
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.with_context(|| format!("start `{}`", process::shown(command)));
        let mut child = child?;
        let stdout = child.stdout.take().map(BufReader::new);
        Ok(Self { child, stdout })
    }

    /// The next line that it prints; empty where it prints no more.
    pub(super) fn line(&mut self) -> Result<String> {
        let stdout = self.stdout.as_mut().context("its output is no pipe")?;
        let mut line = String::new();
        stdout.read_line(&mut line).context("read what it prints")?;
        Ok(line.trim().to_owned())
    }

    /// The most memory that it ever had, in MB: a million bytes.
    pub(super) fn peak(&self) -> Result<f64> {
        let kibibytes = high_water(self.child.id());
        let kibibytes = kibibytes.context("the memory of a process could not be read")?;
        Ok(f64::from(kibibytes) * 1024.0 / 1e6)
    }

    /// Waits until something is so, as long as it lives and for no longer than this.
    pub(super) fn wait_until(&mut self, time: Duration, so: impl Fn() -> bool) -> Result<()> {
        let began = now();
        while !so() {
            let ended = self.child.try_wait()?;
            ensure!(ended.is_none(), "it ended before it was ready");
            ensure!(began.elapsed() < time, "it is not ready after {time:?}");
            park_timeout(LOOK);
        }
        Ok(())
    }

    /// Asks it to end, as service managers do, and waits for it.
    pub(super) fn terminate(mut self) -> Result<ExitStatus> {
        let pid = self.child.id().to_string();
        process::output(Command::new("kill").args(["-TERM", &pid]))?;
        let began = now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(
                began.elapsed() < DEADLINE,
                "it did not end in {DEADLINE:?} after SIGTERM"
            );
            park_timeout(LOOK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
