//! `cargo xtask bench queue`: what the queue costs, and how it bears many tasks.
//!
//! The store and the engine are measured by `tests/queue`, each figure in a process of its own and most
//! of them on a daemon in memory; the crowd of containers needs Docker.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::figure::{Bar, Figure, Table};
use super::lifecycle::load;
use super::program::Program;
use super::stage::Stage;
use crate::workspace;

use crowd::Crowd;

mod crowd;

/// Rounds whose medians are taken, unless told otherwise.
const ROUNDS: u32 = 5;

/// Milliseconds of a durable claim, 99 % of them, with 100,000 tasks waiting.
const CLAIM_BAR: f64 = 10.0;

/// The same over the same with 1,000 tasks waiting.
const LENGTH_BAR: f64 = 1.5;

/// Milliseconds from a claim to the daemon's create call, 99 % of them.
const CREATE_BAR: f64 = 50.0;

/// Milliseconds of processor time for one task, of engine and durable store together.
const CPU_BAR: f64 = 1.0;

/// MiB of a process with 10,000 attempts at work.
const MEMORY_BAR: f64 = 300.0;

/// Milliseconds until a new engine has taken over 500 attempts.
const ADOPTED_BAR: f64 = 5000.0;

/// 200 containers as tasks, over as many `docker run --rm`.
const CROWD_BAR: f64 = 1.1;

/// Arguments of `cargo xtask bench queue`.
#[derive(clap::Args, Debug)]
pub(super) struct QueueArgs {
    /// Rounds of 200 containers each way whose medians are taken; a round takes a minute
    #[arg(long, value_name = "N", default_value_t = ROUNDS,
        value_parser = clap::value_parser!(u32).range(0..=100))]
    rounds: u32,
}

/// Measures as many rounds as wanted.
pub(super) fn run(args: &QueueArgs) -> Result<()> {
    measure(args.rounds)
}

/// Measures the usual number of rounds.
pub(super) fn usual() -> Result<()> {
    measure(ROUNDS)
}

/// Measures, prints the table, and fails where a bar is missed.
fn measure(rounds: u32) -> Result<()> {
    println!("load before: {}", load());
    let mut table = without_daemon()?;
    println!("load between: {}", load());
    if rounds > 0 {
        let stage = Stage::build()?;
        let crowd = crowd::measure(&stage, rounds);
        let cleared = stage.clear();
        table.0.extend(of_crowd(&crowd?));
        cleared?;
    }
    println!("load after: {}", load());
    println!("\n{table}");
    println!("crowds: medians of {rounds} interleaved rounds; everything else of one run each");
    table.judge()
}

/// Everything that needs no Docker.
fn without_daemon() -> Result<Table> {
    let program = Program::build("queue")?;
    let folder = folder()?;
    let figures = figures(&program);
    fs::remove_dir_all(folder).context("remove the folder of the measurement")?;
    figures.map(Table)
}

/// Where the measurements have their files: the disk of the target directory is measured.
fn folder() -> Result<PathBuf> {
    let folder = workspace::target_dir()?.join("bench-queue");
    fs::create_dir_all(&folder).context("create the folder of the measurement")?;
    Ok(folder)
}

fn figures(program: &Program) -> Result<Vec<Figure>> {
    let folder = folder()?;
    let mut figures = of_claims(program, &folder)?;
    figures.extend(of_processor(program, &folder)?);
    figures.extend(of_many(program, &folder)?);
    Ok(figures)
}

fn of_claims(program: &Program, folder: &Path) -> Result<Vec<Figure>> {
    let claims = program.measure("claims", [folder])?;
    let (few, many) = (claims.of("/few/p99")?, claims.of("/many/p99")?);
    let create = program.measure("create", [folder])?;
    Ok(vec![
        ms("claim, 1,000 waiting, median", claims.of("/few/p50")?),
        ms("claim, 100,000 waiting, median", claims.of("/many/p50")?),
        ms("claim, 1,000 waiting, p99", few),
        ms("claim, 100,000 waiting, p99", many).with_bar(Bar::AtMost(CLAIM_BAR)),
        figure(
            "the long queue over the short one, p99",
            many / few,
            "times",
        )
        .with_bar(Bar::AtMost(LENGTH_BAR)),
        ms("claim to create call, median", create.of("/p50")?),
        ms("claim to create call, p99", create.of("/p99")?).with_bar(Bar::Below(CREATE_BAR)),
    ])
}

fn of_processor(program: &Program, folder: &Path) -> Result<Vec<Figure>> {
    let memory = program.measure("cpu-memory", [folder])?;
    let sqlite = program.measure("cpu-sqlite", [folder])?;
    let (name, used) = ("/cpu_per_task", "processor time a task, durable store");
    Ok(vec![
        ms("processor time a task, store in memory", memory.of(name)?),
        ms(used, sqlite.of(name)?).with_bar(Bar::Below(CPU_BAR)),
        ms(
            "whole time a task, durable store",
            sqlite.of("/wall_per_task")?,
        ),
    ])
}

fn of_many(program: &Program, folder: &Path) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, what) in [
        (
            "peak of memory, 10,000 live, store in memory",
            "live-memory",
        ),
        ("peak of memory, 10,000 live, durable store", "live-sqlite"),
    ] {
        let live = program.measure(what, [folder])?;
        let bar = Bar::Below(MEMORY_BAR);
        figures.push(figure(name, live.of("/peak")?, "MiB").with_bar(bar));
    }
    let adopted = program.measure("adopted", [folder])?;
    let (took, used) = (adopted.of("/took")?, adopted.of("/cpu")?);
    let peak = "peak of memory of that, fake daemon included";
    figures.extend([
        ms("500 live attempts taken over after", took).with_bar(Bar::Below(ADOPTED_BAR)),
        ms("processor time of that, fake daemon included", used),
        figure(peak, adopted.of("/peak")?, "MiB"),
    ]);
    Ok(figures)
}

/// A time in milliseconds, without a bar.
fn ms(name: &'static str, value: f64) -> Figure {
    figure(name, value, "ms")
}

fn of_crowd(crowd: &Crowd) -> [Figure; 3] {
    let ratio = crowd.product.median() / crowd.docker.median();
    [
        Figure::seconds("200 containers, xargs -P 8 docker run --rm", &crowd.docker),
        Figure::seconds("200 tasks, deckhands batch, 8 workers", &crowd.product),
        figure("tasks / docker run", ratio, "times").with_bar(Bar::AtMost(CROWD_BAR)),
    ]
}

/// One value, without a bar.
fn figure(name: &'static str, value: f64, unit: &'static str) -> Figure {
    Figure {
        name,
        value,
        unit,
        bar: None,
        range: None,
    }
}
