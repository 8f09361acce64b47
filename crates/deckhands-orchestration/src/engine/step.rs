//! The pure decision after an attempt: what becomes of its task.

use std::time::Duration;

use deckhands_model::{AttemptReport, Cause, TaskState};
use deckhands_resilience::recovery::{
    self, Decision, FailedAttempt, GiveUp, Next, OtherRoutes, Policies,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::attempts::AttemptResult;
use super::memory::{FREE_RERUNS, TaskMemory};

/// What `step` has to know beside the attempt and what is remembered.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// The time now.
    pub now: Timestamp,
    /// The attempt's number.
    pub number: u32,
    /// When the attempt started.
    pub started: Timestamp,
    /// A number in [0, 1) for the jitter.
    pub random: f64,
    /// The model that was used.
    pub model: Option<String>,
    /// A model to go on with that is not avoided and may be called now.
    pub other_model: Option<String>,
    /// Somebody asked to cancel the task.
    pub cancel_asked: bool,
}

/// What becomes of the task.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// It is over.
    End(TaskState),
    /// Another attempt.
    Again {
        /// Not before.
        at: Timestamp,
        /// Whether the batch's retry budget is asked. It is not where nobody else caused it.
        counted: bool,
        /// Why it waits, for people.
        note: String,
    },
}

/// The answer of [`step`].
#[derive(Clone, PartialEq, Debug)]
pub struct Decided {
    /// What becomes of the task.
    pub step: Step,
    /// What is remembered from here on.
    pub memory: TaskMemory,
    /// What is told in the task's events: kind and data, in order.
    pub events: Vec<(String, Value)>,
    /// The model whose route is to be left alone.
    pub open_route: Option<String>,
}

/// Decides after an attempt that is over. The same arguments give the same answer.
#[must_use]
pub fn step(
    memory: &TaskMemory,
    result: &AttemptResult,
    policies: &Policies,
    facts: &Facts,
) -> Decided {
    let cause = result.report.error.as_ref().and_then(|error| error.cause);
    match (result.report.state, cause) {
        (TaskState::Failed, Some(_)) if facts.cancel_asked => end(memory, TaskState::Cancelled),
        // It was to be frozen before its agent ran, and something of it could not be removed.
        (TaskState::Cancelled, _) if !facts.cancel_asked && !agent_ran(result, facts) => {
            not_begun(memory, facts, None)
        }
        // What an agent has used is booked, whoever is to blame for its end.
        (TaskState::Failed, Some(Cause::DaemonUnreachable))
            if memory.reruns < FREE_RERUNS && !agent_ran(result, facts) =>
        {
            let wait = DAEMON_WAIT.saturating_mul(memory.reruns + 1);
            let at = facts.now.saturating_add(wait).unwrap_or(facts.now);
            free_rerun(memory, at, "the daemon was out of reach", OUT_OF_REACH)
        }
        (TaskState::Failed, Some(cause)) => {
            after_failure(memory, &failed(result, cause, facts), policies, facts)
        }
        (state, _) if state.is_terminal() => end(memory, state),
        _ => end(memory, TaskState::Failed),
    }
}

/// Decides after an attempt that vanished with the process of ours that made it, after its agent had
/// worked for so long as far as anybody knows. The attempt counts nowhere, but its work does.
#[must_use]
pub fn lost(
    memory: &TaskMemory,
    why: &str,
    work: Duration,
    policies: &Policies,
    facts: &Facts,
) -> Decided {
    if facts.cancel_asked {
        return end(memory, TaskState::Cancelled);
    }
    if memory.reruns >= FREE_RERUNS {
        let failed = FailedAttempt {
            started: Some(facts.started),
            work,
            ..FailedAttempt::of(Cause::AppLost)
        };
        return after_failure(memory, &failed, policies, facts);
    }
    let mut memory = memory.clone();
    let spent = &mut memory.ladder.spent;
    spent.work = spent.work.saturating_add(work);
    if let Some(exhausted) = policies.budget.exhausted(spent, facts.now) {
        return Decided {
            events: vec![give_up(exhausted.into())],
            ..end(&memory, TaskState::Failed)
        };
    }
    free_rerun(&memory, facts.now, why, "made again: its process died")
}

/// Between an attempt that the daemon ended and the first next one; each further wait is longer by as much.
const DAEMON_WAIT: Duration = Duration::from_secs(5);

/// Told of a task whose attempt the daemon ended.
const OUT_OF_REACH: &str = "made again: the daemon was out of reach";

/// Another attempt that counts nowhere, for it was no doing of the task's.
fn free_rerun(memory: &TaskMemory, at: Timestamp, why: &str, note: &str) -> Decided {
    let mut memory = memory.clone();
    memory.reruns += 1;
    let data = json!({ "reason": why, "free_rerun": memory.reruns });
    Decided {
        step: Step::Again {
            at,
            counted: false,
            note: note.to_owned(),
        },
        memory,
        events: vec![("attempt_lost".to_owned(), data)],
        open_route: None,
    }
}

