//! One container's whole life: through the library, and through `docker run --rm`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::now;
use super::stage::{LABEL, Stage};
use crate::process;

/// What `crates/deckhands-runtime/examples/lifecycle.rs` specifies, in `docker`'s words.
const SAME_AS_LIBRARY: [&str; 21] = [
    "--init",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--read-only",
    "--tmpfs",
    "/tmp:exec",
    "--network=bridge",
    "--memory",
    "128m",
    "--memory-swap",
    "128m",
    "--cpus",
    "1",
    "--pids-limit",
    "64",
    "--log-driver=local",
    "--log-opt=max-size=1048576",
    "--log-opt=max-file=1",
    "--log-opt=compress=false",
    "--pull",
    "never",
];

/// `docker run --rm` of what the library runs, from the start of the command to its end.
pub(super) fn by_docker(stage: &Stage) -> Result<Duration> {
    timed(
        docker_run()
            .args(SAME_AS_LIBRARY)
            .args([&stage.image, "true"]),
    )
}

/// `docker run --rm` with our label, to be completed.
pub(super) fn docker_run() -> Command {
    let (key, value) = LABEL;
    let mut docker = Command::new("docker");
    docker.args(["run", "--rm", "--label", &format!("{key}={value}")]);
    docker
}

/// The time that a command takes; a failure is an error.
pub(super) fn timed(command: &mut Command) -> Result<Duration> {
    let began = now();
    process::output(command)?;
    Ok(began.elapsed())
}

/// The library in a program of its own, connected and waiting for the next life.
pub(super) struct Library {
    child: Child,
    orders: ChildStdin,
    times: BufReader<ChildStdout>,
}

impl Library {
    pub(super) fn start(stage: &Stage) -> Result<Self> {
        let mut child = command(stage)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the library's program")?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (orders, times) = pipes.context("the library's program has no pipes")?;
        let times = BufReader::new(times);
        Ok(Self {
            child,
            orders,
            times,
        })
    }

    /// From the create call to the answer of the remove call, as the program measures it.
    pub(super) fn life(&mut self) -> Result<Duration> {
        writeln!(self.orders).context("ask for the next life")?;
        let mut line = String::new();
        self.times.read_line(&mut line).context("read a time")?;
        told(&line)
    }

    /// Lets the program end.
    pub(super) fn end(mut self) -> Result<()> {
        drop(self.orders);
        let status = self.child.wait()?;
        ensure!(
            status.success(),
            "the library's program ended with {status}"
        );
        Ok(())
    }
}

/// The same as a whole process: start, connect, one life, end.
pub(super) fn by_process(stage: &Stage) -> Result<Duration> {
    let began = now();
    let mut library = Library::start(stage)?;
    library.life()?;
    library.end()?;
    Ok(began.elapsed())
}

fn command(stage: &Stage) -> Command {
    let (key, value) = LABEL;
    let mut command = Command::new(&stage.lives);
    command.args([&stage.image, &format!("{key}={value}")]);
    command
}

/// The time in a line of the program.
fn told(line: &str) -> Result<Duration> {
    let time: Option<Value> = serde_json::from_str(line).ok();
    let time = time.and_then(|time| time["milliseconds"].as_f64());
    let time = time.and_then(|time| Duration::try_from_secs_f64(time / 1000.0).ok());
    time.with_context(|| format!("the library's program said `{}`", line.trim()))
}

#[cfg(test)]
mod tests;
