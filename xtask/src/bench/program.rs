//! Programs that measure on their own, and what they print.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{process, workspace};

#[cfg(test)]
mod tests;

/// An example of `deckhands-tests`, built as what ships is built.
pub(super) struct Program(PathBuf);

/// What it printed.
#[derive(Debug)]
pub(super) struct Measured(Value);

impl Program {
    pub(super) fn build(name: &str) -> Result<Self> {
        let build = ["build", "--locked", "--release"];
        let example = ["--package", "deckhands-tests", "--example", name];
        process::run(process::cargo().args(build).args(example))?;
        let examples = workspace::target_dir()?.join("release").join("examples");
        Ok(Self(examples.join(name)))
    }

    /// Measures one thing, with what belongs to it, in a process of its own.
    pub(super) fn measure(
        &self,
        what: &str,
        with: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Measured> {
        println!("measuring: {what}");
        let text = process::output(Command::new(&self.0).arg(what).args(with))?;
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

    /// The words at this place, if there are any.
    pub(super) fn words(&self, place: &str) -> Option<&str> {
        self.0.pointer(place)?.as_str()
    }
}
