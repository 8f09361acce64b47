//! What an agent's own final state means.

use deckhands_model::{AgentState, Cause};

use super::{Found, last_call};
use crate::openhands_headless::classify::provider_error;
use crate::openhands_headless::classify::{coarse_reason, logged_failure, own_reason};
use crate::openhands_headless::evidence::Evidence;

/// Condensations in a row that are no pause but a loop: the task does not fit the model's window.
const CONDENSATION_LOOP: u32 = 3;

/// Answers in a row of which OpenHands could make nothing: a limit that is reached so is not short.
const USELESS_ANSWERS: u32 = 3;

/// What a final state means; nothing where the agent was still at work.
pub(super) fn final_state(state: AgentState, evidence: &Evidence) -> Option<Found> {
    match state {
        AgentState::Errored => Some(errored(evidence)),
        AgentState::RateLimited => Some(rate_limited(evidence)),
        AgentState::Rejected => Some((
            Cause::AgentRejected,
            match evidence.answer.as_str() {
                "" => reason_or(evidence, "the agent rejected the task"),
                answer => format!("the agent rejected the task: {answer}"),
            },
        )),
        AgentState::Stopped => Some((
            Cause::Unknown,
            reason_or(evidence, "the agent says it was stopped"),
        )),
        AgentState::Finished
        | AgentState::Starting
        | AgentState::Working
        | AgentState::AwaitingInput
        | AgentState::Unknown => None,
    }
}

fn reason_or(evidence: &Evidence, words: &str) -> String {
    match evidence.reason() {
        "" => words.to_owned(),
        reason => reason.to_owned(),
    }
}

/// The stored reason first; where it is about a model call, the gateway's word on it; and where there
/// is none, the log has the failure's text.
fn errored(evidence: &Evidence) -> Found {
    let reason = evidence.reason();
    if let Some(cause) = own_reason(reason) {
        return (refined(cause, evidence), reason.to_owned());
    }
    if let Some(found) = last_call(evidence) {
        return found;
    }
    let logged = evidence.run_error.as_ref();
    let cause = logged
        .and_then(|error| logged_failure(reason, error))
        .or_else(|| coarse_reason(reason));
    match (cause, logged) {
        (Some(cause), Some(error)) => (cause, error.text.clone()),
        (Some(cause), None) => (cause, reason.to_owned()),
        (None, None) if reason.is_empty() && evidence.limits_hit => {
            (Cause::IterationLimit, "control flag limits hit".to_owned())
        }
        (None, Some(error)) => (Cause::Unknown, error.text.clone()),
        (None, None) => (
            Cause::Unknown,
            reason_or(evidence, "the agent ended with an error"),
        ),
    }
}

/// What stands behind an end that is only the last of many alike.
fn refined(cause: Cause, evidence: &Evidence) -> Cause {
    let loops = evidence.condensations >= CONDENSATION_LOOP;
    match cause {
        Cause::IterationLimit | Cause::Stuck if loops => Cause::ContextWindow,
        Cause::IterationLimit if evidence.useless_answers >= USELESS_ANSWERS => Cause::NoProgress,
        cause => cause,
    }
}

fn rate_limited(evidence: &Evidence) -> Found {
    let Some(error) = &evidence.run_error else {
        return (
            Cause::RateLimited,
            "the agent waits after the provider's rate limit".to_owned(),
        );
    };
    let cause = match provider_error(error) {
        // The state follows litellm's class, which any text with a `429` in it gets.
        cause @ (Cause::OutOfCredit
        | Cause::QuotaUntilReset
        | Cause::ContextWindow
        | Cause::BadKey
        | Cause::BadModel
        | Cause::ContentRefused
        | Cause::ProviderError) => cause,
        _ => Cause::RateLimited,
    };
    (cause, error.text.clone())
}
