//! `metrics`: sums up what the stored tasks took and came to.

mod money;
mod table;

use std::io::{self, BufWriter, Write};

use deckhands_model::Usd;
use deckhands_orchestration::{Clock, Metrics, SystemClock, Tally};
use deckhands_store::{Reported, Store};
use jiff::Timestamp;

use super::stored;
use crate::args::{Global, MetricsArgs, MetricsFormat};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

/// Tasks read at once.
const PAGE: u64 = 500;

/// Bytes that are printed at once.
const PIECE: usize = 64 << 10;

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &MetricsArgs, console: &Console) -> Result<u8, CliError> {
    let format = format(args, console)?;
    let opened = stored::open(global)?;
    let per_day = wiring::amount(opened.settings.money.per_day.as_ref());
    let metrics = wiring::block_on(ask(&*opened.store, per_day, SystemClock.now()))??;
    match format {
        MetricsFormat::Table => console.data(&table::text(&metrics)),
        MetricsFormat::Json => document(&metrics, console)?,
        MetricsFormat::Openmetrics => console.data(&metrics.openmetrics()),
    }
    Ok(exit_code::OK)
}

/// Prints the document piece by piece: with very many tasks it is large.
fn document(metrics: &Metrics, console: &Console) -> Result<(), CliError> {
    let mut out = BufWriter::with_capacity(PIECE, Out(console));
    let written = serde_json::to_writer_pretty(&mut out, metrics).map_err(io::Error::from);
    let written = written.and_then(|()| out.write_all(b"\n"));
    written
        .and_then(|()| out.flush())
        .map_err(|error| CliError::new(exit_code::INTERNAL, error.to_string(), None))
}

/// The console as a writer. What goes wrong with the output is kept there.
struct Out<'a>(&'a Console);

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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

/// Everything; the day may cost so much.
async fn ask(store: &dyn Store, per_day: Option<Usd>, now: Timestamp) -> Result<Metrics, CliError> {
    let metrics = sum(store, now).await?;
    Ok(Metrics {
        calls: store.calls().await?,
        money: money::by_level(store, per_day, now).await?,
        ..metrics
    })
}

/// The figures of every stored task.
async fn sum(store: &dyn Store, now: Timestamp) -> Result<Metrics, CliError> {
    let (mut tally, mut last) = (Tally::default(), 0);
    loop {
        let read = store.reports(last, PAGE, now).await?;
        let Some(end) = read.last() else {
            return Ok(tally.metrics());
        };
        last = end.position;
        for Reported { task, attempts, .. } in &read {
            tally.add(task, attempts);
        }
    }
}

#[cfg(test)]
mod tests;
