//! `models`: what is known of them, and which one a task would get.

use std::fmt::{Display, Write as _};

use comfy_table::{Table, presets};
use deckhands_model::{ALIASES, ModelId};
use deckhands_resilience::catalogue::Catalogue;
use deckhands_resilience::select::{Refusal, Scored, Selection, Wish, select as choose};
use owo_colors::OwoColorize;
use serde::Serialize;
use serde_json::json;

use super::choice;
use crate::args::{Global, ModelsArgs, ModelsCommand, SelectArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, shown};

mod routes;

/// What stands where nothing is known.
const UNKNOWN: &str = "?";

/// Which model a task would get.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Answer {
    wish: Wish,
    chosen: Option<ModelId>,
    ranked: Vec<Scored>,
    refused: Vec<Refusal>,
}

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &ModelsArgs, console: &Console) -> Result<u8, CliError> {
    match &args.command {
        ModelsCommand::List => list(console),
        ModelsCommand::Select(args) => select(args, console),
        ModelsCommand::Routes(args) => routes::show(global, args, console),
    }
}

/// Shows which model a task would get.
pub(crate) fn select(args: &SelectArgs, console: &Console) -> Result<u8, CliError> {
    let answer = answer(&choice::registry()?, args)?;
    if console.json {
        console.document(&answer);
    } else {
        console.data(&text(&answer));
    }
    Ok(match answer.chosen {
        Some(_) => exit_code::OK,
        None => exit_code::WORK_FAILED,
    })
}

fn answer(registry: &Catalogue, args: &SelectArgs) -> Result<Answer, CliError> {
    let wish = choice::wish(
        args.category,
        Some(args.complexity),
        Some(args.quality_threshold),
    )?;
    // No route is left alone by a process that calls none.
    let Selection {
        chosen,
        ranked,
        refused,
    } = choose(registry, &wish, |_model| true);
    Ok(Answer {
        wish,
        chosen,
        ranked,
        refused,
    })
}

/// The chosen model alone on the first line, then why it, and why not the others.
fn text(answer: &Answer) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    match answer.ranked.split_first() {
        None => text.push_str("no known model will do\n"),
        Some((best, others)) => {
            let _ = writeln!(text, "{}", best.model.bold());
            let _ = writeln!(text, "  {:.1} points", best.score);
            for reason in &best.reasons {
                let _ = writeln!(text, "  {}", shown::line(&reason.to_string()));
            }
            for note in &best.notes {
                let _ = writeln!(text, "  {} {}", "note:".yellow(), shown::line(note));
            }
            for (place, other) in (2..).zip(others) {
                let _ = writeln!(text, "{place:>3}. {} {:.1}", other.model, other.score);
            }
        }
    }
    for refusal in &answer.refused {
        let why = shown::line(&refusal.reason.to_string());
        let _ = writeln!(text, "  {} {} ({why})", "not".dimmed(), refusal.model);
    }
    text
}

fn list(console: &Console) -> Result<u8, CliError> {
    let registry = choice::registry()?;
    if console.json {
        let models: Vec<_> = ALIASES
            .iter()
            .map(|a| json!({"name": a.name, "id": a.id}))
            .collect();
        console.document(&json!({ "models": models, "registry": registry.entries() }));
        return Ok(exit_code::OK);
    }
    let mut names = Table::new();
    names
        .load_preset(presets::NOTHING)
        .set_header(["name", "id"]);
    for alias in ALIASES {
        names.add_row([alias.name, alias.id]);
    }
    console.data(&format!("{names}\n\n{}\n", known(&registry)));
    console.note(
        "any other id works with its provider in front, e.g. openrouter/qwen/qwen3-coder:free",
    );
    Ok(exit_code::OK)
}

/// What is known of each model.
fn known(registry: &Catalogue) -> Table {
    fn told(value: Option<impl Display>) -> String {
        value.map_or_else(|| UNKNOWN.to_owned(), |value| value.to_string())
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["id", "status", "tier", "context", "ms", "made for"]);
    for entry in registry.entries() {
        table.add_row([
            entry.id.to_string(),
            entry.status.to_string(),
            told(entry.quality_tier),
            told(entry.context_tokens),
            told(entry.latency_ms),
            told(entry.specialisation),
        ]);
    }
    table
}

#[cfg(test)]
mod tests;
