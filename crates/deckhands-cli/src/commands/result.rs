//! `result`: the result of a task that has ended.

use deckhands_model::{MoneyReport, RunReport, TaskId, TaskState, Usd};
use deckhands_orchestration::{Clock, Evidence, Home, SystemClock};
use deckhands_store::{Store, StoreError};
use jiff::Timestamp;

use super::stored::{self, Redaction, short};
use crate::args::{Global, ResultArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::summary::summary;
use crate::{exit_code, wiring};
use calls::CallsOfAttempt;

mod calls;

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &ResultArgs, console: &Console) -> Result<u8, CliError> {
    let opened = stored::open(global)?;
    let redaction = Redaction::of(&opened.settings);
    let report = wiring::block_on(read(
        &*opened.store,
        &opened.home,
        &args.id,
        SystemClock.now(),
    ))??;
    let calls = match report.task_id.parse() {
        Ok(id) if args.calls => calls::read(&Evidence::of(&opened.home, id))?,
        _ => Vec::new(),
    };
    let text = if console.json {
        document(&report, &calls)?
    } else {
        summary(&report) + &calls::text(&calls)
    };
    console.data(&redaction.text(&text));
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
        Ok(Some(report)) => {
            let report = with_cap(store, id, report).await?;
            return Ok(evidence.with_applied(report));
        }
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

/// The cap of a task that was cancelled while it waited: the store does not know caps.
async fn with_cap(store: &dyn Store, id: TaskId, report: RunReport) -> Result<RunReport, CliError> {
    let Some(money) = report.money.filter(|money| money.cap_usd.is_none()) else {
        return Ok(report);
    };
    let cap = store.spec(id).await?["max_cost"].as_u64();
    let money = MoneyReport {
        cap_usd: cap.map(|nanos| Usd::nanos(nanos).as_f64()),
        ..money
    };
    Ok(RunReport {
        money: Some(money),
        ..report
    })
}

/// The document, with each call where there are some.
fn document(report: &RunReport, calls: &[CallsOfAttempt]) -> Result<String, CliError> {
    let text = if calls.is_empty() {
        serde_json::to_string_pretty(report)
    } else {
        serde_json::to_value(report).and_then(|mut document| {
            calls::put(&mut document, calls);
            serde_json::to_string_pretty(&document)
        })
    };
    let text = text.map_err(|e| CliError::new(exit_code::INTERNAL, e.to_string(), None))?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests;
