//! What users do, on a store and on the model at once.

use deckhands_model::{Priority, TaskId};
use serde_json::{Value, json};

use super::money::BATCHES;
use super::{Play, pick};
use crate::conformance::desk::{id, moved};
use crate::conformance::fault::{Fault, Verdict, refused, same, unknown};
use crate::conformance::model::op::Submit;
use crate::conformance::model::world::{BOUND, Task};
use crate::error::{StoreError, StoreResult};
use crate::task::{Cancelled, NewTask, QueueBounds, Submitted};

const PRIORITIES: [Priority; 4] = [
    Priority::Critical,
    Priority::High,
    Priority::Normal,
    Priority::Low,
];

impl Play<'_> {
    pub(super) async fn submit(&mut self, submit: Submit) -> Verdict {
        self.ids += 1;
        let task = self.new_task(submit)?;
        let max_size = u64::try_from(BOUND).map_err(Fault::new)?;
        let bounds = QueueBounds { max_size };
        let before = self.snapshot().await?;
        let answer = self.store.submit(&task, bounds, self.now).await;
        let tasks = self.world.tasks.iter();
        let mut known =
            tasks.filter(|known| known.key.is_some() && known.key == task.idempotency_key);
        match known.next() {
            Some(known) if known.spec == task.spec => {
                let (id, existing) = (known.id, true);
                same("a key again", answer?, Submitted { id, existing })?;
            }
            Some(_) => {
                let taken = |error: &StoreError| matches!(error, StoreError::KeyTaken(_));
                refused("a key of another task", answer, taken)?;
            }
            None if self.world.is_full() && !submit.retry => {
                let full = |error: &StoreError| matches!(error, StoreError::Full { .. });
                refused("one too many", answer, full)?;
            }
            None => {
                let (id, existing) = (task.id, false);
                same("a new task", answer?, Submitted { id, existing })?;
                self.add(&task, submit);
                return Ok(());
            }
        }
        same("nothing changed", self.snapshot().await?, before)
    }

    fn new_task(&self, submit: Submit) -> Result<NewTask, Fault> {
        let spec = match submit.key {
            Some((key, other)) => json!({ "key": key, "other": other }),
            None => Value::from(self.ids),
        };
        let mut task = NewTask::new(id(self.ids), format!("task {}", self.ids), spec);
        let priority = PRIORITIES.get(usize::from(submit.priority));
        task.priority = *priority.ok_or_else(|| Fault::new("there is no such priority"))?;
        task.not_before = submit.delay.map(|delay| moved(self.now, delay));
        task.held = submit.held;
        task.idempotency_key = submit.key.map(|(key, _)| format!("key {key}"));
        task.retry_of = submit.retry.then(|| id(0));
        let batch = submit.batch.and_then(|batch| pick(&BATCHES, batch));
        task.batch = batch.map(str::to_owned);
        Ok(task)
    }

    fn add(&mut self, task: &NewTask, submit: Submit) {
        let mut new = Task {
            id: task.id,
            spec: task.spec.clone(),
            key: task.idempotency_key.clone(),
            retry: submit.retry,
            priority: task.priority,
            submitted_at: self.now,
            ready_since: self.now,
            not_before: None,
            held: task.held,
            cancel_requested: false,
            attempts: 0,
            started_at: None,
            told_back: false,
            ended: None,
            live: None,
            batch: task.batch.clone(),
        };
        new.wait(submit.delay, self.now);
        self.world.tasks.push(new);
        self.world.ids.push(task.id);
        self.world.tell(task.id, "submitted");
    }

    pub(super) async fn cancel(&mut self, id: TaskId) -> Verdict {
        let (now, answer) = (self.now, self.store.cancel(id, self.now).await);
        let Some(task) = self.world.task(id) else {
            return unknown("a pruned task", answer);
        };
        if let Some((state, _)) = task.ended {
            return same("cancel", answer?, Cancelled::Ended(state));
        }
        let before = std::mem::replace(&mut task.cancel_requested, true);
        if task.waits() {
            task.ended = Some((deckhands_model::TaskState::Cancelled, now));
            self.world.tell(id, "cancelled");
            return same("cancel", answer?, Cancelled::Done);
        }
        if !before {
            self.world.tell(id, "cancel_requested");
        }
        same("cancel", answer?, Cancelled::Requested)
    }

    pub(super) async fn hold(&mut self, id: TaskId) -> Verdict {
        let answer = self.store.hold(id, self.now).await;
        let Some(task) = self.world.task(id) else {
            return unknown("a pruned task", answer);
        };
        if task.ended.is_some() {
            return wrong_state(answer);
        }
        if !std::mem::replace(&mut task.held, true) {
            self.world.tell(id, "held");
        }
        Ok(answer?)
    }

    pub(super) async fn release(&mut self, id: TaskId) -> Verdict {
        let (now, answer) = (self.now, self.store.release(id, self.now).await);
        let Some(task) = self.world.task(id) else {
            return unknown("a pruned task", answer);
        };
        if task.ended.is_some() {
            return wrong_state(answer);
        }
        if task.release(now) {
            self.world.tell(id, "released");
        }
        Ok(answer?)
    }
}

#[track_caller]
fn wrong_state(answer: StoreResult<()>) -> Verdict {
    let rightly = |error: &StoreError| matches!(error, StoreError::WrongState { .. });
    refused("an ended task", answer, rightly)
}
