//! The port between an attempt and a kind of agent.

use std::fmt;

use deckhands_model::{
    AgentEvent, AgentState, CallFailure, Cause, GatewayFact, ModelId, Outcome, Usage,
};
use deckhands_runtime::OutputSource;

use crate::launch::{Launch, LaunchError, LaunchRequest};

/// Starts one kind of agent and reads its record. Pure: nothing here touches the outside.
pub trait AgentAdapter: Send + Sync + fmt::Debug + 'static {
    /// Short name of the kind, e.g. `openhands-headless`.
    fn kind(&self) -> &'static str;

    /// Translates a request into what must be created and where the record will be.
    ///
    /// # Errors
    /// [`LaunchError`] where the request cannot be expressed to this agent.
    fn launch(&self, request: &LaunchRequest) -> Result<Launch, LaunchError>;

    /// Whether recorded and end-to-end runs prove what we rely on for this version of the agent.
    fn proves(&self, version: &str) -> bool;

    /// What it means that a call of the model failed so, which the gateway made.
    fn call_failure(&self, call: &CallFailure<'_>) -> Cause;

    /// Whether the model is handed the tools in the API's own form, and not told of them in the prompt. An
    /// agent keeps to one of the two for its whole life.
    fn calls_tools_natively(&self, model: &ModelId) -> bool;

    /// A fresh reader for one attempt's record.
    fn reader(&self) -> Box<dyn AgentReader>;
}

/// Reads one attempt's record as it grows.
pub trait AgentReader: Send + 'static {
    /// Takes one line of output, without its line end. Unknown lines are data.
    fn log_line(&mut self, source: OutputSource, line: &[u8]);

    /// Takes one stored event, in order of its number from 0.
    ///
    /// # Errors
    /// [`Unreadable`] for a file that is (still) no complete event, or beyond the bounds.
    fn event(&mut self, file: EventFile<'_>) -> Result<AgentEvent, Unreadable>;

    /// Takes what the gateway saw of one call to the model, in order.
    fn gateway_fact(&mut self, fact: &GatewayFact);

    /// Where the agent stands now.
    fn progress(&self) -> &Progress;

    /// How the attempt ended, from everything read and the given facts.
    fn outcome(&self, facts: &ContainerFacts, ended_by: Option<EndedBy>) -> Outcome;
}

/// One stored event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventFile<'a> {
    /// Its number from 0.
    pub number: u64,
    /// What the file holds; more than [`EventStore::MAX_BYTES`](crate::EventStore::MAX_BYTES) bytes are refused.
    pub bytes: &'a [u8],
}

/// Why a stored event cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("event {number} is not readable: {reason}")]
pub struct Unreadable {
    /// Its number.
    pub number: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Where an agent stands, from everything read so far.
#[derive(Clone, PartialEq, Debug)]
pub struct Progress {
    /// The agent's state.
    pub state: AgentState,
    /// Events read so far.
    pub events: u64,
    /// What it does now, one line without control characters.
    pub doing: String,
    /// What it spent so far.
    pub usage: Usage,
    /// Models that answered, in order of first use.
    pub models: Vec<String>,
    /// Model calls that failed and will be repeated by the agent itself.
    pub retries: u64,
    /// Whether the agent waits right now to repeat a failed model call.
    pub waiting: bool,
    /// The agent's version, once told.
    pub version: Option<String>,
    /// The sandbox container, once the agent says it is there.
    pub sandbox_seen: bool,
    /// Whether a command failed with words that tell of a missing network. Only good for a hint:
    /// a command prints what it likes.
    pub missed_network: bool,
}

/// What the daemon knows about the attempt's containers at the end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContainerFacts {
    /// Exit code of the app, if it ended by itself.
    pub app_exit: Option<i64>,
    /// Whether the kernel killed the app for memory.
    pub app_oom: bool,
    /// Whether the app was gone or killed though we did not do it.
    pub app_vanished: bool,
    /// Exit code of the sandbox, if it ended before we removed it.
    pub sandbox_exit: Option<i64>,
    /// Whether the kernel killed the sandbox for memory.
    pub sandbox_oom: bool,
}

/// What of ours ended the attempt, if it was us.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EndedBy {
    /// Somebody asked for the end.
    Cancel,
    /// No first event in time.
    StartDeadline,
    /// No event for too long.
    IdleDeadline,
    /// Worked too long.
    WorkDeadline,
    /// Waited for a person.
    Awaiting,
    /// The daemon broke off.
    DaemonLost,
    /// The agent's version is not one that we know.
    UnprovedVersion,
    /// The gateway makes no further call to the model.
    GatewayGaveUp,
    /// The sandbox ended by itself, or somebody else ended it.
    SandboxEnded,
    /// More was written than the attempt may.
    DiskLimit,
    /// Hardly any disk space is left on the host.
    HostDiskFull,
    /// As many processes as the sandbox may have.
    ProcessLimit,
}

impl EndedBy {
    /// Whether a bound was reached that is looked at from outside: the agent knows nothing of it.
    #[must_use]
    pub const fn is_bound(self) -> bool {
        matches!(
            self,
            Self::DiskLimit | Self::HostDiskFull | Self::ProcessLimit
        )
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            state: AgentState::Starting,
            events: 0,
            doing: String::new(),
            usage: Usage::default(),
            models: Vec::new(),
            retries: 0,
            waiting: false,
            version: None,
            sandbox_seen: false,
            missed_network: false,
        }
    }
}
