//! The session id that OpenHands makes from a session's name.
//!
//! It names the sandbox container and the directory of the stored events, so both are known
//! before anything runs.

use sha2::{Digest, Sha256};

/// Length of every session id.
const LENGTH: usize = 32;

/// Longest part of the name that an id begins with.
const NAME_PART: usize = 16;

/// What OpenHands 0.59 hashes behind the name: the printed form of a hidden secret. It does not
/// depend on the stored secret, which is why the id can be computed.
const PRINTED_SECRET: &str = "**********";

/// The session id for a name: its first 16 characters at most, `-`, and digits of a hash.
pub(super) fn session_id(name: &str) -> String {
    let head: String = name.chars().take(NAME_PART).collect();
    let digits = LENGTH.saturating_sub(head.chars().count() + 1);
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update(PRINTED_SECRET)
        .finalize();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{head}-{}", &hex[..digits])
}

#[cfg(test)]
mod tests;
