//! How a situation's app container is started: as the adapter does it, with the row's differences.
//!
//! Only words are put together here; nothing is started. The adapter is
//! `crates/deckhands-agent/src/openhands_headless`, and a test compares the settings.

use std::collections::BTreeMap;

use super::places::Places;
use super::table::{Access, Hardening, Launch, Provider, Socket, Task};

#[cfg(test)]
mod tests;

/// What every container of a capture carries: the run's id, the situation's number, its part.
pub(super) const RUN_LABEL: &str = "deckhands.capture";
pub(super) const NUMBER_LABEL: &str = "deckhands.number";
pub(super) const ROLE_LABEL: &str = "deckhands.role";

/// The key that every session is given; it opens nothing.
pub(super) const KEY: &str = "dummy-api-key-0000";

pub(super) const APP_IMAGE: &str = "docker.all-hands.dev/all-hands-ai/openhands:0.59";
const SANDBOX_IMAGE: &str = "docker.all-hands.dev/all-hands-ai/runtime:0.59-nikolaik";
const MODEL: &str = "openrouter/deepseek/deepseek-chat-v3.1:free";
const SOCKET: &str = "/var/run/docker.sock";
const HOME: &str = "/.openhands";
const INPUT: &str = "/deckhands/input";

/// The adapter's settings that are the same for every session.
const FIXED: &[(&str, &str)] = &[
    ("RUNTIME", "docker"),
    ("SANDBOX_LOCAL_RUNTIME_URL", "http://host.docker.internal"),
    ("LOG_JSON", "true"),
    ("LOG_ALL_EVENTS", "true"),
    ("LOG_LEVEL", "INFO"),
    ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
    ("FILE_STORE", "local"),
    ("ENABLE_BROWSER", "false"),
    ("AGENT_ENABLE_BROWSING", "false"),
    ("AGENT_ENABLE_MCP", "false"),
];

/// The adapter's settings that come from a request, with short waits.
const CHOSEN: &[(&str, &str)] = &[
    ("FILE_STORE_PATH", HOME),
    ("MAX_ITERATIONS", "100"),
    ("LLM_NUM_RETRIES", "3"),
    ("LLM_RETRY_MIN_WAIT", "1"),
    ("LLM_RETRY_MAX_WAIT", "2"),
    ("LLM_TIMEOUT", "60"),
    ("LLM_API_KEY", KEY),
];

/// What a session is started in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) places: &'a Places,
    /// Address of this host as containers see it.
    pub(super) gateway: &'a str,
    /// Port of the scripted provider there.
    pub(super) port: u16,
    /// Id of this run of the capture.
    pub(super) run: &'a str,
    /// Number of the situation in this run.
    pub(super) number: usize,
}

impl Surroundings<'_> {
    /// Name of the app container.
    pub(super) fn app(&self) -> String {
        format!("deckhands-capture-{}-{}-app", self.run, self.number)
    }
}

/// The arguments of `docker` that start the app container in the background.
pub(super) fn arguments(launch: &Launch, around: &Surroundings<'_>) -> Vec<String> {
    let mut words: Vec<String> = ["run", "--detach", "--name"].map(str::to_owned).to_vec();
    words.push(around.app());
    words.extend(["--add-host", "host.docker.internal:host-gateway"].map(str::to_owned));
    for (key, value) in labels(around, "app") {
        words.extend(["--label".to_owned(), format!("{key}={value}")]);
    }
    words.extend(limits(launch));
    if launch.hardening == Hardening::On {
        words.extend(HARDENING.iter().map(|word| (*word).to_owned()));
    }
    for mount in mounts(launch, around.places) {
        words.extend(["--mount".to_owned(), mount]);
    }
    for (key, value) in environment(launch, around) {
        words.extend(["--env".to_owned(), format!("{key}={value}")]);
    }
    words.push(APP_IMAGE.to_owned());
    words.extend(["python", "-m", "openhands.core.main"].map(str::to_owned));
    if launch.task != Task::None {
        words.extend(["-f".to_owned(), format!("{INPUT}/task.md")]);
    }
    words.extend([
        "-n".to_owned(),
        format!("capture-{}-{}", around.run, around.number),
    ]);
    words.extend(launch.args.iter().cloned());
    words
}

