//! Tasks and attempts as documents and as lines for people.

use comfy_table::{Table, presets};
use deckhands_model::{Category, Cause, Priority, TaskId, TaskState, Usage, Usd};
use deckhands_store::{AttemptRecord, AttemptState, TaskRecord};
use jiff::Timestamp;
use owo_colors::OwoColorize;
use serde::Serialize;

use super::ids::short;
use crate::shown;

/// Characters of a title in a list.
const TITLE: usize = 60;

/// A task in documents.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(in crate::commands) struct TaskView {
    pub(in crate::commands) task_id: TaskId,
    pub(in crate::commands) title: String,
    pub(in crate::commands) state: TaskState,
    priority: Priority,
    category: Option<Category>,
    model: Option<String>,
    batch: Option<String>,
    submitted_at: Timestamp,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    held: bool,
    cancel_requested: bool,
    attempts_begun: u32,
    cause: Option<Cause>,
    retry_of: Option<TaskId>,
    note: Option<String>,
    /// What is known to have been spent so far by the attempt that is under way.
    cost_so_far_usd: Option<f64>,
}

impl From<&TaskRecord> for TaskView {
    fn from(task: &TaskRecord) -> Self {
        Self {
            task_id: task.id,
            title: task.title.clone(),
            state: task.state,
            priority: task.priority,
            category: task.category,
            model: task.model.clone(),
            batch: task.batch.clone(),
            submitted_at: task.submitted_at,
            started_at: task.started_at,
            ended_at: task.ended_at,
            not_before: task.not_before,
            held: task.held,
            cancel_requested: task.cancel_requested,
            attempts_begun: task.attempts,
            cause: task.cause,
            retry_of: task.retry_of,
            note: task.note.clone(),
            cost_so_far_usd: None,
        }
    }
}

/// An attempt in documents. Tokens and their hashes are nobody's business here.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(in crate::commands) struct AttemptView {
    pub(in crate::commands) number: u32,
    pub(in crate::commands) state: AttemptState,
    pub(in crate::commands) route: Option<String>,
    pub(in crate::commands) started_at: Timestamp,
    pub(in crate::commands) ended_at: Option<Timestamp>,
    pub(in crate::commands) lease_until: Timestamp,
    pub(in crate::commands) phase: String,
    pub(in crate::commands) events: u64,
    pub(in crate::commands) work_time_s: f64,
    pub(in crate::commands) wait_time_s: f64,
    pub(in crate::commands) adoptions: u32,
    pub(in crate::commands) outcome: Option<String>,
    pub(in crate::commands) cause: Option<Cause>,
    pub(in crate::commands) usage: Option<Usage>,
    /// Of one under way what is known to have been spent so far.
    pub(in crate::commands) cost_usd: Option<f64>,
}

impl From<&AttemptRecord> for AttemptView {
    fn from(attempt: &AttemptRecord) -> Self {
        let (progress, report) = (&attempt.progress, attempt.report.as_ref());
        Self {
            number: attempt.number,
            state: attempt.state,
            route: attempt.route.clone(),
            started_at: attempt.started_at,
            ended_at: attempt.ended_at,
            lease_until: attempt.lease_until,
            phase: progress.phase.clone(),
            events: report.map_or(progress.events, |report| report.events),
            work_time_s: report.map_or(progress.work.as_secs_f64(), |r| r.work_time_s),
            wait_time_s: report.map_or(progress.wait.as_secs_f64(), |r| r.wait_time_s),
            adoptions: attempt.adoptions,
            outcome: report.map(|report| report.outcome.clone()),
            cause: report.and_then(|report| report.cause),
            usage: report.map(|report| report.usage),
            cost_usd: match report {
                Some(report) => report.usage.cost_usd,
                None => cost_so_far(attempt),
            },
        }
    }
}

/// What is known to have been spent by an attempt that is under way.
fn cost_so_far(attempt: &AttemptRecord) -> Option<f64> {
    let nanos = attempt.progress.cost?;
    Some(Usd::nanos(nanos).as_f64())
}

