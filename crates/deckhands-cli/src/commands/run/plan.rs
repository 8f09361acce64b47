//! `run --dry-run`: what would be done, with nothing done.

use std::fmt::Write as _;

use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_config::{Profile, Settings};
use deckhands_gateway::{Rate, runs_here};
use deckhands_model::Usd;
use deckhands_orchestration::{OtherModel, Plan, TaskRequest, plan};
use deckhands_runtime::{ContainerSpec, NetworkMode};
use serde_json::{Value, json};

use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, shown};

/// Prints the plan.
pub(super) fn show(
    settings: &Settings,
    request: &TaskRequest,
    console: &Console,
) -> Result<u8, CliError> {
    let plan = plan(&OpenHandsHeadless, request, &settings.home.value).map_err(|error| {
        CliError::usage(
            error.to_string(),
            "name another state directory with --home DIR",
        )
    })?;
    let document = document(settings, request, &plan);
    if console.json {
        console.document(&document);
    } else {
        console.data(&shown::lines(&text(&document)));
    }
    Ok(exit_code::OK)
}

fn document(settings: &Settings, request: &TaskRequest, plan: &Plan) -> Value {
    let (limits, deadlines) = (&request.limits, &request.deadlines);
    json!({
        "workspace": request.workspace,
        "home": settings.home.value,
        "profile": settings.profile.value.to_string(),
        "network": settings.network.value.to_string(),
        "route": {
            "model": request.model,
            "way": request.way.to_string(),
            "base_url": request.base_url,
            "key": match settings.model_key() {
                Ok(Some(_)) => "set",
                Ok(None) => "not needed",
                Err(_) => "missing",
            },
        },
        "other_routes": request.other_models.iter().map(other_route).collect::<Vec<_>>(),
        "images": {"app": request.images.app, "sandbox": request.images.sandbox},
        "app": container(&plan.launch.app),
        "sandbox": plan.sandbox.as_ref().map(container),
        "limits": {
            "memory": limits.memory.to_string(),
            "cpus": f64::from(limits.milli_cpus) / 1000.0,
            "processes": limits.processes,
            "disk": match settings.profile.value {
                Profile::Socket => Value::Null,
                _ => json!(limits.disk.to_string()),
            },
            "iterations": limits.iterations,
        },
        "deadlines_s": {
            "pull": deadlines.pull.as_secs(),
            "start": deadlines.start.as_secs(),
            "idle": deadlines.idle.as_secs(),
            "work": deadlines.work.as_secs(),
            "checks": deadlines.checks.as_secs(),
            "cleanup": deadlines.cleanup.as_secs(),
        },
        "checks": request.checks,
        "max_cost_usd": request.max_cost.map(Usd::as_f64),
        "max_day_cost_usd": request.money.per_day.map(Usd::as_f64),
        "price": price(request),
    })
}

/// A route that the gateway would go on with.
fn other_route(other: &OtherModel) -> Value {
    json!({
        "model": other.model,
        "base_url": other.base_url,
        "key": if other.api_key.is_some() { "set" } else { "not needed" },
    })
}

/// What the model costs, and who says so; `null` where nobody knows.
fn price(request: &TaskRequest) -> Value {
    let Some(price) = request.price() else {
        return Value::Null;
    };
    let (table, model) = (&request.money.prices, &request.model);
    let from = match (table.origin(model), table.get(model)) {
        (Some(origin), _) => format!("{} {}", origin.origin, origin.date)
            .trim_end()
            .to_owned(),
        (None, Some(_)) => "free by its name".to_owned(),
        (None, None) if runs_here(model, request.base_url.as_deref()) => {
            "it runs on this machine".to_owned()
        }
        (None, None) => "money.unknown_price".to_owned(),
    };
    json!({
        "usd_per_mtok_input": per_million(price.input),
        "usd_per_mtok_output": per_million(price.output),
        "from": from,
    })
}

/// US dollars for a million tokens.
fn per_million(rate: Rate) -> f64 {
    // A picodollar a token is a thousand nanodollars for a million.
    Usd::nanos(rate.as_picodollars().saturating_mul(1000)).as_f64()
}

/// A container that would be made; secrets are `***`.
fn container(spec: &ContainerSpec) -> Value {
    let environment: serde_json::Map<_, _> = spec
        .env
        .iter()
        .map(|(name, value)| (name.clone(), json!(value.redacted())))
        .collect();
    let mounts: Vec<_> = spec
        .mounts
        .iter()
        .map(|m| json!({"source": m.source, "target": m.target, "access": format!("{:?}", m.access)}))
        .collect();
    let network = match &spec.network {
        NetworkMode::None => "none".to_owned(),
        NetworkMode::Bridge => "bridge".to_owned(),
        NetworkMode::Named(name) => name.clone(),
        NetworkMode::Container(_) => "that of the app".to_owned(),
    };
    let entry = spec.entrypoint.iter().flatten();
    json!({
        "command": entry.chain(&spec.command).collect::<Vec<_>>(),
        "network": network,
        "environment": environment,
        "mounts": mounts,
    })
}

/// The document as indented lines.
fn text(document: &Value) -> String {
    let mut text = String::from("nothing is done; this is the plan:\n");
    lines(&mut text, document, 1);
    text.push_str(&cost(document));
    text
}

/// What bounds the cost.
fn cost(document: &Value) -> String {
    let cap = |name: &str| {
        document
            .get(name)
            .and_then(Value::as_f64)
            .and_then(Usd::from_f64_up)
    };
    let bounds = match (cap("max_cost_usd"), cap("max_day_cost_usd")) {
        (None, None) => {
            return "cost: not bounded by money; by work time and iterations\n".to_owned();
        }
        (Some(task), None) => format!("at most {task}"),
        (None, Some(day)) => format!("at most {day} for everything on a day"),
        (Some(task), Some(day)) => format!("at most {task}, and {day} for everything on a day"),
    };
    format!("cost: {bounds}\n")
}

fn lines(text: &mut String, value: &Value, depth: usize) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        let pad = "  ".repeat(depth);
        // Writing to a `String` cannot fail.
        let _ = match value {
            Value::Object(_) => writeln!(text, "{pad}{name}:"),
            Value::Array(items) => {
                let shown: Vec<_> = items.iter().map(plain).collect();
                writeln!(text, "{pad}{name}: {}", shown.join(" "))
            }
            other => writeln!(text, "{pad}{name}: {}", plain(other)),
        };
        lines(text, value, depth + 1);
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests;
