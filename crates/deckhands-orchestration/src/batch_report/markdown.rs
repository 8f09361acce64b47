//! Markdown as GitHub and most CI systems show it. Text that is not ours is either escaped, mark by
//! mark, or stands in a block with a fence that it cannot close.

use std::fmt::Write as _;

use deckhands_agent::clean_text;

use super::{BatchRow, BatchSummary};

/// Most bytes of one text on the page.
const MOST: usize = 4 << 10;

/// Most tasks that are told one by one below the table.
const MOST_TOLD: usize = 100;

// Writing to a `String` cannot fail.
pub(super) fn page(summary: &BatchSummary) -> String {
    let counts = &summary.counts;
    let mut page = format!("# Batch {}\n\n", inline(&summary.batch));
    let _ = writeln!(
        page,
        "{} of {} tasks completed in {:.0} s, {} failed, {} cancelled, {} not applied, {} not over. File: {}\n",
        counts.completed,
        counts.total,
        summary.total_time_s,
        counts.failed,
        counts.cancelled,
        counts.not_applied,
        counts.unfinished + counts.not_handed_in,
        inline(&summary.file),
    );
    let spent = &summary.figures.attempts;
    let _ = writeln!(
        page,
        "{} attempts, {:.1} s at work, {:.1} s waiting, cost {}.\n",
        spent.total,
        spent.work_time_s,
        spent.wait_time_s,
        cost(spent.usage.cost_usd),
    );
    page.push_str("| # | task | state | cause | attempts | seconds | changed |\n");
    page.push_str("|--:|---|---|---|--:|--:|--:|\n");
    summary.tasks.iter().for_each(|row| line(&mut page, row));
    let without = || {
        summary
            .tasks
            .iter()
            .filter(|row| row.is_over() && !row.success)
    };
    without()
        .take(MOST_TOLD)
        .for_each(|row| told(&mut page, row));
    let more = without().count().saturating_sub(MOST_TOLD);
    if more > 0 {
        let _ = writeln!(page, "\nAnd {more} more without success.");
    }
    page
}

fn line(page: &mut String, row: &BatchRow) {
    let time = row.time_s().map_or_else(String::new, |s| format!("{s:.1}"));
    let cause = row.cause.map_or_else(String::new, |cause| cause.name());
    let _ = writeln!(
        page,
        "| {} | {} | {} | {cause} | {} | {time} | {} |",
        row.index,
        inline(&row.name),
        row.word(),
        row.begun,
        row.changes,
    );
}

fn told(page: &mut String, row: &BatchRow) {
    let _ = writeln!(page, "\n## {} {}\n", row.index, inline(&row.name));
    if let Some(id) = row.task_id {
        let _ = writeln!(page, "Task {id}: {}.\n", row.word());
    }
    let hint = row.hint.as_ref().map(|hint| format!("hint: {hint}"));
    let findings = row
        .findings
        .iter()
        .map(|finding| format!("{}: {}", finding.check, finding.message));
    let conflict = row
        .conflict
        .iter()
        .map(|path| format!("changed in the workspace meanwhile: {path}"));
    let lines: Vec<String> = row
        .message
        .clone()
        .into_iter()
        .chain(hint)
        .chain(findings)
        .chain(conflict)
        .collect();
    if !lines.is_empty() {
        page.push_str(&block(&lines.join("\n")));
    }
    if !row.output.is_empty() {
        let _ = write!(page, "\nThe agent said:\n\n{}", block(&row.output));
    }
}

fn cost(usd: Option<f64>) -> String {
    usd.map_or_else(|| "unknown".to_owned(), |usd| format!("${usd:.4}"))
}

/// Text on one line in which no mark means anything.
fn inline(raw: &str) -> String {
    let mut safe = String::new();
    for c in clean_text(raw, MOST).trim().chars() {
        match c {
            '\n' | '\t' => safe.push(' '),
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            ' ' | ',' | '.' | '/' => safe.push(c),
            c if c.is_ascii_punctuation() => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
    safe
}

/// Text as it is, in a fence longer than any within it.
fn block(raw: &str) -> String {
    let text = clean_text(raw, MOST);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

#[cfg(test)]
mod tests;
