//! The environment that OpenHands 0.59 is configured by, as far as it is the same in every profile.
//!
//! It reads its settings from variables and nothing else here: no configuration file is mounted.
//! `SAVE_TRAJECTORY_PATH` stays unset: the stored events are the record, and are there after a kill.

use std::time::Duration;

use deckhands_model::ModelId;
use deckhands_runtime::SecretEnv;

use crate::launch::{ApiKey, LaunchRequest, LlmAccess};

use super::launch::HOME;
use super::native_tools::calls_tools_natively;

/// What is the same for every session.
const FIXED: &[(&str, &str)] = &[
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

/// The provider prefix by which litellm speaks the OpenAI form. Calls that are refused or reset are
/// repeated under it; under `openrouter/` they are fatal.
const OPENAI: &str = "openai";

/// Every variable that does not depend on the profile; the key is the only secret among them.
pub(super) fn environment(request: &LaunchRequest) -> Vec<(String, SecretEnv)> {
    let fixed = FIXED.iter().map(|(key, value)| (*key, (*value).to_owned()));
    let retry = request.retry;
    let own = [
        (
            "SANDBOX_RUNTIME_CONTAINER_IMAGE",
            request.sandbox_image.as_str().to_owned(),
        ),
        ("MAX_ITERATIONS", request.limits.iterations.to_string()),
        ("LLM_NUM_RETRIES", retry.attempts.max(1).to_string()),
        ("LLM_RETRY_MIN_WAIT", whole_seconds(retry.min_wait)),
        ("LLM_RETRY_MAX_WAIT", whole_seconds(retry.max_wait)),
        ("LLM_TIMEOUT", whole_seconds(retry.timeout)),
    ];
    let (llm, key) = llm(&request.model, &request.llm);
    let plain = |(key, value): (&str, String)| (key.to_owned(), SecretEnv::plain(value));
    let mut env: Vec<_> = fixed.chain(own).chain(llm).map(plain).collect();
    if let Some(key) = key {
        env.push(("LLM_API_KEY".to_owned(), SecretEnv::secret(key.expose())));
    }
    env
}

/// Where the model is, and what opens it.
fn llm<'a>(
    model: &ModelId,
    access: &'a LlmAccess,
) -> (Vec<(&'static str, String)>, Option<&'a ApiKey>) {
    match access {
        LlmAccess::Direct { api_key, base_url } => {
            let mut env = vec![("LLM_MODEL", model.model().to_owned())];
            env.extend(base_url.clone().map(|url| ("LLM_BASE_URL", url)));
            (env, api_key.as_ref())
        }
        LlmAccess::Relay {
            token,
            base_url,
            max_output_tokens,
            native_tools,
        } => {
            let natively = native_tools.unwrap_or_else(|| calls_tools_natively(model));
            let env = vec![
                ("LLM_MODEL", format!("{OPENAI}/{}", model.own_id())),
                ("LLM_BASE_URL", base_url.clone()),
                // Said explicitly: OpenHands would guess both from the name.
                ("LLM_NATIVE_TOOL_CALLING", natively.to_string()),
                ("LLM_MAX_OUTPUT_TOKENS", max_output_tokens.to_string()),
            ];
            (env, Some(token))
        }
    }
}

/// OpenHands takes whole seconds only; rounded up, for 0 would mean something else.
fn whole_seconds(duration: Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    seconds.max(1).to_string()
}
