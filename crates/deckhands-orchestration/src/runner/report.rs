//! Puts the result document together while a run goes on.

use std::io;
use std::path::Path;

use deckhands_agent::redact;
use deckhands_model::{
    AttemptReport, ImageReport, Network, Outcome, REPORT_SCHEMA_VERSION, RunReport, TaskId,
    TaskState, Timings, Verdict, Versions,
};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::attempt_dir::{AttemptDir, write_private};
use crate::failure::RunFailure;
use crate::request::TaskRequest;
use crate::worker::Watched;
use crate::workspace::ChangeSet;

/// Told where it may be why the work did not go well.
const MISSED_NETWORK: &str = "commands of the agent failed for want of a network, which this task \
                              has none of; `--network open` gives it one";

/// The document as far as it is known.
pub(super) struct Draft {
    pub(super) notes: Vec<String>,
    /// The working files stay: something may still write to them, or they are all there is.
    pub(super) keeps_working_files: bool,
    pub(super) timings: Timings,
    pub(super) images: Vec<ImageReport>,
    pub(super) versions: Versions,
    report: RunReport,
    attempt: Option<AttemptReport>,
    started: Instant,
    started_at: Timestamp,
    agent_ended: Option<Instant>,
    secrets: Vec<String>,
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
            attempt: None,
            started: Instant::now(),
            started_at: now,
            agent_ended: None,
            secrets: request
                .api_key
                .iter()
                .map(|key| key.expose().to_owned())
                .collect(),
        }
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
        self.attempt = Some(AttemptReport {
            number: 1,
            route: self
                .report
                .model_requested
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            outcome: String::new(),
            cause: None,
            started_at: self.started_at.to_string(),
            work_time_s: watched.work.as_secs_f64(),
            wait_time_s: watched.wait.as_secs_f64(),
            usage: progress.usage,
            container_exit: watched.app_exit,
            events: progress.events,
            verdict: None,
        });
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

    pub(super) fn finish(mut self) -> RunReport {
        self.timings.total_s = self.started.elapsed().as_secs_f64();
        self.timings.after_agent_s = self.agent_ended.map_or(0.0, |t| t.elapsed().as_secs_f64());
        self.redact();
        RunReport {
            attempts: self.attempt.into_iter().collect(),
            timings: self.timings,
            images: self.images,
            versions: self.versions,
            notes: self.notes,
            ..self.report
        }
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

fn empty_report(request: &TaskRequest, task: TaskId) -> RunReport {
    RunReport {
        model_requested: Some(request.model.clone()),
        profile: request.profile.to_string(),
        egress: request.network.to_string(),
        ..blank(task.to_string())
    }
}

fn blank(task_id: String) -> RunReport {
    RunReport {
        schema_version: REPORT_SCHEMA_VERSION,
        task_id,
        state: TaskState::Failed,
        output: String::new(),
        error: None,
        profile: String::new(),
        egress: String::new(),
        model_requested: None,
        model_served: Vec::new(),
        attempts: Vec::new(),
        verdict: None,
        changes: Vec::new(),
        patch: None,
        applied: false,
        conflict: Vec::new(),
        timings: Timings::default(),
        images: Vec::new(),
        versions: Versions::default(),
        notes: Vec::new(),
    }
}

/// The document of a task whose process died.
pub(crate) fn died(task_id: String, change: Option<(&ChangeSet, &Path)>) -> RunReport {
    RunReport {
        state: TaskState::Cancelled,
        changes: change
            .map(|(change, _)| change.changes())
            .unwrap_or_default(),
        patch: change.map(|(_, patch)| patch.display().to_string()),
        notes: vec!["the process that ran this task died; its remains were removed".to_owned()],
        ..blank(task_id)
    }
}

/// The document of a task that no agent worked on: a stand-in, marked as one.
#[must_use]
pub fn simulated(request: &TaskRequest, task: TaskId, now: Timestamp) -> RunReport {
    let mut draft = Draft::new(request, task, now);
    draft.report.output = "simulated: no agent ran and nothing was changed".to_owned();
    draft.report.profile = "simulate".to_owned();
    draft.report.egress = "none".to_owned();
    draft.report.state = TaskState::Degraded;
    draft.finish()
}

/// The document of a task that could not begin.
#[must_use]
pub fn not_started(
    request: &TaskRequest,
    task: TaskId,
    now: Timestamp,
    failure: RunFailure,
) -> RunReport {
    let mut draft = Draft::new(request, task, now);
    draft.fail(failure);
    draft.finish()
}

/// Keeps the document in the attempt's directory.
///
/// # Errors
/// The system's error.
pub(crate) fn write_report(dir: &AttemptDir, report: &RunReport) -> io::Result<()> {
    write_private(&dir.result(), &serde_json::to_vec_pretty(report)?)
}
