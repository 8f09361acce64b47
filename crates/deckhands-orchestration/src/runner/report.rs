//! Puts the result document together while a run goes on.

use std::path::Path;
use std::time::Duration;

use deckhands_agent::redact;
use deckhands_model::{
    AttemptReport, CallsReport, ImageReport, Network, Outcome, RunReport, TaskId, TaskState,
    Timings, Usage, Usd, Verdict, Versions,
};
use jiff::Timestamp;
use tokio::time::Instant;

use super::document::empty_report;
use super::result::{RetryAfter, result};
use crate::failure::RunFailure;
use crate::money;
use crate::order::{AttemptOrder, AttemptResult};
use crate::request::TaskRequest;
use crate::worker::Watched;
use crate::workspace::ChangeSet;

/// Told where it may be why the work did not go well.
const MISSED_NETWORK: &str = "commands of the agent failed for want of a network, which this task \
                              has none of; `--network open` gives it one";

/// The document as far as it is known.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) notes: Vec<String>,
    /// The working files stay: something may still write to them, or they are all there is.
    pub(super) keeps_working_files: bool,
    pub(super) timings: Timings,
    pub(super) images: Vec<ImageReport>,
    pub(super) versions: Versions,
    pub(super) report: RunReport,
    /// What the document says of attempts before this one.
    earlier: Vec<AttemptReport>,
    number: u32,
    /// Whether the document lists an attempt whose agent never ran.
    lists_always: bool,
    pub(super) attempt: Option<AttemptReport>,
    retry_after: Option<RetryAfter>,
    started: Instant,
    pub(super) started_at: Timestamp,
    /// Time that went by in other processes.
    pub(super) before: Duration,
    pub(super) agent_ended: Option<Instant>,
    pub(super) secrets: Vec<String>,
}

impl Draft {
    pub(super) fn new(request: &TaskRequest, task: TaskId, now: Timestamp) -> Self {
        Self {
            notes: Vec::new(),
            keeps_working_files: false,
            timings: Timings::default(),
            images: Vec::new(),
            versions: Versions {
                deckhands: env!("CARGO_PKG_VERSION").to_owned(),
                ..Versions::default()
            },
            report: empty_report(request, task),
            earlier: Vec::new(),
            number: 1,
            lists_always: false,
            attempt: None,
            retry_after: None,
            started: Instant::now(),
            started_at: now,
            before: Duration::ZERO,
            agent_ended: None,
            secrets: request.secrets(),
        }
    }

    /// The attempt is one of a task's, maybe after others.
    pub(super) fn part_of(&mut self, order: &AttemptOrder, lists_always: bool) {
        self.earlier.clone_from(&order.earlier);
        self.number = order.id.number.get();
        self.lists_always = lists_always;
    }

    /// From here on the user waits for us.
    pub(super) fn agent_ended(&mut self, at: Instant) {
        self.agent_ended = Some(at);
    }

    /// Takes what watching the agent told.
    pub(super) fn watched(&mut self, watched: &Watched) {
        let progress = watched.reader.progress();
        self.timings.start_s = watched.start.as_secs_f64();
        self.timings.work_s = watched.work.as_secs_f64();
        self.notes.extend(watched.notes.iter().cloned());
        if progress.missed_network && self.report.egress == Network::Llm.to_string() {
            self.notes.push(MISSED_NETWORK.to_owned());
        }
        self.versions.agent.clone_from(&progress.version);
        self.report.model_served.clone_from(&progress.models);
        self.retry_after = watched.retry_after;
        self.attempt = Some(AttemptReport {
            work_time_s: watched.work.as_secs_f64(),
            wait_time_s: watched.wait.as_secs_f64(),
            usage: Usage {
                cost_usd: cost(watched.calls.as_ref(), progress.usage),
                ..progress.usage
            },
            container_exit: watched.app_exit,
            events: progress.events,
            calls: watched.calls.clone().filter(|calls| calls.count > 0),
            ..self.no_attempt()
        });
    }

    /// An attempt in which nothing happened.
    fn no_attempt(&self) -> AttemptReport {
        let route = self.report.model_requested.as_ref();
        AttemptReport {
            route: route.map(ToString::to_string).unwrap_or_default(),
            started_at: self.started_at.to_string(),
            ..AttemptReport::blank(self.number)
        }
    }

    /// An attempt whose agent never ran.
    fn unbegun(&self) -> AttemptReport {
        let cancelled = self.report.state == TaskState::Cancelled;
        AttemptReport {
            outcome: if cancelled { "cancelled" } else { "failed" }.to_owned(),
            cause: self.report.error.as_ref().and_then(|error| error.cause),
            ..self.no_attempt()
        }
    }

