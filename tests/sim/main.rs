//! The seeded simulation: real engines on a store in memory, with a fake daemon, a paused clock and
//! everything that can go wrong, drawn from a seed.
//!
//! `sim --seeds N [--from S]` tries so many seeds; `sim --seed S [--trace]` tries one again.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks"
)]

mod agents;
mod breakage;
mod clock;
mod daemon;
mod harness;
mod invariant;
mod many;
mod model;
mod plan;
mod process;
mod report;
mod rng;
mod script;
mod store;
mod trace;
mod users;
mod verdict;
mod world;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

/// So many seeds reach everything; fewer may miss something.
const ENOUGH: u64 = 3000;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Args {
    seeds: u64,
    from: u64,
    seed: Option<u64>,
    trace: bool,
}

fn main() -> ExitCode {
    let args = match parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let good = match args.seed {
        Some(seed) => one(seed, args.trace),
        None => all(args),
    };
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse(words: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut args = Args {
        seeds: 1000,
        ..Args::default()
    };
    let mut words = words;
    while let Some(word) = words.next() {
        let mut number = || {
            let text = words.next().unwrap_or_default();
            let number = text.parse::<u64>();
            number.map_err(|error| format!("{word} `{text}`: {error}"))
        };
        match word.as_str() {
            "--seeds" => args.seeds = number()?,
            "--from" => args.from = number()?,
            "--seed" => args.seed = Some(number()?),
            "--trace" => args.trace = true,
            _ => return Err(format!("unknown argument `{word}`")),
        }
    }
    Ok(args)
}

/// One seed, with everything that happened where that is asked for.
fn one(seed: u64, trace: bool) -> bool {
    let outcome = harness::run(seed, None, trace);
    for line in &outcome.lines {
        println!("{line}");
    }
    for violation in &outcome.violations {
        println!("seed {seed}: {violation}");
    }
    println!("seed {seed}: trace {}", outcome.hash);
    outcome.violations.is_empty()
}

fn all(args: Args) -> bool {
    let tried = many::seeds(args.from, args.seeds);
    for (seed, violations) in &tried.failed {
        for violation in violations {
            println!("seed {seed}: {violation}");
        }
        println!("  again with: cargo xtask sim --seed {seed} --trace");
    }
    println!("what was reached:");
    for (what, times) in tried.coverage.iter() {
        println!("  {times:>9}  {what}");
    }
    let failed = tried.failed.len();
    let missing = tried.coverage.missing();
    let enough = tried.seeds >= ENOUGH;
    if enough && !missing.is_empty() {
        println!("never reached: {missing:?}");
    }
    println!("{} seeds, each twice; {failed} failed", tried.seeds);
    failed == 0 && (!enough || missing.is_empty())
}
