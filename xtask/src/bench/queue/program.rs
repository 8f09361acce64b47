//! The program that measures without a daemon.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{process, workspace};

#[cfg(test)]
mod tests;

/// `tests/queue`, built as what ships is built.
pub(super) struct Program(PathBuf);

/// What it printed.
#[derive(Debug)]
pub(super) struct Measured(Value);

impl Program {
    pub(super) fn build() -> Result<Self> {
        let build = ["build", "--locked", "--release"];
        let example = ["--package", "deckhands-tests", "--example", "queue"];
        process::run(process::cargo().args(build).args(example))?;
        let examples = workspace::target_dir()?.join("release").join("examples");
        Ok(Self(examples.join("queue")))
    }

    /// Measures one thing in a process of its own.
    pub(super) fn measure(&self, what: &str, folder: &Path) -> Result<Measured> {
        println!("measuring: {what}");
        let text = process::output(Command::new(&self.0).arg(what).arg(folder))?;
        Measured::read(&text)
    }
}

impl Measured {
    fn read(text: &str) -> Result<Self> {
        let value = serde_json::from_str(text);
        Ok(Self(value.with_context(|| format!("read `{text}`"))?))
    }

    /// The figure at this place.
    pub(super) fn of(&self, place: &str) -> Result<f64> {
        let figure = self.0.pointer(place).and_then(Value::as_f64);
        figure.with_context(|| format!("there is no figure `{place}` in {}", self.0))
    }
}
