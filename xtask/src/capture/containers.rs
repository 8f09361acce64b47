//! The two containers of a session, through the `docker` command.

use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::launch::{NUMBER_LABEL, ROLE_LABEL, RUN_LABEL};
use super::table::{Container, Deed};

#[cfg(test)]
mod tests;

/// The app container of a session, and the sandbox that it starts itself.
#[derive(Debug)]
pub(super) struct Containers {
    app: String,
    run: String,
    number: usize,
}

/// A container as the daemon saw it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) exit: i64,
    pub(super) oom: bool,
}

impl Containers {
    /// Starts the app with these arguments of `docker`.
    pub(super) fn start(
        arguments: &[String],
        app: String,
        run: &str,
        number: usize,
    ) -> Result<Self> {
        let containers = Self {
            app,
            run: run.to_owned(),
            number,
        };
        match docker(arguments) {
            Ok(_) => Ok(containers),
            Err(error) => {
                containers.remove()?;
                Err(error).context("start the app")
            }
        }
    }

    /// Gives notice when the app has ended.
    pub(super) fn end(&self) -> Receiver<()> {
        let (tell, told) = mpsc::sync_channel(1);
        let app = self.app.clone();
        // Ends with the container, which is removed at the end of the session at the latest.
        thread::spawn(move || {
            drop(docker(&["wait".to_owned(), app]));
            let _ = tell.send(());
        });
        told
    }

    /// The app as the daemon sees it.
    pub(super) fn app(&self) -> Result<Seen> {
        inspect(&self.app)
    }

    /// The sandbox as the daemon sees it, if there is one.
    pub(super) fn sandbox(&self) -> Result<Option<Seen>> {
        let found = self.find("sandbox")?;
        found.first().map(|id| inspect(id)).transpose()
    }

    /// Does it to a container.
    pub(super) fn act(&self, deed: Deed, to: Container) -> Result<()> {
        let target = match to {
            Container::App => self.app.clone(),
            Container::Sandbox => self.sandbox()?.context("there is no sandbox")?.id,
        };
        match deed {
            Deed::Kill => docker(&["kill".to_owned(), target])?,
            Deed::Stop => docker(&["stop", "--time", "5", &target].map(str::to_owned))?,
        };
        Ok(())
    }

    /// What the app wrote: stdout and stderr.
    pub(super) fn logs(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let output = docker(&["logs".to_owned(), self.app.clone()])?;
        Ok((output.stdout, output.stderr))
    }

    /// Removes both, by the labels and the name that only they have.
    pub(super) fn remove(&self) -> Result<()> {
        let mut found = self.find("app")?;
        found.extend(self.find("sandbox")?);
        for id in found {
            let words = ["rm", "--force", "--volumes", &id].map(str::to_owned);
            docker(&words)?;
        }
        Ok(())
    }

    fn find(&self, role: &str) -> Result<Vec<String>> {
        let mut words: Vec<String> = ["ps", "--all", "--quiet", "--no-trunc"]
            .map(str::to_owned)
            .to_vec();
        let number = self.number.to_string();
        for (label, value) in [
            (RUN_LABEL, self.run.as_str()),
            (NUMBER_LABEL, &number),
            (ROLE_LABEL, role),
        ] {
            words.extend(["--filter".to_owned(), format!("label={label}={value}")]);
        }
        let listing = String::from_utf8_lossy(&docker(&words)?.stdout).into_owned();
        Ok(listing.lines().map(str::to_owned).collect())
    }
}

fn inspect(name: &str) -> Result<Seen> {
    let output = docker(&["inspect".to_owned(), name.to_owned()])?;
    let list: Value = serde_json::from_slice(&output.stdout).context("read `docker inspect`")?;
    seen(&list).with_context(|| format!("`docker inspect {name}` does not tell the state"))
}

fn seen(list: &Value) -> Option<Seen> {
    let container = list.get(0)?;
    let state = container.get("State")?;
    Some(Seen {
        id: container.get("Id")?.as_str()?.to_owned(),
        status: state.get("Status")?.as_str()?.to_owned(),
        exit: state.get("ExitCode")?.as_i64()?,
        oom: state.get("OOMKilled")?.as_bool()?,
    })
}

/// Runs `docker` and keeps what it says; a nonzero exit is an error with its words.
pub(super) fn docker(arguments: &[String]) -> Result<Output> {
    let mut command = Command::new("docker");
    let output = command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .context("start `docker`")?;
    if !output.status.success() {
        let verb = arguments.first().map_or("", String::as_str);
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!("`docker {verb}` failed: {words}");
    }
    Ok(output)
}
