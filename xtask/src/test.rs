//! `cargo xtask test`: unit and integration tests, without Docker.

use anyhow::Result;

use crate::counts::{self, Counts};
use crate::process;
use crate::workspace::E2E_PACKAGE;

/// One selection for every test build, so that no dependency is built twice.
const SELECTION: [&str; 5] = [
    "--locked",
    "--workspace",
    "--exclude",
    E2E_PACKAGE,
    "--all-features",
];

#[derive(clap::Args, Debug)]
pub(crate) struct TestArgs {
    /// Part of the test names to run
    filter: Option<String>,
}

/// Runs with nextest where it is installed, else with plain `cargo test`.
pub(crate) fn run(args: &TestArgs) -> Result<()> {
    if !has_nextest() {
        return process::run(
            process::cargo()
                .arg("test")
                .args(SELECTION)
                .args(&args.filter),
        );
    }
    let counts = with_nextest(args.filter.as_deref())?;
    anyhow::ensure!(counts.failed == 0, "{} of the tests failed", counts.failed);
    Ok(())
}

/// Installs nextest where it is missing, which takes some minutes once.
pub(crate) fn ensure_nextest() -> Result<()> {
    if has_nextest() {
        return Ok(());
    }
    let features = ["--no-default-features", "--features", "default-no-update"];
    process::run(
        process::cargo()
            .args(["install", "cargo-nextest", "--locked"])
            .args(features),
    )
}

/// Whether `cargo nextest` can be called.
pub(crate) fn has_nextest() -> bool {
    process::succeeds(process::cargo().args(["nextest", "--version"]))
}

/// All unit and integration tests whose name contains `filter`, counted.
pub(crate) fn with_nextest(filter: Option<&str>) -> Result<Counts> {
    let mut command = process::cargo();
    counts::nextest(
        command
            .args(["nextest", "run"])
            .args(SELECTION)
            .args(filter),
        "default",
    )
}

/// The examples in the documentation, which nextest cannot run, counted.
pub(crate) fn doctests() -> Result<Counts> {
    let mut command = process::cargo();
    let (status, stdout) = process::run_and_keep(command.args(["test", "--doc"]).args(SELECTION))?;
    let counts = counts::libtest(&stdout);
    anyhow::ensure!(
        status.success() || counts.failed > 0,
        "`{}` ended with {status}",
        process::shown(&command)
    );
    Ok(counts)
}
