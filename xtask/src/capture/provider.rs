//! The scripted provider of one session, as a process of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};

#[cfg(test)]
mod tests;

/// A running provider; dropping it ends the process and waits for it.
#[derive(Debug)]
pub(super) struct Provider {
    child: Child,
    pub(super) port: u16,
    log: PathBuf,
    /// Held so that the provider can go on writing to it.
    _stdout: BufReader<ChildStdout>,
}

impl Provider {
    /// Starts it on a free port of `address` and waits until it listens; it logs to `log`.
    pub(super) fn start(binary: &Path, script: &Path, address: &str, log: PathBuf) -> Result<Self> {
        let stderr = File::create(&log).with_context(|| format!("create `{}`", log.display()))?;
        let mut child = Command::new(binary)
            .arg("--script")
            .arg(script)
            .args(["--bind", &format!("{address}:0"), "--verbose"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .context("start the provider")?;
        let pipe = child.stdout.take().context("the provider has no stdout")?;
        let mut provider = Self {
            child,
            port: 0,
            log,
            _stdout: BufReader::new(pipe),
        };
        let mut line = String::new();
        provider
            ._stdout
            .read_line(&mut line)
            .context("read the provider's address")?;
        provider.port = port(&line).with_context(|| {
            let said = fs::read_to_string(&provider.log).unwrap_or_default();
            format!("the provider does not listen: {line}{said}")
        })?;
        Ok(provider)
    }

    /// Requests that reached it so far.
    pub(super) fn requests(&self) -> Result<usize> {
        let log = fs::read_to_string(&self.log).context("read the provider's log")?;
        Ok(log.lines().filter(|line| line.contains(" POST ")).count())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The port in `listening on http://HOST:PORT`.
fn port(line: &str) -> Option<u16> {
    let address = line.trim().strip_prefix("listening on http://")?;
    address.rsplit_once(':')?.1.parse().ok()
}
