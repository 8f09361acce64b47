//! `metrics`: sums up what the stored tasks took and came to.

mod table;

use deckhands_model::AttemptReport;
use deckhands_orchestration::{Clock, Metrics, SystemClock, Tally};
use deckhands_store::{Page, Store, TaskFilter};
use jiff::Timestamp;

use super::stored;
use crate::args::{Global, MetricsArgs, MetricsFormat};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

/// Tasks read at once.
const PAGE: u64 = 500;

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &MetricsArgs, console: &Console) -> Result<u8, CliError> {
    let format = format(args, console)?;
    let store = stored::open(global)?.store;
    let metrics = wiring::block_on(sum(&*store, SystemClock.now()))??;
    match format {
        MetricsFormat::Table => console.data(&table::text(&metrics)),
        MetricsFormat::Json => console.document(&metrics),
        MetricsFormat::Openmetrics => console.data(&metrics.openmetrics()),
    }
    Ok(exit_code::OK)
}

/// `--json` is a format, too, and only one can be had.
fn format(args: &MetricsArgs, console: &Console) -> Result<MetricsFormat, CliError> {
    match (args.format, console.json) {
        (None, false) => Ok(MetricsFormat::Table),
        (None | Some(MetricsFormat::Json), true) => Ok(MetricsFormat::Json),
        (Some(format), false) => Ok(format),
        (Some(_), true) => Err(CliError::usage(
            "`--json` and another `--format` cannot both be had",
            "leave one of them out",
        )),
    }
}

/// The figures of every stored task.
async fn sum(store: &dyn Store, now: Timestamp) -> Result<Metrics, CliError> {
    let (mut tally, mut page) = (Tally::default(), first_page());
    loop {
        let tasks = store.list(&TaskFilter::default(), page, now).await?;
        if tasks.is_empty() {
            return Ok(tally.metrics());
        }
        for task in &tasks {
            let attempts = match task.attempts {
                0 => Vec::new(),
                _ => store.attempts(task.id).await?,
            };
            let ended: Vec<AttemptReport> = attempts.into_iter().filter_map(|a| a.report).collect();
            tally.add(task, &ended);
        }
        page.offset += PAGE;
    }
}

fn first_page() -> Page {
    Page {
        offset: 0,
        limit: PAGE,
    }
}

#[cfg(test)]
mod tests;
