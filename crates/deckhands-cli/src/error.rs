//! What a command reports when it cannot do its work: one line, a chain, a hint.

use std::error::Error;

use deckhands_config::{ConfigError, ConfigErrorKind, Key};
use deckhands_model::ErrorReport;
use deckhands_orchestration::{RunFailure, error_chain};
use deckhands_store::StoreError;

use crate::exit_code;

/// An error for the terminal and for `--json`, in the one shape of both.
#[derive(Debug)]
pub(crate) struct CliError(pub(crate) ErrorReport);

impl CliError {
    /// A usage error (exit code 2) with the next command to type.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(exit_code::USAGE, message, Some(hint.into()))
    }

    /// An environment that is not ready (exit code 3).
    pub(crate) fn environment(error: &dyn Error, hint: impl Into<String>) -> Self {
        let mut new = Self::new(exit_code::ENVIRONMENT, error.to_string(), Some(hint.into()));
        new.0.causes = error_chain(error);
        new
    }

    pub(crate) fn new(code: u8, message: impl Into<String>, hint: Option<String>) -> Self {
        Self(ErrorReport {
            code,
            error_type: None,
            cause: None,
            message: message.into(),
            causes: Vec::new(),
            hint,
        })
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        let usual = match &*error.kind {
            ConfigErrorKind::Invalid {
                key: Key::Model, ..
            } => "deckhands models list",
            _ => "deckhands config schema",
        };
        let hint = error.hint().unwrap_or_else(|| usual.to_owned());
        let mut new = Self::new(exit_code::USAGE, error.to_string(), Some(hint));
        new.0.causes = error_chain(&error);
        new
    }
}

impl From<RunFailure> for CliError {
    fn from(failure: RunFailure) -> Self {
        Self(failure.report())
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Full { .. } | StoreError::Stale => exit_code::WORK_FAILED,
            StoreError::UnknownTask(_)
            | StoreError::WrongState { .. }
            | StoreError::KeyTaken(_) => exit_code::USAGE,
            // What is left lies in the file and its surroundings.
            _ => exit_code::ENVIRONMENT,
        };
        let mut new = Self::new(code, error.to_string(), Some(error.hint().into_owned()));
        new.0.causes = error_chain(&error);
        new
    }
}

#[cfg(test)]
mod tests;
