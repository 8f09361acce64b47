//! What came of a batch: one document, and the same as JUnit XML and Markdown.
//!
//! Pure: a [`BatchTally`] is fed with each task as it ended and gives a [`BatchSummary`]. Text that
//! agents wrote is bounded here; the JSON document has it as it came, the other forms clean and
//! escape it.

mod junit;
mod markdown;
mod row;

use jiff::Timestamp;
use serde::Serialize;

use crate::metrics::{Figures, Tally};
use deckhands_model::{AttemptReport, RunReport, TaskState};
use deckhands_store::TaskRecord;

pub use row::{BatchItem, BatchRow};

/// Version of the document's shape; raised when a field's meaning changes.
pub const BATCH_SCHEMA_VERSION: u32 = 1;

/// What is known of a batch as a whole.
#[derive(Clone, PartialEq, Debug)]
pub struct BatchHead {
    /// The batch's identity.
    pub batch: String,
    /// Where its tasks were read from.
    pub file: String,
    /// It went on with tasks that were handed in before.
    pub resumed: bool,
    /// A signal ended it before its tasks were over.
    pub interrupted: bool,
    /// When this process began with it.
    pub started_at: Timestamp,
    /// When this process was done with it.
    pub ended_at: Timestamp,
}

/// What came of a batch.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BatchSummary {
    /// [`BATCH_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The batch's identity.
    pub batch: String,
    /// Where its tasks were read from.
    pub file: String,
    /// It went on with tasks that were handed in before.
    pub resumed: bool,
    /// A signal ended it before its tasks were over.
    pub interrupted: bool,
    /// Every task completed, and was applied where that was asked for.
    pub success: bool,
    /// When this process began with it.
    pub started_at: Timestamp,
    /// When this process was done with it.
    pub ended_at: Timestamp,
    /// Seconds between the two.
    pub total_time_s: f64,
    /// How many tasks ended how.
    pub counts: BatchCounts,
    /// Sums over the attempts of the tasks that ended.
    pub figures: Figures,
    /// Every task, in the order of the file.
    pub tasks: Vec<BatchRow>,
}

/// How many tasks ended how. All but `total` and `not_applied` exclude each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct BatchCounts {
    /// All tasks of the file.
    pub total: usize,
    /// Completed.
    pub completed: usize,
    /// Those of the completed ones whose change was to be applied and was not.
    pub not_applied: usize,
    /// Failed.
    pub failed: usize,
    /// Cancelled.
    pub cancelled: usize,
    /// Ended with a stand-in.
    pub degraded: usize,
    /// Handed in and not over.
    pub unfinished: usize,
    /// Not handed in.
    pub not_handed_in: usize,
}

/// A summary that is still growing.
#[derive(Clone, Debug, Default)]
pub struct BatchTally {
    rows: Vec<BatchRow>,
    tally: Tally,
}

impl BatchTally {
    /// Adds a task that ended, with its result document and the reports of its attempts. Each task
    /// is to be added once. Returns its row.
    pub fn ended(
        &mut self,
        item: &BatchItem,
        task: &TaskRecord,
        result: Option<&RunReport>,
        attempts: &[AttemptReport],
    ) -> &BatchRow {
        self.tally.add(task, attempts);
        self.push(BatchRow::of(item, Some(task), result, attempts))
    }

    /// Adds a task that is not over, or was not even handed in.
    pub fn open(&mut self, item: &BatchItem, task: Option<&TaskRecord>) {
        self.push(BatchRow::of(item, task, None, &[]));
    }

    /// Tasks so far.
    #[must_use]
    pub fn rows(&self) -> &[BatchRow] {
        &self.rows
    }

    /// The document.
    #[must_use]
    pub fn summary(mut self, head: BatchHead) -> BatchSummary {
        self.rows.sort_by_key(|row| row.index);
        let counts = counts(&self.rows);
        let total = head.ended_at.duration_since(head.started_at);
        BatchSummary {
            schema_version: BATCH_SCHEMA_VERSION,
            batch: head.batch,
            file: head.file,
            resumed: head.resumed,
            interrupted: head.interrupted,
            success: self.rows.iter().all(|row| row.success),
            started_at: head.started_at,
            ended_at: head.ended_at,
            total_time_s: total.as_secs_f64().max(0.0),
            counts,
            figures: self.tally.metrics().system,
            tasks: self.rows,
        }
    }

    fn push(&mut self, row: BatchRow) -> &BatchRow {
        let place = self.rows.len();
        self.rows.push(row);
        &self.rows[place]
    }
}

impl BatchSummary {
    /// As JUnit XML, which most CI systems show: tasks whose work was judged and refused are
    /// failures, other failed ones errors, those that did not end skipped.
    #[must_use]
    pub fn junit_xml(&self) -> String {
        junit::xml(self)
    }

    /// As Markdown (GitHub's form): a table, then what is to be said of each task without success.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::page(self)
    }
}

fn counts(rows: &[BatchRow]) -> BatchCounts {
    let mut counts = BatchCounts {
        total: rows.len(),
        ..BatchCounts::default()
    };
    for row in rows {
        let count = match row.state {
            None => &mut counts.not_handed_in,
            Some(TaskState::Pending | TaskState::Queued | TaskState::Running) => {
                &mut counts.unfinished
            }
            Some(TaskState::Completed) => &mut counts.completed,
            Some(TaskState::Failed) => &mut counts.failed,
            Some(TaskState::Cancelled) => &mut counts.cancelled,
            Some(TaskState::Degraded) => &mut counts.degraded,
        };
        *count += 1;
        if row.state == Some(TaskState::Completed) && !row.success {
            counts.not_applied += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests;