    /// Takes how the agent ended.
    pub(super) fn outcome(&mut self, outcome: &Outcome) {
        if let Some(attempt) = &mut self.attempt {
            outcome.word().clone_into(&mut attempt.outcome);
            attempt.cause = outcome.failure().map(|f| f.cause);
        }
        if let Outcome::Finished { answer } = outcome {
            self.report.output.clone_from(answer);
        }
    }

    /// Takes what the task has cost by now, where that is bounded.
    pub(super) async fn money(&mut self, order: &AttemptOrder) {
        let Some(ledger) = &order.ledger else {
            return;
        };
        match ledger.booked().await {
            Ok(booked) => {
                let cap = order.request.max_cost.map(Usd::as_nanos);
                self.report.money = Some(money::report(cap, booked));
            }
            Err(error) => self
                .notes
                .push(format!("what the task cost is not known: {error}")),
        }
    }

    /// Takes what changed.
    pub(super) fn change(&mut self, change: &ChangeSet, patch: &Path) {
        self.report.changes = change.changes();
        self.report.patch = (!change.is_empty()).then(|| patch.display().to_string());
    }

    /// A judgement without secrets: checks print what they like.
    pub(super) fn redacted(&self, mut verdict: Verdict) -> Verdict {
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        for finding in verdict.findings_mut() {
            finding.message = redact(&finding.message, &secrets);
        }
        verdict
    }

    /// Takes the judgement, [redacted](Self::redacted).
    pub(super) fn verdict(&mut self, verdict: &Verdict) {
        self.report.verdict = Some(verdict.clone());
        if let Some(attempt) = &mut self.attempt {
            attempt.verdict = Some(verdict.clone());
        }
    }

    /// The user's workspace holds the change.
    pub(super) fn applied(&mut self) {
        self.report.applied = true;
    }

    /// Whether the user's workspace holds the change.
    pub(super) fn is_applied(&self) -> bool {
        self.report.applied
    }

    /// The user's workspace moved on; nothing was changed in it.
    pub(super) fn conflict(&mut self, paths: Vec<String>) {
        self.report.conflict = paths;
    }

    /// The task is done.
    pub(super) fn completed(&mut self) {
        self.report.state = TaskState::Completed;
    }

    /// The task was ended by request.
    pub(super) fn cancelled(&mut self) {
        self.report.state = TaskState::Cancelled;
    }

    /// The task failed. Where it was ended by request, that stays its state and this is a note.
    pub(super) fn fail(&mut self, failure: RunFailure) {
        if self.report.state == TaskState::Cancelled {
            let causes: String = failure.causes.iter().map(|c| format!(": {c}")).collect();
            self.notes.push(failure.message + &causes);
            return;
        }
        self.report.state = TaskState::Failed;
        if let Some(attempt) = &mut self.attempt {
            attempt.cause.get_or_insert(failure.cause);
        }
        self.report.error = Some(failure.report());
    }

    /// The document, and what of it decides over the next attempt; `now` is when it is told.
    pub(super) fn finish(mut self, now: Timestamp) -> AttemptResult {
        let (retry_after, unbegun) = (self.retry_after, self.unbegun());
        let listed = self.attempt.is_some() || self.lists_always;
        let attempt = self.attempt.take().unwrap_or(unbegun);
        let mut attempts = std::mem::take(&mut self.earlier);
        attempts.extend(listed.then(|| attempt.clone()));
        let report = RunReport {
            attempts,
            ..self.document()
        };
        result(report, attempt, retry_after, now)
    }

    /// The document, without attempts.
    pub(super) fn document(mut self) -> RunReport {
        self.timings.total_s = (self.before + self.started.elapsed()).as_secs_f64();
        self.timings.after_agent_s = self.agent_ended.map_or(0.0, |t| t.elapsed().as_secs_f64());
        self.redact();
        RunReport {
            timings: self.timings,
            images: self.images,
            versions: self.versions,
            notes: self.notes,
            ..self.report
        }
    }
}

/// What an attempt cost. Where the gateway saw its calls nobody knows it better, also where it does not
/// know it.
fn cost(calls: Option<&CallsReport>, told: Usage) -> Option<f64> {
    match calls.filter(|calls| calls.count > 0) {
        Some(calls) => calls.cost().map(Usd::as_f64),
        None => told.cost_usd,
    }
}

impl Draft {
    /// Hides secrets in everything that others said: agent, provider, daemon. The judgement came
    /// without any.
    fn redact(&mut self) {
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        let hide = |text: &mut String| *text = redact(text, &secrets);
        hide(&mut self.report.output);
        self.notes.iter_mut().for_each(hide);
        if let Some(error) = &mut self.report.error {
            hide(&mut error.message);
            error.causes.iter_mut().for_each(hide);
        }
    }
}
