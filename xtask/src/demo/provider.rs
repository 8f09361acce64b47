//! The scripted provider that stands in for a model while a demonstration runs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};

use crate::process;

#[cfg(test)]
mod tests;

/// A placeholder; the scripted provider asks for no key, the command line does.
const KEY: &str = "scripted";

/// Where it listens: the model is called by `deckhands` itself, not from a container.
const ADDRESS: &str = "127.0.0.1";

/// A running provider; dropping it ends the process and waits for it.
pub(super) struct Provider {
    child: Child,
    port: u16,
    /// Held so that the provider can go on writing to it.
    stdout: BufReader<ChildStdout>,
}

/// Starts the provider on a free port and waits until it listens.
pub(super) fn start(binary: &Path, script: &Path) -> Result<Provider> {
    println!(
        "A scripted provider answers from {}; everything else is real.",
        script.display()
    );
    let mut command = Command::new(binary);
    command
        .arg("--script")
        .arg(script)
        .arg("--bind")
        .arg(format!("{ADDRESS}:0"));
    eprintln!("$ {}", process::shown(&command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("start the provider")?;
    let pipe = child.stdout.take().context("the provider has no stdout")?;
    let mut provider = Provider {
        child,
        port: 0,
        stdout: BufReader::new(pipe),
    };
    let mut line = String::new();
    provider
        .stdout
        .read_line(&mut line)
        .context("read the provider's address")?;
    provider.port = port(&line).with_context(|| format!("the provider said `{}`", line.trim()))?;
    Ok(provider)
}

impl Provider {
    /// Points a `deckhands` command at this provider.
    pub(super) fn lend(&self, command: &mut Command) {
        let url = url(self.port);
        eprintln!("$ export OPENROUTER_API_KEY={KEY} OPENHANDS_BASE_URL={url}");
        command
            .env("OPENROUTER_API_KEY", KEY)
            .env("OPENHANDS_BASE_URL", url);
    }
}

/// Where the provider is found.
fn url(port: u16) -> String {
    format!("http://{ADDRESS}:{port}/v1")
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
