//! How a session ended: the decision over its record, the containers and our own doing.
//!
//! Order: the agent's own final state, then what we did to it, then what the daemon saw, then how
//! the program ended. Only a stored event makes a good end. `endings.toml` is the table of what
//! must come out.

mod final_state;

use deckhands_model::{AgentState, Cause, Failure, Outcome};

use crate::adapter::{ContainerFacts, EndedBy, Progress};
use crate::one_line::one_line;
use crate::redact::redact;

use super::PROVED;
use super::classify::start_failure;
use super::evidence::Evidence;
use final_state::final_state;

/// Characters of a failure's message.
const MAX_MESSAGE: usize = 500;

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
        // What it repeated itself over, then, were commands that came to nothing.
        .filter(|(cause, _)| *cause != Cause::Stuck || ended_by != Some(EndedBy::SandboxEnded))
        // The sandbox that it misses is gone by our own doing.
        .filter(|(cause, _)| {
            *cause != Cause::SandboxLost || !ended_by.is_some_and(EndedBy::is_bound)
        })
        .or_else(|| gave_up(ended_by?, evidence))
        .or_else(|| gateway_gave_up(ended_by?, evidence))
        .or_else(|| our_doing(ended_by?, progress, facts))
        .or_else(|| container(facts))
        .unwrap_or_else(|| program(evidence, facts));
    let cause = match cause {
        // Before the start nothing but its server runs in a sandbox.
        Cause::SandboxLost | Cause::StartTimeout if facts.sandbox_oom => Cause::OutOfMemory,
        cause => cause,
    };
    Outcome::Failed(Failure::new(
        cause,
        one_line(&redact(&shown, &[]), MAX_MESSAGE),
    ))
}

/// Why a program that was silent until its deadline had given up before, if it said so.
fn gave_up(ended_by: EndedBy, evidence: &Evidence) -> Option<Found> {
    let silent = matches!(ended_by, EndedBy::StartDeadline | EndedBy::IdleDeadline);
    let uncaught = evidence.uncaught.as_ref().filter(|_| silent)?;
    let (cause, line) = start_failure(&uncaught.chain, evidence.awaited())?;
    Some((cause, line.to_owned()))
}

/// What the gateway gave up for.
fn gateway_gave_up(ended_by: EndedBy, evidence: &Evidence) -> Option<Found> {
    (ended_by == EndedBy::GatewayGaveUp)
        .then(|| last_call(evidence))
        .flatten()
}

/// What the last call to the model failed for, if it failed.
fn last_call(evidence: &Evidence) -> Option<Found> {
    let call = evidence.last_call.as_ref()?;
    let cause = call.cause?;
    let answer = match call.status {
        Some(status) => format!("HTTP {status}: {}", call.detail),
        None => call.detail.clone(),
    };
    Some((cause, format!("the model call failed: {answer}")))
}

/// What our own ending of a working agent means; nothing for a cancel, which is no failure.
fn our_doing(ended_by: EndedBy, progress: &Progress, facts: &ContainerFacts) -> Option<Found> {
    let (cause, words) = match ended_by {
        EndedBy::Cancel => return None,
        EndedBy::StartDeadline | EndedBy::IdleDeadline if facts.sandbox_exit.is_some() => (
            // Nobody else stops it while the agent is at work.
            Cause::SandboxLost,
            "no event before the deadline, and the sandbox had ended",
        ),
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
        EndedBy::UnprovedVersion => {
            let version = progress.version.as_deref().unwrap_or_default();
            let text = format!(
                "OpenHands {version} is not proved ({PROVED}x is); `--unproved-version` runs it all the same"
            );
            return Some((Cause::BadInput, text));
        }
        EndedBy::GatewayGaveUp => (Cause::ProviderError, "no further model call is made"),
        EndedBy::SandboxEnded if facts.sandbox_exit.is_some_and(|c| NOT_STARTED.contains(&c)) => (
            Cause::AgentCrashed,
            "the sandbox's program is not in its image, or cannot be run",
        ),
        EndedBy::SandboxEnded => (
            Cause::SandboxLost,
            "the sandbox ended while the agent needed it",
        ),
        EndedBy::DiskLimit => (Cause::DiskLimit, "more was written than the attempt may"),
        EndedBy::HostDiskFull => (
            Cause::HostDiskFull,
            "hardly any disk space was left on the host",
        ),
        EndedBy::ProcessLimit => (
            Cause::ProcessLimit,
            "the sandbox had as many processes as it may",
        ),
    };
    let doing = match progress.doing.as_str() {
        "" => String::new(),
        doing => format!("; last seen: {doing}"),
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
    if facts.app_vanished {
        let words = "the app container was gone, or killed by somebody else";
        return Some((Cause::AppLost, words.to_owned()));
    }
    let signal = signal(facts.app_exit?)?;
    let cause = if OWN_SIGNALS.contains(&signal) {
        Cause::AgentCrashed
    } else {
        Cause::AppLost
    };
    Some((cause, format!("the app was ended by signal {signal}")))
}

/// Exit codes of an init process that could not run its command: no right to, not found.
const NOT_STARTED: [i64; 2] = [126, 127];

/// Signals that a program brings upon itself: illegal instruction, abort, bus error, floating
/// point, segmentation fault.
const OWN_SIGNALS: [i64; 5] = [4, 6, 7, 8, 11];

/// The signal that an exit code stands for.
fn signal(exit: i64) -> Option<i64> {
    /// Exit codes above this one are signals.
    const BASE: i64 = 128;
    const LAST: i64 = 64;
    Some(exit - BASE).filter(|signal| (1..=LAST).contains(signal))
}

/// How the program ended, when nobody ended it and the agent had no final state.
fn program(evidence: &Evidence, facts: &ContainerFacts) -> Found {
    let fatal = evidence.fatal();
    if let Some((cause, line)) = start_failure(fatal, evidence.awaited()) {
        return (cause, line.to_owned());
    }
    if evidence.only_logged_finish() {
        let words = "the log says finished, but no stored event does";
        return (Cause::Unknown, words.to_owned());
    }
    let last = fatal.last().or(evidence.bad_setting.as_ref());
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
