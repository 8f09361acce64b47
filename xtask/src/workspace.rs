//! Where the workspace lies and what `cargo metadata` says about it.
//!
//! The JSON is read directly: a client crate for it would turn on features of serde that the
//! product does without, and all of its dependencies would be built twice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

#[cfg(test)]
mod tests;

/// The package of end-to-end tests: left out wherever no Docker daemon may be asked for.
pub(crate) const E2E_PACKAGE: &str = "deckhands-e2e";

/// A package of the workspace, as far as the house rules look at it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) manifest: PathBuf,
    pub(crate) publishable: bool,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

/// One line of a dependency table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) dev: bool,
    pub(crate) features: Vec<String>,
}

/// The workspace root: the folder above this package.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// The target directory, wherever the user's settings put it.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let metadata = metadata()?;
    let path = metadata.get("target_directory").and_then(Value::as_str);
    path.map(PathBuf::from)
        .context("cargo metadata names no target directory")
}

/// All packages of the workspace.
pub(crate) fn members() -> Result<Vec<Member>> {
    let metadata = metadata()?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let packages = packages.context("cargo metadata names no packages")?;
    let read = |package| Member::read(package).context("a package of cargo metadata is unreadable");
    packages.iter().map(read).collect()
}

/// The members alone, without their dependencies; asks no network.
fn metadata() -> Result<Value> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let text = process::output(process::cargo().args(arguments))?;
    serde_json::from_str(&text).context("read the answer of cargo metadata")
}

impl Member {
    /// `None` when anything is missing, so that no rule passes for want of data.
    fn read(package: &Value) -> Option<Self> {
        let features = package.get("features")?.as_object()?.iter();
        let dependencies = package.get("dependencies")?.as_array()?.iter();
        Some(Self {
            name: text(package.get("name")?)?,
            manifest: text(package.get("manifest_path")?)?.into(),
            // `null` stands for every registry, an empty list for none.
            publishable: package.get("publish")?.as_array() != Some(&Vec::new()),
            dependencies: dependencies.map(Dependency::read).collect::<Option<_>>()?,
            features: features
                .map(|(name, on)| Some((name.clone(), texts(on)?)))
                .collect::<Option<_>>()?,
        })
    }
}

impl Dependency {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            name: text(value.get("name")?)?,
            dev: value.get("kind")?.as_str() == Some("dev"),
            features: texts(value.get("features")?)?,
        })
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(text).collect()
}
