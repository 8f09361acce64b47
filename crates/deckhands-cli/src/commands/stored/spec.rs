//! What is stored of a task.

use deckhands_orchestration::{TaskRequest, TaskSpec, error_chain};
use serde_json::Value;

use crate::error::CliError;
use crate::exit_code;

/// The document that is stored of a request; it holds no secret.
pub(in crate::commands) fn spec_of(request: &TaskRequest) -> Result<Value, CliError> {
    serde_json::to_value(TaskSpec::of(request)).map_err(|error| {
        let hint = "this is a bug in deckhands: please report it".to_owned();
        let mut failed =
            CliError::new(exit_code::INTERNAL, "the task cannot be stored", Some(hint));
        failed.0.causes = vec![error.to_string()];
        failed.0.causes.extend(error_chain(&error));
        failed
    })
}
