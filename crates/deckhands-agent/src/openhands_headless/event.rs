//! Stored OpenHands events as typed facts.
//!
//! Translates one event at a time; what they add up to is `progress`'s and `evidence`'s part.

use deckhands_model::{ActionKind, AgentEvent, AgentState, EventKind};

use crate::adapter::{EventFile, Unreadable};
use crate::launch::EventStore;
use crate::one_line::one_line;

use super::mend::from_python;
use super::stored::{Args, StoredEvent};

/// Characters of a summary.
const MAX_SUMMARY: usize = 200;

/// Characters of a reason that OpenHands gives for a state; its texts may hold a provider's answer.
pub(super) const MAX_REASON: usize = 2000;

/// Longest name of a form that is kept.
const MAX_NAME: usize = 80;

/// Parses a file.
///
/// # Errors
/// [`Unreadable`] for a file that is cut, is no JSON object, or is neither action nor observation.
pub(super) fn parse(file: EventFile<'_>) -> Result<StoredEvent, Unreadable> {
    let unreadable = |reason: String| Unreadable {
        number: file.number,
        reason,
    };
    if u64::try_from(file.bytes.len()).unwrap_or(u64::MAX) > EventStore::MAX_BYTES {
        return Err(unreadable(format!(
            "larger than {} bytes",
            EventStore::MAX_BYTES
        )));
    }
    if !file.bytes.trim_ascii_start().starts_with(b"{") {
        return Err(unreadable("no JSON object".to_owned()));
    }
    let stored: StoredEvent = from_python(file.bytes)
        .map_err(|error| unreadable(one_line(&error.to_string(), MAX_SUMMARY)))?;
    if stored.action.0.is_none() && stored.observation.0.is_none() {
        return Err(unreadable(
            "neither an action nor an observation".to_owned(),
        ));
    }
    Ok(stored)
}

/// What a stored event says.
pub(super) fn translate(number: u64, stored: &StoredEvent) -> AgentEvent {
    let kind = match (&stored.action.0, &stored.observation.0) {
        (Some(name), _) => action(name, stored),
        (None, Some(name)) => observation(name, stored),
        (None, None) => EventKind::Other {
            name: String::new(),
        },
    };
    AgentEvent {
        sequence: number,
        stamp: stamp(stored),
        kind,
    }
}

/// The stamp with the zone that OpenHands leaves out: its containers run on UTC.
fn stamp(stored: &StoredEvent) -> Option<String> {
    const LONGEST: usize = 40;
    let stamp = stored.timestamp.0.as_deref()?;
    let has_zone = stamp.ends_with('Z') || stamp.contains('+');
    let plain = stamp.len() <= LONGEST && stamp.bytes().all(|b| b.is_ascii_graphic());
    plain.then(|| {
        if has_zone {
            stamp.to_owned()
        } else {
            format!("{stamp}Z")
        }
    })
}

fn action(name: &str, stored: &StoredEvent) -> EventKind {
    let Some((kind, subject)) = action_form(name) else {
        return other(name);
    };
    let summary = one_line(&subject(&stored.args), MAX_SUMMARY);
    if stored.source.0.as_deref() == Some("user") {
        // What a person says, or what OpenHands says in a person's name, is not the agent's doing.
        return EventKind::Observation {
            name: name.to_owned(),
            failed: None,
            summary,
        };
    }
    EventKind::Action {
        action: kind,
        summary,
    }
}

/// What an action is about, from its arguments.
type Subject = fn(&Args) -> String;

