//! `cargo xtask sim`: the seeded simulation of engines on one store, in `tests/sim`.
//!
//! A seed is one run; whoever tries a seed again sees the same run, byte for byte.

use anyhow::Result;

use crate::process;

/// Seeds of a full check.
const FULL: u64 = 10_000;

#[derive(clap::Args, Debug)]
pub(crate) struct SimArgs {
    /// How many seeds to try, each twice
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Try this one again
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// With `--seed`: print everything that happened
    #[arg(long, requires = "seed")]
    trace: bool,
}

/// Builds the simulation with optimisation and runs it; a broken rule is an error.
pub(crate) fn run(args: &SimArgs) -> Result<()> {
    let mut words = Vec::new();
    match args.seed {
        Some(seed) => words.extend(["--seed".to_owned(), seed.to_string()]),
        None => words.extend([
            "--seeds".to_owned(),
            args.seeds.to_string(),
            "--from".to_owned(),
            args.from.to_string(),
        ]),
    }
    words.extend(args.trace.then(|| "--trace".to_owned()));
    simulate(&words)
}

/// As many seeds as a full check tries.
pub(crate) fn full() -> Result<()> {
    simulate(&["--seeds".to_owned(), FULL.to_string()])
}

fn simulate(words: &[String]) -> Result<()> {
    let mut command = process::cargo();
    command.args(["run", "--locked", "--release"]);
    command.args(["--package", "deckhands-tests", "--example", "sim", "--"]);
    process::run(command.args(words))
}
