//! The rows. 10 to 3600 s for `deadlines.work` and `deadlines.pull` are the prototype's bounds; the
//! others keep a slip of the pen from asking for nothing or for a machine that nobody has.

use super::{Entry, Kind, Setter};

/// Builds the variants of [`Key`] and their rows together, so that neither can miss the other.
macro_rules! keys {
    ($($(#[doc = $effect:literal])+
       $key:ident = $name:literal, $setter:ident, $kind:expr, $default:literal, $variables:expr;)+) => {
        /// A setting.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Key {
            $($(#[doc = $effect])+ $key,)+
        }

        pub(super) const ENTRIES: &[Entry] = &[$(Entry {
            key: Key::$key,
            name: $name,
            setter: Setter::$setter,
            kind: $kind,
            default: $default,
            variables: &$variables,
            effect: concat!($($effect),+),
        },)+];
    };
}

/// Most seconds a phase may be given.
const HOUR: u64 = 3600;

keys! {
    /// The model of a task. A project's may have no address and no route in it: no `//`, at most one `:`, no `~NAME`.
    Model = "model.id", Anyone, Kind::Model, "openrouter/deepseek/deepseek-chat-v3.1:free",
        ["DECKHANDS_MODEL", "OPENHANDS_CUSTOM_MODEL_ID", "OPENHANDS_MODEL"];

    /// Which of the pools of routes below `routes` is used: its first route is the model, unless one is set
    /// there or later, and the others are gone on with, in order, before `engine.fallback_models`.
    Routes = "model.routes", User, Kind::Text("the name of a pool of routes below `routes`"), "(none)",
        ["DECKHANDS_ROUTES"];

    /// Where the model's provider is reached.
    BaseUrl = "model.base_url", User, Kind::Url,
        "(`https://openrouter.ai/api/v1` for OpenRouter models, else the provider's own)",
        ["DECKHANDS_BASE_URL", "OPENHANDS_BASE_URL"];

    /// The API key itself. Never in a file; a project's `.env` may hold it.
    ApiKey = "model.api_key", Anyone, Kind::Secret, "(none)", ["DECKHANDS_API_KEY"];

    /// Variable that holds the API key.
    ApiKeyEnv = "model.api_key_env", User, Kind::VariableName,
        "(`<PROVIDER>_API_KEY`, e.g. `OPENROUTER_API_KEY`)", [];

    /// File that holds the API key and nothing else.
    ApiKeyFile = "model.api_key_file", User, Kind::Path, "(none)", ["DECKHANDS_API_KEY_FILE"];

    /// Who calls the provider: deckhands itself, which alone has the key (`relay`), or the agent's
    /// container with the key in it (`direct`, only in profile `socket`).
    ModelWay = "model.way", User, Kind::Words(&["relay", "direct"]), "relay",
        ["DECKHANDS_MODEL_WAY"];

    /// How often the agent tries one call of the model before it gives up.
    NumRetries = "model.num_retries", Anyone, Kind::Count { min: 1, max: 10 },
        "(6, and 2 where the agent calls the provider)", ["DECKHANDS_LLM_NUM_RETRIES"];

    /// How long one answer of the model may take.
    LlmTimeout = "model.timeout", Anyone, Kind::Duration { min: 5, max: HOUR },
        "(120s, and 60s where the agent calls the provider)", ["DECKHANDS_LLM_TIMEOUT"];

    /// Tokens that one answer of the model may have, unless the agent calls the provider.
    MaxOutputTokens = "model.max_output_tokens", Anyone,
        Kind::Count { min: 256, max: 1_000_000 }, "8192", ["DECKHANDS_LLM_MAX_OUTPUT_TOKENS"];

    /// Image that the agent's program runs in; a digest pins it.
    AppImage = "images.app", User, Kind::Image,
        "docker.all-hands.dev/all-hands-ai/openhands:0.59",
        ["DECKHANDS_APP_IMAGE", "OPENHANDS_DOCKER_IMAGE"];

    /// Image that the agent's commands and the checks run in; a digest pins it.
    SandboxImage = "images.sandbox", User, Kind::Image,
        "docker.all-hands.dev/all-hands-ai/runtime:0.59-nikolaik",
        ["DECKHANDS_SANDBOX_IMAGE", "OPENHANDS_DOCKER_RUNTIME_IMAGE"];

    /// Memory of the sandbox, swap included.
    Memory = "limits.memory", Anyone, Kind::Size { min_kib: 256 << 10, max_kib: 4 << 30 }, "4g",
        ["DECKHANDS_MEMORY"];

    /// Processors of the sandbox.
    Cpus = "limits.cpus", Anyone, Kind::Cpus { min: 100, max: 1_024_000 }, "2",
        ["DECKHANDS_CPUS"];

    /// Processes and threads of the sandbox.
    Processes = "limits.processes", Anyone, Kind::Count { min: 64, max: 65_536 }, "1024",
        ["DECKHANDS_PROCESSES"];

    /// Disk space an attempt may take beyond the copy of the workspace, in profile `managed`.
    Disk = "limits.disk", Anyone, Kind::Size { min_kib: 1 << 10, max_kib: 1 << 30 }, "5g",
        ["DECKHANDS_MAX_DISK"];

    /// Steps the agent may take.
    Iterations = "limits.iterations", Anyone, Kind::Count { min: 1, max: 10_000 }, "100",
        ["DECKHANDS_MAX_ITERATIONS"];

    /// Output kept of each container; later output is read and dropped.
    LogBytes = "limits.log_bytes", Anyone, Kind::Size { min_kib: 64, max_kib: 16 << 20 }, "64m",
        ["DECKHANDS_LOG_BYTES"];

    /// Size of a workspace above which a copy needs `--yes`.
    WorkspaceBytes = "limits.workspace_bytes", User,
        Kind::Size { min_kib: 1 << 10, max_kib: 1 << 30 }, "2g", ["DECKHANDS_WORKSPACE_BYTES"];

    /// Time the agent may work, waits left out.
    Work = "deadlines.work", Anyone, Kind::Duration { min: 10, max: HOUR }, "300s",
        ["DECKHANDS_TIMEOUT", "OPENHANDS_TIMEOUT"];

    /// Time from the app container's start to the agent's first event.
    Start = "deadlines.start", Anyone, Kind::Duration { min: 10, max: HOUR }, "120s",
        ["DECKHANDS_START_TIMEOUT"];

    /// Longest time without an event of the agent.
    Idle = "deadlines.idle", Anyone, Kind::Duration { min: 10, max: HOUR }, "180s",
        ["DECKHANDS_IDLE_TIMEOUT"];

    /// Time for pulling one image.
    Pull = "deadlines.pull", Anyone, Kind::Duration { min: 10, max: HOUR }, "600s",
        ["DECKHANDS_PULL_TIMEOUT", "OPENHANDS_DOCKER_TIMEOUT"];

    /// Time for removing all that an attempt made.
    Cleanup = "deadlines.cleanup", Anyone, Kind::Duration { min: 5, max: 600 }, "30s",
        ["DECKHANDS_CLEANUP_TIMEOUT"];

    /// Time for all checks together.
    CheckTime = "deadlines.checks", Anyone, Kind::Duration { min: 1, max: HOUR }, "120s",
        ["DECKHANDS_CHECK_TIMEOUT"];

    /// Longest stay of the agent in a state that waits for a person.
    Awaiting = "deadlines.awaiting", Anyone, Kind::Duration { min: 1, max: 600 }, "4s",
        ["DECKHANDS_AWAITING_TIMEOUT"];

    /// Most money that a task may cost, all its attempts together.
    MaxCost = "money.max_cost", User, Kind::Money, "(none)", ["DECKHANDS_MAX_COST"];

    /// Most money that everything in the state directory may cost on one day, in UTC.
    MaxDayCost = "money.per_day", User, Kind::Money, "(none)", ["DECKHANDS_MAX_DAY_COST"];

    /// Most money that all tasks of a batch may cost together.
    MaxBatchCost = "money.per_batch", User, Kind::Money, "(none)", ["DECKHANDS_MAX_BATCH_COST"];

    /// What a million tokens, of input and of output alike, are taken to cost of a model whose price nobody knows.
    /// Without it such a model is refused wherever money is bounded.
    UnknownPrice = "money.unknown_price", User, Kind::Money, "(none)", ["DECKHANDS_UNKNOWN_PRICE"];

    /// How an attempt is walled in.
    Profile = "run.profile", User, Kind::Words(&["managed", "socket", "single"]), "managed",
        ["DECKHANDS_PROFILE"];

    /// What the agent's commands can reach: only the model (`llm`) or any host (`open`).
    Network = "run.network", User, Kind::Words(&["llm", "open"]),
        "(`llm` in profile `managed`, `open` in profile `socket`)", ["DECKHANDS_NETWORK"];

    /// Directory that a task works on.
    Workspace = "run.workspace", User, Kind::Path,
        "(the workspace root when set, else the working directory)",
        ["DECKHANDS_WORKSPACE", "OPENHANDS_WORKSPACE"];

    /// Directory that every workspace must lie in.
    WorkspaceRoot = "run.workspace_root", User, Kind::Path, "(none)",
        ["DECKHANDS_WORKSPACE_ROOT", "OPENHANDS_WORKSPACE_ROOT"];

    /// Whether files that `.gitignore` leaves out are given to the agent, too.
    IncludeIgnored = "run.include_ignored", Anyone, Kind::Bool, "false",
        ["DECKHANDS_INCLUDE_IGNORED"];

    /// Commands that accept a result by exit code 0, each in a fresh container without network.
    Checks = "run.checks", Anyone, Kind::Commands, "(none)", [];

    /// Directory of the store and of all attempts.
    Home = "run.home", User, Kind::Path, "(`deckhands` in the user's state directory)",
        ["DECKHANDS_HOME"];

    /// Whether routes that keep failing are left alone for a while.
    CircuitBreaker = "resilience.circuit_breaker", Anyone, Kind::Bool, "true",
        ["DECKHANDS_CIRCUIT_BREAKER", "OPENHANDS_ENABLE_CIRCUIT_BREAKER"];

    /// Most tasks that may wait in the store at once; one more is refused until there is room.
    QueueSize = "queue.max_size", User, Kind::Count { min: 1, max: 100_000_000 }, "1000",
        ["DECKHANDS_QUEUE_MAX_SIZE"];

    /// How long stored tasks are kept after their end (90 days); then an engine removes them with all that is in the
    /// state directory of them, changes that nobody took over included.
    QueueKeep = "queue.keep", User, Kind::Duration { min: HOUR, max: 36_500 * 24 * HOUR }, "7776000s",
        ["DECKHANDS_QUEUE_KEEP"];

    /// Attempts that an engine works on at the same time.
    Workers = "engine.workers", User, Kind::Count { min: 1, max: 1000 }, "5",
        ["DECKHANDS_WORKERS"];

    /// Time that running attempts get to end by themselves when an engine is stopped; then they are
    /// paused.
    Grace = "engine.grace", User, Kind::Duration { min: 0, max: HOUR }, "30s",
        ["DECKHANDS_GRACE"];

    /// Attempts that a task may have, the first included.
    Attempts = "engine.attempts", User, Kind::Count { min: 1, max: 20 }, "4",
        ["DECKHANDS_ATTEMPTS"];

    /// Time from a task's first attempt to the start of its last, waits included.
    TaskTime = "engine.task_time", User, Kind::Duration { min: 60, max: 30 * 24 * HOUR },
        "86400s", ["DECKHANDS_TASK_TIME"];

    /// Time that all attempts of a task may work together, waits left out.
    TaskWork = "engine.task_work", User, Kind::Duration { min: 60, max: 7 * 24 * HOUR },
        "14400s", ["DECKHANDS_TASK_WORK"];

    /// Models that a task goes on with where its own one cannot be called, in the same attempt or the
    /// next, the preferred one first. They count for the tasks of all projects, and get the key.
    FallbackModels = "engine.fallback_models", User, Kind::Models, "(none)",
        ["DECKHANDS_FALLBACK_MODELS"];

    /// Address of the Docker daemon.
    DockerHost = "docker.host", User,
        Kind::Text("an address with a scheme, e.g. `unix:///run/docker.sock`"),
        "(Docker's own default)", ["DOCKER_HOST"];

    /// Docker context to use where no host is set.
    DockerContext = "docker.context", User, Kind::Text("the name of a Docker context"),
        "(the current context)", ["DOCKER_CONTEXT"];

    /// Directory of Docker's client configuration.
    DockerConfig = "docker.config", User, Kind::Path, "(`.docker` in the user's home directory)",
        ["DOCKER_CONFIG"];

    /// Kept from the prototype: `false` is refused, stand-ins are asked for with `--simulate`.
    RealAgent = "run.real_agent", Anyone, Kind::Switch, "true", ["OPENHANDS_ENABLE_REAL_AGENT"];

    /// Kept from the prototype: `false` is refused, there is no way without Docker.
    DockerRuntime = "run.docker_runtime", Anyone, Kind::Switch, "true",
        ["OPENHANDS_USE_DOCKER_RUNTIME"];
}
