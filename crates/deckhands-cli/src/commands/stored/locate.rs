//! A task that is stored, or that `run` carried out in this home without storing it.

use deckhands_model::TaskId;
use deckhands_orchestration::{Evidence, Home, KeptError};
use deckhands_store::{Queries, StoreError};
use jiff::Timestamp;

use super::ids;
use crate::commands::kept;
use crate::error::CliError;

/// The task that a word means. `last` is the one that was handed in last, or one of `run` that began
/// later.
pub(in crate::commands) async fn locate(
    store: &dyn Queries,
    home: &Home,
    word: &str,
    now: Timestamp,
) -> Result<TaskId, CliError> {
    let stored = ids::find(store, word).await?;
    let begun = if word.eq_ignore_ascii_case(ids::LAST) {
        begun_later(store, home, stored.first(), now).await?
    } else {
        match Evidence::find(home, word) {
            Ok(evidence) => Some(evidence.task()),
            Err(KeptError::Unknown { .. }) => None,
            Err(error) => return Err(kept::told(&error)),
        }
    };
    match (&stored[..], begun) {
        ([], None) => Err(unknown(store, home, word).await?),
        ([], Some(begun)) => Ok(begun),
        ([_], Some(begun)) if word.eq_ignore_ascii_case(ids::LAST) => Ok(begun),
        ([stored], Some(begun)) if *stored != begun => Err(ids::ambiguous(word, *stored, begun)),
        _ => ids::one(word, &stored),
    }
}

/// The task of `run` that began last, where that was after the last hand-in. A stored one goes by its
/// hand-in, whenever its attempts began.
async fn begun_later(
    store: &dyn Queries,
    home: &Home,
    newest: Option<&TaskId>,
    now: Timestamp,
) -> Result<Option<TaskId>, CliError> {
    let handed_in = match newest {
        Some(id) => Some(store.task(*id, now).await?.submitted_at),
        None => None,
    };
    for begun in Evidence::newest_first(home) {
        let later = |at| begun.began().is_some_and(|began| began > at);
        if !handed_in.is_none_or(later) {
            break;
        }
        match store.task(begun.task(), now).await {
            Ok(_stored) => {}
            Err(StoreError::UnknownTask(_)) => return Ok(Some(begun.task())),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// What is told where no task is meant.
async fn unknown(store: &dyn Queries, home: &Home, word: &str) -> Result<CliError, CliError> {
    let none_stored = ids::find(store, ids::LAST).await?.is_empty();
    if let (true, Err(error)) = (none_stored, Evidence::find(home, word)) {
        return Ok(kept::told(&error));
    }
    Ok(CliError::usage(
        format!("there is no task `{word}`"),
        "`deckhands list` shows the stored tasks of this home",
    ))
}

#[cfg(test)]
mod tests;
