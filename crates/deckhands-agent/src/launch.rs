//! What an agent is started from, and what must be created for it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use deckhands_model::{AttemptId, ImageRef, Limits, ModelId};
use deckhands_runtime::{ContainerName, ContainerSpec, Labels, NetworkMode, UserSpec};
use serde::{Deserialize, Serialize};

/// Everything an adapter needs to start an agent.
#[derive(Clone, Debug)]
pub struct LaunchRequest {
    /// The attempt it is for.
    pub attempt: AttemptId,
    /// The model, resolved, as the user names it.
    pub model: ModelId,
    /// How the agent reaches it.
    pub llm: LlmAccess,
    /// Image of the app container.
    pub app_image: ImageRef,
    /// Image of the sandbox.
    pub sandbox_image: ImageRef,
    /// Bounds.
    pub limits: Limits,
    /// Directories of the attempt on the daemon's host.
    pub dirs: AgentDirs,
    /// How the attempt is walled in.
    pub walls: Walls,
    /// How the agent itself repeats failed model calls.
    pub retry: Retry,
    /// Labels for everything that comes into being.
    pub labels: Labels,
}

/// How an agent reaches its model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LlmAccess {
    /// The provider itself, with the user's key.
    Direct {
        /// The key; `None` lets the provider refuse.
        api_key: Option<ApiKey>,
        /// Where the provider is, as seen from the app container; `None` is its own address.
        base_url: Option<String>,
    },
    /// Our relay, which has the key. It speaks the OpenAI form whatever the provider is.
    Relay {
        /// What the relay knows the attempt by; worth nothing elsewhere or afterwards.
        token: ApiKey,
        /// Where the relay is, as seen from the app container.
        base_url: String,
        /// Most tokens of one answer.
        max_output_tokens: u32,
        /// Whether the agent's tools are handed over in the API's own form (`true`) or told of in the
        /// prompt; `None` is what the agent does by the model's name.
        native_tools: Option<bool>,
    },
}

/// How an attempt is walled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Walls {
    /// Profile `socket`: the app starts its own sandbox through the Docker socket. Where the model is
    /// called through us, a launcher of ours runs in it, too.
    Socket(SocketAccess),
    /// Profile `managed`: we start the sandbox, and a launcher of ours runs in the app.
    Managed(ManagedAccess),
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
    /// Where the model is called through us.
    pub launcher: Option<LauncherAccess>,
}

/// What an app gets to reach us: a launcher of ours, which forwards a loopback port to a socket and
/// starts the agent's program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LauncherAccess {
    /// The launcher on the daemon's host.
    pub file: PathBuf,
    /// Where the app sees the launcher.
    pub target: String,
    /// Directory on the daemon's host that holds the attempt's socket.
    pub way_out: PathBuf,
    /// Where the app sees that directory.
    pub way_out_target: String,
    /// The launcher's own variables.
    pub env: Vec<(String, String)>,
}

/// What the app of a managed attempt gets to reach us and its sandbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManagedAccess {
    /// The way to us.
    pub launcher: LauncherAccess,
    /// Where the launcher serves the remote-runtime API, as the app sees it.
    pub runtime_url: String,
    /// What the remote-runtime API knows the app by.
    pub runtime_key: ApiKey,
    /// Who both containers run as.
    pub user: UserSpec,
    /// The network of the app, which the sandbox shares.
    pub network: NetworkMode,
}

/// How the agent itself repeats failed model calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Name of the sandbox; known before anything runs.
    pub sandbox: ContainerName,
    /// OpenHands' own id of the session.
    pub session: String,
    /// The stored events.
    pub store: EventStore,
}

/// Where the stored events will be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventStore {
    /// Directory below [`AgentDirs::agent_home`], relative.
    pub dir: PathBuf,
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

impl Retry {
    /// Without a relay: 2 calls, waits 2–5 s, 60 s for an answer. More would hide a provider's
    /// trouble behind a silent agent.
    pub const DIRECT: Self = Self {
        attempts: 2,
        min_wait: Duration::from_secs(2),
        max_wait: Duration::from_secs(5),
        timeout: Duration::from_secs(60),
    };

    /// Through the relay: the agent waits longer than the relay takes, and bridges a restart of
    /// ours: 6 calls, waits 2–15 s (68 s in all), 240 s for an answer.
    pub const RELAYED: Self = Self {
        attempts: 6,
        min_wait: Duration::from_secs(2),
        max_wait: Duration::from_secs(15),
        timeout: Duration::from_secs(240),
    };
}

impl Default for Retry {
    /// [`Retry::DIRECT`].
    fn default() -> Self {
        Self::DIRECT
    }
}
