//! `cargo xtask bench gateway`: what `deckhands gateway` adds to a model call, and how many it bears.
//!
//! The provider, the gateway and whoever calls are processes of their own on one machine: the provider is
//! the testkit's, the gateway is the product as it ships with a day's cap in its store, the calls are those
//! of `tests/gateway`. Both ways take turns.

use std::time::Duration;

use anyhow::{Context, Result};

use super::figure::{Bar, Figure, Table};
use super::lifecycle::load;
use super::program::Measured;
use super::samples::Samples;

use calls::Calls;
use litellm::LiteLlm;
use provider::Provider;
use served::Served;
use stage::Stage;
use streams::Streams;

mod calls;
mod litellm;
mod provider;
mod running;
mod served;
mod stage;
mod streams;

/// Rounds whose medians are taken, unless told otherwise.
const ROUNDS: u32 = 5;

/// Rounds of streams: what counts is that none is merged, and they take long.
const STREAM_ROUNDS: u32 = 3;

/// Calls a second.
const RATE: u32 = 1000;

/// Microseconds that the gateway may add to a call, half of them and 99 % of them.
const ADDED_BARS: [f64; 2] = [500.0, 2000.0];

/// Streams that are open at the same time.
const STREAMS: u32 = 1000;

/// MB of the gateway's process at its peak, and of one with 10,000 sessions.
const MEMORY_BAR: f64 = 100.0;

/// Arguments of `cargo xtask bench gateway`.
#[derive(clap::Args, Debug)]
pub(super) struct GatewayArgs {
    /// Rounds each way whose medians are taken
    #[arg(long, value_name = "N", default_value_t = ROUNDS,
        value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Leave out the LiteLLM proxy, which is installed with pip
    #[arg(long)]
    no_litellm: bool,
}

/// Measures as many rounds as wanted.
pub(super) fn run(args: &GatewayArgs) -> Result<()> {
    measure(args.rounds, !args.no_litellm)
}

/// Measures the usual number of rounds, and nobody else's program.
pub(super) fn usual() -> Result<()> {
    measure(ROUNDS, false)
}

/// Measures, prints the table, and fails where a bar is missed.
fn measure(rounds: u32, beside: bool) -> Result<()> {
    let other = beside.then(LiteLlm::install).transpose()?;
    let stage = Stage::build()?;
    let provider = Provider::start(&stage)?;
    println!("load before: {}", load());
    let mut table = Table(ours(&stage, &provider, rounds)?);
    let beside = other.map_or_else(|| Ok(Vec::new()), |other| other.measure(&stage, &provider));
    println!("load after: {}", load());
    let beside = beside.map(|figures| table.0.extend(figures));
    println!("\n{table}");
    let streams = rounds.min(STREAM_ROUNDS);
    println!(
        "medians of {rounds} interleaved rounds of calls, {RATE} a second, and of {streams} rounds of \
         streams; sessions and LiteLLM of one run each"
    );
    beside.context("the LiteLLM proxy was not measured; --no-litellm leaves it out")?;
    drop(provider);
    stage.clear()?;
    table.judge()
}

/// Everything about the product.
fn ours(stage: &Stage, provider: &Provider, rounds: u32) -> Result<Vec<Figure>> {
    let served = Served::start(stage, provider)?;
    let ways = Ways {
        stage,
        provider: provider.address(),
        gateway: served.address(),
    };
    let calls = Calls::measure(&ways, rounds)?;
    let streams = Streams::measure(&ways, rounds.min(STREAM_ROUNDS))?;
    let peak = figure("gateway, peak of memory", served.peak()?, "MB");
    served.stop(stage)?;
    stage.check_books(calls.answered() + streams.answered())?;
    let sessions = stage.sessions(provider.address())?;
    let mut figures = calls.figures();
    figures.extend(streams.figures());
    figures.push(peak.with_bar(Bar::Below(MEMORY_BAR)));
    figures.extend(of_sessions(&sessions)?);
    Ok(figures)
}

/// Both ways to the same answers.
struct Ways<'a> {
    stage: &'a Stage,
    provider: &'a str,
    gateway: &'a str,
}

fn of_sessions(sessions: &Measured) -> Result<[Figure; 4]> {
    let micros = |place| Ok::<f64, anyhow::Error>(sessions.of(place)? * 1000.0);
    let peak = figure(
        "10,000 sessions, peak of memory",
        sessions.of("/peak")?,
        "MB",
    );
    Ok([
        peak.with_bar(Bar::Below(MEMORY_BAR)),
        figure("a session's memory", sessions.of("/kb_per_session")?, "kB"),
        figure("opening a session", micros("/open")?, "µs"),
        figure("finding one of 10,000 by its token", micros("/find")?, "µs"),
    ])
}

/// Milliseconds as a program tells them.
fn time(milliseconds: f64) -> Result<Duration> {
    let time = Duration::try_from_secs_f64(milliseconds / 1000.0);
    time.with_context(|| format!("{milliseconds} ms are no time"))
}

/// A median in microseconds, without a bar.
fn micros(name: &'static str, samples: &Samples) -> Figure {
    let (low, high) = samples.range();
    Figure {
        value: samples.median() * 1000.0,
        unit: "µs",
        range: Some((low * 1000.0, high * 1000.0)),
        ..Figure::of(name, samples)
    }
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

#[cfg(test)]
mod tests;
