//! `retry`: stores ended tasks anew.

use deckhands_model::TaskId;
use deckhands_orchestration::{Clock, IdSource, SystemClock, SystemIds};
use deckhands_store::{NewTask, QueueBounds, Store, StoreError, TaskRecord};
use jiff::Timestamp;

use super::stored::{self, Done};
use crate::args::{Global, IdsArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::wiring;

/// A new try is wanted by somebody who waits for it: no full queue refuses it.
const NO_BOUND: QueueBounds = QueueBounds { max_size: u64::MAX };

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &IdsArgs, console: &Console) -> Result<u8, CliError> {
    let store = stored::open(global)?.store;
    let now = SystemClock.now();
    let all = wiring::block_on(carry_out(&*store, &args.ids, &SystemIds, now))??;
    for done in all.iter().filter(|done| done.error.is_none()) {
        let said = match done.outcome {
            "existing" => "a new try waits or runs already",
            _ => "stored anew",
        };
        console.note(&stored::line(done, said));
    }
    Ok(stored::tell(&all, text, console))
}

async fn carry_out(
    store: &dyn Store,
    words: &[String],
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<Vec<Done>, CliError> {
    stored::each(store, words, async |id| {
        let task = store.task(id, now).await?;
        if !task.state.is_terminal() {
            return Err(CliError::from(StoreError::WrongState {
                task: id,
                state: task.state,
                wanted: "retried",
            }));
        }
        let (new, outcome) = copy(store, &task, ids, now).await?;
        Ok(Done {
            new_task_id: Some(new),
            ..Done::new(id, outcome)
        })
    })
    .await
}

/// Hands in a copy, or finds the one that has not ended. Two who do so at once get the same one: the key
/// of each copy names the copy before it, and where that key is taken by a copy that has ended, its own
/// successor is next. So no more than the copies of this one task are looked at.
async fn copy(
    store: &dyn Store,
    task: &TaskRecord,
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<(TaskId, &'static str), CliError> {
    let mut new = NewTask {
        id: TaskId::from_random(ids.random()),
        spec: store.spec(task.id).await?,
        title: task.title.clone(),
        priority: task.priority,
        category: task.category,
        model: task.model.clone(),
        batch: task.batch.clone(),
        idempotency_key: None,
        not_before: None,
        held: false,
        retry_of: Some(task.id),
    };
    let mut before = task.id;
    loop {
        new.idempotency_key = Some(format!("retry of {} after {before}", task.id));
        let handed_in = store.submit(&new, NO_BOUND, now).await?;
        if !handed_in.existing {
            return Ok((handed_in.id, "submitted"));
        }
        if !store.task(handed_in.id, now).await?.state.is_terminal() {
            return Ok((handed_in.id, "existing"));
        }
        before = handed_in.id;
    }
}

/// The id of the new task, for scripts.
fn text(done: &Done) -> String {
    done.new_task_id
        .map(|id| id.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
