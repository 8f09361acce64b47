//! How many test cases ran, read from what the test runners report.

use std::fs;
use std::ops::AddAssign;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

#[cfg(test)]
mod tests;

/// Test cases that ran; skipped and filtered ones are in neither figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs a nextest command and counts from the JUnit report of `profile` (`.config/nextest.toml`
/// names it the same for every profile). Failed cases are figures; an error means that nothing
/// could be counted, or that nextest failed for another reason than a test.
pub(crate) fn nextest(command: &mut Command, profile: &str) -> Result<Counts> {
    // nextest keeps its reports below the workspace, wherever cargo builds.
    let report = workspace::root()
        .join("target")
        .join("nextest")
        .join(profile)
        .join("junit.xml");
    if report.exists() {
        fs::remove_file(&report).context("remove the report of the last test run")?;
    }
    let status = process::status(command.args(["--profile", profile]))?;
    let xml = fs::read_to_string(&report).unwrap_or_default();
    match junit(&xml) {
        Some(counts) if status.success() || counts.failed > 0 => Ok(counts),
        _ => bail!("`{}` ended with {status}", process::shown(command)),
    }
}

/// The figures of a JUnit report's root element; `None` when there is none.
pub(crate) fn junit(xml: &str) -> Option<Counts> {
    let root = xml.split_once("<testsuites")?.1.split_once('>')?.0;
    let attribute = |name: &str| -> Option<u64> {
        let value = root.split_once(&format!(" {name}=\""))?.1;
        value.split_once('"')?.0.parse().ok()
    };
    let failed = attribute("failures")? + attribute("errors")?;
    Some(Counts {
        passed: attribute("tests")?.checked_sub(failed)?,
        failed,
    })
}

/// The sum over all `test result:` lines that libtest prints, one per test binary.
pub(crate) fn libtest(stdout: &str) -> Counts {
    let mut sum = Counts::default();
    for line in stdout
        .lines()
        .filter_map(|line| line.strip_prefix("test result: "))
    {
        let figure = |word: &str| -> u64 {
            let before = line
                .split_once(&format!(" {word};"))
                .map_or("", |(before, _)| before);
            before
                .rsplit(' ')
                .next()
                .and_then(|digits| digits.parse().ok())
                .unwrap_or(0)
        };
        sum += Counts {
            passed: figure("passed"),
            failed: figure("failed"),
        };
    }
    sum
}
