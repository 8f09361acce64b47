//! `engine`: leases stored tasks and runs them until it is stopped.

mod lines;

use std::sync::Arc;
use std::time::Duration;

use deckhands_config::Settings;
use deckhands_gateway::Health;
use deckhands_orchestration::engine::{
    Attempts, Engine, EngineParts, EngineReport, EngineSettings, StopSignals,
};
use deckhands_orchestration::{SystemClock, SystemIds};
use deckhands_store::Store;

use super::{choice, task};
use crate::args::{EngineArgs, Global};
use crate::console::Console;
use crate::error::CliError;
use crate::signals::{Asked, Signals};
use crate::{exit_code, wiring};

use lines::Lines;
pub(super) use lines::line;

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &EngineArgs, console: &Console) -> Result<u8, CliError> {
    let duration = duration(args)?;
    let settings = wiring::with_engine_flags(global, [&args.workers, &args.grace, &args.routes])?;
    wiring::check_fallbacks(&settings)?;
    require_key(&settings)?;
    let prices = choice::prices()?;
    task::tell_notes(&settings, console);
    let engine = EngineSettings {
        duration,
        drain: args.drain,
        ..wiring::engine_settings(&settings)
    };
    let home = wiring::home(&settings)?;
    let store = wiring::store(&home)?;
    wiring::block_on(async {
        let wired = wiring::connect_and_greet(&settings).await?;
        let attempts = wiring::attempts(&settings, prices, wired, home, store.clone());
        let workers = engine.workers;
        console.note(&format!(
            "engine with {workers} workers over {} (Ctrl-C stops it)",
            settings.home.value.display()
        ));
        serve(store, attempts, engine, console).await
    })?
}

/// Without a key every task would fail for good, but where none is wanted.
pub(super) fn require_key(settings: &Settings) -> Result<(), CliError> {
    settings.model_key().map_err(|missing| {
        CliError::usage(missing.to_string(), missing.hint().unwrap_or_default())
    })?;
    Ok(())
}

fn duration(args: &EngineArgs) -> Result<Option<Duration>, CliError> {
    let time = |text: &String| wiring::time("--duration", text);
    args.duration.as_ref().map(time).transpose()
}

/// Works until the engine leaves, or a third signal ends the process.
async fn serve(
    store: Arc<dyn Store>,
    (attempts, health): (Arc<dyn Attempts>, Health),
    settings: EngineSettings,
    console: &Console,
) -> Result<u8, CliError> {
    let signals = Signals::default();
    let watch = signals.watch()?;
    let stop = StopSignals::default();
    let parts = EngineParts {
        store,
        attempts,
        health,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
        observer: Arc::new(Lines::new(*console)),
    };
    let engine = Engine::new(parts, settings);
    let report = tokio::select! {
        biased;
        code = watch.third(&stop, |asked| console.note(of_signal(asked))) => return Err(left_at_once(code)),
        report = engine.run(&stop) => report,
    };
    tell_end(report, console);
    Ok(code(&stop, signals.code()))
}

/// A stop is a normal end; only one that had to be cancelled is told as the signal.
fn code(stop: &StopSignals, signal: Option<u8>) -> u8 {
    match signal {
        Some(signal) if stop.cancel.is_cancelled() => signal,
        _ => exit_code::OK,
    }
}

/// What a signal does, for people.
pub(super) const fn of_signal(asked: Asked) -> &'static str {
    match asked {
        Asked::Stop => "stopping: what runs may end, then it is paused (again to cancel it)",
        Asked::Cancel => "cancelling: removing containers (again to stop at once)",
    }
}

pub(super) fn left_at_once(code: u8) -> CliError {
    let hint = "the next `deckhands engine` takes over or removes them".to_owned();
    CliError::new(code, "stopped at once; containers may be left", Some(hint))
}

fn tell_end(report: EngineReport, console: &Console) {
    if console.json {
        console.line(&lines::stopped(report));
    }
    let left = match report.left {
        0 => String::new(),
        n => format!(", {n} left to be taken over"),
    };
    console.note(&format!(
        "engine stopped: {} attempts{left}",
        report.attempts
    ));
}

#[cfg(test)]
mod tests;
