//! Which task is meant: any prefix of its id that no other id has, or `last`.

use std::fs;
use std::path::Path;

use deckhands_model::TaskId;
use jiff::Timestamp;

use super::KeptError;
use crate::attempt_dir::AttemptDir;
use crate::home::Home;

/// The word for the task that began last.
const LAST: &str = "last";

/// How many tasks a hint names.
const RECENT: usize = 5;

/// The directory of the last attempt at the task that is meant.
pub(super) fn find(home: &Home, word: &str) -> Result<AttemptDir, KeptError> {
    let wanted = word.to_ascii_lowercase();
    let mut ids = ids(home);
    if wanted == LAST {
        ids = newest(home, ids, 1);
    } else {
        ids.retain(|id| !wanted.is_empty() && id.starts_with(&wanted));
    }
    match &ids[..] {
        [id] => last_attempt(home, id).ok_or_else(|| unknown(home, word)),
        [] => Err(unknown(home, word)),
        _ => Err(KeptError::Ambiguous {
            word: word.to_owned(),
            matches: ids,
        }),
    }
}

/// What is told where no task is meant.
pub(super) fn unknown(home: &Home, word: &str) -> KeptError {
    KeptError::Unknown {
        word: word.to_owned(),
        recent: newest(home, ids(home), RECENT),
    }
}

/// The task's id, as its directory has it.
pub(super) fn id_of(dir: &AttemptDir) -> String {
    let task = dir.root().parent().and_then(Path::file_name);
    task.unwrap_or_default().to_string_lossy().into_owned()
}

/// Every task with an attempt here, in the order of the ids.
fn ids(home: &Home) -> Vec<String> {
    let tasks = fs::read_dir(home.attempts_dir()).into_iter().flatten();
    let names = tasks.flatten().map(|task| task.file_name());
    let mut ids: Vec<String> = names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.parse::<TaskId>().is_ok() && last_attempt(home, name).is_some())
        .collect();
    ids.sort();
    ids
}

/// Those that began last, latest first.
fn newest(home: &Home, ids: Vec<String>, most: usize) -> Vec<String> {
    let began = |id: &String| -> Option<Timestamp> {
        last_attempt(home, id)?
            .record()
            .ok()?
            .started_at
            .parse()
            .ok()
    };
    let mut dated: Vec<_> = ids.into_iter().map(|id| (began(&id), id)).collect();
    dated.sort();
    let latest = dated.into_iter().rev().take(most);
    latest.map(|(_began, id)| id).collect()
}

fn last_attempt(home: &Home, id: &str) -> Option<AttemptDir> {
    let attempts = fs::read_dir(home.attempts_dir().join(id)).ok()?;
    let numbered = |name: &std::ffi::OsStr| name.to_str()?.parse::<u32>().ok();
    let last = attempts
        .flatten()
        .filter_map(|attempt| Some((numbered(&attempt.file_name())?, attempt.path())))
        .max()?;
    Some(AttemptDir::at(last.1))
}
