//! `models routes`: by which routes models would be called, and what each of them lacks.

use comfy_table::{Table, presets};
use deckhands_agent::AgentAdapter as _;
use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_config::{BaseUrl, Key, Settings};
use deckhands_gateway::default_base_url;
use deckhands_model::ModelId;
use serde::Serialize;
use serde_json::json;

use super::super::task;
use crate::args::{Global, RoutesArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

/// A route in a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Line {
    route: ModelId,
    /// Where it is called; none for a provider that the gateway does not speak to.
    base_url: Option<String>,
    key: KeyState,
    /// How the agent's tools are handed to the model. Within an attempt only those go along that are alike.
    tools: &'static str,
}

/// How a route stands with its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum KeyState {
    Set,
    NotNeeded,
    /// It is left out.
    Missing,
}

impl KeyState {
    fn of<T, E>(key: &Result<Option<T>, E>) -> Self {
        match key {
            Ok(Some(_)) => Self::Set,
            Ok(None) => Self::NotNeeded,
            Err(_) => Self::Missing,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::NotNeeded => "not needed",
            Self::Missing => "missing",
        }
    }
}

/// Shows the routes.
pub(super) fn show(global: &Global, args: &RoutesArgs, console: &Console) -> Result<u8, CliError> {
    let mut flags = wiring::no_flags();
    if let Some(pool) = &args.pool {
        flags = flags.with(Key::Routes, "POOL", pool.as_str());
    }
    let settings = wiring::settings(global, flags)?;
    task::tell_notes(&settings, console);
    let lines = lines(&settings);
    if console.json {
        let pool = settings.pool.as_ref().map(|pool| &pool.value);
        console.document(&json!({ "pool": pool, "routes": lines }));
    } else {
        console.data(&format!("{}\n", table(&lines)));
    }
    Ok(exit_code::OK)
}

/// The model's route, those of its pool and its fallbacks, in the order in which they are tried.
fn lines(settings: &Settings) -> Vec<Line> {
    let model = &settings.model.value;
    let own_tools = settings.route().and_then(|route| route.native_tools);
    let own_key = KeyState::of(&settings.model_key());
    let mut lines = vec![line(model, settings.model_base_url(), own_key, own_tools)];
    let of_pool = settings.routes.iter().filter(|route| route.id != *model);
    lines.extend(of_pool.map(|route| {
        let key = KeyState::of(&route.key);
        line(&route.id, route.base_url.as_ref(), key, route.native_tools)
    }));
    let reached = wiring::other_models(settings);
    for fallback in &settings.engine.fallback_models.value {
        if lines.iter().any(|line| line.route == *fallback) {
            continue;
        }
        let reached = reached.iter().find(|other| other.model == *fallback);
        let key = reached.map_or(KeyState::Missing, |other| match other.api_key {
            Some(_) => KeyState::Set,
            None => KeyState::NotNeeded,
        });
        lines.push(line(fallback, settings.one_address(), key, None));
    }
    lines
}

fn line(
    route: &ModelId,
    base_url: Option<&BaseUrl>,
    key: KeyState,
    native_tools: Option<bool>,
) -> Line {
    let own = || default_base_url(route.provider());
    let base_url = base_url.map(BaseUrl::as_str).or_else(own);
    let natively = native_tools.unwrap_or_else(|| OpenHandsHeadless.calls_tools_natively(route));
    Line {
        route: route.clone(),
        base_url: base_url.map(str::to_owned),
        key,
        tools: if natively { "native" } else { "text" },
    }
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["route", "address", "key", "tools"]);
    for line in lines {
        table.add_row([
            line.route.as_str(),
            line.base_url.as_deref().unwrap_or(super::UNKNOWN),
            line.key.word(),
            line.tools,
        ]);
    }
    table
}

#[cfg(test)]
mod tests;
