//! `cargo xtask demo`: one small task from its text to the file the agent wrote.
//!
//! Uses only the binaries and `examples/hello`, and shows every command so that it can be typed
//! by hand. Where no model key is set, a scripted provider stands in for the model.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{e2e, image, process, workspace};

mod by_hand;
mod changes;
mod provider;

/// Any of these set means that the user has a model to talk to.
const KEYS: [&str; 2] = ["OPENROUTER_API_KEY", "DECKHANDS_API_KEY"];

/// The folders of one demonstration.
struct Stage {
    example: PathBuf,
    deckhands: PathBuf,
    provider: PathBuf,
    home: PathBuf,
    folder: PathBuf,
}

/// Runs the example; fails unless the agent left a file behind.
pub(crate) fn run() -> Result<()> {
    let stage = Stage::build()?;
    require_docker(&stage)?;
    image::pull_or_build()?;
    let workspace = stage.folder.join("workspace");
    changes::copy(&stage.example.join("workspace"), &workspace)?;

    let mut command = Command::new(&stage.deckhands);
    command
        .arg("run")
        .arg("-f")
        .arg(stage.example.join("task.md"));
    command
        .arg("--workspace")
        .arg(&workspace)
        .arg("--home")
        .arg(&stage.home);
    let provider = stand_in(&stage)?;
    if let Some(provider) = &provider {
        provider.lend(&mut command);
    }
    let status = process::status(&mut command)?;
    let scripted = provider.is_some();

    let changed = changes::between(&stage.example.join("workspace"), &workspace)?;
    changes::show(&workspace, &changed);
    by_hand::show(&stage, scripted);
    ensure!(status.success(), "the task ended with {status}");
    ensure!(
        !changed.is_empty(),
        "the agent left no file in `{}`",
        workspace.display()
    );
    Ok(())
}

impl Stage {
    fn build() -> Result<Self> {
        let binaries = e2e::build_binaries()?;
        let demo = workspace::target_dir()?.join("demo");
        let mut numbers = 1_u32..;
        let folder = numbers.find_map(|number| {
            let folder = demo.join(number.to_string());
            (!folder.exists()).then_some(folder)
        });
        let folder = folder.context("find a free folder under target/demo")?;
        fs::create_dir_all(&folder).context("create the folder of the demonstration")?;
        Ok(Self {
            example: workspace::root().join("examples").join("hello"),
            deckhands: binaries.join("deckhands"),
            provider: binaries.join("scripted-llm"),
            home: folder.join("home"),
            folder,
        })
    }
}

/// The scripted provider, unless the user has a key for a real one.
fn stand_in(stage: &Stage) -> Result<Option<provider::Provider>> {
    let is_set = |key: &&str| env::var_os(key).is_some_and(|value| !value.is_empty());
    if KEYS.iter().any(is_set) {
        return Ok(None);
    }
    let script = stage.example.join("script.json");
    provider::start(&stage.provider, &script).map(Some)
}

/// Asks `doctor` whether there is a daemon.
///
/// Doctor's exit code says nothing here: before the first run images and the key may be missing.
fn require_docker(stage: &Stage) -> Result<()> {
    let mut doctor = Command::new(&stage.deckhands);
    doctor.args(["doctor", "--json", "--home"]).arg(&stage.home);
    let (_, text) = process::captured(&mut doctor)?;
    let report: serde_json::Value =
        serde_json::from_str(&text).context("read the report of `deckhands doctor --json`")?;
    let version = report.pointer("/docker/version");
    ensure!(
        version.is_some_and(serde_json::Value::is_string),
        "Docker is not ready\nhint: {} doctor",
        stage.deckhands.display()
    );
    Ok(())
}
