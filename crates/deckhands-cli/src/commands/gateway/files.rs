//! Open files: a call has two of them, the connection of its client and the one to its provider.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For 2,048 connections of clients, as many to providers, and what the process has besides. Many systems let a
/// process have 1,024 until it asks for more.
const WANTED: u64 = 2 * 2048 + 128;

/// Asks the system for as many files as the most calls need. How many there are at most where that
/// is fewer.
pub(super) fn allow_many() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if let Some(raised) = raised(limit)
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
    let now = getrlimit(Resource::Nofile).current;
    now.filter(|most| *most < WANTED)
}

/// What a limit is raised to; none where it suffices or may not be higher.
fn raised(limit: Rlimit) -> Option<Rlimit> {
    let allowed = limit.maximum.unwrap_or(WANTED).min(WANTED);
    let too_low = limit.current.is_some_and(|current| current < allowed);
    too_low.then_some(Rlimit {
        current: Some(allowed),
        ..limit
    })
}

#[cfg(test)]
mod tests;
