//! What is known of models, and what a task may want of one.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use deckhands_agent::AgentAdapter as _;
use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_config::{Places, Wanted};
use deckhands_gateway::{Origin, Price, PriceError, PriceTable, Rate};
use deckhands_model::{Category, Complexity, ModelId};
use deckhands_orchestration::error_chain;
use deckhands_resilience::catalogue::{Catalogue, TokenPrice};
use deckhands_resilience::select::{Needs, Selection, Wish, select};

use crate::error::CliError;
use crate::exit_code;

/// The user's own registry, beside his configuration.
const FILE: &str = "models.toml";

/// The built-in registry with the user's own over it.
pub(super) fn registry() -> Result<Catalogue, CliError> {
    registry_in(Places::of_user().config_dir.as_deref())
}

/// What models cost: the built-in prices with those of the user's own registry over them.
pub(super) fn prices() -> Result<Arc<PriceTable>, CliError> {
    Ok(Arc::new(prices_of(&registry()?)?))
}

fn prices_of(registry: &Catalogue) -> Result<PriceTable, CliError> {
    let built_in = PriceTable::built_in().map_err(|error| broken(&error))?;
    let own = registry.entries().iter().filter_map(|entry| {
        let price = price(entry.price?).map(|price| (entry.id.clone(), price));
        Some(price.map_err(|error| broken(&error)))
    });
    let origin = Origin {
        origin: format!("your {FILE}"),
        date: String::new(),
    };
    Ok(built_in.with(origin, own.collect::<Result<Vec<_>, _>>()?))
}

fn price(told: TokenPrice) -> Result<Price, PriceError> {
    Ok(Price {
        cached: told.cached.map(Rate::per_million).transpose()?,
        ..Price::per_million(told.input, told.output)?
    })
}

/// The known models that a pool of routes is filled with, the best first.
///
/// # Errors
/// The registry cannot be read; says why.
pub(crate) fn models_for(wanted: &Wanted) -> Result<Vec<ModelId>, String> {
    let registry = registry().map_err(|error| error.0.message)?;
    Ok(models_of(&registry, wanted))
}

fn models_of(registry: &Catalogue, wanted: &Wanted) -> Vec<ModelId> {
    let usual = Wish::of(wanted.category);
    let wish = Wish {
        complexity: wanted.complexity.unwrap_or(usual.complexity),
        quality_threshold: wanted.quality.unwrap_or(usual.quality_threshold),
        needs: Needs {
            context_tokens: wanted.min_context.unwrap_or(usual.needs.context_tokens),
            max_latency_ms: wanted.max_latency_ms.unwrap_or(usual.needs.max_latency_ms),
            max_usd_per_1k_tokens: wanted.max_usd_per_1k_tokens,
            capabilities: wanted.capabilities.clone(),
            ..usual.needs
        },
        ..usual
    };
    let agent = OpenHandsHeadless;
    let calls_so = |model: &ModelId| {
        let wanted = wanted.native_tools;
        wanted.is_none_or(|natively| agent.calls_tools_natively(model) == natively)
    };
    let Selection { ranked, .. } = select(registry, &wish, calls_so);
    ranked.into_iter().map(|scored| scored.model).collect()
}

fn registry_in(config_dir: Option<&Path>) -> Result<Catalogue, CliError> {
    let built_in = Catalogue::built_in().map_err(|error| broken(&error))?;
    let Some(path) = config_dir.map(|dir| dir.join(FILE)) else {
        return Ok(built_in);
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(built_in),
        Err(error) => {
            let hint = format!("make `{}` readable, or remove it", path.display());
            return Err(CliError::environment(&error, hint));
        }
    };
    let own = Catalogue::parse(&text).map_err(|error| {
        let mut failed = CliError::usage(
            format!("`{}` is no registry of models: {error}", path.display()),
            "correct the line that is named",
        );
        failed.0.causes = error_chain(&error);
        failed
    })?;
    Ok(built_in.with(own))
}

/// The built-in file is tested: this is a bug.
fn broken(error: &dyn Error) -> CliError {
    let message = format!("the built-in registry of models cannot be read: {error}");
    let mut failed = CliError::new(exit_code::INTERNAL, message, None);
    failed.0.causes = error_chain(error);
    failed
}

/// What a task wants of its model; what is not said is usual.
pub(super) fn wish(
    category: Category,
    complexity: Option<Complexity>,
    quality_threshold: Option<f64>,
) -> Result<Wish, CliError> {
    let usual = Wish::of(category);
    let threshold = quality_threshold.unwrap_or(usual.quality_threshold);
    if !(0.0..=1.0).contains(&threshold) {
        return Err(CliError::usage(
            "`--quality-threshold` is a share of 1",
            "give a number from 0 to 1, e.g. 0.7",
        ));
    }
    Ok(Wish {
        complexity: complexity.unwrap_or(usual.complexity),
        quality_threshold: threshold,
        ..usual
    })
}

#[cfg(test)]
mod tests;
