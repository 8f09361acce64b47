//! `batch`: a file of tasks, handed in and worked on until each is over.

mod fields;
mod file;
mod ledger;
mod progress;
mod report;
mod table;
mod tasks;

use std::sync::Arc;

use deckhands_config::{Flags, Key, Profile, Settings};
use deckhands_gateway::Health;
use deckhands_orchestration::engine::{Attempts, StopSignals};
use deckhands_orchestration::{
    Batch, BatchError, BatchHead, BatchOptions, BatchOutcome, BatchParts, BatchSummary, BatchTask,
    Clock, Home, SystemClock, SystemIds,
};
use deckhands_store::{QueueBounds, Store, StoreError};

use super::choice;
use super::engine::{left_at_once, of_signal, require_key};
use super::run::SOCKET_RISK;
use crate::args::{BatchArgs, Global};
use crate::console::Console;
use crate::error::CliError;
use crate::signals::Signals;
use crate::{exit_code, shown, wiring};

use progress::Progress;

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &BatchArgs, console: &Console) -> Result<u8, CliError> {
    let file = file::read(&args.file)?;
    let settings = wiring::with_engine_flags(global, [&args.workers, &args.grace, &args.routes])?;
    let for_all = flags_for_all(args);
    let common = tasks::Common {
        any_size: args.yes,
        prices: choice::prices()?,
    };
    let prepared = tasks::prepare(
        &|flags| wiring::settings(global, flags.over(for_all.clone())),
        &settings,
        &file,
        &common,
    )?;
    wiring::check_fallbacks(&settings)?;
    let home = wiring::home(&settings)?;
    // What is wrong with the call itself is told before what it needs.
    let last = args
        .resume
        .then(|| ledger::last(&home, &file))
        .transpose()?;
    args.report.as_deref().map_or(Ok(()), report::make)?;
    require_key(&settings)?;
    for note in &prepared.notes {
        console.note(&format!("note: {}", shown::indented(note)));
    }
    if settings.profile.value == Profile::Socket {
        console.note(SOCKET_RISK);
    }
    let store = wiring::store(&home)?;
    let (summary, signal) = wiring::block_on(async {
        let wired = wiring::connect_and_greet(&settings).await?;
        let batch = match last {
            Some(last) => last,
            None => ledger::begin(&home, &file, &SystemIds)?,
        };
        let tasks = tasks::of_batch(prepared.tasks, &batch, &SystemIds)?;
        let (home_of_work, prices) = (home.clone(), common.prices);
        let (attempts, health) =
            wiring::attempts(&settings, prices, wired, home_of_work, store.clone());
        let work = Work {
            store,
            home,
            attempts,
            health,
            settings: &settings,
            args,
            batch,
        };
        work.carry_out(tasks, console).await
    })??;
    finish(args, &summary, signal, console)
}

/// What the command says for all of its tasks.
fn flags_for_all(args: &BatchArgs) -> Flags {
    let given = [
        (Key::Routes, "--routes", &args.routes),
        (Key::MaxCost, "--max-cost", &args.max_cost),
        (Key::MaxBatchCost, "--max-batch-cost", &args.max_batch_cost),
    ];
    let given = given
        .into_iter()
        .filter_map(|(key, flag, value)| Some((key, flag, value.as_ref()?)));
    given.fold(Flags::new(), |flags, (key, flag, value)| {
        flags.with(key, flag, value.as_str())
    })
}

/// Everything that a batch needs.
struct Work<'a> {
    store: Arc<dyn Store>,
    home: Home,
    attempts: Arc<dyn Attempts>,
    health: Health,
    settings: &'a Settings,
    args: &'a BatchArgs,
    batch: String,
}

impl Work<'_> {
    /// Works until all is over or a signal ended it; also returns the signal's exit code.
    async fn carry_out(
        self,
        tasks: Vec<BatchTask>,
        console: &Console,
    ) -> Result<(BatchSummary, Option<u8>), CliError> {
        let signals = Signals::default();
        let watch = signals.watch()?;
        let stop = StopSignals::default();
        let workers = wiring::engine_settings(self.settings).workers;
        let word = if self.args.resume { "resumed" } else { "begun" };
        console.note(&format!(
            "batch {} {word}: {} tasks, {workers} at a time",
            self.batch,
            tasks.len()
        ));
        let progress = Arc::new(Progress::new(*console, workers, tasks.len()));
        let started_at = SystemClock.now();
        let outcome = tokio::select! {
            biased;
            code = watch.third(&stop, |asked| progress.say(of_signal(asked))) => {
                progress.finish();
                return Err(left_at_once(code));
            }
            outcome = self.work(tasks, progress.clone(), &stop) => outcome,
        };
        progress.finish();
        let outcome = outcome.map_err(|error| refused(&error))?;
        let interrupted = interrupted(&outcome, &stop);
        let summary = outcome.tally.summary(BatchHead {
            batch: self.batch,
            file: self.args.file.to_string_lossy().into_owned(),
            resumed: self.args.resume,
            interrupted,
            started_at,
            ended_at: SystemClock.now(),
        });
        Ok((summary, signals.code()))
    }

    async fn work(
        &self,
        tasks: Vec<BatchTask>,
        observer: Arc<Progress>,
        stop: &StopSignals,
    ) -> Result<BatchOutcome, BatchError> {
        let parts = BatchParts {
            store: self.store.clone(),
            home: self.home.clone(),
            attempts: self.attempts.clone(),
            health: self.health.clone(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            observer,
        };
        let options = BatchOptions {
            bounds: QueueBounds {
                max_size: self.settings.queue_size.value.into(),
            },
            fail_fast: self.args.fail_fast,
            ..BatchOptions::default()
        };
        let engine = wiring::engine_settings(self.settings);
        Batch::new(parts, engine, options).run(tasks, stop).await
    }
}

/// Whether a signal kept tasks from their end. One that came when all were as good as over did not.
fn interrupted(outcome: &BatchOutcome, stop: &StopSignals) -> bool {
    stop.cancel.is_cancelled() || (stop.stop.is_cancelled() && !outcome.over)
}

/// Tells what came of it, writes the report, and returns the exit code.
fn finish(
    args: &BatchArgs,
    summary: &BatchSummary,
    signal: Option<u8>,
    console: &Console,
) -> Result<u8, CliError> {
    tell(summary, console);
    if let Some(dir) = &args.report {
        report::write(dir, summary)?;
        console.note(&format!("report written to {}", dir.display()));
    }
    Ok(code(summary, signal))
}

fn tell(summary: &BatchSummary, console: &Console) {
    if console.json {
        console.document(summary);
    } else {
        console.data(&table::text(summary));
    }
}

fn code(summary: &BatchSummary, signal: Option<u8>) -> u8 {
    match signal {
        Some(signal) if summary.interrupted => signal,
        _ if summary.success => exit_code::OK,
        _ => exit_code::WORK_FAILED,
    }
}

/// Why a task could not be handed in.
fn refused(error: &BatchError) -> CliError {
    let hint = match &error.source {
        StoreError::KeyTaken(_) => {
            "its settings or its text file changed since: restore them, or leave `--resume` out"
                .into()
        }
        source => source.hint(),
    };
    let mut told = CliError::environment(error, hint);
    if matches!(error.source, StoreError::KeyTaken(_)) {
        told.0.code = exit_code::USAGE;
    }
    told
}

#[cfg(test)]
mod tests;
