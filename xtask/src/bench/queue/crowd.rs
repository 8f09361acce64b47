//! Many tiny containers: as tasks of the product, and through `docker run --rm`.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::bench::now;
use crate::bench::samples::Samples;
use crate::bench::session::{self, SHORT};
use crate::bench::stage::Stage;
use crate::process;

/// Containers of one round, each way.
const CONTAINERS: u32 = 200;

/// At the same time.
const AT_ONCE: &str = "8";

/// What the rounds measured.
#[derive(Default)]
pub(super) struct Crowd {
    pub(super) docker: Samples,
    pub(super) product: Samples,
}

/// Lets both ways take turns.
pub(super) fn measure(stage: &Stage, rounds: u32) -> Result<Crowd> {
    let mut crowd = Crowd::default();
    for number in 1..=rounds {
        let docker = by_docker(stage)?;
        let product = by_deckhands(stage)?;
        let [a, b] = [docker, product].map(|time| time.as_secs_f64());
        println!("round {number}: docker run {a:.1} s, deckhands batch {b:.1} s");
        crowd.docker.push(docker);
        crowd.product.push(product);
    }
    Ok(crowd)
}

/// All containers through `xargs` and `docker`, from its start to its end.
fn by_docker(stage: &Stage) -> Result<Duration> {
    let bare = session::bare_run(stage)?;
    let mut command = Command::new("xargs");
    // One container a line, whatever is in it.
    command.args(["-P", AT_ONCE, "-I", "{}"]);
    command.arg(bare.get_program()).args(bare.get_args());
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let began = now();
    let mut child = command.spawn().context("start `xargs`")?;
    let mut lines = child.stdin.take().context("`xargs` has no stdin")?;
    for number in 0..CONTAINERS {
        writeln!(lines, "{number}")?;
    }
    drop(lines);
    let status = child.wait()?;
    ensure!(
        status.success(),
        "a container failed: `xargs` ended with {status}"
    );
    Ok(began.elapsed())
}

/// The same plays as tasks of one batch, from the start of the command to its end.
fn by_deckhands(stage: &Stage) -> Result<Duration> {
    let mut command = stage.command("batch");
    command.args(["--json", "--workers", AT_ONCE]);
    command.arg(tasks(stage)?);
    let began = now();
    let report = process::output(&mut command)?;
    let took = began.elapsed();
    completed(&report)?;
    Ok(took)
}

fn tasks(stage: &Stage) -> Result<PathBuf> {
    let workspace = stage.workspace();
    let task = json!({ "text": SHORT, "workspace": workspace, "allow_no_change": true });
    let tasks: Vec<_> = (0..CONTAINERS).map(|_| task.clone()).collect();
    let file = stage.folder.join("tasks.json");
    fs::write(&file, Value::Array(tasks).to_string()).context("write the tasks")?;
    Ok(file)
}

/// Whether every task was carried through, each in one attempt.
fn completed(report: &str) -> Result<()> {
    let report: Value = serde_json::from_str(report).context("read the summary of the batch")?;
    let tasks = report["tasks"]
        .as_array()
        .context("the summary has no tasks")?;
    let good = |task: &&Value| task["state"] == "completed" && task["begun"] == 1;
    let good = tasks.iter().filter(good).count();
    ensure!(
        good == CONTAINERS as usize,
        "only {good} tasks were completed at once"
    );
    Ok(())
}

#[cfg(test)]
mod tests;
