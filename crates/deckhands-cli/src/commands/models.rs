//! `models`: short names and the ids they stand for.

use comfy_table::{Table, presets};
use deckhands_model::ALIASES;
use serde_json::json;

use crate::args::{ModelsArgs, ModelsCommand};
use crate::console::Console;
use crate::error::CliError;
use crate::exit_code;

/// Carries the command out.
pub(crate) fn run(args: &ModelsArgs, console: &Console) -> Result<u8, CliError> {
    let ModelsCommand::List = args.command;
    if console.json {
        let models: Vec<_> = ALIASES
            .iter()
            .map(|a| json!({"name": a.name, "id": a.id}))
            .collect();
        console.document(&json!({ "models": models }));
        return Ok(exit_code::OK);
    }
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(["name", "id"]);
    for alias in ALIASES {
        table.add_row([alias.name, alias.id]);
    }
    console.data(&format!("{table}\n"));
    console.note(
        "any other id works with its provider in front, e.g. openrouter/qwen/qwen3-coder:free",
    );
    Ok(exit_code::OK)
}