const HARDENING: &[&str] = &[
    "--init",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--read-only",
    "--tmpfs=/tmp:exec",
];

fn labels(around: &Surroundings<'_>, role: &str) -> [(&'static str, String); 3] {
    [
        (RUN_LABEL, around.run.to_owned()),
        (NUMBER_LABEL, around.number.to_string()),
        (ROLE_LABEL, role.to_owned()),
    ]
}

fn limits(launch: &Launch) -> [String; 4] {
    let memory = launch.app_memory.as_deref().unwrap_or("1g");
    [
        format!("--memory={memory}"),
        format!("--memory-swap={memory}"),
        "--cpus=1".to_owned(),
        "--pids-limit=256".to_owned(),
    ]
}

fn mounts(launch: &Launch, places: &Places) -> Vec<String> {
    let bind = |source: &std::path::Path, target: &str, options: &str| {
        let source = source.display();
        format!("type=bind,source={source},target={target}{options}")
    };
    let home = match launch.home {
        Access::ReadOnly => ",readonly",
        Access::Full | Access::NotWritable => "",
    };
    let mut mounts = vec![
        bind(&places.home, HOME, home),
        bind(&places.input, INPUT, ",readonly"),
    ];
    if launch.socket == Socket::Present {
        mounts.push(bind(SOCKET.as_ref(), SOCKET, ""));
    }
    mounts
}

fn environment(launch: &Launch, around: &Surroundings<'_>) -> BTreeMap<String, String> {
    let mut env: BTreeMap<String, String> = BTreeMap::new();
    let mut set = |key: &str, value: String| env.insert(key.to_owned(), value);
    for (key, value) in FIXED.iter().chain(CHOSEN) {
        set(key, (*value).to_owned());
    }
    let access = match launch.workspace {
        Access::ReadOnly => "ro",
        Access::Full | Access::NotWritable => "rw",
    };
    let workspace = around.places.workspace.display();
    let image = launch.sandbox_image.as_deref().unwrap_or(SANDBOX_IMAGE);
    set("SANDBOX_USER_ID", launch.user.to_string());
    set(
        "SANDBOX_VOLUMES",
        format!("{workspace}:/workspace:{access}"),
    );
    set("SANDBOX_RUNTIME_CONTAINER_IMAGE", image.to_owned());
    set("SANDBOX_RUNTIME_BINDING_ADDRESS", around.gateway.to_owned());
    set(
        "SANDBOX_DOCKER_RUNTIME_KWARGS",
        sandbox_arguments(launch, around),
    );
    set(
        "LLM_MODEL",
        launch.model.clone().unwrap_or_else(|| MODEL.to_owned()),
    );
    set("LLM_BASE_URL", base_url(launch.provider, around.port));
    for (key, value) in &launch.env {
        set(key, value.clone());
    }
    for key in &launch.unset {
        env.remove(key);
    }
    env
}

fn base_url(provider: Provider, port: u16) -> String {
    match provider {
        Provider::Scripted => format!("http://host.docker.internal:{port}/v1"),
        // The discard service, which no host of today runs.
        Provider::Nobody => "http://host.docker.internal:9/v1".to_owned(),
        Provider::UnknownHost => "http://no-such-host.invalid/v1".to_owned(),
    }
}

/// Further arguments with which the app starts its sandbox, as a Python dictionary.
fn sandbox_arguments(launch: &Launch, around: &Surroundings<'_>) -> String {
    let labels = labels(around, "sandbox");
    let labels = labels
        .map(|(key, value)| format!("'{key}': '{value}'"))
        .join(", ");
    let memory = launch.sandbox_memory.as_deref().unwrap_or("4g");
    let mut items = format!(
        "'labels': {{{labels}}}, 'mem_limit': '{memory}', 'memswap_limit': '{memory}', \
         'nano_cpus': 2000000000, 'pids_limit': 1024"
    );
    if let Some(more) = &launch.sandbox_args {
        items = format!("{items}, {more}");
    }
    format!("{{{items}}}")
}
