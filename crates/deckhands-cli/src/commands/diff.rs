//! `diff`: what a task changed, as a unified diff.

use std::io::{self, IsTerminal};

use deckhands_agent::clean_text;
use deckhands_orchestration::{Home, KeptChange, KeptTask};
use owo_colors::OwoColorize;

use super::kept::{self, Meant};
use crate::args::{DiffArgs, Global};
use crate::console::Console;
use crate::error::CliError;
use crate::exit_code;

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &DiffArgs, console: &Console) -> Result<u8, CliError> {
    let home = kept::home(global, console)?;
    let meant = Meant::find(&home, &args.id, console)?;
    let (known, patch) = look(&home, &meant, console)?;
    if console.json {
        console.document(&known);
        return Ok(exit_code::OK);
    }
    if known.patch.is_none() {
        let id = kept::short(&known.task_id);
        let state = meant.state().or(known.state);
        let state = state.map(|state| format!(": it is {state}"));
        let state = state.unwrap_or_default();
        console.note(&format!("task {id} has no kept change{state}"));
    }
    if io::stdout().is_terminal() {
        console.data(&for_people(&patch));
    } else {
        console.bytes(&patch);
    }
    Ok(exit_code::OK)
}

/// What is known of the task and, where that is printed, its patch. Nothing of the task is held
/// after this: whoever reads the output may take long.
fn look(home: &Home, meant: &Meant, console: &Console) -> Result<(KeptChange, Vec<u8>), CliError> {
    let read = || {
        let task = KeptTask::open(home, meant.word())?;
        let patch = if console.json {
            Vec::new()
        } else {
            task.patch()?
        };
        Ok((task.kept(), patch))
    };
    read().map_err(|error| meant.told(&error))
}

/// The patch without terminal escapes of its own, and with our colours.
fn for_people(patch: &[u8]) -> String {
    let text = clean_text(&String::from_utf8_lossy(patch), usize::MAX);
    text.split_inclusive('\n').map(coloured).collect()
}

fn coloured(line: &str) -> String {
    let (text, end) = match line.strip_suffix('\n') {
        Some(text) => (text, "\n"),
        None => (line, ""),
    };
    let text = match text.as_bytes() {
        [b'd', b'i', b'f', b'f', b' ', ..] => text.bold().to_string(),
        [b'@', b'@', ..] => text.cyan().to_string(),
        [b'+', ..] => text.green().to_string(),
        [b'-', ..] => text.red().to_string(),
        _ => text.to_owned(),
    };
    text + end
}

#[cfg(test)]
mod tests;
