//! Adds tasks up.

use std::collections::BTreeMap;
use std::time::Duration;

use deckhands_model::{AttemptReport, TaskState, Verdict};
use deckhands_store::TaskRecord;
use jiff::Timestamp;

use super::sum::Sum;
use super::{
    AttemptFigures, Figures, METRICS_SCHEMA_VERSION, Metrics, TaskCounts, TaskFigures, UsageFigures,
};

/// Figures that are still growing.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    system: Group,
    models: BTreeMap<String, Group>,
    categories: BTreeMap<String, Group>,
    tasks: Vec<TaskFigures>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    tasks: Tasks,
    attempts: Attempts,
}

#[derive(Clone, Debug, Default)]
struct Tasks {
    counts: TaskCounts,
    queued: Sum,
}

#[derive(Clone, Debug, Default)]
struct Attempts {
    figures: AttemptFigures,
    work: Sum,
    wait: Sum,
    cost: Option<Sum>,
}

impl Tally {
    /// Adds a task with the reports of those of its attempts that ended. Each task is to be added
    /// once.
    pub fn add(&mut self, task: &TaskRecord, attempts: &[AttemptReport]) {
        let mut own = Attempts::default();
        attempts.iter().for_each(|attempt| own.add(attempt));
        let category = task.category.map(|category| category.word().to_owned());
        let category = category.map(|word| self.categories.entry(word).or_default());
        for group in [Some(&mut self.system), category].into_iter().flatten() {
            group.tasks.add(task);
            attempts.iter().for_each(|a| group.attempts.add(a));
        }
        if let Some(model) = &task.model {
            self.model(model).tasks.add(task);
        }
        for attempt in attempts.iter().filter(|a| !a.route.is_empty()) {
            self.model(&attempt.route).attempts.add(attempt);
        }
        self.tasks.push(task_figures(task, own.figures()));
    }

    /// The figures.
    #[must_use]
    pub fn metrics(self) -> Metrics {
        let groups = |groups: BTreeMap<String, Group>| {
            let figures = |(name, group): (String, Group)| (name, group.figures());
            groups.into_iter().map(figures).collect()
        };
        Metrics {
            schema_version: METRICS_SCHEMA_VERSION,
            system: self.system.figures(),
            models: groups(self.models),
            categories: groups(self.categories),
            tasks: self.tasks,
            calls: Vec::new(),
            money: BTreeMap::new(),
        }
    }

    fn model(&mut self, name: &str) -> &mut Group {
        self.models.entry(name.to_owned()).or_default()
    }
}

impl Group {
    fn figures(self) -> Figures {
        Figures {
            tasks: self.tasks.counts(),
            attempts: self.attempts.figures(),
        }
    }
}

impl Tasks {
    fn add(&mut self, task: &TaskRecord) {
        let counts = &mut self.counts;
        counts.total += 1;
        counts.attempts += u64::from(task.attempts);
        *counts.states.entry(task.state.word()).or_default() += 1;
        if let Some(cause) = cause(task) {
            *counts.causes.entry(cause.name()).or_default() += 1;
        }
        if let Some(time) = queued(task) {
            self.queued.add_time(time);
        }
    }

    fn counts(self) -> TaskCounts {
        let mut counts = self.counts;
        for state in TaskState::ALL {
            counts.states.entry(state.word()).or_default();
        }
        let of = |state: TaskState| counts.states[state.word()];
        let good = of(TaskState::Completed);
        let bad = of(TaskState::Failed) + of(TaskState::Degraded);
        TaskCounts {
            success_rate: share(good, good + bad),
            queued_time_s: self.queued.value(),
            ..counts
        }
    }
}

impl Attempts {
    fn add(&mut self, attempt: &AttemptReport) {
        let figures = &mut self.figures;
        figures.total += 1;
        *figures.outcomes.entry(attempt.outcome.clone()).or_default() += 1;
        if let Some(cause) = attempt.cause {
            *figures.causes.entry(cause.name()).or_default() += 1;
        }
        if let Some(verdict) = attempt.verdict.as_ref().map(Verdict::word) {
            *figures.verdicts.entry(verdict).or_default() += 1;
        }
        self.work.add(attempt.work_time_s);
        self.wait.add(attempt.wait_time_s);
        let (spent, usage) = (&mut figures.usage, attempt.usage);
        tokens(
            &mut spent.input_tokens,
            &mut spent.unknown.input_tokens,
            usage.input_tokens,
        );
        tokens(
            &mut spent.output_tokens,
            &mut spent.unknown.output_tokens,
            usage.output_tokens,
        );
        match usage.cost_usd {
            Some(usd) => self.cost.get_or_insert_default().add(usd),
            None => spent.unknown.cost_usd += 1,
        }
    }

    fn figures(self) -> AttemptFigures {
        let figures = self.figures;
        AttemptFigures {
            work_time_s: self.work.value(),
            wait_time_s: self.wait.value(),
            usage: UsageFigures {
                cost_usd: self.cost.map(Sum::value),
                ..figures.usage
            },
            ..figures
        }
    }
}

/// Adds tokens to a sum, or counts that they are unknown.
fn tokens(sum: &mut Option<u64>, unknown: &mut u64, told: Option<u64>) {
    match told {
        Some(told) => *sum = Some(sum.unwrap_or_default().saturating_add(told)),
        None => *unknown += 1,
    }
}

fn task_figures(task: &TaskRecord, attempts: AttemptFigures) -> TaskFigures {
    let total = task
        .ended_at
        .and_then(|end| between(task.submitted_at, end));
    TaskFigures {
        task_id: task.id,
        title: task.title.clone(),
        state: task.state,
        cause: cause(task),
        category: task.category,
        model: task.model.clone(),
        submitted_at: task.submitted_at,
        started_at: task.started_at,
        ended_at: task.ended_at,
        queued_time_s: queued(task).map(|time| time.as_secs_f64()),
        total_time_s: total.map(|time| time.as_secs_f64()),
        begun: task.attempts,
        attempts,
    }
}

/// Why the task failed. One that did not end so may have a cause of an earlier attempt.
fn cause(task: &TaskRecord) -> Option<deckhands_model::Cause> {
    task.cause.filter(|_| task.state == TaskState::Failed)
}

fn queued(task: &TaskRecord) -> Option<Duration> {
    between(task.submitted_at, task.started_at?)
}

/// The time between; `None` where a clock was set back meanwhile.
fn between(from: Timestamp, to: Timestamp) -> Option<Duration> {
    to.duration_since(from).try_into().ok()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share of counts far below 2^52"
)]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
