//! The port between an attempt and a kind of agent.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use deckhands_model::{
    AgentEvent, AgentState, AttemptId, ImageRef, Limits, ModelId, Outcome, Usage,
};
use deckhands_runtime::{ContainerName, ContainerSpec, Labels, OutputSource};

/// Starts one kind of agent and reads its record. Pure: nothing here touches the outside.
pub trait AgentAdapter: Send + Sync + fmt::Debug + 'static {
    /// Short name of the kind, e.g. `openhands-headless`.
    fn kind(&self) -> &'static str;

    /// Translates a request into what must be created and where the record will be.
    ///
    /// # Errors
    /// [`LaunchError`] where the request cannot be expressed to this agent.
    fn launch(&self, request: &LaunchRequest) -> Result<Launch, LaunchError>;

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

    /// Where the agent stands now.
    fn progress(&self) -> &Progress;

    /// How the attempt ended, from everything read and the given facts.
    fn outcome(&self, facts: &ContainerFacts, ended_by: Option<EndedBy>) -> Outcome;
}

/// Everything an adapter needs to start an agent.
#[derive(Clone, Debug)]
pub struct LaunchRequest {
    /// The attempt it is for.
    pub attempt: AttemptId,
    /// The model, resolved.
    pub model: ModelId,
    /// The key for the model's provider; `None` lets the provider refuse.
    pub api_key: Option<ApiKey>,
    /// Where the provider is, as seen from the app container; `None` is the provider's own address.
    pub base_url: Option<String>,
    /// Image of the app container.
    pub app_image: ImageRef,
    /// Image of the sandbox.
    pub sandbox_image: ImageRef,
    /// Bounds.
    pub limits: Limits,
    /// Directories of the attempt on the daemon's host.
    pub dirs: AgentDirs,
    /// How the agent reaches the Docker daemon (profile `socket`).
    pub socket: SocketAccess,
    /// How the agent itself repeats failed model calls.
    pub retry: Retry,
    /// Labels for everything that comes into being.
    pub labels: Labels,
}

/// A provider key. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// Directories of an attempt. Absolute, existing, private to the attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentDirs {
    /// The copy of the workspace the agent works on.
    pub workspace: PathBuf,
    /// Where the agent keeps its own state.
    pub agent_home: PathBuf,
    /// Input, read-only for the agent; holds [`AgentDirs::TASK_FILE`].
    pub input: PathBuf,
}

/// How an agent that starts its own sandbox reaches the Docker daemon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SocketAccess {
    /// The daemon's socket on its own host.
    pub socket: PathBuf,
    /// The host's address on the default bridge; sandbox ports are bound to it and nowhere else.
    pub bridge: IpAddr,
}

/// How the agent itself repeats failed model calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// Calls in all, the first one included.
    pub attempts: u32,
    /// Shortest wait between two.
    pub min_wait: Duration,
    /// Longest wait between two.
    pub max_wait: Duration,
    /// Longest wait for one answer.
    pub timeout: Duration,
}

/// What must be created, and where the record will be.
#[derive(Clone, PartialEq, Debug)]
pub struct Launch {
    /// The app container.
    pub app: ContainerSpec,
    /// Name of the sandbox that the app starts itself; known before anything runs.
    pub sandbox: ContainerName,
    /// The stored events.
    pub store: EventStore,
}

/// Where the stored events will be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventStore {
    /// Directory below [`AgentDirs::agent_home`], relative.
    pub dir: PathBuf,
}

/// One stored event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventFile<'a> {
    /// Its number from 0.
    pub number: u64,
    /// What the file holds; more than [`EventStore::MAX_BYTES`] bytes are refused.
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
}

/// Why a request cannot be expressed to an agent.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaunchError {
    /// A path with a character that the agent splits its settings at.
    #[error("the path `{path}` contains `{character}`, at which OpenHands splits its settings")]
    UnusablePath {
        /// The path.
        path: String,
        /// The character.
        character: char,
    },
    /// A path that is not absolute or no UTF-8.
    #[error("the path `{path}` is not absolute, or no UTF-8")]
    BadPath {
        /// The path, escaped.
        path: String,
    },
}

impl ApiKey {
    /// Takes a key.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

impl AgentDirs {
    /// Name of the file with the task's text in [`AgentDirs::input`].
    pub const TASK_FILE: &'static str = "task.md";
}

impl EventStore {
    /// Bound on one stored event; larger ones are refused as unreadable.
    pub const MAX_BYTES: u64 = 16 << 20;

    /// File name of the event with this number.
    #[must_use]
    pub fn file_name(number: u64) -> String {
        format!("{number}.json")
    }
}

impl Default for Retry {
    /// Profile `socket` without a relay: 2 calls, waits 2–5 s, 60 s for an answer.
    fn default() -> Self {
        Self {
            attempts: 2,
            min_wait: Duration::from_secs(2),
            max_wait: Duration::from_secs(5),
            timeout: Duration::from_secs(60),
        }
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
        }
    }
}
