//! The scripted provider, which gives every call the same answer.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::running::Running;
use super::stage::Stage;
use super::streams::{EVENTS, EVERY_MS};

/// Bytes of the answer's text: "1 kB out".
const ANSWER: &str = "1000";

/// Each connection is a file, and many systems allow a process no more than 1,024 until it asks.
const MANY_FILES: &str = r#"ulimit -n "$(ulimit -Hn)" && exec "$@""#;

/// A running provider.
pub(super) struct Provider {
    _process: Running,
    address: String,
}

impl Provider {
    /// Starts it on a free port of the loopback, and waits until it listens.
    pub(super) fn start(stage: &Stage) -> Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", MANY_FILES, "sh"]).arg(&stage.scripted);
        command.args(["--bind", "127.0.0.1:0", "--bench-reply", ANSWER]);
        command.args(["--bench-stream", &format!("{EVENTS},{EVERY_MS}")]);
        let mut process = Running::start(command.stdout(Stdio::piped()))?;
        let line = process.line()?;
        let address = line.strip_prefix("listening on http://");
        let address = address.with_context(|| format!("the provider said `{line}`"))?;
        Ok(Self {
            address: address.to_owned(),
            _process: process,
        })
    }

    /// Where it is called, `IP:PORT`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }
}
