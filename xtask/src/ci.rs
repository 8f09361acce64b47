//! `cargo xtask ci`: everything a merge needs. Automation calls exactly this.
//!
//! A step is a name and a function; what a step does lives with its command. Steps stand in the
//! order that fails fastest, and the first failure ends the run.

use std::process::ExitCode;

use anyhow::Result;

use crate::counts::Counts;
use crate::e2e::Set;
use crate::{bench, deny, docker, e2e, process, sim, test, tidy};

use table::{Row, Table};

mod table;

#[derive(clap::Args, Debug)]
pub(crate) struct CiArgs {
    /// Run the whole end-to-end set in both profiles, and add the release build and the benches
    #[arg(long)]
    full: bool,
}

/// One part of the run.
struct Step {
    name: &'static str,
    run: fn() -> Result<Counts>,
}

const fn step(name: &'static str, run: fn() -> Result<Counts>) -> Step {
    Step { name, run }
}

/// What both kinds of run begin with.
const COMMON: &[Step] = &[
    step("needs", || untested(needs())),
    step("fmt", || untested(cargo(&["fmt", "--all", "--check"]))),
    step("tidy", || untested(tidy::run())),
    step("clippy", || untested(clippy())),
    step("doc", || untested(doc())),
    step("test", || test::with_nextest(None)),
    step("doctest", test::doctests),
];

const MERGE: &[Step] = &[
    step("e2e", || e2e::suite(Set::MERGE, None, false)),
    step("deny", || untested(deny::run())),
];

/// The whole end-to-end set takes the place of the merge's, so that no case counts twice.
const FULL: &[Step] = &[
    step("e2e-full", || e2e::suite(Set::FULL, None, false)),
    step("e2e-socket", || e2e::suite(Set::SOCKET, None, false)),
    step("deny", || untested(deny::run())),
    step("release", || untested(release())),
    step("sim", || untested(sim::full())),
    step("bench", || untested(bench::all())),
];

/// Runs the steps, then prints the table; its last line is `N passed, M failed`.
pub(crate) fn run(args: &CiArgs) -> Result<ExitCode> {
    let mut table = Table::default();
    let rest = if args.full { FULL } else { MERGE };
    for step in COMMON.iter().chain(rest) {
        eprintln!("\n=== {} ===", step.name);
        let began = bench::now();
        let result = (step.run)();
        let time = began.elapsed();
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        if !table.add(Row {
            name: step.name,
            time,
            counts: result.ok(),
        }) {
            break;
        }
    }
    println!("\n{table}");
    Ok(if table.is_green() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// For steps that run no test cases.
fn untested(result: Result<()>) -> Result<Counts> {
    result.map(|()| Counts::default())
}

/// What later steps cannot do without, asked before any of them costs time.
fn needs() -> Result<()> {
    docker::require_daemon()?;
    test::ensure_nextest()
}

fn clippy() -> Result<()> {
    let selection = ["--locked", "--workspace", "--all-targets", "--all-features"];
    let mut command = process::cargo();
    process::run(
        command
            .arg("clippy")
            .args(selection)
            .args(["--", "--deny", "warnings"]),
    )
}

fn doc() -> Result<()> {
    let selection = ["--locked", "--workspace", "--all-features", "--no-deps"];
    let mut command = process::cargo();
    process::run(
        command
            .arg("doc")
            .args(selection)
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )
}

fn release() -> Result<()> {
    cargo(&[
        "build",
        "--locked",
        "--release",
        "--package",
        "deckhands-cli",
    ])
}

fn cargo(arguments: &[&str]) -> Result<()> {
    process::run(process::cargo().args(arguments))
}
