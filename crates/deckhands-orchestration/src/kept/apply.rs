//! Applying a kept change: the same promotion as at the end of a run, from the kept files.

use std::io;
use std::path::{Path, PathBuf};

use deckhands_model::{Severity, TaskId, TaskState, Verdict};

use super::{ApplyOptions, ApplyReport, KeptError, KeptTask, at};
use crate::home::Home;
use crate::runner::write_report;
use crate::workspace::{ChangeSet, PromoteError, Promotion, holds, promote};

impl KeptTask {
    /// Applies the change to the task's workspace or another one, whole or not at all. Where a
    /// workspace holds it already there is nothing to do.
    ///
    /// # Errors
    /// [`KeptError`]; the workspace is as it was then.
    pub fn apply(&mut self, home: &Home, options: &ApplyOptions) -> Result<ApplyReport, KeptError> {
        let task_id = self.record.task_id.clone();
        let Some(change) = self.change.clone().filter(|change| !change.is_empty()) else {
            return Err(KeptError::NoChange { task_id });
        };
        let named = options.workspace.as_ref();
        let workspace = named.unwrap_or(&self.record.workspace);
        let workspace = workspace
            .canonicalize()
            .ok()
            .filter(|path| path.is_dir())
            .ok_or_else(|| KeptError::NoWorkspace {
                path: workspace.clone(),
            })?;
        let mut report = ApplyReport {
            already_applied: holds(&workspace, &change),
            applied: true,
            changes: change.changes(),
            conflict: Vec::new(),
            patch: self.dir().patch().display().to_string(),
            notes: Vec::new(),
            workspace,
            task_id,
        };
        if !report.already_applied {
            match self.promote(home, &report.workspace, &change, options.unproved)? {
                Promotion::Applied => {}
                Promotion::Conflict(paths) => {
                    (report.applied, report.conflict) = (false, paths);
                    return Ok(report);
                }
            }
        }
        if report.workspace == self.record.workspace
            && let Err(error) = self.note_applied()
        {
            let text = format!("the result document does not tell of it: {error}");
            report.notes.push(text);
        }
        Ok(report)
    }

    fn promote(
        &self,
        home: &Home,
        workspace: &Path,
        change: &ChangeSet,
        unproved: bool,
    ) -> Result<Promotion, KeptError> {
        let task_id = self.record.task_id.clone();
        if let Some(why) = self.why_unproved()
            && !unproved
        {
            return Err(KeptError::Unproved { task_id, why });
        }
        let task: TaskId = task_id
            .parse()
            .map_err(|error| at(self.dir().root())(io::Error::other(error)))?;
        let files = self.files(change)?;
        promote(home, task, workspace, &files, change).map_err(|error| failed(task_id, error))
    }

    /// Where the new contents are.
    fn files(&self, change: &ChangeSet) -> Result<PathBuf, KeptError> {
        let (working, kept) = (
            self.dir().agent_dirs().workspace,
            self.dir().changed_files(),
        );
        if working.is_dir() && self.record.keep {
            return Ok(working);
        }
        if working.is_dir() {
            // The process that was to keep them died before it was done.
            change.move_files(&working, &kept).map_err(at(&kept))?;
        }
        let deletes_only = change.entries.iter().all(|entry| entry.after.is_none());
        if kept.is_dir() || deletes_only || !self.kept().applied {
            Ok(kept)
        } else {
            let task_id = self.record.task_id.clone();
            Err(KeptError::NotKept { task_id })
        }
    }

    /// Why nobody should rely on the change; `None` where it was judged and accepted.
    fn why_unproved(&self) -> Option<String> {
        let rejected = |verdict: &Verdict| {
            let error = |f: &&deckhands_model::Finding| f.severity == Severity::Error;
            let finding = verdict.findings().iter().find(error);
            let check = finding.map(|f| format!(" (`{}`)", f.check));
            format!("it was {}{}", verdict.word(), check.unwrap_or_default())
        };
        match (&self.verdict, self.report.as_ref()) {
            (Some(verdict), _) if verdict.is_accepted() => None,
            (Some(verdict), _) => Some(rejected(verdict)),
            (None, Some(report)) if report.state == TaskState::Cancelled => {
                Some("the task was cancelled before its change was judged".to_owned())
            }
            (None, Some(report)) => {
                let cause = report.error.as_ref().and_then(|error| error.cause);
                let cause = cause.map(|cause| format!(" ({})", cause.name()));
                let cause = cause.unwrap_or_default();
                Some(format!("the agent did not finish{cause}"))
            }
            (None, None) => Some("the process that ran the task died".to_owned()),
        }
    }

    /// From now on the result document says that the workspace holds the change.
    fn note_applied(&mut self) -> io::Result<()> {
        let dir = self.held.dir().clone();
        match self.report.as_mut().filter(|report| !report.applied) {
            Some(report) => {
                report.applied = true;
                report.conflict.clear();
                write_report(&dir, report)
            }
            None => Ok(()),
        }
    }
}

/// A kept file that is missing or another than recorded is the store's fault, not the workspace's.
fn failed(task_id: String, error: PromoteError) -> KeptError {
    let staging = error.action == PromoteError::STAGING;
    let damage = matches!(
        error.source.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
    );
    if staging && damage {
        let source = error.source;
        return KeptError::Damaged { task_id, source };
    }
    KeptError::Promote(error)
}
