//! How a session ended: the decision over its record, the containers and our own doing.
//!
//! Order: the agent's own final state, then what we did to it, then what the daemon saw, then how
//! the program ended. Only a stored event makes a good end.

use deckhands_model::{AgentState, Cause, Failure, Outcome};

use crate::adapter::{ContainerFacts, EndedBy, Progress};
use crate::one_line::one_line;
use crate::redact::redact;

use super::classify::{Awaited, coarse_reason, own_reason, provider_error, start_failure};
use super::evidence::Evidence;

/// Characters of a failure's message.
const MAX_MESSAGE: usize = 500;

/// Condensations in a row that are no pause but a loop: the task does not fit the model's window.
const CONDENSATION_LOOP: u32 = 3;

/// A cause and the line that shows it.
type Found = (Cause, String);

/// Says how the session ended.
pub(super) fn decide(
    evidence: &Evidence,
    progress: &Progress,
    facts: &ContainerFacts,
    ended_by: Option<EndedBy>,
) -> Outcome {
    let state = evidence.state();
    if state == AgentState::Finished {
        return Outcome::Finished {
            answer: evidence.answer.clone(),
        };
    }
    if ended_by == Some(EndedBy::Cancel) {
        return Outcome::Cancelled;
    }
    let (cause, shown) = final_state(state, evidence)
        .or_else(|| ended_by.and_then(|ended_by| our_doing(ended_by, progress)))
        .or_else(|| container(facts))
        .unwrap_or_else(|| program(evidence, facts));
    let cause = match cause {
        Cause::SandboxLost if facts.sandbox_oom => Cause::OutOfMemory,
        cause => cause,
    };
    Outcome::Failed(Failure::new(
        cause,
        one_line(&redact(&shown, &[]), MAX_MESSAGE),
    ))
}

/// What a final state means; nothing where the agent was still at work.
fn final_state(state: AgentState, evidence: &Evidence) -> Option<Found> {
    let reason_or = |words: &str| match evidence.reason() {
        "" => words.to_owned(),
        reason => reason.to_owned(),
    };
    match state {
        AgentState::Errored => Some(errored(evidence)),
        AgentState::RateLimited => Some(rate_limited(evidence)),
        AgentState::Rejected => Some((
            Cause::AgentRejected,
            reason_or("the agent rejected the task"),
        )),
        AgentState::Stopped => Some((Cause::Unknown, reason_or("the agent says it was stopped"))),
        AgentState::Finished
        | AgentState::Starting
        | AgentState::Working
        | AgentState::AwaitingInput
        | AgentState::Unknown => None,
    }
}

fn errored(evidence: &Evidence) -> Found {
    let reason = evidence.reason();
    if let Some(cause) = own_reason(reason) {
        let loops = evidence.condensations >= CONDENSATION_LOOP;
        let cause = if cause == Cause::IterationLimit && loops {
            Cause::ContextWindow
        } else {
            cause
        };
        return (cause, reason.to_owned());
    }
    // The log has the failure's text; the stored reason is only a coarse code for it.
    if let Some(error) = &evidence.run_error {
        let cause = match provider_error(error) {
            Cause::Unknown => coarse_reason(reason).unwrap_or(Cause::Unknown),
            cause => cause,
        };
        return (cause, error.clone());
    }
    if let Some(cause) = coarse_reason(reason) {
        return (cause, reason.to_owned());
    }
    if evidence.limits_hit {
        return (Cause::IterationLimit, "control flag limits hit".to_owned());
    }
    let shown = if reason.is_empty() {
        "the agent ended with an error"
    } else {
        reason
    };
    (Cause::Unknown, shown.to_owned())
}

fn rate_limited(evidence: &Evidence) -> Found {
    let Some(error) = &evidence.run_error else {
        return (
            Cause::RateLimited,
            "the agent waits after the provider's rate limit".to_owned(),
        );
    };
    let cause = match provider_error(error) {
        cause @ (Cause::OutOfCredit | Cause::QuotaUntilReset) => cause,
        _ => Cause::RateLimited,
    };
    (cause, error.clone())
}

/// What our own ending of a working agent means; nothing for a cancel, which is no failure.
fn our_doing(ended_by: EndedBy, progress: &Progress) -> Option<Found> {
    let doing = match progress.doing.as_str() {
        "" => String::new(),
        doing => format!("; last seen: {doing}"),
    };
    let (cause, words) = match ended_by {
        EndedBy::Cancel => return None,
        EndedBy::StartDeadline => (
            Cause::StartTimeout,
            "no first event before the start deadline",
        ),
        EndedBy::IdleDeadline if progress.waiting => (
            Cause::ProviderTimeout,
            "the repeated model call gave no answer",
        ),
        EndedBy::IdleDeadline => (
            Cause::IdleTimeout,
            "no event for longer than the idle deadline",
        ),
        EndedBy::WorkDeadline => (Cause::WorkTimeout, "not done before the work deadline"),
        EndedBy::Awaiting => (
            Cause::Stuck,
            "the agent waits for a person, and nobody is there",
        ),
        EndedBy::DaemonLost => (
            Cause::DaemonUnreachable,
            "the connection to the daemon was lost",
        ),
    };
    Some((cause, format!("{words}{doing}")))
}

/// What the daemon saw.
fn container(facts: &ContainerFacts) -> Option<Found> {
    if facts.app_oom {
        return Some((
            Cause::OutOfMemory,
            "the kernel killed the app for memory".to_owned(),
        ));
    }
    let gone = facts.app_vanished;
    gone.then(|| {
        (
            Cause::AppLost,
            "the app container was gone, or killed by somebody else".to_owned(),
        )
    })
}

/// How the program ended, when nobody ended it and the agent had no final state.
fn program(evidence: &Evidence, facts: &ContainerFacts) -> Found {
    /// Exit codes above this one are signals.
    const SIGNALS: i64 = 128;
    let awaited = match evidence.sandbox_started && !evidence.sandbox_ready {
        true => Awaited::Sandbox,
        false => Awaited::Other,
    };
    if let Some((cause, line)) = start_failure(&evidence.exceptions, awaited) {
        return (cause, line.to_owned());
    }
    if let Some(signal) = facts
        .app_exit
        .map(|code| code - SIGNALS)
        .filter(|signal| *signal > 0)
    {
        return (
            Cause::AppLost,
            format!("the app was ended by signal {signal}"),
        );
    }
    if evidence.only_logged_finish() {
        let words = "the log says finished, but no stored event does";
        return (Cause::Unknown, words.to_owned());
    }
    let last = evidence.exceptions.last().or(evidence.bad_setting.as_ref());
    match (last, facts.app_exit) {
        (Some(line), Some(_)) => (Cause::AgentCrashed, line.clone()),
        (None, Some(code)) => (
            Cause::AgentCrashed,
            format!("the app ended with exit code {code} and no final state"),
        ),
        (_, None) => (
            Cause::Unknown,
            "no final state, and no exit of the app is known".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests;
