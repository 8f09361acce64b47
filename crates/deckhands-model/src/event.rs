//! Agent events: the typed facts an adapter reads from an agent's own record.

use serde::{Deserialize, Serialize};

/// One fact about an agent, in the order of its record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AgentEvent {
    /// Number of the event in the agent's record, from 0.
    pub sequence: u64,
    /// The agent's own time stamp (ISO 8601, UTC), where it gave one.
    pub stamp: Option<String>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened. Unknown forms are data, not errors.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The agent changed its state.
    StateChanged {
        /// The new state.
        state: AgentState,
        /// Why, in the agent's words; empty where it said nothing.
        reason: String,
    },
    /// The agent does something.
    Action {
        /// What kind of action.
        action: ActionKind,
        /// One line for people: the command, the path, the message. Bounded by the adapter.
        summary: String,
    },
    /// Something was observed as the result of an action.
    Observation {
        /// The observation's name in the agent's record, e.g. `run`.
        name: String,
        /// Whether it reports a failure, where it says so.
        failed: Option<bool>,
        /// One line for people. Bounded by the adapter.
        summary: String,
    },
    /// A form this version does not know.
    Other {
        /// The name in the record, or empty.
        name: String,
    },
}

/// The state an agent says it is in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Not working yet.
    Starting,
    /// Working.
    Working,
    /// Waiting for a person; a failure when nobody is there.
    AwaitingInput,
    /// Waiting after the provider's rate limit; this agent never leaves that state.
    RateLimited,
    /// Says that the task is done.
    Finished,
    /// Refused the task.
    Rejected,
    /// Was stopped or paused.
    Stopped,
    /// Ended with an error.
    Errored,
    /// A state this version does not know.
    Unknown,
}

/// What kind of action an agent takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Runs a shell command.
    Command,
    /// Runs Python.
    Python,
    /// Reads a file.
    Read,
    /// Edits or writes a file.
    Edit,
    /// Uses a browser.
    Browse,
    /// Says something.
    Message,
    /// Thinks.
    Think,
    /// Plans.
    Plan,
    /// Says that it is done.
    Finish,
    /// Shortens its own memory.
    Condense,
    /// Something else.
    Other,
}

impl AgentState {
    /// Whether the agent does nothing more in this state, whatever its process does.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Finished | Self::Rejected | Self::Stopped | Self::Errored | Self::RateLimited => {
                true
            }
            Self::Starting | Self::Working | Self::AwaitingInput | Self::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests;
