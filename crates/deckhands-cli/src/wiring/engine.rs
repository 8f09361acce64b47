//! The engine's parts from the settings.

use std::sync::Arc;
use std::time::Duration;

use deckhands_config::{Key, Origin, Settings};
use deckhands_model::{ModelId, TaskText};
use deckhands_orchestration::engine::{Attempts, EngineSettings, RunnerAttempts};
use deckhands_orchestration::{Admission, Home, Policy, RunnerSettings};

use super::Wired;
use crate::args::Global;
use crate::error::CliError;

/// Connects to a daemon that answers.
pub(crate) async fn connect_and_greet(settings: &Settings) -> Result<Wired, CliError> {
    let wired = super::connect(settings)
        .await
        .map_err(|error| super::no_docker(&error))?;
    match wired.ports.containers.probe().await {
        Ok(_info) => Ok(wired),
        Err(error) => {
            let hint = "start Docker (sudo systemctl start docker), then `deckhands doctor`";
            Err(CliError::environment(&error, hint))
        }
    }
}

/// Who carries attempts out.
pub(crate) fn attempts(settings: &Settings, wired: Wired, home: Home) -> Arc<dyn Attempts> {
    // Invariant: the text is not looked at, and this one is no empty one.
    let text = TaskText::try_new("engine").expect("invariant: a word is a task");
    let own = RunnerSettings::of(&super::request(settings, text, Policy::default()));
    let mut runner = super::runner(wired, home);
    runner.ports = runner.ports.admitting(Admission::default());
    Arc::new(RunnerAttempts::new(runner, own))
}

/// How the engine works.
pub(crate) fn engine_settings(settings: &Settings) -> EngineSettings {
    let set = &settings.engine;
    let mut engine = EngineSettings {
        workers: usize::try_from(set.workers.value).unwrap_or(usize::MAX),
        grace: set.grace.value,
        fallback_models: set
            .fallback_models
            .value
            .iter()
            .map(|model| model.as_str().to_owned())
            .collect(),
        ..EngineSettings::default()
    };
    let budget = &mut engine.policies.budget;
    budget.attempts = set.attempts.value;
    budget.wall = set.task_time.value;
    budget.work = set.task_work.value;
    engine
}

/// There is one key in a process: models that would send it to another provider are refused.
pub(crate) fn check_fallbacks(settings: &Settings) -> Result<(), CliError> {
    let other = |model: &&ModelId| !takes_same_key(settings, model);
    match settings.engine.fallback_models.value.iter().find(other) {
        None => Ok(()),
        Some(model) => Err(CliError::usage(
            format!(
                "`{model}` in `{}` belongs to another provider than `{}`, and would be sent its key",
                Key::FallbackModels.name(),
                settings.model.value
            ),
            "name models of one provider, or set `model.base_url` to one that serves all",
        )),
    }
}

/// Whether calls of a model go where the key of these settings belongs.
pub(crate) fn takes_same_key(settings: &Settings, model: &ModelId) -> bool {
    let chosen = |origin: &Origin| *origin != Origin::Default;
    let one_address = settings
        .base_url
        .as_ref()
        .is_some_and(|url| chosen(&url.origin));
    one_address || model.provider() == settings.model.value.provider()
}

/// A time as flags give it: `90s`, `5m` or a number of seconds.
pub(crate) fn time(flag: &str, text: &str) -> Result<Duration, CliError> {
    let seconds = text
        .parse::<u32>()
        .ok()
        .map(u64::from)
        .map(Duration::from_secs);
    seconds
        .or_else(|| humantime::parse_duration(text).ok())
        .ok_or_else(|| {
            CliError::usage(
                format!("`{text}` is no time for `{flag}`"),
                "give a time such as `90s` or `5m`, or a number of seconds",
            )
        })
}

/// The settings with the flags that engine and batch share.
pub(crate) fn with_engine_flags(
    global: &Global,
    workers: Option<&str>,
    grace: Option<&str>,
) -> Result<Settings, CliError> {
    let mut flags = super::no_flags();
    for (key, flag, value) in [
        (Key::Workers, "--workers", workers),
        (Key::Grace, "--grace", grace),
    ] {
        if let Some(value) = value {
            flags = flags.with(key, flag, value);
        }
    }
    super::settings(global, flags)
}

#[cfg(test)]
mod tests;
