//! A recording in the place of a provider.

use std::path::Path;
use std::sync::Arc;

use deckhands_gateway::{Replay, Tape, TapeError};

use crate::error::CliError;

/// Reads a recording.
pub(super) fn read(path: &Path) -> Result<Arc<Replay>, CliError> {
    match Tape::read(path) {
        Ok(tape) => Ok(Arc::new(Replay::new(tape))),
        Err(error) => Err(refused(path, &error)),
    }
}

fn refused(path: &Path, error: &TapeError) -> CliError {
    let hint = match error {
        TapeError::Newer { .. } => {
            "play it with the version of deckhands that recorded it, or a later one"
        }
        TapeError::Damaged { .. } => "record it again: run the task without --replay",
        _ => "name a recording: the `model.jsonl` in an attempt's directory",
    };
    let text = format!("`{}` cannot be played: {error}", path.display());
    CliError::usage(text, hint)
}

#[cfg(test)]
mod tests;
