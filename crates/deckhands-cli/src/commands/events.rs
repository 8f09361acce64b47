//! `events`: what happened to a task.

use deckhands_store::{EventRecord, Store};

use super::stored::{self, EventView, Follow, Redaction};
use crate::args::{Global, IdArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &IdArgs, console: &Console) -> Result<u8, CliError> {
    let opened = stored::open(global)?;
    let redaction = Redaction::of(&opened.settings);
    let print = |event: &EventRecord| print(event, &redaction, console);
    wiring::block_on(read(&*opened.store, &args.id, print))??;
    Ok(exit_code::OK)
}

async fn read(
    store: &dyn Store,
    word: &str,
    each: impl FnMut(&EventRecord),
) -> Result<(), CliError> {
    let id = stored::resolve(store, word).await?;
    Ok(Follow::task(store, id).drain(each).await?)
}

/// One event on one line, as JSON or for people.
pub(super) fn print(event: &EventRecord, redaction: &Redaction, console: &Console) {
    let view = EventView::from(event);
    let line = if console.json {
        view.json()
    } else {
        view.line()
    };
    console.data(&format!("{}\n", redaction.text(&line)));
}

#[cfg(test)]
mod tests;
