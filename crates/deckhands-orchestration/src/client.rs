//! The short way in: a text goes in, a result comes out.

use std::collections::BTreeMap;
use std::time::Duration;

use deckhands_model::{RunReport, TaskState, TaskText, TaskTextError};
use tokio_util::sync::CancellationToken;

use crate::observer::Silent;
use crate::request::TaskRequest;
use crate::runner::Runner;

/// Runs one text after the other with the same settings.
#[derive(Clone, Debug)]
pub struct Client {
    runner: Runner,
    settings: TaskRequest,
}

/// How a task ended, in five fields. [`TaskResult::report`] has everything.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskResult {
    /// Whether the agent finished and every rule accepts its change.
    pub success: bool,
    /// The agent's last words.
    pub output: String,
    /// What went wrong, with its hint.
    pub error: Option<String>,
    /// From the call to the result.
    pub execution_time: Duration,
    /// Facts by name: task id, state, events, tokens, changed files.
    pub metadata: BTreeMap<String, String>,
    /// The whole result document.
    pub report: RunReport,
}

impl Client {
    /// A client that runs every text with these settings; the settings' own text is not used.
    #[must_use]
    pub fn new(runner: Runner, settings: TaskRequest) -> Self {
        Self { runner, settings }
    }

    /// Runs a task to its end.
    ///
    /// Dropping the future leaves labelled containers that the next run removes.
    ///
    /// # Errors
    /// [`TaskTextError`] for a text that is no task. A task that fails is a result.
    pub async fn execute_task(&self, text: &str) -> Result<TaskResult, TaskTextError> {
        let request = TaskRequest {
            text: TaskText::try_new(text)?,
            ..self.settings.clone()
        };
        let report = self
            .runner
            .run(&request, &Silent, &CancellationToken::new())
            .await;
        Ok(TaskResult::from(report))
    }
}

impl From<RunReport> for TaskResult {
    fn from(report: RunReport) -> Self {
        let attempt = report.attempts.last();
        let number = |n: Option<u64>| n.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
        let metadata = [
            ("task_id", report.task_id.clone()),
            ("state", format!("{:?}", report.state).to_lowercase()),
            ("events", number(attempt.map(|a| a.events))),
            (
                "input_tokens",
                number(attempt.and_then(|a| a.usage.input_tokens)),
            ),
            (
                "output_tokens",
                number(attempt.and_then(|a| a.usage.output_tokens)),
            ),
            ("changed_files", report.changes.len().to_string()),
            ("applied", report.applied.to_string()),
        ];
        Self {
            success: report.state == TaskState::Completed && report.conflict.is_empty(),
            output: report.output.clone(),
            error: report.error.as_ref().map(|e| e.message.clone()),
            execution_time: Duration::from_secs_f64(report.timings.total_s.max(0.0)),
            metadata: metadata.map(|(key, value)| (key.to_owned(), value)).into(),
            report,
        }
    }
}

#[cfg(test)]
mod tests;
