//! `cargo xtask`: the automation of this workspace, one file per command.
//!
//! Links no product crate, so it still builds while the product does not. What a command does is
//! left to its module; this file only lists the commands.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks"
)]

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

mod bench;
mod capture;
mod ci;
mod counts;
mod demo;
mod deny;
mod docker;
mod e2e;
mod image;
mod prices;
mod process;
mod sim;
mod test;
mod tidy;
mod workspace;

#[derive(Parser, Debug)]
#[command(name = "cargo xtask", about = "Automation of the Deckhands workspace")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Everything a merge needs, in the order that fails fastest
    Ci(ci::CiArgs),
    /// Unit and integration tests; needs no Docker
    Test(test::TestArgs),
    /// The real binary against the real Docker daemon and the real images
    E2e(e2e::E2eArgs),
    /// Engines on a paused clock under drawn faults; prints the seed of a run that broke a rule
    Sim(sim::SimArgs),
    /// Builds the agent images
    Image(image::ImageArgs),
    /// Records real OpenHands sessions as fixtures
    Capture(capture::CaptureArgs),
    /// One small task from start to result, with or without a model key
    Demo(demo::DemoArgs),
    /// Figures that may not get worse: the start-up time, or what is named
    Bench(bench::BenchArgs),
    /// Writes the gateway's table of prices from a list of litellm's
    Prices(prices::PricesArgs),
    /// Licences, duplicates, banned and advised-against dependencies
    Deny,
    /// House rules: arrows between crates, manifests, file sizes, forbidden text
    Tidy,
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Option<Command>) -> Result<ExitCode> {
    match command {
        Some(Command::Ci(args)) => return ci::run(&args),
        Some(Command::Test(args)) => test::run(&args)?,
        Some(Command::E2e(args)) => e2e::run(&args)?,
        Some(Command::Sim(args)) => sim::run(&args)?,
        Some(Command::Image(args)) => image::run(&args)?,
        Some(Command::Capture(args)) => capture::run(&args)?,
        Some(Command::Demo(args)) => demo::run(&args)?,
        Some(Command::Bench(args)) => bench::run(&args)?,
        Some(Command::Prices(args)) => prices::run(&args)?,
        Some(Command::Deny) => deny::run()?,
        Some(Command::Tidy) => tidy::run()?,
        None => Cli::command().print_help()?,
    }
    Ok(ExitCode::SUCCESS)
}
