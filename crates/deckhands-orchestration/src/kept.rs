//! Ended tasks and what was kept of them: finding one again, showing its change, applying it later.

mod apply;
mod error;
mod evidence;
mod lookup;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use deckhands_model::{Change, RunReport, TaskState, Verdict};
use serde::Serialize;

pub use error::KeptError;
pub use evidence::Evidence;

use crate::attempt_dir::{AttemptDir, AttemptRecord, Claim, LockedAttempt};
use crate::home::Home;
use crate::workspace::{ChangeSet, read_record};

/// A task that is not under way, with what was kept of its change. Nobody else works on it as long
/// as this is held.
#[derive(Debug)]
pub struct KeptTask {
    held: LockedAttempt,
    record: AttemptRecord,
    report: Option<RunReport>,
    verdict: Option<Verdict>,
    /// Why its record cannot be read stops only what needs the record.
    change: io::Result<Option<ChangeSet>>,
}

/// What is told of a kept change.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KeptChange {
    /// The task.
    pub task_id: String,
    /// How it ended; `None` where its process died.
    pub state: Option<TaskState>,
    /// The workspace it worked on.
    #[serde(serialize_with = "lossy")]
    pub workspace: PathBuf,
    /// What changed, as far as that is known.
    pub changes: Vec<Change>,
    /// The change as a unified diff; `None` where nothing changed.
    pub patch: Option<String>,
    /// Whether the task's workspace was given the change.
    pub applied: bool,
}

/// What is asked of [`KeptTask::apply`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ApplyOptions {
    /// Another workspace than the task's own.
    pub workspace: Option<PathBuf>,
    /// Also a change that no judgement accepted.
    pub unproved: bool,
}

/// What applying a kept change came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ApplyReport {
    /// The task.
    pub task_id: String,
    /// Where it was applied.
    #[serde(serialize_with = "lossy")]
    pub workspace: PathBuf,
    /// Whether that workspace holds the change now.
    pub applied: bool,
    /// Whether it held the change before, so that there was nothing to do.
    pub already_applied: bool,
    /// What changed.
    pub changes: Vec<Change>,
    /// Paths that changed in the workspace meanwhile; then nothing was applied.
    pub conflict: Vec<String>,
    /// The change as a unified diff.
    pub patch: String,
    /// Things worth knowing that are no errors.
    pub notes: Vec<String>,
}

impl KeptTask {
    /// Finds a task by a prefix of its id, or by `last` for the one that began last.
    ///
    /// # Errors
    /// [`KeptError`] where there is none or more than one, or where it is still under way.
    pub fn open(home: &Home, word: &str) -> Result<Self, KeptError> {
        let found = lookup::find(home, word)?;
        let dir = found.changed;
        if found.last != dir {
            // The task is under way as long as its last attempt is.
            drop(claim(home, word, &found.last)?);
        }
        let held = claim(home, word, &dir)?;
        let root = dir.root().to_owned();
        let record = dir.record().map_err(at(&root.join("attempt.json")))?;
        let report: Option<RunReport> = read_json(&dir.result());
        let verdict = report.as_ref().and_then(|report| report.verdict.clone());
        Ok(Self {
            verdict: verdict.or_else(|| read_json(&dir.verdict())),
            change: read_record(&dir.change()),
            held,
            record,
            report,
        })
    }

    /// What is known of its change.
    #[must_use]
    pub fn kept(&self) -> KeptChange {
        let report = self.report.as_ref();
        let told = || report.map(|report| report.changes.clone());
        let recorded = self.change.as_ref().ok().and_then(Option::as_ref);
        let changes = recorded.map(ChangeSet::changes).or_else(told);
        let changes = changes.unwrap_or_default();
        let patch = self.dir().patch();
        let has_patch = !changes.is_empty() || (self.change.is_err() && patch.is_file());
        KeptChange {
            task_id: self.record.task_id.clone(),
            state: report.map(|report| report.state),
            workspace: self.record.workspace.clone(),
            patch: has_patch.then(|| patch.display().to_string()),
            changes,
            applied: report.is_some_and(|report| report.applied),
        }
    }

    /// The change as a unified diff, byte for byte; empty where nothing changed.
    ///
    /// # Errors
    /// [`KeptError`] where it cannot be read.
    pub fn patch(&self) -> Result<Vec<u8>, KeptError> {
        if self.kept().patch.is_none() {
            return Ok(Vec::new());
        }
        let path = self.dir().patch();
        fs::read(&path).map_err(at(&path))
    }

    fn dir(&self) -> &AttemptDir {
        self.held.dir()
    }

    /// What is told where the store is not as it was recorded.
    fn damaged(&self, source: io::Error) -> KeptError {
        KeptError::Damaged {
            task_id: self.record.task_id.clone(),
            patch: Some(self.dir().patch()).filter(|patch| patch.is_file()),
            source,
        }
    }
}

/// A path for documents, which are UTF-8.
fn lossy<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Takes an attempt's directory, unless somebody works on it.
fn claim(home: &Home, word: &str, dir: &AttemptDir) -> Result<LockedAttempt, KeptError> {
    let claimed = {
        let _guard = home.guard()?;
        dir.claim()
    };
    match claimed {
        Ok(Claim::Ours(held)) => Ok(held),
        Ok(Claim::Live) => Err(KeptError::Live {
            task_id: lookup::id_of(dir),
        }),
        Ok(Claim::Gone) => Err(lookup::unknown(home, word)),
        Err(source) => Err(KeptError::Io {
            path: dir.root().to_owned(),
            source,
        }),
    }
}

/// A file that need not be there; one that is no such document counts as absent.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> KeptError {
    let path = path.to_owned();
    move |source| KeptError::Io { path, source }
}

#[cfg(test)]
mod tests;
