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
        let change = self.recorded()?;
        let workspace = self.place(options)?;
        let own = workspace == self.record.workspace;
        let mut report = ApplyReport {
            already_applied: holds(&workspace, &change),
            applied: true,
            changes: change.changes(),
            conflict: Vec::new(),
            patch: self.dir().patch().display().to_string(),
            notes: Vec::new(),
            workspace,
            task_id: self.record.task_id.clone(),
        };
        if !report.already_applied {
            match self.promote(home, &report.workspace, &change, options.unproved)? {
                Promotion::Applied => {}
                Promotion::Conflict(paths) => {
                    (report.applied, report.conflict) = (false, paths);
                    return Ok(report);
                }
            }
        } else if deletes_only(&change) && !(own && self.kept().applied) {
            // That files are absent proves nothing: any empty directory is without them.
            self.ask(options.unproved)?;
            if !own {
                let (task_id, path) = (report.task_id, report.workspace);
                return Err(KeptError::NothingThere { task_id, path });
            }
            let text = "everything it deletes was gone before; the result document is as it was";
            report.notes.push(text.to_owned());
            return Ok(report);
        }
        if own && let Err(error) = self.note_applied() {
            let text = format!("the result document does not tell of it: {error}");
            report.notes.push(text);
        }
        Ok(report)
    }

    /// The change, which has at least one path.
    fn recorded(&self) -> Result<ChangeSet, KeptError> {
        match &self.change {
            Ok(Some(change)) if !change.is_empty() => Ok(change.clone()),
            Ok(_) => Err(KeptError::NoChange {
                task_id: self.record.task_id.clone(),
                ended: self.dir().result().exists(),
            }),
            Err(error) => {
                let source = io::Error::new(error.kind(), error.to_string());
                Err(match error.kind() {
                    io::ErrorKind::InvalidData => self.damaged(source),
                    _ => at(&self.dir().change())(source),
                })
            }
        }
    }

    /// The directory that is to have the change.
    fn place(&self, options: &ApplyOptions) -> Result<PathBuf, KeptError> {
        let named = options.workspace.as_ref();
        let workspace = named.unwrap_or(&self.record.workspace);
        let found = workspace.canonicalize().ok().filter(|path| path.is_dir());
        found.ok_or_else(|| KeptError::NoWorkspace {
            path: workspace.clone(),
        })
    }

    /// Refuses what no judgement accepted, unless the user wants that, too.
    fn ask(&self, unproved: bool) -> Result<(), KeptError> {
        match self.why_unproved() {
            Some(why) if !unproved => Err(KeptError::Unproved {
                task_id: self.record.task_id.clone(),
                why,
            }),
            _ => Ok(()),
        }
    }

    fn promote(
        &self,
        home: &Home,
        workspace: &Path,
        change: &ChangeSet,
        unproved: bool,
    ) -> Result<Promotion, KeptError> {
        self.ask(unproved)?;
        let task: TaskId = self
            .record
            .task_id
            .parse()
            .map_err(|error| at(self.dir().root())(io::Error::other(error)))?;
        let files = self.files(change)?;
        promote(home, task, workspace, &files, change).map_err(|error| self.failed(error))
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
        if kept.is_dir() || deletes_only(change) || !self.kept().applied {
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

    /// A kept file that is missing or another than recorded is the store's fault, not the
    /// workspace's.
    fn failed(&self, error: PromoteError) -> KeptError {
        let staging = error.action == PromoteError::STAGING;
        let damage = matches!(
            error.source.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::NotFound
        );
        if staging && damage {
            return self.damaged(error.source);
        }
        KeptError::Promote(error)
    }
}

fn deletes_only(change: &ChangeSet) -> bool {
    change.entries.iter().all(|entry| entry.after.is_none())
}
