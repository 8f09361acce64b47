//! The user's idempotency key, apart from those that other commands make up.

use deckhands_store::StoreError;

use crate::error::CliError;

/// Most bytes of a key.
const MOST: usize = 200;

/// What a user's key begins with in the store. None of the others does: they begin with `batch:` and
/// `retry of`.
const USER: &str = "user:";

/// The key as it is stored.
pub(super) fn stored(key: &str) -> Result<String, CliError> {
    let refused = |why: String| {
        let hint = format!("say what is the same each time, in 1 to {MOST} bytes, or leave it out");
        CliError::usage(format!("the idempotency key {why}"), hint)
    };
    match key.len() {
        _ if key.trim().is_empty() => Err(refused("is empty".to_owned())),
        bytes if bytes > MOST => Err(refused(format!(
            "has {bytes} bytes, at most {MOST} are kept"
        ))),
        _ => Ok(format!("{USER}{key}")),
    }
}

/// The store's refusal, with the key as the user wrote it.
pub(super) fn as_written(error: StoreError) -> StoreError {
    match error {
        StoreError::KeyTaken(key) => {
            let written = key.strip_prefix(USER).map(str::to_owned);
            StoreError::KeyTaken(written.unwrap_or(key))
        }
        error => error,
    }
}
