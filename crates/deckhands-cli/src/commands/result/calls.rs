//! Each call of a task to its models, from the files of its attempts.

use comfy_table::{CellAlignment, Table, presets};
use deckhands_model::{CallRecord, CostBy};
use deckhands_orchestration::{Evidence, KeptCalls};
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use crate::calls::cost;
use crate::error::CliError;
use crate::{exit_code, shown};

/// The calls of an attempt.
pub(super) struct CallsOfAttempt {
    number: u32,
    kept: KeptCalls,
}

/// Reads them for every attempt that has files here.
pub(super) fn read(evidence: &Evidence) -> Result<Vec<CallsOfAttempt>, CliError> {
    let numbers = evidence.attempts().into_iter();
    let read = numbers.map(|number| match evidence.calls(number) {
        Ok(kept) => Ok(CallsOfAttempt { number, kept }),
        Err(error) => {
            let message = format!("read the calls of attempt {number}: {error}");
            Err(CliError::new(exit_code::ENVIRONMENT, message, None))
        }
    });
    read.collect()
}

/// Puts them into the document: `records` and `unlisted` of the calls of each attempt.
pub(super) fn put(document: &mut Value, all: &[CallsOfAttempt]) {
    let attempts = document["attempts"].as_array_mut();
    for attempt in attempts.into_iter().flatten() {
        let own = all.iter().find(|one| attempt["number"] == one.number);
        if let (Some(own), Some(calls)) = (own, attempt["calls"].as_object_mut()) {
            calls.insert("records".to_owned(), json!(own.kept.records));
            calls.insert("unlisted".to_owned(), json!(own.kept.left_out));
        }
    }
}

/// A table for each attempt that made a call.
pub(super) fn text(all: &[CallsOfAttempt]) -> String {
    let some = all.iter().filter(|one| !one.kept.records.is_empty());
    some.map(table).collect()
}

fn table(of: &CallsOfAttempt) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header([
        "call", "started", "route", "model", "end", "tries", "in", "out", "cost", "took s",
        "held s",
    ]);
    for column in table.column_iter_mut().skip(5) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for call in &of.kept.records {
        table.add_row(row(call));
    }
    let head = format!("calls of attempt {}", of.number);
    let more = match of.kept.left_out {
        0 => String::new(),
        more => format!("and {more} more, for which there was no room\n"),
    };
    format!("\n{}\n{table}\n{more}", head.bold())
}

fn row(call: &CallRecord) -> [String; 11] {
    let none = || "-".to_owned();
    let count = |tokens: Option<u64>| tokens.map_or_else(none, |tokens| tokens.to_string());
    let route = call.route.as_ref();
    let model = call.model.as_deref();
    let end = call.cause.map(|cause| cause.name());
    let status = call.status.map(|status| status.to_string());
    let known = call
        .cost_usd
        .filter(|_| call.cost_by != Some(CostBy::Worst));
    let lost = Some(call.lost_usd).filter(|lost| *lost > 0.0);
    let paid = known.into_iter().chain(lost).reduce(|a, b| a + b);
    let unknown = call.cost_unknown > 0 || (known.is_none() && call.cause.is_none());
    [
        call.call.to_string(),
        shown::line(&call.started_at),
        route.map_or_else(none, |route| shown::line(route.as_str())),
        model.map_or_else(none, shown::line),
        end.or(status).unwrap_or_else(none),
        call.tried().to_string(),
        count(call.input_tokens),
        count(call.output_tokens),
        cost(paid, unknown),
        format!("{:.1}", call.took_s),
        format!("{:.1}", call.held_s),
    ]
}

#[cfg(test)]
mod tests;
