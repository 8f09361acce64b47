//! What a daemon and a home list, by attempt.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use deckhands_model::AttemptId;
use deckhands_runtime::{ContainerSummary, Labels};

use crate::attempt_dir::AttemptDir;
use crate::home::Home;
use crate::labels;

/// Why something of another home is left alone.
pub(super) fn not_seen(name: impl std::fmt::Display) -> String {
    format!("{name}: it runs, and its state directory is not to be seen from here")
}

/// Containers by the directory of their attempt.
pub(super) fn by_attempt(found: Vec<ContainerSummary>) -> BTreeMap<PathBuf, Vec<ContainerSummary>> {
    let mut groups: BTreeMap<PathBuf, Vec<ContainerSummary>> = BTreeMap::new();
    for container in found {
        let dir = dir_of(&container.labels);
        groups.entry(dir).or_default().push(container);
    }
    groups
}

pub(super) fn is_of_attempt(labels: &Labels) -> bool {
    attempt_of(labels).is_some() && labels.contains_key(labels::ATTEMPT_DIR)
}

pub(super) fn attempt_of(labels: &Labels) -> Option<AttemptId> {
    let task = labels.get(labels::TASK)?.parse().ok()?;
    let number = labels.get(labels::ATTEMPT)?.parse().ok()?;
    Some(AttemptId { task, number })
}

pub(super) fn dir_of(labels: &Labels) -> PathBuf {
    let dir = labels.get(labels::ATTEMPT_DIR);
    dir.map(PathBuf::from).unwrap_or_default()
}

/// Attempt directories of this home that somebody has to clear up.
pub(super) fn unfinished(home: &Home) -> Vec<AttemptDir> {
    let tasks = fs::read_dir(home.attempts_dir())
        .into_iter()
        .flatten()
        .flatten();
    let attempts = tasks.flat_map(|task| fs::read_dir(task.path()).into_iter().flatten().flatten());
    attempts
        .map(|attempt| AttemptDir::at(attempt.path()))
        .filter(AttemptDir::is_unfinished)
        .collect()
}
