//! What is known of models, and what a task may want of one.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use deckhands_config::Places;
use deckhands_model::{Category, Complexity};
use deckhands_orchestration::error_chain;
use deckhands_resilience::catalogue::{Catalogue, CatalogueError};
use deckhands_resilience::select::Wish;

use crate::error::CliError;
use crate::exit_code;

/// The user's own registry, beside his configuration.
const FILE: &str = "models.toml";

/// The built-in registry with the user's own over it.
pub(super) fn registry() -> Result<Catalogue, CliError> {
    registry_in(Places::of_user().config_dir.as_deref())
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
fn broken(error: &CatalogueError) -> CliError {
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
