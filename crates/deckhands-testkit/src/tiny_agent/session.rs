//! `python -m openhands.core.main -f FILE -n NAME`: the program as a stand-in for the app of OpenHands 0.59.
//!
//! The task file holds the orders of the play, so one image plays any session.

use crate::commands::Flow;
use crate::{output, play, sha256};

/// Length of every session id.
const LENGTH: usize = 32;

/// Longest part of the name that an id begins with.
const NAME_PART: usize = 16;

/// What is hashed behind the name: the printed form of a hidden secret.
const PRINTED_SECRET: &str = "**********";

/// Plays the session that the arguments of `python` ask for.
pub(crate) fn python(args: &[&str]) -> Flow {
    match args {
        ["-m", "openhands.core.main", "-f", file, "-n", name] => play::play(file, &id(name)),
        _ => {
            output::complain("python: only `-m openhands.core.main -f FILE -n NAME` is played");
            Flow::Exit(2)
        }
    }
}

/// The session id for a name: its first characters, `-`, and digits of a hash.
fn id(name: &str) -> String {
    let mut id: String = name.chars().take(NAME_PART).collect();
    id.push('-');
    let digest = sha256::digest(format!("{name}{PRINTED_SECRET}").as_bytes());
    let digits = digest.iter().map(|byte| format!("{byte:02x}"));
    let missing = LENGTH.saturating_sub(id.chars().count());
    id.extend(digits.collect::<String>().chars().take(missing));
    id
}
