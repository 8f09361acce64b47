//! A call on one of the stores; its answer as text, which two stores must have in common.

use deckhands_model::{AttemptId, Priority, TaskId, TaskState};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, Lease, Submit, Write};
use crate::conformance::desk::{
    BEGIN, TERM, attempt_report, id, moved, new_task, run_report, waiting, worker,
};
use crate::conformance::written::{object, progress, session};
use crate::error::StoreResult;
use crate::lease::{Epoch, Fence, SilentLease};
use crate::port::Store;
use crate::records::AttemptEnd;
use crate::task::{Claim, NewTask, QueueBounds, Retention, TaskEnd};

/// Most tasks that may wait.
const BOUNDS: QueueBounds = QueueBounds { max_size: 5 };

/// A store, and what was handed in and given out so far.
pub(super) struct Side<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) now: Timestamp,
    tasks: Vec<NewTask>,
    leases: Vec<Fence>,
}

impl<'a> Side<'a> {
    pub(super) fn new(store: &'a dyn Store) -> Self {
        Self {
            store,
            now: BEGIN,
            tasks: Vec::new(),
            leases: Vec::new(),
        }
    }

    /// The identity of a task, or one that there is not.
    pub(super) fn task(&self, pick: u8) -> TaskId {
        let index = usize::from(pick) % (self.tasks.len() + 1);
        self.tasks.get(index).map_or(id(0), |task| task.id)
    }

    /// A lease, or one that there is not.
    fn lease(&self, lease: Lease) -> Fence {
        let index = usize::from(lease.pick) % (self.leases.len() + 1);
        let (task, number) = (id(0), deckhands_model::AttemptNumber::FIRST);
        let none = Fence {
            attempt: AttemptId { task, number },
            epoch: Epoch(1),
        };
        let mut fence = self.leases.get(index).copied().unwrap_or(none);
        fence.epoch.0 += u64::from(lease.other_epoch);
        if lease.other_number {
            fence.attempt.number = fence.attempt.number.next();
        }
        fence
    }

    pub(super) async fn act(&mut self, call: &Call) -> String {
        let (store, now) = (self.store, self.now);
        match call {
            Call::Submit(submit) => self.hand_in(new(self.tasks.len(), submit, now)).await,
            Call::Resubmit { task, other } => {
                let index = usize::from(*task) % (self.tasks.len() + 1);
                let Some(mut task) = self.tasks.get(index).cloned() else {
                    return String::new();
                };
                if *other {
                    task.spec = json!("another one");
                }
                self.hand_in(task).await
            }
            Call::Claim { worker: number } => {
                let claim = store.claim(worker(*number), TERM, now).await;
                self.given(claim.as_ref().ok().and_then(Option::as_ref));
                text(claim)
            }
            Call::Adopt { lease, worker: by } => {
                let attempt = self.lease(*lease).attempt;
                let claim = store.adopt(attempt, worker(*by), TERM, now).await;
                self.given(claim.as_ref().ok());
                text(claim)
            }
            Call::AdoptSilent {
                lease,
                worker: by,
                other,
            } => {
                let mut seen = self.seen(self.lease(*lease)).await;
                seen.until = moved(seen.until, i16::from(*other));
                let claim = store.adopt_silent(seen, worker(*by), TERM, now).await;
                self.given(claim.as_ref().ok());
                text(claim)
            }
            Call::Write { lease, write } => self.write(self.lease(*lease), *write).await,
            Call::Cancel(task) => text(store.cancel(self.task(*task), now).await),
            Call::Hold(task) => text(store.hold(self.task(*task), now).await),
            Call::Release(task) => text(store.release(self.task(*task), now).await),
            Call::Pass(seconds) => {
                self.now = moved(now, *seconds);
                String::new()
            }
            Call::Prune(keep) => {
                let keep = std::time::Duration::from_secs((*keep).into());
                text(store.prune(Retention { keep }, now).await)
            }
            Call::DrawFor(payer, draw) => {
                text(store.draw_for(&payer.to_string(), *draw, now).await)
            }
            Call::SettleFor(payer, (spent, back)) => {
                let payer = payer.to_string();
                text(store.settle_for(&payer, *spent, *back, now).await)
            }
            Call::Ask(ask) => self.ask(*ask).await,
        }
    }

