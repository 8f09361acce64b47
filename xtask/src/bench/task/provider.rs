//! The scripted provider of one task, and when it was called.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::super::now;
use super::stage::Stage;

#[cfg(test)]
mod tests;

/// A placeholder; the scripted provider asks for no key.
pub(super) const KEY: &str = "scripted-0000";

/// The same for both ways; it is called by its own id behind the prefix.
pub(super) const MODEL: &str = "openrouter/deepseek/deepseek-chat-v3.1:free";

/// Calls that the script answers: the file, the command, the end.
const CALLS: usize = 3;

/// A running provider; dropping it ends the process and waits for it.
pub(super) struct Provider {
    child: Child,
    address: String,
    /// Ends with the process.
    calls: Option<JoinHandle<Vec<Instant>>>,
    /// Held so that the provider can go on writing to it.
    _stdout: BufReader<ChildStdout>,
}

impl Provider {
    /// Starts it on a free port of the bridge, which this host and its containers reach, and waits
    /// until it listens.
    pub(super) fn start(stage: &Stage) -> Result<Self> {
        let mut child = Command::new(&stage.scripted)
            .arg("--script")
            .arg(&stage.script)
            .args(["--bind", &format!("{}:0", stage.gateway), "--verbose"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("start the provider")?;
        let pipes = child.stdout.take().zip(child.stderr.take());
        let (stdout, log) = pipes.context("the provider has no pipes")?;
        let mut provider = Self {
            child,
            address: String::new(),
            calls: Some(thread::spawn(move || calls(BufReader::new(log)))),
            _stdout: BufReader::new(stdout),
        };
        let mut line = String::new();
        provider
            ._stdout
            .read_line(&mut line)
            .context("read the provider's address")?;
        let address = line.trim().strip_prefix("listening on http://");
        let address = address
            .with_context(|| format!("the provider does not listen on `{}`", stage.gateway))?;
        address.clone_into(&mut provider.address);
        Ok(provider)
    }

    /// Where it is called.
    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Ends it; gives the time from the first call to the last one.
    pub(super) fn steps(mut self) -> Result<Duration> {
        self.end();
        let reader = self.calls.take().context("the calls were read before")?;
        let calls = reader.join().ok().context("the reader of the calls died")?;
        between(&calls)
    }

    fn end(&mut self) {
        // Both fail only when the process is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.end();
        if let Some(reader) = self.calls.take() {
            drop(reader.join());
        }
    }
}

/// When each call came; a line of the log is written as soon as one does.
fn calls(log: impl BufRead) -> Vec<Instant> {
    let lines = log.lines().map_while(Result::ok);
    let calls = lines.filter(|line| line.contains(" POST "));
    calls.map(|_call| now()).collect()
}

fn between(calls: &[Instant]) -> Result<Duration> {
    ensure!(
        calls.len() == CALLS,
        "the model was called {} times, not {CALLS}",
        calls.len()
    );
    Ok(calls[CALLS - 1].duration_since(calls[0]))
}
