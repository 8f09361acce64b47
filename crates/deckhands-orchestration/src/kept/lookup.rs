//! Which task is meant: any prefix of its id that no other id has, or `last`.

use std::fs;
use std::path::{Path, PathBuf};

use deckhands_model::{RunReport, TaskId, TaskState};
use jiff::Timestamp;

use super::{KeptError, read_json};
use crate::attempt_dir::AttemptDir;
use crate::home::Home;
use crate::workspace::read_record;

/// The word for the task that began last.
const LAST: &str = "last";

/// How many tasks a hint names.
const RECENT: usize = 5;

/// Attempts at the task that is meant.
#[derive(Debug)]
pub(super) struct Found {
    /// The last one.
    pub(super) last: AttemptDir,
    /// The one whose change is the task's.
    pub(super) changed: AttemptDir,
}

/// The attempts at the task that is meant. The change of a task is that of its last attempt that
/// has one; of a task that completed it is that of the last attempt, even if that changed nothing.
pub(super) fn find(home: &Home, word: &str) -> Result<Found, KeptError> {
    let dir = home.task_dir(task(home, word)?);
    let last = last_attempt(&dir).ok_or_else(|| unknown(home, word))?;
    let changed = attempts(&dir).into_iter().rev();
    let changed = changed.map(|number| AttemptDir::at(dir.join(number.to_string())));
    let changed = changed.into_iter().find(counts);
    Ok(Found {
        changed: changed.unwrap_or_else(|| last.clone()),
        last,
    })
}

/// Whether the attempts before this one do not matter.
fn counts(attempt: &AttemptDir) -> bool {
    let completed = || {
        let report: Option<RunReport> = read_json(&attempt.result());
        report.is_some_and(|report| report.state == TaskState::Completed)
    };
    // One whose record cannot be read has a change, too.
    let change = read_record(&attempt.change());
    change.map_or(true, |change| change.is_some_and(|c| !c.is_empty())) || completed()
}

/// The task that is meant.
pub(super) fn task(home: &Home, word: &str) -> Result<TaskId, KeptError> {
    let wanted = word.to_ascii_lowercase();
    let mut ids = ids(home);
    if wanted == LAST {
        ids = newest(home, ids, 1);
    } else {
        ids.retain(|id| !wanted.is_empty() && id.starts_with(&wanted));
    }
    match &ids[..] {
        [id] => id.parse().map_err(|_no_id| unknown(home, word)),
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
        .filter(|name| name.parse::<TaskId>().is_ok() && last(home, name).is_some())
        .collect();
    ids.sort();
    ids
}

/// Every task with an attempt here, the one that began last first.
pub(super) fn newest_first(home: &Home) -> Vec<TaskId> {
    let newest = newest(home, ids(home), usize::MAX);
    newest.iter().filter_map(|id| id.parse().ok()).collect()
}

/// Those that began last, latest first.
fn newest(home: &Home, ids: Vec<String>, most: usize) -> Vec<String> {
    let began = |id: &String| -> Option<Timestamp> {
        last(home, id)?.record().ok()?.started_at.parse().ok()
    };
    let mut dated: Vec<_> = ids.into_iter().map(|id| (began(&id), id)).collect();
    dated.sort();
    let latest = dated.into_iter().rev().take(most);
    latest.map(|(_began, id)| id).collect()
}

fn last(home: &Home, id: &str) -> Option<AttemptDir> {
    last_attempt(&home.attempts_dir().join(id))
}

fn last_attempt(task: &Path) -> Option<AttemptDir> {
    let number = *attempts(task).last()?;
    Some(AttemptDir::at(task.join(number.to_string())))
}

/// The numbers of the attempts in the directory of a task, in their order.
pub(super) fn attempts(task: &Path) -> Vec<u32> {
    let names = fs::read_dir(task).into_iter().flatten().flatten();
    let numbered = |path: PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut numbers: Vec<_> = names.filter_map(|name| numbered(name.path())).collect();
    numbers.sort_unstable();
    numbers
}