    /// A lease as it stands, where its attempt is there.
    async fn seen(&self, fence: Fence) -> SilentLease {
        let attempts = self.store.attempts(fence.attempt.task).await;
        let mut attempts = attempts.unwrap_or_default().into_iter();
        let own = attempts.find(|own| own.id() == Some(fence.attempt));
        let until = own.map_or(self.now, |own| own.lease_until);
        SilentLease { fence, until }
    }

    async fn hand_in(&mut self, task: NewTask) -> String {
        let answer = self.store.submit(&task, BOUNDS, self.now).await;
        // Refused ones, too: there must be nothing of them.
        self.tasks.push(task);
        text(answer)
    }

    fn given(&mut self, claim: Option<&Claim>) {
        self.leases.extend(claim.map(|claim| claim.fence));
    }

    async fn write(&self, fence: Fence, write: Write) -> String {
        let (store, now) = (self.store, self.now);
        match write {
            Write::Renew => text(store.renew(fence, TERM, now).await),
            Write::Start(route) => text(store.start(fence, &route.to_string(), TERM, now).await),
            Write::Intend { name, labels } => {
                let mut object = object(&name.to_string());
                object.labels = super::super::written::object(&labels.to_string()).labels;
                text(store.intend(fence, &object, now).await)
            }
            Write::Progress(events) => {
                text(store.progress(fence, &progress(events.into()), now).await)
            }
            Write::Session(some) => {
                let session = some.then(session);
                text(store.session(fence, session.as_ref(), now).await)
            }
            Write::Draw(draw) => text(store.draw(fence, draw, now).await),
            Write::Settle(spent, back) => text(store.settle(fence, spent, back, now).await),
            Write::Pause => text(store.pause(fence, &progress(1), now).await),
            Write::Requeue { delay, wrong } => {
                let wait = waiting(delay.map(|delay| moved(now, delay)));
                text(store.requeue(fence, &end(fence, wrong), &wait, now).await)
            }
            Write::GiveBack { delay, note } => {
                let until = delay.map(|delay| moved(now, delay));
                let note = if note {
                    "no model"
                } else {
                    "its engine stopped"
                };
                text(store.give_back(fence, until, note, now).await)
            }
            Write::Finish { state, wrong } => {
                let state = TaskState::ALL[usize::from(state) % TaskState::ALL.len()];
                let task = TaskEnd {
                    state,
                    result: run_report(fence.attempt, state),
                    recovery: json!(wrong),
                };
                text(store.finish(fence, &end(fence, wrong), &task, now).await)
            }
            Write::Note(data) => text(store.note(fence, "note", &json!(data), now).await),
        }
    }
}

fn new(before: usize, submit: &Submit, now: Timestamp) -> NewTask {
    let number = before as u64 + 1;
    let mut task = new_task(number);
    if let Some((key, other)) = submit.key {
        task.spec = json!({ "key": key, "other": other });
        task.idempotency_key = Some(format!("key {key}"));
    }
    task.priority = Priority::ALL[usize::from(submit.priority) % Priority::ALL.len()];
    task.not_before = submit.delay.map(|delay| moved(now, delay));
    task.held = submit.held;
    task.retry_of = submit.retry.then(|| id(0));
    task.batch = submit.batch.map(|batch| format!("batch {batch}"));
    task
}

/// The end of an attempt; a wrong one is that of another.
fn end(fence: Fence, wrong: bool) -> AttemptEnd {
    let number = fence.attempt.number.get() + u32::from(wrong);
    AttemptEnd {
        report: attempt_report(number),
        events: vec![("ladder".to_owned(), Value::from(number))],
    }
}

pub(super) fn text<T: std::fmt::Debug>(answer: StoreResult<T>) -> String {
    format!("{answer:?}")
}
