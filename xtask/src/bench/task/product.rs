//! The product's way: `deckhands run` in profile `managed`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::Ran;
use super::provider::{KEY, MODEL, Provider};
use super::stage::Stage;
use crate::bench::{now, session};

/// One task, from the start of the command to its end; nothing of it is left then.
pub(super) fn run(stage: &Stage, number: u32) -> Result<Ran> {
    let places = stage.places(&format!("product-{number}"))?;
    let provider = Provider::start(stage)?;
    let mut command = Command::new(&stage.deckhands);
    command.args(["run", "--json", "--profile", "managed", "--model", MODEL]);
    command.arg("--file").arg(&stage.task);
    command.arg("--workspace").arg(&places.workspace);
    command.arg("--home").arg(stage.home());
    command.env_clear().env("HOME", stage.user());
    // Whatever decides which daemon `docker` talks to decides it for the product, too.
    for name in ["PATH", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.env("OPENROUTER_API_KEY", KEY);
    command.env("DECKHANDS_BASE_URL", provider.url());
    command.current_dir(&stage.folder).stdin(Stdio::null());
    let began = now();
    let output = command.output().context("start `deckhands run`")?;
    let total = began.elapsed();
    let report = String::from_utf8_lossy(&output.stdout);
    session::completed(&report)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    places.done()?;
    let steps = provider.steps()?;
    Ok(Ran { total, steps })
}