/// Decides after an attempt whose agent never ran: because the engine stopped, because its task was
/// cancelled, or because no route is open before `until`. It counts nowhere.
#[must_use]
pub fn not_begun(memory: &TaskMemory, facts: &Facts, until: Option<Timestamp>) -> Decided {
    if facts.cancel_asked {
        return end(memory, TaskState::Cancelled);
    }
    let note = match until {
        Some(_) => "waits for a model that may be called",
        None => "its engine stopped before the agent ran",
    };
    Decided {
        step: Step::Again {
            at: until.unwrap_or(facts.now),
            counted: false,
            note: note.to_owned(),
        },
        memory: memory.clone(),
        events: Vec::new(),
        open_route: None,
    }
}

fn end(memory: &TaskMemory, state: TaskState) -> Decided {
    Decided {
        step: Step::End(state),
        memory: memory.clone(),
        events: Vec::new(),
        open_route: None,
    }
}

/// The attempt's own part of its document; there is none where it came to no agent.
fn own<'a>(result: &'a AttemptResult, facts: &Facts) -> Option<&'a AttemptReport> {
    let last = result.report.attempts.last();
    last.filter(|attempt| attempt.number == facts.number)
}

/// Whether its agent did anything that took time or money.
fn agent_ran(result: &AttemptResult, facts: &Facts) -> bool {
    own(result, facts).is_some_and(|own| own.events > 0 || own.work_time_s > 0.0)
}

fn failed(result: &AttemptResult, cause: Cause, facts: &Facts) -> FailedAttempt {
    let last = own(result, facts);
    let work = last.map_or(Duration::ZERO, |attempt| seconds(attempt.work_time_s));
    let cost = last.and_then(|attempt| attempt.usage.cost_usd);
    FailedAttempt {
        started: Some(facts.started),
        reset_at: result.reset_at,
        retry_after: result.retry_after,
        work,
        micro_dollars: cost.map_or(0, micro_dollars),
        ..FailedAttempt::of(cause)
    }
}

fn after_failure(
    memory: &TaskMemory,
    failed: &FailedAttempt,
    policies: &Policies,
    facts: &Facts,
) -> Decided {
    let other_routes = match facts.other_model {
        Some(_) => OtherRoutes::Available,
        None => OtherRoutes::None,
    };
    let live = recovery::Facts {
        other_routes,
        random: facts.random,
        now: facts.now,
    };
    let (ladder, decision) = recovery::step(&memory.ladder, failed, policies, &live);
    let mut memory = TaskMemory {
        ladder,
        ..memory.clone()
    };
    let step = next(&decision, failed.cause);
    if matches!(decision.next, Next::OtherRoute { .. }) {
        memory.avoid.extend(facts.model.clone());
        memory.model.clone_from(&facts.other_model);
    }
    Decided {
        step,
        memory,
        events: events(&decision, failed.cause),
        open_route: decision.open_route.then(|| facts.model.clone()).flatten(),
    }
}

fn next(decision: &Decision, cause: Cause) -> Step {
    let reason = decision.rungs.iter().rev().find(|rung| rung.taken);
    let note = reason.map_or_else(String::new, |rung| rung.reason.clone());
    match (decision.next, decision.next.at()) {
        (Next::Degrade, _) => Step::End(TaskState::Degraded),
        (_, Some(at)) => Step::Again {
            at,
            counted: true,
            note: format!("{cause}: {note}"),
        },
        (_, None) => Step::End(TaskState::Failed),
    }
}

fn events(decision: &Decision, cause: Cause) -> Vec<(String, Value)> {
    let rungs = decision.rungs.iter().map(|rung| {
        let data = json!({
            "cause": cause,
            "strategy": rung.strategy,
            "taken": rung.taken,
            "reason": rung.reason,
        });
        ("recovery_step".to_owned(), data)
    });
    let gave_up = match decision.next {
        Next::GiveUp { reason } => Some(give_up(reason)),
        _ => None,
    };
    rungs.chain(gave_up).collect()
}

fn give_up(reason: GiveUp) -> (String, Value) {
    let data = json!({ "reason": reason, "message": reason.to_string() });
    ("gave_up".to_owned(), data)
}

fn seconds(figure: f64) -> Duration {
    Duration::try_from_secs_f64(figure).unwrap_or(Duration::ZERO)
}

/// Rounded up, so that what was spent is never booked as less.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float turned into an integer stops at the integer's bounds"
)]
fn micro_dollars(dollars: f64) -> u64 {
    (dollars * 1e6).ceil() as u64
}

#[cfg(test)]
mod tests;
