//! The product's gateway as a process of its own.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::provider::Provider;
use super::running::Running;
use super::stage::Stage;

#[cfg(test)]
mod tests;

/// How the product ends that was asked to by SIGTERM.
const TERMINATED: Option<i32> = Some(143);

/// A running gateway.
pub(super) struct Served {
    process: Running,
    address: String,
}

impl Served {
    /// Starts it on a free port before this provider, with money that is counted.
    pub(super) fn start(stage: &Stage, provider: &Provider) -> Result<Self> {
        let mut command = stage.command("gateway");
        command.args(["--listen", "127.0.0.1:0", "--token-file"]);
        command.arg(stage.token_file());
        command.env("DECKHANDS_MODEL", "openai/bench");
        let base_url = format!("http://{}/v1", provider.address());
        command.env("DECKHANDS_BASE_URL", base_url);
        // It tells each call there, as it does wherever it is started.
        command.stderr(File::create(told(stage))?);
        let mut process = Running::start(command.stdout(Stdio::piped()))?;
        let line = process.line()?;
        let address = address(&line).with_context(|| {
            let told = fs::read_to_string(told(stage)).unwrap_or_default();
            format!("the gateway said `{line}`, and {told}")
        })?;
        Ok(Self {
            address: address.to_owned(),
            process,
        })
    }

    /// Where it is called, `IP:PORT`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The most memory that it ever had, in MB.
    pub(super) fn peak(&self) -> Result<f64> {
        self.process.peak()
    }

    /// Ends it in good order, so that it books everything.
    pub(super) fn stop(self, stage: &Stage) -> Result<()> {
        let status = self.process.terminate()?;
        let told = fs::read_to_string(told(stage)).unwrap_or_default();
        let last = told.lines().last().unwrap_or_default();
        ensure!(
            status.code() == TERMINATED,
            "the gateway ended with {status}: {last}"
        );
        Ok(())
    }
}

/// Where its stderr goes.
fn told(stage: &Stage) -> PathBuf {
    stage.folder.join("gateway.txt")
}

/// The address in `OPENAI_BASE_URL=http://ADDRESS/v1`.
fn address(line: &str) -> Option<&str> {
    line.strip_prefix("OPENAI_BASE_URL=http://")?
        .strip_suffix("/v1")
}
