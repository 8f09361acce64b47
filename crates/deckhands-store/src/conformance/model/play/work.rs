//! What workers do, on a store and on the model at once.

use std::sync::Arc;

use deckhands_model::TaskState;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Play, pick};
use crate::conformance::desk::{TERM, attempt_report, moved, run_report, waiting, worker};
use crate::conformance::fault::{Fault, Verdict, holds, refused, same, stale, unknown};
use crate::conformance::model::money::Who;
use crate::conformance::model::op::Write;
use crate::conformance::model::world::Task;
use crate::conformance::written::{object, progress, session};
use crate::error::{StoreError, StoreResult};
use crate::lease::{Fence, SilentLease};
use crate::money::Drawn;
use crate::records::AttemptEnd;
use crate::task::{Claim, TaskEnd};

const ENDS: [TaskState; 4] = [
    TaskState::Completed,
    TaskState::Failed,
    TaskState::Cancelled,
    TaskState::Degraded,
];

impl Play<'_> {
    pub(super) async fn claim(&mut self, number: u8) -> Verdict {
        let (now, worker) = (self.now, worker(number));
        let claim = self.store.claim(worker, TERM, now).await?;
        let serial = self.world.leases.len();
        let Some(task) = self.world.next(now) else {
            return holds("nothing is next", claim.is_none());
        };
        let claim = claim.ok_or_else(|| Fault::new("a task is next"))?;
        let id = task.id;
        same("the next task", claim.task.id, id)?;
        task.lease((claim.fence, serial), worker, now);
        let number = claim.fence.attempt.number.get();
        same("the next number", number, task.attempts)?;
        self.rose(&claim)?;
        self.world.tell(id, "claimed");
        self.world.leases.push(claim.fence);
        Ok(())
    }

    pub(super) async fn adopt(&mut self, fence: Fence, number: u8) -> Verdict {
        let (now, worker, attempt) = (self.now, worker(number), fence.attempt);
        let id = attempt.task;
        let serial = self.world.leases.len();
        let Some(task) = self.world.task(id) else {
            let answer = self.store.adopt(attempt, worker, TERM, now).await;
            return unknown("an attempt of a pruned task", answer);
        };
        let live = task.live.as_ref();
        let left = live.is_some_and(|live| {
            live.fence.attempt == attempt && (live.paused || live.until <= now)
        });
        if !left {
            let before = self.snapshot().await?;
            let answer = self.store.adopt(attempt, worker, TERM, now).await;
            stale("an attempt that is not left", answer)?;
            return same("nothing changed", self.snapshot().await?, before);
        }
        let claim = self.store.adopt(attempt, worker, TERM, now).await?;
        task.lease((claim.fence, serial), worker, now);
        same("the attempt", claim.fence.attempt, attempt)?;
        self.rose(&claim)?;
        self.world.tell(id, "adopted");
        self.world.leases.push(claim.fence);
        Ok(())
    }

    /// The lease as it stands, or as it stood before a renewal, is taken as one that was silent.
    pub(super) async fn adopt_silent(
        &mut self,
        fence: Fence,
        number: u8,
        renewed: bool,
    ) -> Verdict {
        let (now, worker, id) = (self.now, worker(number), fence.attempt.task);
        let serial = self.world.leases.len();
        let store = Arc::clone(&self.store);
        let Some(task) = self.world.task(id) else {
            let seen = SilentLease { fence, until: now };
            let answer = store.adopt_silent(seen, worker, TERM, now).await;
            return unknown("an attempt of a pruned task", answer);
        };
        let live = task.live.as_ref();
        let mut until = live.map_or(now, |live| live.until);
        if renewed {
            until = moved(until, -1);
        }
        let seen = SilentLease { fence, until };
        let left = live.is_some_and(|live| live.fence == fence && !live.paused);
        if !left || renewed {
            let before = self.snapshot().await?;
            let answer = store.adopt_silent(seen, worker, TERM, now).await;
            stale("a lease that is not silent", answer)?;
            return same("nothing changed", self.snapshot().await?, before);
        }
        let claim = store.adopt_silent(seen, worker, TERM, now).await?;
        task.lease((claim.fence, serial), worker, now);
        same("the attempt", claim.fence.attempt, fence.attempt)?;
        self.rose(&claim)?;
        self.world.tell(id, "adopted");
        self.world.leases.push(claim.fence);
        Ok(())
    }

    /// No lease of the task had an epoch as high as this one.
    fn rose(&self, claim: &Claim) -> Verdict {
        let task = claim.task.id;
        let leases = self.world.leases.iter();
        let mut earlier = leases.filter(|lease| lease.attempt.task == task);
        let epoch = claim.fence.epoch;
        holds("epochs rise", earlier.all(|lease| lease.epoch < epoch))
    }

    pub(super) async fn write(&mut self, fence: Fence, write: Write) -> Verdict {
        if self.world.holder(fence).is_none() {
            let before = self.snapshot().await?;
            stale("a lease that is not held", self.send(fence, write).await)?;
            return same("nothing changed", self.snapshot().await?, before);
        }
        let begun = self.world.has_begun(fence);
        if begun && matches!(write, Write::GiveBack(_)) {
            let before = self.snapshot().await?;
            let answer = self.send(fence, write).await;
            let rightly = |error: &StoreError| matches!(error, StoreError::WrongState { .. });
            refused("it has begun", answer, rightly)?;
            return same("nothing changed", self.snapshot().await?, before);
        }
        let answer = self.send(fence, write).await?;
        let now = self.now;
        let wanted = self.book(fence, write);
        let Some(task) = self.world.holder(fence) else {
            return Ok(());
        };
        let wanted = wanted.unwrap_or_else(|| Answer::Is(answers(task, write)));
        same("the answer", answer, wanted)?;
        let id = task.id;
        let kinds = apply(task, write, now);
        for kind in kinds {
            self.world.tell(id, kind);
        }
        Ok(())
    }

    /// What the write does to money, on the model; its answer, where it draws.
    fn book(&mut self, fence: Fence, write: Write) -> Option<Answer> {
        let (attempt, now) = (fence.attempt, self.now);
        let batch = self.world.holder(fence)?.batch.clone();
        let (who, batch) = (Who::Attempt(attempt), batch.as_deref());
        let purses = &mut self.world.purses;
        match write {
            Write::Draw(op) => {
                return Some(Answer::Drawn(purses.draw(&who, batch, op.draw(), now)));
            }
            Write::Settle(spent, back) => {
                purses.settle(&who, batch, (spent.into(), back.into()), now);
            }
            Write::Requeue(_) | Write::Finish(_) => purses.end(attempt),
            _ => {}
        }
        None
    }

    /// The write on the store; what it answers, where it answers anything.
    async fn send(&self, fence: Fence, write: Write) -> StoreResult<Answer> {
        let (store, now) = (&self.store, self.now);
        let number = fence.attempt.number.get();
        let end = AttemptEnd {
            report: attempt_report(number),
            events: vec![("ladder".to_owned(), json!(number))],
        };
        match write {
            Write::Renew => {
                let renewed = store.renew(fence, TERM, now).await?;
                return Ok(Answer::Is(renewed.cancel_requested));
            }
            Write::Start => {
                let started = store.start(fence, "a", TERM, now).await?;
                return Ok(Answer::Is(started.cancel_requested));
            }
            Write::Intend(which) => {
                let object = object(&which.to_string());
                store.intend(fence, &object, now).await?;
            }
            Write::Progress(events) => {
                let progress = progress(u64::from(events));
                store.progress(fence, &progress, now).await?;
            }
            Write::Session(some) => {
                let session = some.then(session);
                store.session(fence, session.as_ref(), now).await?;
            }
            Write::Draw(op) => {
                let drawn = store.draw(fence, op.draw(), now).await?;
                return Ok(Answer::Drawn(drawn));
            }
            Write::Settle(spent, back) => {
                let settled = store.settle(fence, spent.into(), back.into(), now);
                settled.await?;
            }
            Write::Pause => store.pause(fence, &progress(1), now).await?,
            Write::Requeue(delay) => {
                let wait = waiting(delay.map(|delay| moved(now, delay)));
                store.requeue(fence, &end, &wait, now).await?;
            }
            Write::GiveBack(delay) => {
                let until = delay.map(|delay| moved(now, delay));
                let told = store.give_back(fence, until, "no model", now).await?;
                return Ok(Answer::Is(told));
            }
            Write::Finish(which) => {
                let state = pick(&ENDS, which).unwrap_or(TaskState::Failed);
                let task = TaskEnd {
                    state,
                    result: run_report(fence.attempt, state),
                    recovery: Value::Null,
                };
                store.finish(fence, &end, &task, now).await?;
            }
            Write::Note => store.note(fence, "note", &json!(1), now).await?,
        }
        Ok(Answer::Is(true))
    }
}

