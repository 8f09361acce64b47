//! Writes down what came of an attempt that is over, and what its task does next.

use deckhands_model::{CallsReport, Cause, ModelId, RunReport, TaskState};
use deckhands_store::{AttemptEnd, Progress, TaskEnd, Waiting};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::attempts::AttemptResult;
use super::documents::{Left, own_report, whole_report};
use super::observer::EngineEvent;
use super::shared::Shared;
use super::spent;
use super::step::{Decided, Facts, Step, lost, not_begun, step};
use super::work::Work;
use super::worker::Done;
use super::writes::{self, GivenBack, Unwritten};

/// An attempt that is over.
#[derive(Debug)]
pub(super) enum Over {
    /// It told how it ended.
    Result(Box<AttemptResult>),
    /// It vanished with the process that made it, and was removed.
    Lost {
        /// Why nobody could go on with it.
        why: String,
        /// How far it was, as far as anybody knows.
        progress: Progress,
        /// What its calls came to, as far as they were written down.
        calls: Option<Box<CallsReport>>,
    },
    /// It was to end or to be frozen before its agent ran: nothing of it is left.
    NotBegun,
    /// Every route that its task may use is left alone until then: it was not begun.
    NoRoute(Timestamp),
    /// It is not over: its containers are frozen.
    Paused,
}

impl Over {
    /// The cause of a failure.
    pub(super) fn cause(&self) -> Option<Cause> {
        match self {
            Self::Result(result) => result.report.error.as_ref()?.cause,
            Self::Lost { .. } | Self::NotBegun | Self::NoRoute(_) | Self::Paused => None,
        }
    }

    /// The document that it told, or what it has left behind.
    fn split(self) -> (Option<RunReport>, Left) {
        match self {
            Self::Result(result) => (Some(result.report), Left::default()),
            Self::Lost {
                progress, calls, ..
            } => (None, Left { progress, calls }),
            Self::NotBegun | Self::NoRoute(_) | Self::Paused => (None, Left::default()),
        }
    }

    /// The attempt's outcome in a word, where it told none of its own.
    fn word(&self, cancel_asked: bool) -> &'static str {
        match self {
            Self::Result(result) if result.report.state == TaskState::Cancelled => "cancelled",
            Self::Result(_) => "failed",
            _ if cancel_asked => "cancelled",
            Self::Lost { .. } => "lost",
            Self::NotBegun | Self::NoRoute(_) => "not_begun",
            Self::Paused => "paused",
        }
    }
}

/// Decides what the task does next and writes both down, in one transition.
pub(super) async fn settle(
    shared: &Shared,
    work: &mut Work,
    over: Over,
) -> Result<Done, Unwritten> {
    let facts = facts(shared, work);
    let policies = &shared.settings.policies;
    book_route(shared, work, &over);
    let mut decided = match &over {
        Over::Result(result) => step(&work.memory, result, policies, &facts),
        Over::Lost { why, progress, .. } => {
            lost(&work.memory, why, progress.work, policies, &facts)
        }
        Over::NotBegun => not_begun(&work.memory, &facts, None),
        Over::NoRoute(until) => not_begun(&work.memory, &facts, Some(*until)),
        Over::Paused => return paused(shared, work).await,
    };
    let begun = !matches!(over, Over::NotBegun | Over::NoRoute(_));
    if begun && work.memory.ladder.spent.attempts == 0 && work.memory.reruns == 0 {
        shared.first_attempt();
    }
    let opened = decided.open_route.as_deref().map(ModelId::resolve);
    if let Some(Ok(route)) = opened {
        shared.health.open_now(&route);
    }
    ask_retry_budget(shared, &mut decided);
    let outcome = over.word(facts.cancel_asked);
    let (report, left) = over.split();
    let end = AttemptEnd {
        report: own_report(work, report.as_ref(), left, outcome),
        events: decided.events.clone(),
    };
    let recovery = decided.memory.document();
    match decided.step {
        Step::End(state) => {
            let told = report.is_some();
            let mut result = whole_report(work, report, &end.report, state);
            if !told {
                result.money = spent::money(work).await?;
            }
            finish(shared, work, &end, result, recovery).await
        }
        Step::Again { at, note, .. } => {
            let waiting = Waiting {
                not_before: (at > shared.clock.now()).then_some(at),
                recovery,
                note,
            };
            if !begun && give_back(shared, work, &waiting, at).await? {
                return Ok(Done::GivenBack);
            }
            again(shared, work, &end, &waiting, at).await
        }
    }
}

