//! The reaper: removes what dead attempts left, and nothing else.
//!
//! An attempt is dead when its lock can be taken. While the reaper holds that lock nobody else
//! clears the same attempt.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_model::{AttemptId, TaskState};
use deckhands_runtime::{ContainerSummary, Owned, Phase};
use serde::Serialize;

use crate::attempt_dir::{AttemptDir, Claim, LockedAttempt, write_private};
use crate::failure::RunFailure;
use crate::home::Home;
use crate::labels;
use crate::ports::Ports;
use crate::worker;

/// How far a sweep goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SweepOptions {
    /// Also what other state directories left (containers only; their files stay).
    pub all_homes: bool,
    /// Only tell what would be removed.
    pub dry_run: bool,
    /// Longest time for the containers of one attempt.
    pub deadline: Duration,
}

/// What a sweep found and did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SweepReport {
    /// Containers that were removed (or would be).
    pub removed: Vec<String>,
    /// Attempts whose files were cleared and which were booked as cancelled (or would be).
    pub cancelled: Vec<String>,
    /// Containers of living attempts, left alone.
    pub live: Vec<String>,
    /// What could not be removed, each with its reason.
    pub failed: Vec<String>,
}

/// Removes what dead attempts left.
///
/// # Errors
/// [`RunFailure`] where the daemon or the home cannot be asked at all.
pub async fn sweep(
    ports: &Ports,
    home: &Home,
    options: SweepOptions,
) -> Result<SweepReport, RunFailure> {
    let mut report = SweepReport::default();
    let scope = (!options.all_homes).then_some(home);
    let mut found = ports.containers.list(&labels::select_home(scope)).await?;
    // A label alone can be inherited from an image; what we made names its attempt.
    found.retain(|container| attempt_of(container).is_some());
    for (dir, containers) in by_attempt(found) {
        sweep_containers(ports, home, &dir, &containers, options, &mut report).await;
    }
    for dir in unfinished(home) {
        sweep_directory(ports, home, &dir, options, &mut report).await;
    }
    Ok(report)
}

/// Containers by the directory of their attempt.
fn by_attempt(found: Vec<ContainerSummary>) -> BTreeMap<PathBuf, Vec<ContainerSummary>> {
    let mut groups: BTreeMap<PathBuf, Vec<ContainerSummary>> = BTreeMap::new();
    for container in found {
        let dir = container
            .labels
            .get(labels::ATTEMPT_DIR)
            .cloned()
            .unwrap_or_default();
        groups.entry(dir.into()).or_default().push(container);
    }
    groups
}

async fn sweep_containers(
    ports: &Ports,
    home: &Home,
    dir: &Path,
    containers: &[ContainerSummary],
    options: SweepOptions,
    report: &mut SweepReport,
) {
    let names = || containers.iter().map(|c| c.name.0.clone());
    let claim = AttemptDir::at(dir.to_owned());
    let held = match home
        .guard()
        .map_err(|e| e.source)
        .and_then(|_guard| claim.claim())
    {
        Ok(Claim::Live) => return report.live.extend(names()),
        Ok(Claim::Ours(held)) => Some(held),
        Ok(Claim::Gone) => None,
        Err(error) => {
            return report
                .failed
                .extend(names().map(|n| format!("{n}: {error}")));
        }
    };
    if options.dry_run {
        return report.removed.extend(names());
    }
    let Some(attempt) = containers.iter().find_map(attempt_of) else {
        return report
            .failed
            .extend(names().map(|n| format!("{n}: labels name no attempt")));
    };
    let starting = containers.iter().any(|c| c.phase == Phase::Running) && containers.len() == 1;
    let port = ports.containers.as_ref();
    let cleared = worker::clear(port, attempt, starting, options.deadline).await;
    report.removed.extend(cleared.removed);
    report.failed.extend(
        cleared
            .names
            .into_iter()
            .map(|n| format!("{n}: still there")),
    );
    drop(held);
}

fn attempt_of(container: &ContainerSummary) -> Option<AttemptId> {
    let task = container.labels.get(labels::TASK)?.parse().ok()?;
    let number = container.labels.get(labels::ATTEMPT)?.parse().ok()?;
    Some(AttemptId { task, number })
}

/// Attempt directories of this home that hold no result.
fn unfinished(home: &Home) -> Vec<AttemptDir> {
    let tasks = fs::read_dir(home.attempts_dir())
        .into_iter()
        .flatten()
        .flatten();
    let attempts = tasks.flat_map(|task| fs::read_dir(task.path()).into_iter().flatten().flatten());
    attempts
        .map(|attempt| AttemptDir::at(attempt.path()))
        .filter(|dir| !dir.result().exists())
        .collect()
}

async fn sweep_directory(
    ports: &Ports,
    home: &Home,
    dir: &AttemptDir,
    options: SweepOptions,
    report: &mut SweepReport,
) {
    let name = dir.root().display().to_string();
    let claim = home
        .guard()
        .map_err(|e| e.source)
        .and_then(|_guard| dir.claim());
    let held = match claim {
        Ok(Claim::Ours(held)) => held,
        Ok(Claim::Live | Claim::Gone) => return,
        Err(error) => return report.failed.push(format!("{name}: {error}")),
    };
    if options.dry_run {
        return report.cancelled.push(name);
    }
    match close(ports, home, &held, options.deadline).await {
        Ok(()) => report.cancelled.push(name),
        Err(reason) => report.failed.push(format!("{name}: {reason}")),
    }
}

/// Takes a dead attempt's files back, removes the working ones and books it as cancelled.
async fn close(
    ports: &Ports,
    home: &Home,
    held: &LockedAttempt,
    deadline: Duration,
) -> Result<(), String> {
    let dir = held.dir();
    if let Ok(record) = dir.record()
        && let (Ok(task), Ok(number)) = (record.task_id.parse(), record.number.to_string().parse())
        && let Some(image) = record.sandbox_image
    {
        let id = AttemptId { task, number };
        let owned = Owned::new(ports.containers.clone(), labels::of_attempt(home, id, dir));
        let given =
            tokio::time::timeout(deadline, worker::give_back(&owned, id, dir, &image)).await;
        given.map_err(|e| e.to_string())?.map_err(|e| e.message)?;
    }
    dir.remove_working_files().map_err(|e| e.to_string())?;
    let booked = serde_json::json!({
        "schema_version": deckhands_model::REPORT_SCHEMA_VERSION,
        "state": TaskState::Cancelled,
        "output": "",
        "notes": ["the process that ran this task died; its remains were removed"],
    });
    let text = serde_json::to_vec_pretty(&booked).map_err(|e| e.to_string())?;
    write_private(&dir.result(), &text).map_err(|e| e.to_string())
}
