//! The environment that OpenHands 0.59 is configured by.
//!
//! It reads its settings from variables and nothing else here: no configuration file is mounted.
//! `SAVE_TRAJECTORY_PATH` stays unset: the stored events are the record, and are there after a kill.

use std::time::Duration;

use deckhands_runtime::{Labels, SecretEnv};

use crate::adapter::{LaunchError, LaunchRequest};

use super::launch::{HOME, absolute};
use super::python_literal::Dict;

/// Where the sandbox finds the workspace.
const WORKSPACE: &str = "/workspace";

/// Characters at which OpenHands splits `SANDBOX_VOLUMES`.
const SEPARATORS: [char; 2] = [',', ':'];

/// What is the same for every session.
const FIXED: &[(&str, &str)] = &[
    ("RUNTIME", "docker"),
    // 0 is the only id for which the app needs no right to change users.
    ("SANDBOX_USER_ID", "0"),
    // The image's own value, repeated because nothing works without it.
    ("SANDBOX_LOCAL_RUNTIME_URL", "http://host.docker.internal"),
    ("LOG_JSON", "true"),
    ("LOG_ALL_EVENTS", "true"),
    ("LOG_LEVEL", "INFO"),
    // Otherwise the price table is downloaded at start.
    ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
    ("FILE_STORE", "local"),
    ("FILE_STORE_PATH", HOME),
    // The sandbox starts a browser only if both say so; without one it would never be ready.
    ("ENABLE_BROWSER", "false"),
    ("AGENT_ENABLE_BROWSING", "false"),
    ("AGENT_ENABLE_MCP", "false"),
];

/// Every variable for this request; the key is the only secret among them.
///
/// # Errors
/// [`LaunchError`] for a workspace path that OpenHands would split or misread.
pub(super) fn environment(
    request: &LaunchRequest,
    sandbox_labels: &Labels,
) -> Result<Vec<(String, SecretEnv)>, LaunchError> {
    let mut env: Vec<(String, SecretEnv)> = Vec::new();
    let mut plain = |key: &str, value: String| env.push((key.to_owned(), SecretEnv::plain(value)));
    for (key, value) in FIXED {
        plain(key, (*value).to_owned());
    }
    plain(
        "SANDBOX_RUNTIME_CONTAINER_IMAGE",
        request.sandbox_image.as_str().to_owned(),
    );
    plain("SANDBOX_VOLUMES", volumes(request)?);
    plain(
        "SANDBOX_RUNTIME_BINDING_ADDRESS",
        request.socket.bridge.to_string(),
    );
    plain(
        "SANDBOX_DOCKER_RUNTIME_KWARGS",
        sandbox_arguments(request, sandbox_labels),
    );
    plain("MAX_ITERATIONS", request.limits.iterations.to_string());
    plain("LLM_MODEL", request.model.as_str().to_owned());
    plain("LLM_NUM_RETRIES", request.retry.attempts.max(1).to_string());
    plain("LLM_RETRY_MIN_WAIT", whole_seconds(request.retry.min_wait));
    plain("LLM_RETRY_MAX_WAIT", whole_seconds(request.retry.max_wait));
    plain("LLM_TIMEOUT", whole_seconds(request.retry.timeout));
    if let Some(url) = &request.base_url {
        plain("LLM_BASE_URL", url.clone());
    }
    if let Some(key) = &request.api_key {
        env.push(("LLM_API_KEY".to_owned(), SecretEnv::secret(key.expose())));
    }
    Ok(env)
}

fn volumes(request: &LaunchRequest) -> Result<String, LaunchError> {
    let path = absolute(&request.dirs.workspace)?;
    match path.chars().find(|c| SEPARATORS.contains(c)) {
        Some(character) => Err(LaunchError::UnusablePath {
            path: path.to_owned(),
            character,
        }),
        None => Ok(format!("{path}:{WORKSPACE}:rw")),
    }
}

/// Further arguments with which OpenHands starts the sandbox, as a Python dictionary. There is no
/// `auto_remove` in it: whoever owns the attempt looks at the ended sandbox, then removes it.
fn sandbox_arguments(request: &LaunchRequest, labels: &Labels) -> String {
    const NANO_PER_MILLI: u64 = 1_000_000;
    let limits = &request.limits;
    let memory = limits.memory.as_u64();
    Dict::default()
        .texts("labels", labels)
        .number("mem_limit", memory)
        .number("memswap_limit", memory)
        .number("nano_cpus", u64::from(limits.milli_cpus) * NANO_PER_MILLI)
        .number("pids_limit", u64::from(limits.processes))
        .finish()
}

/// OpenHands takes whole seconds only; rounded up, for 0 would mean something else.
fn whole_seconds(duration: Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    seconds.max(1).to_string()
}
