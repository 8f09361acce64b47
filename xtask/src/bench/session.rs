//! A played OpenHands session: through `deckhands run`, and its bare container through `docker`.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::cycle::{docker_run, timed};
use super::events::{self, Life};
use super::now;
use super::stage::{ATTEMPT_DIR, Stage};

/// The play of a short session that finishes. It pauses where OpenHands works much longer, so that
/// what was said before has arrived when it ends.
pub(super) const SHORT: &str = "\
task say hello
log [runtime played] Container started: openhands-runtime-played. VSCode URL: None
log [runtime played] Runtime is ready.
state running
sleep 0.15
finish done
state finished
";

/// What the product asks for in the app's container, in `docker`'s words; see
/// `crates/deckhands-agent/src/openhands_headless/launch.rs`.
const SAME_AS_APP: [&str; 23] = [
    "--init",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--read-only",
    "--tmpfs",
    "/tmp:exec",
    "--network=bridge",
    "--add-host",
    "host.docker.internal:host-gateway",
    "--memory",
    "1g",
    "--memory-swap",
    "1g",
    "--cpus",
    "1",
    "--pids-limit",
    "256",
    "--log-driver=local",
    "--log-opt=max-size=67108864",
    "--log-opt=max-file=1",
    "--log-opt=compress=false",
    "--env",
    "FILE_STORE_PATH=/tmp",
];

/// A whole `deckhands run`.
pub(super) struct Run {
    pub(super) wall: Duration,
    pub(super) app: Life,
}

/// Runs the play to its end and looks up how long its container lived.
pub(super) fn by_deckhands(stage: &Stage) -> Result<Run> {
    let mut command = stage.run_command(SHORT)?;
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let (since, began) = (events::clock(), now());
    let output = command.output().context("start `deckhands run`")?;
    let wall = began.elapsed();
    let report = String::from_utf8_lossy(&output.stdout);
    completed(&report).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let home = stage.home().to_string_lossy().into_owned();
    let app = events::life(ATTEMPT_DIR, &home, since)?;
    Ok(Run { wall, app })
}

/// The same container and play with nothing of ours around it.
pub(super) fn by_docker(stage: &Stage) -> Result<Duration> {
    timed(&mut bare_run(stage)?)
}

/// `docker run --rm` of that.
pub(super) fn bare_run(stage: &Stage) -> Result<Command> {
    let task = stage.task(SHORT)?;
    let input = task.parent().unwrap_or(&task).display().to_string();
    let mut docker = docker_run();
    docker.args(SAME_AS_APP);
    docker.args(["--volume", &format!("{input}:/deckhands/input:ro")]);
    docker.arg(&stage.image);
    docker.args(["python", "-m", "openhands.core.main"]);
    docker.args(["-f", "/deckhands/input/task.txt", "-n", "played"]);
    Ok(docker)
}

/// Whether the result document is that of a task that was carried through.
pub(super) fn completed(report: &str) -> Result<()> {
    let report: Value = serde_json::from_str(report).context("read the result document")?;
    let state = report["state"].as_str().unwrap_or("unknown");
    ensure!(state == "completed", "the task ended as `{state}`");
    Ok(())
}
