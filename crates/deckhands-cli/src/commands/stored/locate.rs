//! A task that is stored, or that `run` carried out in this home without storing it.

use deckhands_model::TaskId;
use deckhands_orchestration::{Evidence, Home, KeptError};
use deckhands_store::Store;
use jiff::Timestamp;

use super::ids;
use crate::commands::kept;
use crate::error::CliError;

/// The task that a word means. `last` is the one that was handed in last, or begun last.
pub(in crate::commands) async fn locate(
    store: &dyn Store,
    home: &Home,
    word: &str,
    now: Timestamp,
) -> Result<TaskId, CliError> {
    let stored = ids::find(store, word).await?;
    let begun = match Evidence::find(home, word) {
        Ok(evidence) => vec![evidence],
        Err(KeptError::Unknown { .. }) => Vec::new(),
        Err(error) => return Err(kept::told(&error)),
    };
    match (&stored[..], &begun[..]) {
        ([stored], [begun]) if *stored == begun.task() => Ok(*stored),
        ([stored], [begun]) if word.eq_ignore_ascii_case(ids::LAST) => {
            let handed_in = store.task(*stored, now).await?.submitted_at;
            let later = begun.began().is_some_and(|began| began > handed_in);
            Ok(if later { begun.task() } else { *stored })
        }
        ([stored], [begun]) => Err(ids::ambiguous(word, *stored, begun.task())),
        ([], [begun]) => Ok(begun.task()),
        _ => ids::one(word, &stored),
    }
}

#[cfg(test)]
mod tests;
