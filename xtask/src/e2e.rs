//! `cargo xtask e2e`: the built binary against a real daemon and the real images.
//!
//! A missing need is a failure, never a skip. What is tested is in the package `tests/e2e`; here
//! is only what those tests need around them, and which of them are run in which profile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::counts::{self, Counts};
use crate::workspace::{self, E2E_PACKAGE};
use crate::{docker, image, process};

/// How the tested binary walls an attempt in.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// Deckhands starts the sandbox
    Managed,
    /// The agent starts its sandbox by the Docker socket
    Socket,
}

/// Tests that belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Set {
    pub(crate) profile: Profile,
    /// Everything, or what a merge needs.
    pub(crate) full: bool,
}

impl Set {
    /// What a merge needs.
    pub(crate) const MERGE: Self = Self {
        profile: Profile::Managed,
        full: false,
    };

    /// All of the default profile.
    pub(crate) const FULL: Self = Self {
        full: true,
        ..Self::MERGE
    };

    /// What differs in the other one.
    pub(crate) const SOCKET: Self = Self {
        profile: Profile::Socket,
        ..Self::MERGE
    };

    /// Its profile in `.config/nextest.toml`.
    fn nextest(self) -> &'static str {
        match (self.profile, self.full) {
            (Profile::Managed, false) => "e2e",
            (Profile::Managed, true) => "e2e-full",
            (Profile::Socket, false) => "e2e-socket",
            (Profile::Socket, true) => "e2e-socket-full",
        }
    }
}

impl Profile {
    /// As `tests/e2e/src/profile.rs` reads it.
    fn name(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Socket => "socket",
        }
    }
}

#[derive(clap::Args, Debug)]
pub(crate) struct E2eArgs {
    /// Leave the containers and networks of this run for inspection
    #[arg(long)]
    keep: bool,
    /// Also run what the default set of the profile leaves out
    #[arg(long)]
    full: bool,
    /// How the tested binary walls its attempts in
    #[arg(long, value_enum, default_value_t = Profile::Managed)]
    profile: Profile,
    /// Part of the test names to run
    filter: Option<String>,
}

/// Prepares, runs and cleans up; a failed test is an error.
pub(crate) fn run(args: &E2eArgs) -> Result<()> {
    let set = Set {
        profile: args.profile,
        full: args.full,
    };
    let counts = suite(set, args.filter.as_deref(), args.keep)?;
    ensure!(
        counts.failed == 0,
        "{} of the end-to-end tests failed",
        counts.failed
    );
    Ok(())
}

/// The tests of a set whose name contains `filter`, counted.
pub(crate) fn suite(set: Set, filter: Option<&str>, keep: bool) -> Result<Counts> {
    docker::require_daemon()?;
    image::ensure()?;
    let binaries = build_binaries()?;
    let deckhands = private_copy(&binaries.join("deckhands"))?;
    let tiny = process::output(Command::new(binaries.join("tiny-image")).arg("build"))
        .context("build the tiny agent image")?;

    docker::remove_test_leftovers()?;
    let mut command = process::cargo();
    command
        .args(["nextest", "run", "--locked", "--package", E2E_PACKAGE])
        .args(filter);
    command
        .env("DECKHANDS_E2E_PROFILE", set.profile.name())
        .env("DECKHANDS_BIN", deckhands)
        .env("DECKHANDS_TINY_IMAGE", last_line(&tiny));
    let counts = counts::nextest(&mut command, set.nextest());
    if !keep {
        docker::remove_test_leftovers()?;
    }
    counts
}

/// Builds the binaries with the features they ship with (no `test-util`), all in one call so that
/// their dependencies are built once; returns the folder they are in.
pub(crate) fn build_binaries() -> Result<PathBuf> {
    let packages = [
        "--package",
        "deckhands-cli",
        "--package",
        "deckhands-testkit",
    ];
    process::run(
        process::cargo()
            .args(["build", "--locked", "--bins"])
            .args(packages),
    )?;
    Ok(workspace::target_dir()?.join("debug"))
}

/// A copy that no other build can replace while the tests run.
fn private_copy(binary: &Path) -> Result<PathBuf> {
    let folder = workspace::target_dir()?.join("e2e");
    fs::create_dir_all(&folder).context("create the folder for the tested binary")?;
    let copy = folder.join("deckhands");
    // A running binary cannot be overwritten, but its name can be given away.
    if copy.exists() {
        fs::remove_file(&copy).context("remove the last copy of the binary")?;
    }
    fs::copy(binary, &copy).with_context(|| format!("copy `{}`", binary.display()))?;
    Ok(copy)
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}