/// A state for people, with what keeps the task from going on.
fn state(task: &TaskView) -> String {
    let word = task.state;
    if word.is_terminal() {
        word.to_string()
    } else if task.cancel_requested {
        format!("{word} (cancelling)")
    } else if task.held {
        format!("{word} (held)")
    } else {
        word.to_string()
    }
}

/// The same in the colour of the state. Not for tables, which count the escapes as text.
fn coloured_state(task: &TaskView) -> String {
    let text = state(task);
    match task.state {
        TaskState::Completed => text.green().to_string(),
        TaskState::Failed => text.red().to_string(),
        TaskState::Cancelled | TaskState::Degraded => text.yellow().to_string(),
        TaskState::Running => text.cyan().to_string(),
        TaskState::Pending | TaskState::Queued => text,
    }
}

/// Tells each of the tasks what the attempts that are under way have cost so far.
pub(in crate::commands) fn with_costs(tasks: &mut [TaskView], attempts: &[AttemptRecord]) {
    for task in tasks.iter_mut().filter(|task| !task.state.is_terminal()) {
        let mut own = attempts
            .iter()
            .filter(|attempt| attempt.task == task.task_id);
        let own = own.find(|attempt| attempt.state != AttemptState::Ended);
        task.cost_so_far_usd = own.and_then(cost_so_far);
    }
}

/// A table of tasks, a line each; what they cost so far is told where that is known of one.
pub(in crate::commands) fn rows(tasks: &[TaskView], now: Timestamp) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let mut header = vec!["id", "state", "priority", "tries", "age", "model"];
    let costs = tasks.iter().any(|task| task.cost_so_far_usd.is_some());
    header.extend(costs.then_some("cost so far"));
    header.push("title");
    table.set_header(header);
    for task in tasks {
        let model = task.model.as_deref().unwrap_or("-");
        let title: String = shown::line(&task.title).chars().take(TITLE).collect();
        let mut row = vec![
            short(task.task_id),
            state(task),
            task.priority.to_string(),
            task.attempts_begun.to_string(),
            ago(task.submitted_at, now),
            shown::line(model),
        ];
        row.extend(costs.then(|| so_far(task.cost_so_far_usd)));
        row.push(title);
        table.add_row(row);
    }
    format!("{table}\n")
}

/// A cost for people.
pub(in crate::commands) fn so_far(usd: Option<f64>) -> String {
    let known = usd.and_then(Usd::from_f64_up);
    known.map_or_else(|| "-".to_owned(), |usd| usd.to_string())
}

/// How long ago a time was, in its largest unit.
pub(in crate::commands) fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let unit = units.iter().find(|(size, _)| seconds >= *size);
    match unit {
        Some((size, word)) => format!("{}{word}", seconds / size),
        None => format!("{seconds}s"),
    }
}

impl TaskView {
    /// Everything that is known of it, a line each, for people.
    pub(in crate::commands) fn lines(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let time = |at: Timestamp| format!("{at:.0} ({} ago)", ago(at, now));
        let mut lines = vec![
            ("title", shown::line(&self.title)),
            ("state", coloured_state(self)),
            ("priority", self.priority.to_string()),
        ];
        let optional = [
            ("category", self.category.map(|word| word.to_string())),
            ("model", self.model.as_deref().map(shown::line)),
            ("batch", self.batch.as_deref().map(shown::line)),
            ("retry of", self.retry_of.map(|id| id.to_string())),
            ("submitted", Some(time(self.submitted_at))),
            ("started", self.started_at.map(time)),
            ("ended", self.ended_at.map(time)),
            ("cause", self.cause.map(|cause| cause.name())),
            ("not before", self.waits_until(now)),
            ("note", self.note.as_deref().map(shown::line)),
        ];
        let told = |(name, value): (&'static str, Option<String>)| Some((name, value?));
        lines.extend(optional.into_iter().filter_map(told));
        lines
    }

    fn waits_until(&self, now: Timestamp) -> Option<String> {
        let until = self.not_before.filter(|at| *at > now)?;
        let left = ago(now, until);
        (!self.state.is_terminal()).then(|| format!("{until:.0} (in {left})"))
    }
}

#[cfg(test)]
mod tests;
