//! Which task is meant: any prefix of its id that no other id has, or `last`.

use deckhands_model::TaskId;
use deckhands_store::{Queries, Store};

use crate::error::CliError;

/// The word for the task that was handed in last.
pub(super) const LAST: &str = "last";

/// Digits of an id that people read.
const SHORT: usize = 8;

/// The task that a word means.
pub(in crate::commands) async fn resolve(
    store: &dyn Store,
    word: &str,
) -> Result<TaskId, CliError> {
    one(word, &find(store, word).await?)
}

/// Up to two tasks that a word may mean.
pub(super) async fn find(store: &dyn Queries, word: &str) -> Result<Vec<TaskId>, CliError> {
    let wanted = word.to_ascii_lowercase();
    let is_prefix = !wanted.is_empty() && wanted.bytes().all(|b| b.is_ascii_hexdigit());
    if is_prefix || wanted == LAST {
        Ok(store.find(&wanted).await?)
    } else {
        Ok(Vec::new())
    }
}

/// The one that was found.
pub(super) fn one(word: &str, found: &[TaskId]) -> Result<TaskId, CliError> {
    match found {
        [id] => Ok(*id),
        [] => Err(unknown(word)),
        [first, second, ..] => Err(ambiguous(word, *first, *second)),
    }
}

/// The tasks that words mean, each once, in their order. Nothing is done before all are known.
pub(super) async fn resolve_all(
    store: &dyn Store,
    words: &[String],
) -> Result<Vec<TaskId>, CliError> {
    let mut ids = Vec::new();
    for word in words {
        let id = resolve(store, word).await?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// An id with as many digits as people read.
pub(in crate::commands) fn short(id: TaskId) -> String {
    let mut text = id.to_string();
    text.truncate(SHORT);
    text
}

fn unknown(word: &str) -> CliError {
    CliError::usage(
        format!("there is no stored task `{word}`"),
        "`deckhands list` shows the tasks of this home",
    )
}

/// Both ids with as many digits as it takes to tell them apart.
pub(super) fn ambiguous(word: &str, first: TaskId, second: TaskId) -> CliError {
    let (first, second) = (first.to_string(), second.to_string());
    let common = first
        .bytes()
        .zip(second.bytes())
        .take_while(|(a, b)| a == b);
    let digits = (common.count() + 1).max(SHORT);
    let head = |id: &str| id.get(..digits).unwrap_or(id).to_owned();
    CliError::usage(
        format!("`{word}` is the beginning of several task ids"),
        format!("say more of it: {} or {}", head(&first), head(&second)),
    )
}

#[cfg(test)]
mod tests;
