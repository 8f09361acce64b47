//! What was written down about a task's attempts, for readers. Nothing is held meanwhile.

use std::io;
use std::path::PathBuf;

use deckhands_model::{RunReport, TaskId};
use jiff::Timestamp;

use super::{KeptError, lookup, read_json};
use crate::attempt_dir::AttemptDir;
use crate::call_file::{self, KeptCalls};
use crate::home::Home;

/// The files of a task's attempts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    task: TaskId,
    dir: PathBuf,
}

impl Evidence {
    /// Finds a task that has begun by a prefix of its id, or by `last` for the one that began last.
    ///
    /// # Errors
    /// [`KeptError`] where there is none or more than one.
    pub fn find(home: &Home, word: &str) -> Result<Self, KeptError> {
        let task = lookup::task(home, word)?;
        Ok(Self::of(home, task))
    }

    /// Those of all tasks that have begun, the one that began last first.
    pub fn newest_first(home: &Home) -> impl Iterator<Item = Self> {
        let tasks = lookup::newest_first(home).into_iter();
        tasks.map(|task| Self::of(home, task))
    }

    /// That of a known task, which need not have begun.
    #[must_use]
    pub fn of(home: &Home, task: TaskId) -> Self {
        Self {
            task,
            dir: home.task_dir(task),
        }
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// The numbers of the attempts that have a directory, in their order.
    #[must_use]
    pub fn attempts(&self) -> Vec<u32> {
        lookup::attempts(&self.dir)
    }

    /// When the last attempt began.
    #[must_use]
    pub fn began(&self) -> Option<Timestamp> {
        let record = self.last()?.record().ok()?;
        record.started_at.parse().ok()
    }

    /// The result document of the last attempt, once there is one.
    #[must_use]
    pub fn result(&self) -> Option<RunReport> {
        read_json(&self.last()?.result())
    }

    /// The stored result of the task, with what became of its change later: `apply` tells only the
    /// document of the attempt.
    #[must_use]
    pub fn with_applied(&self, stored: RunReport) -> RunReport {
        if stored.applied {
            return stored;
        }
        let same = |kept: &RunReport| kept.state == stored.state && kept.changes == stored.changes;
        if self
            .result()
            .is_some_and(|kept| kept.applied && same(&kept))
        {
            return RunReport {
                applied: true,
                conflict: Vec::new(),
                ..stored
            };
        }
        stored
    }

    /// The file of what an attempt's program printed: lines that begin with `o ` for stdout and `e `
    /// for stderr. It appears when there is something to write.
    #[must_use]
    pub fn transcript(&self, attempt: u32) -> PathBuf {
        self.attempt(attempt).transcript()
    }

    /// The calls of an attempt to its models, as far as they have ended.
    ///
    /// # Errors
    /// The system's error where they cannot be read.
    pub fn calls(&self, attempt: u32) -> io::Result<KeptCalls> {
        call_file::read(&self.attempt(attempt).calls())
    }

    fn last(&self) -> Option<AttemptDir> {
        Some(self.attempt(*self.attempts().last()?))
    }

    fn attempt(&self, number: u32) -> AttemptDir {
        AttemptDir::at(self.dir.join(number.to_string()))
    }
}

#[cfg(test)]
mod tests;