/// What a write answers.
#[derive(PartialEq, Debug)]
enum Answer {
    Is(bool),
    Drawn(Drawn),
}

/// What the write answers, where it answers anything.
fn answers(task: &Task, write: Write) -> bool {
    match write {
        Write::Renew | Write::Start => task.cancel_requested,
        Write::GiveBack(_) => !task.told_back,
        _ => true,
    }
}

/// The write on the model; the kinds of what it tells.
fn apply(task: &mut Task, write: Write, now: Timestamp) -> Vec<&'static str> {
    let Some(live) = &mut task.live else {
        return Vec::new();
    };
    match write {
        Write::Renew => live.until = TERM.end(now),
        Write::Start => {
            live.started = true;
            live.until = TERM.end(now);
            return vec!["started"];
        }
        Write::Intend(which) if live.objects.contains(&which) => {}
        Write::Intend(which) => {
            live.objects.push(which);
            return vec!["object"];
        }
        Write::Progress(_) | Write::Session(_) | Write::Draw(_) | Write::Settle(..) => {}
        Write::Pause => {
            live.paused = true;
            live.until = now;
            return vec!["paused"];
        }
        Write::Requeue(delay) => {
            task.live = None;
            task.wait(delay, now);
            return vec!["ladder", "requeued"];
        }
        Write::GiveBack(delay) => {
            task.undo(delay, now);
            let told = task.told_back;
            return if told { Vec::new() } else { vec!["given_back"] };
        }
        Write::Finish(which) => {
            task.live = None;
            let state = pick(&ENDS, which).unwrap_or(TaskState::Failed);
            task.ended = Some((state, now));
            return vec!["ladder", "finished"];
        }
        Write::Note => return vec!["note"],
    }
    Vec::new()
}
