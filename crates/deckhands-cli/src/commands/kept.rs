//! What `diff` and `apply` share: the home, made whole first, the task that is meant, and how their
//! errors are told.

mod meant;

use std::io;
use std::path::Path;

use deckhands_orchestration::{Home, KeptError, error_chain};

use super::recovery::{complete, tell_failed};
use crate::args::Global;
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

pub(super) use meant::Meant;

/// The state directory, once every interrupted promotion in it is completed or told.
pub(super) fn home(global: &Global, console: &Console) -> Result<Home, CliError> {
    let settings = wiring::settings(global, wiring::no_flags())?;
    let home = wiring::home(&settings)?;
    tell_failed(&complete(&home, console), console);
    Ok(home)
}

/// How much of an id people read.
pub(super) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// The error for the terminal and for `--json`, with its exit code and the next command to type.
pub(super) fn told(error: &KeptError) -> CliError {
    let (code, hint) = match error {
        KeptError::Unknown { recent, .. } => (exit_code::USAGE, newest(recent)),
        KeptError::Ambiguous { matches, .. } => (exit_code::USAGE, candidates(matches)),
        KeptError::Live { .. } => (
            exit_code::WORK_FAILED,
            "wait until its run, or the other command, has ended; then try again".to_owned(),
        ),
        KeptError::NoChange { ended: false, .. } => (
            exit_code::USAGE,
            "its process died: `deckhands reap` removes what it left".to_owned(),
        ),
        KeptError::NoChange { task_id, .. } => (
            exit_code::USAGE,
            format!(
                "`deckhands diff {}` shows what is known of it",
                short(task_id)
            ),
        ),
        KeptError::Unproved { task_id, .. } => {
            let id = short(task_id);
            let hint =
                format!("look at it with `deckhands diff {id}`, then `deckhands apply {id} --yes`");
            (exit_code::USAGE, hint)
        }
        KeptError::NoWorkspace { .. } => (
            exit_code::USAGE,
            "name the directory it is now with --workspace DIR".to_owned(),
        ),
        KeptError::NothingThere { .. } => (
            exit_code::USAGE,
            "name a copy of the task's workspace with --workspace DIR".to_owned(),
        ),
        KeptError::NotKept { task_id } => {
            let hint = format!(
                "`deckhands diff {} | git apply` takes the text of it",
                short(task_id)
            );
            (exit_code::WORK_FAILED, hint)
        }
        KeptError::Damaged { patch, .. } => (exit_code::WORK_FAILED, damaged(patch.as_deref())),
        KeptError::Promote(_) => (
            exit_code::ENVIRONMENT,
            "repair what is named above, then apply again".to_owned(),
        ),
        KeptError::Io { path, source } => (exit_code::ENVIRONMENT, unusable(path, source)),
    };
    let mut told = CliError::new(code, error.to_string(), Some(hint));
    told.0.causes = error_chain(error);
    told
}

/// What is left to do where the record or the files cannot be relied on.
fn damaged(patch: Option<&Path>) -> String {
    match patch {
        Some(patch) => format!(
            "nothing was changed; the text of the change is in `{}`, for `git apply`",
            patch.display()
        ),
        None => "nothing was changed; run the task again".to_owned(),
    }
}

/// What to do about a file that cannot be used.
fn unusable(path: &Path, source: &io::Error) -> String {
    let path = path.display();
    match source.kind() {
        io::ErrorKind::NotFound => format!("put `{path}` back, or run the task again"),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            format!("put `{path}` back as it was, or run the task again")
        }
        io::ErrorKind::PermissionDenied => {
            format!("give yourself the right to read and write `{path}`, then try again")
        }
        _ => format!("see what is wrong with `{path}` (`ls -ld` on it), then try again"),
    }
}

fn newest(recent: &[String]) -> String {
    if recent.is_empty() {
        return "this state directory has no task yet; `--home DIR` names another".to_owned();
    }
    let ids: Vec<_> = recent.iter().map(|id| short(id)).collect();
    format!(
        "the newest are {}; `last` is the first of them",
        ids.join(", ")
    )
}

/// Ids with as many digits as it takes to tell them apart.
fn candidates(matches: &[String]) -> String {
    const NAMED: usize = 5;
    let differ = |digits: usize| {
        let mut heads: Vec<_> = matches.iter().map(|id| id.get(..digits)).collect();
        heads.sort_unstable();
        heads.windows(2).all(|pair| pair[0] != pair[1])
    };
    let digits = (8..32).find(|digits| differ(*digits)).unwrap_or(32);
    let ids: Vec<_> = matches
        .iter()
        .take(NAMED)
        .map(|id| id.get(..digits).unwrap_or(id))
        .collect();
    let more = matches.len().saturating_sub(NAMED);
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    format!("say more of it: {}{more}", ids.join(", "))
}

#[cfg(test)]
mod tests;
