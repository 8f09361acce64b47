//! A failure on the way, classified once, with its chain of causes and a hint.

use std::error::Error;

use deckhands_model::{Cause, ErrorReport, Failure};
use deckhands_runtime::{RuntimeError, RuntimeErrorKind};

/// Why a run did not succeed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunFailure {
    /// Why, from the closed table.
    pub cause: Cause,
    /// What failed, on what.
    pub message: String,
    /// What the parts below said, outermost first.
    pub causes: Vec<String>,
    /// A better hint than the table's, where there is one.
    pub hint: Option<String>,
}

impl RunFailure {
    /// A failure without anything below it.
    #[must_use]
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
        }
    }

    /// A failure of this cause, told by an error and its sources.
    #[must_use]
    pub fn of_error(cause: Cause, error: &dyn Error) -> Self {
        Self {
            causes: error_chain(error),
            ..Self::new(cause, error.to_string())
        }
    }

    /// The same with a hint of its own.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// The failure in the one JSON shape.
    #[must_use]
    pub fn report(&self) -> ErrorReport {
        ErrorReport {
            code: self.cause.exit_code().code(),
            error_type: Some(self.cause.error_type()),
            cause: Some(self.cause),
            message: self.message.clone(),
            causes: self.causes.clone(),
            hint: Some(
                self.hint
                    .clone()
                    .unwrap_or_else(|| self.cause.hint().to_owned()),
            ),
        }
    }
}

/// For work that somebody else has taken over.
pub(crate) const TAKEN: &str = "nothing needs to be done: another worker has this task";

/// For what the daemon does not do without one of the known reasons; there is no transcript yet.
const REFUSED: &str = "see what the daemon says above and in its own log, then run the task again";

impl From<&RuntimeError> for RunFailure {
    fn from(error: &RuntimeError) -> Self {
        let cause = match error.kind {
            RuntimeErrorKind::Unreachable => Cause::DaemonUnreachable,
            RuntimeErrorKind::Denied => Cause::PermissionDenied,
            RuntimeErrorKind::ImageUnavailable => Cause::ImageMissing,
            RuntimeErrorKind::Exhausted => Cause::HostDiskFull,
            RuntimeErrorKind::Disowned => {
                return Self::of_error(Cause::Unknown, error).with_hint(TAKEN);
            }
            _ => return Self::of_error(Cause::Unknown, error).with_hint(REFUSED),
        };
        Self::of_error(cause, error)
    }
}

impl From<RuntimeError> for RunFailure {
    fn from(error: RuntimeError) -> Self {
        Self::from(&error)
    }
}

impl From<&Failure> for RunFailure {
    fn from(failure: &Failure) -> Self {
        Self::new(failure.cause, failure.message.clone())
    }
}

/// What each source below an error says, outermost first, without repeating the line above.
#[must_use]
pub fn error_chain(error: &dyn Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        source = cause.source();
    }
    causes
}

#[cfg(test)]
mod tests;
