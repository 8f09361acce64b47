//! Environment of the app container that the launcher and the API go together with. Whoever specifies
//! that container sets it. [`LLM_BASE_URL`] always; [`RUNTIME`], [`API_URL`] and [`API_KEY`] where
//! OpenHands gets its sandbox from the API; the rest as it says.

/// OpenHands' choice of runtime.
pub const RUNTIME: (&str, &str) = ("RUNTIME", "remote");

/// Where OpenHands finds the remote-runtime API.
pub const API_URL: (&str, &str) = (
    "SANDBOX_REMOTE_RUNTIME_API_URL",
    "http://127.0.0.1:8079/api",
);

/// Where OpenHands finds its model.
pub const LLM_BASE_URL: (&str, &str) = ("LLM_BASE_URL", "http://127.0.0.1:8079/llm/v1");

/// Name of the variable with the [`RuntimeKey`](crate::RuntimeKey). Without it the launcher serves the
/// model alone, and does not start where [`RUNTIME`] needs more.
pub const API_KEY: &str = "SANDBOX_API_KEY";

/// Set to `1`, the launcher itself answers the question for `.openhands_instructions`: there is none.
/// To be set only where the host saw that the workspace has no such entry of any kind.
pub const NO_INSTRUCTIONS: &str = "DECKHANDS_NO_INSTRUCTIONS";

/// Set to `1`, the launcher itself answers the question for `.openhands/microagents`: there are none.
/// To be set only where the host saw that the workspace has no such entry of any kind.
pub const NO_MICROAGENTS: &str = "DECKHANDS_NO_MICROAGENTS";

/// Path of the host's unix socket in the app container, if it is not
/// [`WAY_OUT`](crate::launchers::WAY_OUT).
pub const WAY_OUT: &str = "DECKHANDS_SOCKET";

/// Port of the launcher, if it is not [`LOOPBACK_PORT`](crate::LOOPBACK_PORT).
pub const PORT: &str = "DECKHANDS_PORT";

/// Port of the action server, if it is not [`ACTION_PORT`](crate::ACTION_PORT).
pub const ACTION_PORT: &str = "DECKHANDS_ACTION_PORT";
