//! What came of a batch, for people.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use deckhands_orchestration::{BatchRow, BatchSummary};
use owo_colors::OwoColorize;

use super::super::stored::short;
use crate::shown;

/// Characters of a name.
const NAME: usize = 50;

/// The table, the sums, and what to do next; ends with a line end.
pub(super) fn text(summary: &BatchSummary) -> String {
    let mut text = format!("{}\n", table(&summary.tasks));
    let counts = &summary.counts;
    let word = if summary.success {
        "success".green().bold().to_string()
    } else {
        "no success".red().bold().to_string()
    };
    let others = [
        (counts.not_applied, "not applied"),
        (counts.failed, "failed"),
        (counts.cancelled, "cancelled"),
        (counts.degraded, "degraded"),
        (counts.unfinished, "not over"),
        (counts.not_handed_in, "not handed in"),
    ];
    // Writing to a `String` cannot fail.
    let _ = write!(
        text,
        "{word}: {} of {} completed",
        counts.completed, counts.total
    );
    for (count, word) in others.iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, ", {count} {word}");
    }
    let spent = &summary.figures.attempts;
    let cost = spent
        .usage
        .cost_usd
        .map_or_else(|| "cost unknown".to_owned(), |usd| format!("${usd:.4}"));
    let _ = writeln!(
        text,
        "\n{}",
        format!(
            "{:.0} s in all · {} attempts · {:.1} s at work, {:.1} s waiting · {cost}",
            summary.total_time_s, spent.total, spent.work_time_s, spent.wait_time_s
        )
        .dimmed()
    );
    text.push_str(&next(summary));
    text
}

fn table(rows: &[BatchRow]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header([
        "#", "id", "state", "cause", "tries", "seconds", "changed", "name",
    ]);
    for row in rows {
        let time = row
            .time_s()
            .map_or_else(|| "-".to_owned(), |s| format!("{s:.1}"));
        let name: String = shown::line(&row.name).chars().take(NAME).collect();
        table.add_row([
            row.index.to_string(),
            row.task_id.map_or_else(|| "-".to_owned(), short),
            row.word().to_owned(),
            row.cause
                .map_or_else(|| "-".to_owned(), |cause| cause.name()),
            row.begun.to_string(),
            time,
            row.changes.to_string(),
            name,
        ]);
    }
    for column in [0, 4, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The next command to type.
fn next(summary: &BatchSummary) -> String {
    let counts = &summary.counts;
    if counts.unfinished + counts.not_handed_in > 0 && summary.interrupted {
        return format!(
            "`deckhands batch {} --resume` goes on with it\n",
            shown::line(&summary.file)
        );
    }
    let failed = summary.tasks.iter().find(|row| !row.success);
    match failed.and_then(|row| row.task_id) {
        Some(id) => format!(
            "`deckhands result {}` tells the first without success\n",
            short(id)
        ),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
