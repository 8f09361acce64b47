//! What becomes of a dead attempt's files: its change is kept, the working files go, and it is booked.

use std::io;
use std::time::Duration;

use deckhands_model::{AttemptId, Cause};

use crate::attempt_dir::{AttemptDir, AttemptRecord, Claim, LockedAttempt, claim};
use crate::failure::RunFailure;
use crate::home::Home;
use crate::labels;
use crate::ports::Ports;
use crate::runner::{blocking, died, write_report};
use crate::worker;
use crate::workspace::{holds, read_record};

/// Takes a dead attempt's files back, removes the working ones and books it as cancelled.
///
/// # Errors
/// What stands in the way, for people; doing it again goes on.
pub(super) async fn close(
    ports: &Ports,
    home: &Home,
    held: &LockedAttempt,
    deadline: Duration,
) -> Result<(), String> {
    let dir = held.dir();
    let record = dir.record().ok();
    if let Some(record) = &record
        && let (Ok(task), Ok(number)) = (record.task_id.parse(), record.number.to_string().parse())
    {
        let id = AttemptId { task, number };
        clear_late(ports, id, dir, deadline).await?;
        if let Some(image) = &record.sandbox_image {
            let owned = ports.owned(labels::of_attempt(home, id, dir));
            let given = worker::give_back(&owned, id, dir, image);
            let given = tokio::time::timeout(deadline, given).await;
            given.map_err(|e| e.to_string())?.map_err(|e| e.message)?;
        }
    }
    let dir = dir.clone();
    let settled = blocking(move || settle(&dir, record.as_ref()));
    settled.await.map_err(|failure| failure.message)?
}

/// Clears a dead attempt away, whatever it was meant for.
///
/// # Errors
/// [`RunFailure`] where a living process works on it, or something stays.
pub(crate) async fn close_dead(
    ports: &Ports,
    home: &Home,
    id: AttemptId,
    deadline: Duration,
) -> Result<(), RunFailure> {
    let dir = AttemptDir::of(home, id);
    let unclaimed = |error| RunFailure::of_error(Cause::PermissionDenied, &error);
    let held = match claim(home, &dir).await.map_err(unclaimed)? {
        Claim::Ours(held) => Some(held),
        Claim::Gone => None,
        Claim::Live => {
            let text = format!("a living process works on attempt {id}");
            return Err(RunFailure::new(Cause::Unknown, text));
        }
    };
    let cleared = worker::clear(ports, id, true, deadline).await;
    let stays = |reason: String| {
        let text = format!("attempt {id} could not be cleared away: {reason}");
        RunFailure::new(Cause::DaemonUnreachable, text)
    };
    if !cleared.names.is_empty() {
        return Err(stays(format!("still there: {}", cleared.names.join(", "))));
    }
    match &held {
        Some(held) if dir.is_unfinished() => {
            close(ports, home, held, deadline).await.map_err(stays)
        }
        _ => Ok(()),
    }
}

/// Waits out a create call that a killed process may have sent just before its death.
async fn clear_late(
    ports: &Ports,
    id: AttemptId,
    dir: &AttemptDir,
    deadline: Duration,
) -> Result<(), String> {
    if dir.result().exists() {
        return Ok(());
    }
    let cleared = worker::clear(ports, id, true, deadline).await;
    if cleared.names.is_empty() {
        Ok(())
    } else {
        Err(format!("still there: {:?}", cleared.names))
    }
}

/// The file work of it. A record of a change that is none is given up; where the changed files
/// cannot be kept, nothing goes.
fn settle(dir: &AttemptDir, record: Option<&AttemptRecord>) -> Result<(), String> {
    let ended = dir.result().exists();
    let change = match read_record(&dir.change()) {
        Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(error.to_string()),
        read => read.ok().flatten(),
    };
    if let Some(change) = change.as_ref().filter(|_| !ended)
        && let Err(error) = change.move_files(&dir.agent_dirs().workspace, &dir.changed_files())
    {
        return Err(format!("its changed files could not be kept: {error}"));
    }
    dir.remove_working_files().map_err(|e| e.to_string())?;
    if ended {
        return Ok(());
    }
    let patch = dir.patch();
    let task_id = record.map(|record| record.task_id.clone());
    let mut report = died(
        task_id.unwrap_or_default(),
        change.as_ref().map(|change| (change, patch.as_path())),
    );
    if let Some(record) = record {
        report.profile = record.profile.to_string();
        report.egress = record.network.to_string();
    }
    report.verdict = std::fs::read(dir.verdict())
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    report.applied = change
        .zip(record)
        .filter(|(change, _record)| change.entries.iter().any(|entry| entry.after.is_some()))
        .is_some_and(|(change, record)| holds(&record.workspace, &change));
    write_report(dir, &report).map_err(|e| e.to_string())
}
