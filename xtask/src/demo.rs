//! `cargo xtask demo`: one small task from its text to the file the agent wrote.
//!
//! Uses only the binaries and `examples/hello`, and shows every command so that it can be typed
//! by hand. Where no model key is set, a recorded run is played again: what the model would say is
//! known, and all else is done. `--record` makes that recording anew, from a scripted provider.

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

/// What a run leaves of its model's answers, in the directory of its attempt.
const TAPE: &str = "model.jsonl";

#[derive(clap::Args, Debug)]
pub(crate) struct DemoArgs {
    /// Let a scripted provider answer, and keep the recording for those who have no key
    #[arg(long)]
    record: bool,
}

/// Who answers in place of a model.
enum Answers {
    /// Nobody: the user has a key.
    Model,
    /// The recording.
    Recording,
    /// The scripted provider: the run may become the recording.
    Script(provider::Provider),
}

/// The folders of one demonstration.
struct Stage {
    example: PathBuf,
    deckhands: PathBuf,
    provider: PathBuf,
    home: PathBuf,
    folder: PathBuf,
}

/// Runs the example; fails unless the agent left a file behind.
pub(crate) fn run(args: &DemoArgs) -> Result<()> {
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
    let answers = Answers::of(&stage, args)?;
    match &answers {
        Answers::Model => {}
        Answers::Recording => {
            command.arg("--replay").arg(stage.recording());
        }
        Answers::Script(provider) => provider.lend(&mut command),
    }
    let status = process::status(&mut command)?;

    let changed = changes::between(&stage.example.join("workspace"), &workspace)?;
    changes::show(&workspace, &changed);
    match &answers {
        Answers::Model => by_hand::show(&stage, false),
        Answers::Recording => by_hand::show(&stage, true),
        // Its address is gone with it.
        Answers::Script(_) => {}
    }
    ensure!(status.success(), "the task ended with {status}");
    ensure!(
        !changed.is_empty(),
        "the agent left no file in `{}`",
        workspace.display()
    );
    if args.record {
        keep(&stage)?;
    }
    Ok(())
}

impl Answers {
    /// The user's model where there is a key, else the recording; the script where one is to be made, or
    /// there is none.
    fn of(stage: &Stage, args: &DemoArgs) -> Result<Self> {
        let is_set = |key: &&str| env::var_os(key).is_some_and(|value| !value.is_empty());
        if !args.record && KEYS.iter().any(is_set) {
            return Ok(Self::Model);
        }
        if args.record || !stage.recording().exists() {
            let script = stage.example.join("script.json");
            return provider::start(&stage.provider, &script).map(Self::Script);
        }
        println!("No model key is set: a recorded run is played again.");
        println!(
            "What the model says is in {}; everything else is real.",
            stage.recording().display()
        );
        Ok(Self::Recording)
    }
}

/// Makes the recording of the one attempt the example's.
fn keep(stage: &Stage) -> Result<()> {
    let attempts = stage.home.join("attempts");
    let tasks = fs::read_dir(&attempts).context("list the attempts")?;
    let mut tapes = tasks
        .flatten()
        .map(|task| task.path().join("1").join(TAPE))
        .filter(|tape| tape.exists());
    let tape = tapes.next().context("the attempt left no recording")?;
    fs::copy(&tape, stage.recording()).context("keep the recording")?;
    println!("\nKept as {}", stage.recording().display());
    Ok(())
}

impl Stage {
    /// What is played where there is no key.
    fn recording(&self) -> PathBuf {
        self.example.join(TAPE)
    }

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
