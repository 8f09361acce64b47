//! `cargo xtask bench`: figures that may not get worse.
//!
//! Here are the start-up time and the measuring itself; `lifecycle` holds the figures that need a
//! Docker daemon, `task` those that need the OpenHands images as well, `gateway` those of model calls,
//! `queue` those of many tasks.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::{process, workspace};

use samples::Samples;

mod cycle;
mod events;
mod figure;
mod gateway;
mod lifecycle;
mod memory;
mod program;
mod queue;
mod samples;
mod session;
mod stage;
mod task;

/// Runs whose median is taken.
const RUNS: usize = 20;

/// The start-up budget for `deckhands --version`: far under what a person notices.
const START_UP_LIMIT: Duration = Duration::from_millis(10);

#[derive(clap::Args, Debug)]
pub(crate) struct BenchArgs {
    /// What to measure; the start-up time if nothing is named
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// What Deckhands adds to a container's life, and its memory under 1 GB of output; needs Docker
    Lifecycle,
    /// A small task on the real images beside the prototype's command; needs Docker, takes minutes
    Task(task::TaskArgs),
    /// What the gateway adds to model calls, beside the same calls through a LiteLLM proxy; takes minutes
    Gateway(gateway::GatewayArgs),
    /// What the queue costs and how it bears many tasks; needs Docker, takes minutes
    Queue(queue::QueueArgs),
}

/// Measures what is asked for; a figure that misses its bar is an error.
pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    match &args.what {
        None => start_up(),
        Some(What::Lifecycle) => lifecycle::run(),
        Some(What::Task(args)) => task::run(args),
        Some(What::Gateway(args)) => gateway::run(args),
        Some(What::Queue(args)) => queue::run(args),
    }
}

/// Measures everything.
pub(crate) fn all() -> Result<()> {
    start_up()?;
    lifecycle::run()?;
    task::short()?;
    gateway::usual()?;
    queue::usual()
}

/// Starts the release binary repeatedly and compares the median with the limit.
fn start_up() -> Result<()> {
    let binary = release_binary()?;
    let mut times = Samples::default();
    for _ in 0..RUNS {
        let began = now();
        ensure!(
            process::succeeds(Command::new(&binary).arg("--version")),
            "--version failed"
        );
        times.push(began.elapsed());
    }
    let median = times.median();
    let limit = START_UP_LIMIT.as_secs_f64() * 1000.0;
    println!("start-up: median {median:.1} ms of {RUNS} runs, limit {limit} ms");
    ensure!(
        median <= limit,
        "start-up takes {median:.1} ms, limit {limit} ms"
    );
    Ok(())
}

/// Builds the binary as it ships and says where it is.
fn release_binary() -> Result<std::path::PathBuf> {
    let build = ["build", "--locked", "--release"];
    let package = ["--package", "deckhands-cli"];
    process::run(process::cargo().args(build).args(package))?;
    Ok(workspace::target_dir()?.join("release").join("deckhands"))
}

/// The wall clock, for measuring.
#[expect(
    clippy::disallowed_methods,
    reason = "measures real time; there is no tokio here"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
