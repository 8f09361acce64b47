//! The engine's parts from the settings.

use std::sync::Arc;
use std::time::Duration;

use deckhands_agent::ApiKey;
use deckhands_config::{Key, Settings, provider_variable};
use deckhands_gateway::{Health, PriceTable};
use deckhands_model::{ModelId, TaskText};
use deckhands_orchestration::engine::{Attempts, EngineSettings, RunnerAttempts};
use deckhands_orchestration::{
    Admission, Home, OtherModel, Policy, ProviderAccess, RunnerSettings,
};
use deckhands_store::Store;

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

/// Who carries attempts out, and the health of the routes that they use.
pub(crate) fn attempts(
    settings: &Settings,
    prices: Arc<PriceTable>,
    wired: Wired,
    home: Home,
    store: Arc<dyn Store>,
) -> (Arc<dyn Attempts>, Health) {
    // Invariant: the text is not looked at, and this one is no empty one.
    let text = TaskText::try_new("engine").expect("invariant: a word is a task");
    let mut request = super::request(settings, text, Policy::default());
    request.money.prices = prices;
    let own = RunnerSettings {
        providers: providers(settings),
        routes: routes(settings),
        left_out: left_out(settings).cloned().collect(),
        other_models: order(settings),
        ..RunnerSettings::of(&request)
    };
    let mut runner = super::runner(settings, wired, home);
    runner.ports = runner.ports.admitting(Admission::default());
    let health = runner.gateway.health().clone();
    (Arc::new(RunnerAttempts::new(runner, own, store)), health)
}

/// How the engine works.
pub(crate) fn engine_settings(settings: &Settings) -> EngineSettings {
    let set = &settings.engine;
    let mut engine = EngineSettings {
        workers: usize::try_from(set.workers.value).unwrap_or(usize::MAX),
        grace: set.grace.value,
        keep: set.keep.value,
        fallback_models: order(settings)
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

/// The models that are gone on with where a task's own cannot be called, as far as there are keys.
pub(crate) fn other_models(settings: &Settings) -> Vec<OtherModel> {
    let (access, routes) = (providers(settings), routes(settings));
    let models = order(settings).into_iter();
    let others = models.filter(|model| {
        *model != settings.model.value && !left_out(settings).any(|route| route == model)
    });
    let reached = others.filter_map(|model| {
        if let Some(route) = routes.iter().find(|route| route.model == model) {
            return Some(route.clone());
        }
        let (base_url, api_key) = access.of(&model).ok()?;
        Some(OtherModel {
            model,
            base_url,
            api_key,
            native_tools: None,
        })
    });
    reached.collect()
}

/// The models that are gone on with, in order: those of the pool, then the fallbacks.
fn order(settings: &Settings) -> Vec<ModelId> {
    let routes = settings.routes.iter();
    let of_pool = routes
        .filter(|route| route.is_usable())
        .map(|route| &route.id);
    let mut order: Vec<ModelId> = Vec::new();
    for model in of_pool.chain(&settings.engine.fallback_models.value) {
        if !order.contains(model) {
            order.push(model.clone());
        }
    }
    order
}

/// The routes of the pool that can be called.
fn routes(settings: &Settings) -> Vec<OtherModel> {
    let routes = settings.routes.iter().filter_map(|route| {
        let key = route.key.as_ref().ok()?;
        let base_url = route.base_url.as_ref();
        Some(OtherModel {
            model: route.id.clone(),
            base_url: base_url.map(|url| url.as_str().to_owned()),
            api_key: key.as_ref().map(|key| ApiKey::new(key.expose())),
            native_tools: route.native_tools,
        })
    });
    routes.collect()
}

/// The routes of the pool that lack their key. A fallback of the same name is none of another address.
fn left_out(settings: &Settings) -> impl Iterator<Item = &ModelId> {
    let routes = settings.routes.iter();
    routes
        .filter(|route| !route.is_usable())
        .map(|route| &route.id)
}

/// Where models are called, and with which keys.
fn providers(settings: &Settings) -> ProviderAccess {
    if let Some(address) = settings.one_address() {
        let key = settings.require_key().ok();
        return ProviderAccess::OneAddress {
            base_url: address.as_str().to_owned(),
            api_key: key.map(|key| ApiKey::new(key.expose())),
        };
    }
    let keys = settings.keys_by_provider().into_iter();
    let keys = keys.map(|(provider, key)| (provider, ApiKey::new(key.expose())));
    ProviderAccess::OwnAddresses(keys.collect())
}

/// A model that there is no key for is refused before any task would come to it.
pub(crate) fn check_fallbacks(settings: &Settings) -> Result<(), CliError> {
    for model in &settings.engine.fallback_models.value {
        require_key_for(settings, model)?;
    }
    Ok(())
}

/// There is a key for calls of a model of another provider; that of the own one is asked for apart.
pub(crate) fn require_key_for(settings: &Settings, model: &ModelId) -> Result<(), CliError> {
    if let Some(route) = settings.routes.iter().find(|route| route.id == *model) {
        let missing = route.key.as_ref().err();
        return missing.map_or(Ok(()), |missing| {
            let hint = missing.hint().unwrap_or_default();
            Err(CliError::usage(missing.to_string(), hint))
        });
    }
    let own = &settings.model.value;
    // The key of a route is for that route alone.
    let by_route = model.route_name().is_some() || settings.routes.iter().any(|r| r.id == *own);
    if model.provider() == own.provider() && !by_route {
        return Ok(());
    }
    providers(settings).of(model).map(drop).map_err(|missing| {
        let variable = provider_variable(&missing.provider);
        CliError::usage(
            missing.to_string(),
            format!(
                "export {variable}=…, or name one address for all models in DECKHANDS_BASE_URL"
            ),
        )
    })
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
    [workers, grace, routes]: [&Option<String>; 3],
) -> Result<Settings, CliError> {
    let mut flags = super::no_flags();
    for (key, flag, value) in [
        (Key::Workers, "--workers", workers),
        (Key::Grace, "--grace", grace),
        (Key::Routes, "--routes", routes),
    ] {
        if let Some(value) = value {
            flags = flags.with(key, flag, value.as_str());
        }
    }
    super::settings(global, flags)
}

#[cfg(test)]
mod tests;
