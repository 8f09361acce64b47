//! `result`: the result of a task that has ended.

use deckhands_model::{RunReport, TaskId, TaskState};
use deckhands_orchestration::{Clock, Evidence, Home, SystemClock};
use deckhands_store::{Store, StoreError};
use jiff::Timestamp;

use super::stored::{self, Redaction, short};
use crate::args::{Global, IdArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::summary::summary;
use crate::{exit_code, wiring};

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &IdArgs, console: &Console) -> Result<u8, CliError> {
    let opened = stored::open(global)?;
    let redaction = Redaction::of(&opened.settings);
    let report = wiring::block_on(read(
        &*opened.store,
        &opened.home,
        &args.id,
        SystemClock.now(),
    ))??;
    console.data(&text(&report, &redaction, console.json)?);
    Ok(exit_code::OK)
}

async fn read(
    store: &dyn Store,
    home: &Home,
    word: &str,
    now: Timestamp,
) -> Result<RunReport, CliError> {
    let id = stored::locate(store, home, word, now).await?;
    let evidence = Evidence::of(home, id);
    let told = match store.result(id).await {
        Ok(Some(report)) => return Ok(evidence.with_applied(report)),
        Ok(None) => Some(store.task(id, now).await?.state),
        Err(StoreError::UnknownTask(_)) => None,
        Err(error) => return Err(error.into()),
    };
    match (told, evidence.result()) {
        (None, Some(report)) => Ok(report),
        (told, _) => Err(without(id, told)),
    }
}

/// Why a task has no result. One that is not stored has no state, and its own process tells it.
fn without(id: TaskId, state: Option<TaskState>) -> CliError {
    let id = short(id);
    let hint = match state {
        Some(state) if state.is_terminal() => format!("`deckhands status {id}` shows how it ended"),
        Some(_) => format!("`deckhands watch {id}` follows it to its end"),
        None => "its process has not ended it, or died: see `deckhands reap`".to_owned(),
    };
    let state = state.map(|state| format!(": it is {state}"));
    let message = format!("task {id} has no result{}", state.unwrap_or_default());
    CliError::new(exit_code::WORK_FAILED, message, Some(hint))
}

fn text(report: &RunReport, redaction: &Redaction, json: bool) -> Result<String, CliError> {
    let text = if json {
        let text = serde_json::to_string_pretty(report);
        let text = text.map_err(|e| CliError::new(exit_code::INTERNAL, e.to_string(), None))?;
        format!("{text}\n")
    } else {
        summary(report)
    };
    Ok(redaction.text(&text))
}

#[cfg(test)]
mod tests;
