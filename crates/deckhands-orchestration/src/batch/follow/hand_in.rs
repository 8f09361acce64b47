//! Hands tasks in as long as there is room.

use deckhands_model::TaskId;
use deckhands_store::{NewTask, StoreError, StoreResult};

use super::Follow;
use crate::batch::BatchError;
use crate::batch::observer::BatchEvent;

/// Tasks that are handed in before it is looked again what ended.
const BURST: usize = 50;

/// What handing in came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fed {
    /// All that there is.
    All,
    /// There may be room for more.
    More,
    /// No room, or the store is not to be had now.
    NotNow,
}

impl Follow<'_> {
    pub(super) async fn hand_in(&mut self) -> Result<Fed, BatchError> {
        for _ in 0..BURST {
            let Some(next) = self.to_hand_in.front() else {
                return Ok(Fed::All);
            };
            let id = match self.submit(&next.task).await {
                Ok(id) => id,
                Err(StoreError::Full { .. }) => {
                    self.told_full();
                    return Ok(Fed::NotNow);
                }
                Err(source) if never(&source) => {
                    let index = next.item.index;
                    return Err(BatchError { index, source });
                }
                Err(error) => {
                    self.trouble(&error);
                    return Ok(Fed::NotNow);
                }
            };
            if let Some(task) = self.to_hand_in.pop_front() {
                self.open.insert(id, task.item);
            }
            self.watcher.tell(BatchEvent::HandedIn {
                done: self.total - self.to_hand_in.len(),
                total: self.total,
            });
        }
        Ok(Fed::More)
    }

    async fn submit(&self, task: &NewTask) -> StoreResult<TaskId> {
        let (store, now) = (&self.parts.store, self.parts.clock.now());
        let submitted = store.submit(task, self.options.bounds, now).await?;
        Ok(submitted.id)
    }

    fn told_full(&mut self) {
        if !self.full {
            self.full = true;
            let rest = self.to_hand_in.len();
            self.watcher.tell(BatchEvent::QueueFull { rest });
        }
    }
}

/// Whether asking again is of no use.
fn never(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::KeyTaken(_)
            | StoreError::Corrupt(_)
            | StoreError::Newer { .. }
            | StoreError::ReadOnly(_)
    )
}
