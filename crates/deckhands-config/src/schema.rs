//! The reference of all settings and the template of a file, made from the same rows as the rest.

use std::fmt::Write;

use crate::key::{Entry, Key, Kind, Setter};

#[cfg(test)]
mod tests;

/// One setting as `config schema` describes it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct KeyDoc {
    /// Name in files, as `table.key`.
    pub key: &'static str,
    /// Whether a file may hold it; else only the variables do.
    pub in_file: bool,
    /// What is accepted, with unit and bounds.
    pub accepts: String,
    /// The value without any layer; in parentheses where it depends on the place.
    pub default: &'static str,
    /// What the key does.
    pub effect: &'static str,
    /// Variables that set it, the one that wins first.
    pub variables: &'static [&'static str],
    /// Whether the files of a project may set it without being trusted.
    pub project: bool,
}

/// Every setting, in the order of the tables of a file.
#[must_use]
pub fn schema() -> Vec<KeyDoc> {
    let doc = |entry: &Entry| KeyDoc {
        key: entry.name,
        in_file: entry.in_file(),
        accepts: entry.kind.to_string(),
        default: entry.default,
        effect: entry.effect(),
        variables: entry.variables,
        project: entry.setter == Setter::Anyone,
    };
    Key::all().map(doc).collect()
}

/// The reference as Markdown: a table with a row for each setting.
#[must_use]
pub fn schema_markdown() -> String {
    let mut out = String::from(
        "| key | accepts | default | effect | variables | project may set |\n|---|---|---|---|---|---|\n",
    );
    for doc in schema() {
        let key = if doc.in_file {
            format!("`{}`", doc.key)
        } else {
            "(variable only)".to_owned()
        };
        let variables: Vec<_> = doc
            .variables
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let project = if doc.project { "yes" } else { "no" };
        let (accepts, default, effect) = (doc.accepts, doc.default, doc.effect);
        let variables = variables.join(" ");
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "| {key} | {accepts} | {default} | {effect} | {variables} | {project} |"
        );
    }
    out
}

/// A configuration file in which every key stands as a comment: `# ` before words, `#` alone
/// before a key with its default, or an example where the default depends on the place.
#[must_use]
pub fn init_template() -> String {
    let mut out = String::from(
        "# Settings of deckhands. Later layers win: this file, the project's deckhands.toml,\n\
         # the project's .env, the environment, flags. API keys are never written here.\n",
    );
    let mut current = "";
    for entry in Key::all().filter(|entry| entry.in_file()) {
        let (table, name) = entry.path();
        if table != current {
            out.push_str(&format!("\n[{table}]\n"));
            current = table;
        }
        out.push_str(&commented(entry, name));
    }
    out.push_str(&pools());
    out
}

/// The name of the pool in the template.
const POOL: &str = "night";

/// Pools are no single settings: an example says what they look like.
fn pools() -> String {
    format!(
        "\n# Pools of routes, of which `model.routes` names one: the preferred route first. A route has a model,\n\
         # and where that is not as usual, an address (base_url), a key (api_key_env or api_key_file), how tools\n\
         # are called (tools: native or text), and for a second route to the same model a name. In place of a\n\
         # list, a table says what the models must be: category, complexity, quality, min_context,\n\
         # max_latency_ms, max_usd_per_1k_tokens, capabilities, tools, most.\n\
         #[[routes.{POOL}]]\n#model = \"openrouter/qwen/qwen3-coder:free\"\n\
         #[[routes.{POOL}]]\n#model = \"ollama/qwen3-coder\"\n#tools = \"native\"\n"
    )
}

fn commented(entry: &Entry, name: &str) -> String {
    let variables = match entry.variables {
        [] => String::new(),
        names => format!("# Variables: {}\n", names.join(", ")),
    };
    let (effect, kind) = (entry.effect(), entry.kind);
    let default = entry.default.trim_matches(['(', ')']);
    let value = literal(entry);
    format!("\n# {effect}\n# Takes {kind}\n# Default: {default}\n{variables}#{name} = {value}\n")
}

/// A value of the key in TOML.
fn literal(entry: &Entry) -> String {
    let text = if entry.default.starts_with('(') {
        example(entry.key)
    } else {
        entry.default
    };
    match entry.kind {
        Kind::Bool | Kind::Switch | Kind::Count { .. } | Kind::Cpus { .. } => text.to_owned(),
        Kind::Commands | Kind::Models => format!("[{}]", toml_string(text)),
        _ => toml_string(text),
    }
}

fn toml_string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What stands in for a default that depends on the place.
fn example(key: Key) -> &'static str {
    match key {
        Key::Routes => POOL,
        Key::BaseUrl => "https://openrouter.ai/api/v1",
        Key::ApiKeyEnv => "OPENROUTER_API_KEY",
        Key::ApiKeyFile => "/run/secrets/openrouter",
        Key::Checks => "cargo test",
        Key::DockerHost => "unix:///var/run/docker.sock",
        Key::DockerContext => "default",
        Key::MaxCost => "0.50",
        Key::MaxDayCost => "20",
        Key::MaxBatchCost => "5",
        Key::UnknownPrice => "15",
        Key::NumRetries => "6",
        Key::LlmTimeout => "120s",
        Key::Network => "open",
        Key::FallbackModels => "openrouter/qwen/qwen3-coder",
        _ => "/var/lib/deckhands",
    }
}
