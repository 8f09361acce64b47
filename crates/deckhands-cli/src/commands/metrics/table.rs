//! Figures for people.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};
use deckhands_model::TaskState;
use deckhands_orchestration::{AttemptFigures, Figures, Metrics, TaskFigures};
use owo_colors::OwoColorize;

use crate::calls;
use crate::commands::stored::short;
use crate::shown;

/// Most tasks that are shown, the newest ones.
const LISTED: usize = 20;

/// What stands where nothing is known.
const UNKNOWN: &str = "?";

/// The tables: all together, by model, by category, the newest tasks.
pub(super) fn text(metrics: &Metrics) -> String {
    let system = BTreeMap::from([("all".to_owned(), metrics.system.clone())]);
    let mut text = groups("system", &system);
    if !metrics.models.is_empty() {
        text.push_str(&groups("model", &metrics.models));
    }
    if !metrics.categories.is_empty() {
        text.push_str(&groups("category", &metrics.categories));
    }
    text.push_str(&causes(metrics));
    text.push_str(&calls(metrics));
    if !metrics.tasks.is_empty() {
        text.push_str(&tasks(&metrics.tasks));
    }
    text
}

fn groups(name: &str, groups: &BTreeMap<String, Figures>) -> String {
    let mut table = new_table(&[
        name,
        "tasks",
        "done",
        "failed",
        "other",
        "rate",
        "tries",
        "work s",
        "wait s",
        "tokens in",
        "out",
        "cost $",
    ]);
    for (group, figures) in groups {
        let of = |state: TaskState| figures.tasks.states.get(state.word()).copied().unwrap_or(0);
        let (total, done, failed) = (
            figures.tasks.total,
            of(TaskState::Completed),
            of(TaskState::Failed),
        );
        let rate = figures.tasks.success_rate;
        let mut row = vec![
            shown::line(group),
            total.to_string(),
            done.to_string(),
            failed.to_string(),
            total.saturating_sub(done + failed).to_string(),
            rate.map_or(UNKNOWN.to_owned(), |rate| format!("{:.1} %", rate * 100.0)),
        ];
        row.extend(spent(&figures.attempts));
        table.add_row(row);
    }
    section(&table)
}

/// The newest tasks with what each took.
fn tasks(all: &[TaskFigures]) -> String {
    let mut table = new_table(&[
        "task",
        "state",
        "tries",
        "work s",
        "wait s",
        "tokens in",
        "out",
        "cost $",
    ]);
    for task in all.iter().skip(all.len().saturating_sub(LISTED)) {
        let mut row = vec![short(task.task_id), task.state.to_string()];
        row.extend(spent(&task.attempts));
        table.add_row(row);
    }
    let older = all.len().saturating_sub(LISTED);
    let more = match older {
        0 => String::new(),
        _ => format!("and {older} older ones: see `--json`\n"),
    };
    section(&table) + &more
}

/// The models that were called.
fn calls(metrics: &Metrics) -> String {
    if metrics.calls.is_empty() {
        return String::new();
    }
    let lines = calls::lines(&calls::by_model(&metrics.calls));
    format!("{}\n{lines}\n", "model calls".bold())
}

/// Why attempts failed, and tasks.
fn causes(metrics: &Metrics) -> String {
    let (tasks, attempts) = (
        &metrics.system.tasks.causes,
        &metrics.system.attempts.causes,
    );
    if tasks.is_empty() && attempts.is_empty() {
        return String::new();
    }
    let mut table = new_table(&["cause", "tasks", "tries"]);
    let all: BTreeMap<_, ()> = tasks
        .keys()
        .chain(attempts.keys())
        .map(|c| (c, ()))
        .collect();
    let count = |of: &BTreeMap<String, u64>, cause: &String| of.get(cause).copied().unwrap_or(0);
    for cause in all.keys() {
        let (tasks, attempts) = (count(tasks, cause), count(attempts, cause));
        table.add_row([(*cause).clone(), tasks.to_string(), attempts.to_string()]);
    }
    section(&table)
}

/// How many attempts ended, and what they took. A sum that leaves attempts out says so by a `+`.
fn spent(attempts: &AttemptFigures) -> [String; 6] {
    let usage = &attempts.usage;
    let (total, unknown) = (attempts.total, &usage.unknown);
    let sum = |known: Option<String>, unknown: u64| match known {
        None if total == 0 => "-".to_owned(),
        None => UNKNOWN.to_owned(),
        Some(sum) if unknown > 0 => format!("{sum}+"),
        Some(sum) => sum,
    };
    let count = |n: Option<u64>| n.map(|n| n.to_string());
    [
        total.to_string(),
        format!("{:.1}", attempts.work_time_s),
        format!("{:.1}", attempts.wait_time_s),
        sum(count(usage.input_tokens), unknown.input_tokens),
        sum(count(usage.output_tokens), unknown.output_tokens),
        sum(
            usage.cost_usd.map(|usd| format!("{usd:.4}")),
            unknown.cost_usd,
        ),
    ]
}

/// A table whose figures stand right.
fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn section(table: &Table) -> String {
    let text = table.to_string();
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{}\n{rest}\n\n", head.bold())
}

#[cfg(test)]
mod tests;