/// Tells the health of routes how the attempt's went, where nobody saw its calls.
fn book_route(shared: &Shared, work: &mut Work, over: &Over) {
    let (Some(route), Over::Result(result)) = (work.route.take(), over) else {
        return;
    };
    if work.job.calls.any() {
        return;
    }
    match result.report.error.as_ref().and_then(|error| error.cause) {
        Some(cause) => shared.health.record_failure(&route, cause, result.reset_at),
        None if result.report.state == TaskState::Completed => {
            shared.health.record_success(&route);
        }
        None => {}
    }
}

async fn paused(shared: &Shared, work: &Work) -> Result<Done, Unwritten> {
    writes::paused(&work.lease).await?;
    shared.observer.tell(EngineEvent::Paused(work.id()));
    Ok(Done::Settled)
}

fn facts(shared: &Shared, work: &Work) -> Facts {
    let now = shared.clock.now();
    Facts {
        now,
        number: work.id().number.get(),
        started: work.task.started_at.unwrap_or(now),
        random: shared.random(),
        other_model: shared.other_model(work),
        model: work.model(),
        cancel_asked: work.job.cancel.is_cancelled(),
    }
}

/// Retries of all tasks share one budget: with it used up, this one waits, or is the last.
fn ask_retry_budget(shared: &Shared, decided: &mut Decided) {
    let Step::Again {
        at, counted: true, ..
    } = &mut decided.step
    else {
        return;
    };
    match shared.retry_at(*at) {
        Some(later) if later == *at => {}
        Some(later) => {
            *at = later;
            decided.events.push(budget_event("waits for it"));
        }
        None => {
            decided.step = Step::End(TaskState::Failed);
            decided.events.push(budget_event("gives up"));
        }
    }
}

fn budget_event(what: &str) -> (String, Value) {
    let data = json!({ "what": what, "reason": "the retries of all tasks together are used up" });
    ("retry_budget".to_owned(), data)
}

async fn finish(
    shared: &Shared,
    work: &Work,
    end: &AttemptEnd,
    result: RunReport,
    recovery: Value,
) -> Result<Done, Unwritten> {
    let state = result.state;
    let cause = result.error.as_ref().and_then(|error| error.cause);
    let task = TaskEnd {
        state,
        result,
        recovery,
    };
    writes::finished(&work.lease, end, &task).await?;
    shared.observer.tell(EngineEvent::Ended {
        task: work.task_id(),
        state,
        cause,
    });
    Ok(Done::Settled)
}

/// Makes the claim undone; `false` where something may have been made in the attempt's name.
async fn give_back(
    shared: &Shared,
    work: &Work,
    waiting: &Waiting,
    at: Timestamp,
) -> Result<bool, Unwritten> {
    let given = writes::given_back(&work.lease, waiting).await?;
    if given == GivenBack::Told {
        let (task, note) = (work.task_id(), waiting.note.clone());
        shared.observer.tell(EngineEvent::Again { task, at, note });
    }
    Ok(given != GivenBack::HasBegun)
}

async fn again(
    shared: &Shared,
    work: &Work,
    end: &AttemptEnd,
    waiting: &Waiting,
    at: Timestamp,
) -> Result<Done, Unwritten> {
    writes::requeued(&work.lease, end, waiting).await?;
    let (task, note) = (work.task_id(), waiting.note.clone());
    shared.observer.tell(EngineEvent::Again { task, at, note });
    Ok(Done::Settled)
}
