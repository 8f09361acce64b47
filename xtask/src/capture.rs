//! `cargo xtask capture`: records real OpenHands sessions as fixtures.
//!
//! Plays the situations of `tests/fixtures/captures/expected.toml` with the real images and a
//! scripted provider, and writes what each session left. Reading it is left to the tests of
//! `deckhands-agent`.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{fs, process, thread};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{docker, e2e, image, workspace};

mod cleaner;
mod containers;
mod facts;
mod launch;
mod places;
mod provider;
mod record;
mod session;
mod table;

use session::Stage;
use table::Situation;

/// Where the table, the scripts and the records are, below the workspace root.
const CORPUS: &str = "tests/fixtures/captures";

/// Arguments of `cargo xtask capture`.
#[derive(clap::Args, Debug)]
pub(crate) struct CaptureArgs {
    /// Part of the names of the situations to capture; without it, all
    filter: Option<String>,
    /// Folder that gets the records instead of the corpus
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Sessions at a time
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: usize,
}

/// What became of a situation: nothing to say, or where it differs from the table.
type Played = (String, Result<Vec<String>>);

/// Captures; fails after having shown every situation that differs from the table or broke.
pub(crate) fn run(args: &CaptureArgs) -> Result<()> {
    let corpus = workspace::root().join(CORPUS);
    let mut situations = table::read(&corpus)?;
    let wanted = args.filter.as_deref().unwrap_or_default();
    situations.retain(|situation| situation.name.contains(wanted));
    ensure!(
        !situations.is_empty(),
        "no situation's name contains `{wanted}`"
    );
    docker::require_daemon()?;
    image::ensure()?;
    let stage = stage(corpus, args.out.clone())?;
    let total = situations.len();
    let played = play_all(&stage, situations, args.jobs.max(1));
    drop(fs::remove_dir_all(&stage.temporary));
    report(&played, total)
}

fn stage(corpus: PathBuf, out: Option<PathBuf>) -> Result<Stage> {
    let binaries = e2e::build_binaries()?;
    let run = process::id().to_string();
    let temporary = std::env::temp_dir().join(format!("deckhands-capture-{run}"));
    fs::create_dir_all(&temporary).with_context(|| format!("create `{}`", temporary.display()))?;
    let provider = temporary.join("scripted-llm");
    // A copy that no other build can replace while sessions run.
    fs::copy(binaries.join("scripted-llm"), &provider).context("copy the provider's program")?;
    let mut doctor = Command::new(binaries.join("deckhands"));
    doctor
        .args(["doctor", "--json", "--home"])
        .arg(temporary.join("home"));
    Ok(Stage {
        provider,
        gateway: gateway(&mut doctor)?,
        run,
        temporary,
        out: out.unwrap_or_else(|| corpus.clone()),
        corpus,
    })
}

/// The host's address as containers see it, from `doctor`, whose exit code says nothing here.
pub(crate) fn gateway(doctor: &mut Command) -> Result<String> {
    let (_, text) = crate::process::captured(doctor)?;
    let report: Value = serde_json::from_str(&text).context("read the report of `doctor`")?;
    let address = report
        .pointer("/docker/bridge_gateway")
        .and_then(Value::as_str);
    address
        .map(str::to_owned)
        .context("`doctor` names no address of this host for containers")
}

fn play_all(stage: &Stage, situations: Vec<Situation>, jobs: usize) -> Vec<Played> {
    let numbered = situations.into_iter().enumerate().collect();
    let waiting: Mutex<VecDeque<(usize, Situation)>> = Mutex::new(numbered);
    let next = || {
        waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    let work = || {
        let mut played = Vec::new();
        while let Some((number, situation)) = next() {
            let result = session::play(stage, number, &situation);
            println!("{}: {}", situation.name, in_a_word(&result));
            played.push((situation.name, result));
        }
        played
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().filter_map(|worker| worker.join().ok());
        done.flatten().collect()
    })
}

fn in_a_word(result: &Result<Vec<String>>) -> String {
    match result {
        Ok(differences) if differences.is_empty() => "as expected".to_owned(),
        Ok(differences) => format!("differs: {}", differences.join("; ")),
        Err(error) => format!("broke: {error:#}"),
    }
}

fn report(played: &[Played], total: usize) -> Result<()> {
    let is_good = |result: &Result<Vec<String>>| result.as_ref().is_ok_and(Vec::is_empty);
    let bad: Vec<&Played> = played
        .iter()
        .filter(|(_, result)| !is_good(result))
        .collect();
    for (name, result) in &bad {
        eprintln!("capture: {name}: {}", in_a_word(result));
    }
    let good = played.len() - bad.len();
    println!("capture: {good} of {total} situations as expected");
    ensure!(
        good == total,
        "{} situations are not as expected",
        total - good
    );
    Ok(())
}