/// The actions of OpenHands 0.59 and what each is about.
fn action_form(name: &str) -> Option<(ActionKind, Subject)> {
    let form: (ActionKind, Subject) = match name {
        "run" => (ActionKind::Command, |args| given(&args.command)),
        "run_ipython" => (ActionKind::Python, |args| given(&args.code)),
        "read" => (ActionKind::Read, |args| given(&args.path)),
        "write" => (ActionKind::Edit, |args| given(&args.path)),
        "edit" => (ActionKind::Edit, |args| {
            format!("{} {}", given(&args.command), given(&args.path))
        }),
        "browse" | "browse_interactive" => (ActionKind::Browse, |args| given(&args.url)),
        "message" => (ActionKind::Message, |args| given(&args.content)),
        "think" => (ActionKind::Think, |args| given(&args.thought)),
        "task_tracking" => (ActionKind::Plan, |args| given(&args.command)),
        "finish" => (ActionKind::Finish, |args| given(&args.final_thought)),
        "condensation" | "condensation_request" => (ActionKind::Condense, |_args| String::new()),
        "system" => (ActionKind::Other, |args| {
            format!("OpenHands {}", given(&args.openhands_version))
        }),
        "recall" => (ActionKind::Other, |args| given(&args.query)),
        "call_tool_mcp" => (ActionKind::Other, |args| given(&args.name)),
        "reject" | "delegate" => (ActionKind::Other, |args| given(&args.thought)),
        _ => return None,
    };
    Some(form)
}

fn given(leaf: &super::lenient::Leaf<String>) -> String {
    leaf.0.clone().unwrap_or_default()
}

fn observation(name: &str, stored: &StoredEvent) -> EventKind {
    if name == "agent_state_changed" {
        if matches!(stored.source.0.as_deref(), Some("agent" | "user")) {
            // OpenHands itself stores its states as its environment's.
            return other(name);
        }
        let word = stored.extras.agent_state.0.as_deref().unwrap_or_default();
        let reason = stored.extras.reason.0.as_deref().unwrap_or_default();
        return EventKind::StateChanged {
            state: state(word),
            reason: one_line(reason, MAX_REASON),
        };
    }
    if !KNOWN_OBSERVATIONS.contains(&name) {
        return other(name);
    }
    EventKind::Observation {
        name: name.to_owned(),
        failed: failed(name, stored),
        summary: one_line(stored.content.0.as_deref().unwrap_or_default(), MAX_SUMMARY),
    }
}

/// The observations of OpenHands 0.59.
const KNOWN_OBSERVATIONS: [&str; 15] = [
    "run",
    "run_ipython",
    "read",
    "write",
    "edit",
    "browse",
    "download",
    "mcp",
    "error",
    "recall",
    "delegate",
    "task_tracking",
    "think",
    "success",
    "condense",
];

/// Whether an observation reports a failure, by the field that its kind says it with.
fn failed(name: &str, stored: &StoredEvent) -> Option<bool> {
    /// Exit code of a command that still runs.
    const STILL_RUNNING: i64 = -1;
    match name {
        "error" => Some(true),
        "success" => Some(false),
        // The edit tool has no other sign than the beginning of its text.
        "edit" | "write" | "read" => stored
            .content
            .0
            .as_deref()
            .map(|content| content.starts_with("ERROR:")),
        "run" => match stored.extras.metadata.exit_code.0 {
            Some(STILL_RUNNING) => None,
            Some(code) => Some(code != 0),
            None => stored.success.0.map(|success| !success),
        },
        _ => stored.success.0.map(|success| !success),
    }
}

fn other(name: &str) -> EventKind {
    EventKind::Other {
        name: one_line(name, MAX_NAME),
    }
}

/// The twelve states of OpenHands 0.59, in its own words.
pub(super) fn state(word: &str) -> AgentState {
    match word {
        "loading" => AgentState::Starting,
        "running" | "user_confirmed" => AgentState::Working,
        "awaiting_user_input" | "awaiting_user_confirmation" | "user_rejected" => {
            AgentState::AwaitingInput
        }
        "paused" | "stopped" => AgentState::Stopped,
        "finished" => AgentState::Finished,
        "rejected" => AgentState::Rejected,
        "error" => AgentState::Errored,
        "rate_limited" => AgentState::RateLimited,
        _ => AgentState::Unknown,
    }
}

#[cfg(test)]
mod tests;
