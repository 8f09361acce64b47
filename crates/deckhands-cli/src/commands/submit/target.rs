//! The file that a task is about, as part of its text.

use std::path::{Component, Path};

use deckhands_model::TaskText;

use crate::error::CliError;

/// The text with its target, which must lie within the workspace.
pub(super) fn with_target(
    text: TaskText,
    target: Option<&Path>,
    workspace: &Path,
) -> Result<TaskText, CliError> {
    let Some(target) = target else {
        return Ok(text);
    };
    let refused = |why: &str| {
        CliError::usage(
            format!("the target file `{}` {why}", target.display()),
            "name a file within the workspace, e.g. `src/main.py`",
        )
    };
    let within = target.strip_prefix(workspace).unwrap_or(target);
    let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if within.as_os_str().is_empty() || !within.components().all(plain) {
        return Err(refused("is not within the workspace"));
    }
    let name = within.to_str().ok_or_else(|| refused("is not UTF-8"))?;
    let text = format!("{}\n\nTarget file: {name}", text.as_str().trim_end());
    TaskText::try_new(text).map_err(|error| refused(&format!("does not fit: {error}")))
}

#[cfg(test)]
mod tests;
