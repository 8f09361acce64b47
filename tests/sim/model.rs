//! What the store has promised so far, kept apart from the store: each answer is held against it.

use std::collections::{BTreeMap, BTreeSet};

use deckhands_model::{AttemptId, TaskId, TaskState};
use deckhands_store::{
    AGEING_STEP_S, Cancelled, Claim, Fence, NewTask, StoreError, StoreResult, Submitted,
};
use jiff::Timestamp;

use crate::invariant::{Invariant, Violation};

/// All tasks that a store has said yes to.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) tasks: BTreeMap<TaskId, TaskModel>,
    keys: BTreeMap<String, TaskId>,
    violations: Vec<Violation>,
    refused_stale: u64,
}

/// What is known of one task.
#[derive(Debug, Default)]
pub(crate) struct TaskModel {
    /// A user was told that it is kept.
    pub(crate) acknowledged: bool,
    /// A user was told that it is cancelled, or will be.
    pub(crate) cancel: Option<CancelAnswer>,
    /// Its number in the plan, for people.
    pub(crate) name: String,
    /// Times that it ended.
    pub(crate) ends: u32,
    /// Its last attempt.
    pub(crate) attempt: u32,
    /// Nanodollars drawn and not settled, and spent.
    pub(crate) open: u64,
    pub(crate) spent: u64,
    priority: u8,
    waiting: bool,
    held: bool,
    not_before: Option<Timestamp>,
    ready_since: Timestamp,
    /// The only fence that may write now.
    lease: Option<Fence>,
    epoch: u64,
    announced: BTreeSet<(u32, String)>,
    /// Leases under which it was given back.
    given_back: Vec<Fence>,
    /// A cancellation was asked for before its last attempt was claimed.
    doomed: bool,
}

/// What a user was told about a cancellation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CancelAnswer {
    Done,
    Requested,
}

/// What happens to a lease with a write that went in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum After {
    /// It is held on.
    Kept,
    /// The attempt waits to be adopted.
    Paused,
    /// The task waits for another attempt.
    Requeued {
        not_before: Option<Timestamp>,
        now: Timestamp,
    },
    /// The task waits as if it had not been claimed.
    GivenBack {
        not_before: Option<Timestamp>,
        now: Timestamp,
    },
    /// The task is over.
    Finished,
}

impl TaskModel {
    fn may_start(&self, now: Timestamp) -> bool {
        self.waiting && !self.held && self.not_before.is_none_or(|at| at <= now)
    }
}

impl Model {
    pub(crate) fn fail(&mut self, invariant: Invariant, what: String) {
        self.violations.push(Violation { invariant, what });
    }

    pub(crate) fn take_violations(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.violations)
    }

    /// Stale writes that were refused.
    pub(crate) fn refused_stale(&self) -> u64 {
        self.refused_stale
    }

    pub(crate) fn name(&self, task: TaskId) -> &str {
        self.tasks.get(&task).map_or("t?", |task| &task.name)
    }

    pub(crate) fn attempt_name(&self, id: AttemptId) -> String {
        format!("{}.{}", self.name(id.task), id.number)
    }

    /// Whether a task was kept under this key.
    pub(crate) fn knows_key(&self, key: &Option<String>) -> bool {
        key.as_ref().is_some_and(|key| self.keys.contains_key(key))
    }

    pub(crate) fn submitted(&mut self, new: &NewTask, answer: Submitted, now: Timestamp) {
        let by_key = new.idempotency_key.as_ref().and_then(|k| self.keys.get(k));
        if let Some(first) = by_key.filter(|first| **first != answer.id) {
            let what = format!("{} is {} a second time", new.title, self.name(*first));
            self.fail(Invariant::KeysUnique, what);
        }
        if answer.existing {
            return;
        }
        if let Some(key) = &new.idempotency_key {
            self.keys.insert(key.clone(), new.id);
        }
        let task = TaskModel {
            name: new.title.clone(),
            priority: new.priority as u8,
            waiting: true,
            held: new.held,
            not_before: new.not_before,
            ready_since: new.not_before.map_or(now, |at| at.max(now)),
            ..TaskModel::default()
        };
        self.tasks.insert(new.id, task);
    }

    pub(crate) fn cancelled(&mut self, id: TaskId, answer: Cancelled) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        match answer {
            Cancelled::Done => {
                task.ends += 1;
                task.waiting = false;
                task.cancel = Some(CancelAnswer::Done);
            }
            Cancelled::Requested => {
                task.cancel.get_or_insert(CancelAnswer::Requested);
            }
            Cancelled::Ended(_) => {}
        }
        self.ended_once(id);
    }

    pub(crate) fn held(&mut self, id: TaskId) {
        if let Some(task) = self.tasks.get_mut(&id) {
            task.held = true;
        }
    }

    pub(crate) fn released(&mut self, id: TaskId, now: Timestamp) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        if task.waiting && !task.may_start(now) {
            task.ready_since = now;
        }
        task.held = false;
        task.not_before = None;
    }

    pub(crate) fn claimed(&mut self, claim: &Claim, now: Timestamp) {
        let id = claim.fence.attempt.task;
        self.passed_over(id, now);
        let Some(task) = self.tasks.get_mut(&id) else {
            return self.fail(Invariant::NoTaskLost, "an unknown task was claimed".into());
        };
        let (name, held) = (task.name.clone(), task.held);
        let (waited, done) = (task.waiting, task.cancel == Some(CancelAnswer::Done));
        let newer = claim.fence.epoch.0 > task.epoch;
        let next = claim.fence.attempt.number.get() == task.attempt + 1;
        task.waiting = false;
        task.not_before = None;
        task.epoch = claim.fence.epoch.0;
        task.attempt = claim.fence.attempt.number.get();
        task.doomed = task.cancel.is_some();
        task.lease = Some(claim.fence);
        if held {
            self.fail(Invariant::HoldHeeded, format!("{name} was claimed"));
        }
        if done {
            self.fail(Invariant::CancelHeeded, format!("{name} was claimed"));
        }
        if !(waited && newer && next) {
            let what = format!("{name} was claimed as {:?}", claim.fence.epoch);
            self.fail(Invariant::OneAtWork, what);
        }
    }

    /// Whether one that has waited its bound is passed over for `chosen`, which waits less long.
    fn passed_over(&mut self, chosen: TaskId, now: Timestamp) {
        let Some(since) = self.tasks.get(&chosen).map(|task| task.ready_since) else {
            return;
        };
        let older = self.tasks.values().find(|task| {
            let bound = i64::from(task.priority) * AGEING_STEP_S;
            let waited = now.duration_since(task.ready_since).as_secs();
            task.may_start(now) && task.ready_since < since && waited >= bound
        });
        if let Some(older) = older {
            let what = format!("{} was passed over for {}", older.name, self.name(chosen));
            self.fail(Invariant::Ageing, what);
        }
    }

    pub(crate) fn adopted(&mut self, claim: &Claim) {
        let id = claim.fence.attempt.task;
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        let newer = claim.fence.epoch.0 > task.epoch;
        let same = claim.fence.attempt.number.get() == task.attempt;
        task.epoch = claim.fence.epoch.0;
        task.lease = Some(claim.fence);
        if !(newer && same) {
            let what = format!("{} was adopted as {:?}", task.name, claim.fence);
            self.fail(Invariant::OneAtWork, what);
        }
    }

    /// Whether this fence is the one that may write.
    pub(crate) fn may_write(&self, fence: Fence) -> bool {
        let task = self.tasks.get(&fence.attempt.task);
        task.is_some_and(|task| task.lease == Some(fence))
    }

    /// Leases under which a task was given back. None of them is ever good again.
    pub(crate) fn given_back(&self, task: TaskId) -> &[Fence] {
        let task = self.tasks.get(&task);
        task.map_or(&[], |task| task.given_back.as_slice())
    }

    /// The fence that may write about a task.
    pub(crate) fn lease(&self, task: TaskId) -> Option<Fence> {
        self.tasks.get(&task)?.lease
    }

    /// A write under a fence was answered.
    pub(crate) fn wrote<T>(
        &mut self,
        op: &str,
        fence: Fence,
        answer: &StoreResult<T>,
        after: After,
    ) {
        let may = self.may_write(fence);
        let name = self.attempt_name(fence.attempt);
        match answer {
            Ok(_) if !may => {
                let what = format!("{op} of {name} under {:?} went in", fence.epoch);
                self.fail(Invariant::NoStaleWrite, what);
            }
            Err(StoreError::Stale) if may => {
                let what = format!("{op} of {name} was refused though {:?} holds", fence.epoch);
                self.fail(Invariant::NoStaleWrite, what);
            }
            Err(StoreError::Stale) => self.refused_stale += 1,
            _ => {}
        }
        if answer.is_ok() {
            self.went_in(fence.attempt.task, after);
        }
    }

    fn went_in(&mut self, id: TaskId, after: After) {
        let Some(task) = self.tasks.get_mut(&id) else {
            return;
        };
        match after {
            After::Kept => return,
            After::Paused => {}
            After::Requeued { not_before, now } => {
                task.waiting = true;
                task.not_before = not_before;
                task.ready_since = not_before.map_or(now, |at| at.max(now));
            }
            After::GivenBack { not_before, now } => {
                task.waiting = true;
                task.not_before = not_before.filter(|at| *at > now);
                task.ready_since = task.not_before.unwrap_or(task.ready_since);
                task.announced.retain(|(number, _)| *number != task.attempt);
                // The next attempt has the same number.
                task.attempt -= 1;
                task.given_back.extend(task.lease);
            }
            After::Finished => task.ends += 1,
        }
        task.lease = None;
        self.ended_once(id);
    }

    fn ended_once(&mut self, id: TaskId) {
        let ends = self.tasks.get(&id).map_or(0, |task| task.ends);
        if ends > 1 {
            let what = format!("{} ended {ends} times", self.name(id));
            self.fail(Invariant::OneResult, what);
        }
    }

    pub(crate) fn announced(&mut self, fence: Fence, name: &str) {
        if let Some(task) = self.tasks.get_mut(&fence.attempt.task) {
            let number = fence.attempt.number.get();
            task.announced.insert((number, name.to_owned()));
        }
    }

    pub(crate) fn is_announced(&self, id: AttemptId, name: &str) -> bool {
        let key = (id.number.get(), name.to_owned());
        let task = self.tasks.get(&id.task);
        task.is_some_and(|task| task.announced.contains(&key))
    }

    /// Whether an attempt must not begin: its task was cancelled before it was claimed.
    pub(crate) fn is_doomed(&self, id: AttemptId) -> bool {
        let task = self.tasks.get(&id.task);
        task.is_some_and(|task| task.doomed && task.attempt == id.number.get())
    }

    pub(crate) fn drawn(&mut self, task: TaskId, amount: u64, cap: u64) {
        let Some(task) = self.tasks.get_mut(&task) else {
            return;
        };
        task.open += amount;
        let (used, name) = (task.open + task.spent, task.name.clone());
        if used > cap {
            let what = format!("{name} has drawn {used} of {cap}");
            self.fail(Invariant::MoneyBounded, what);
        }
    }

    pub(crate) fn settled(&mut self, task: TaskId, spent: u64, back: u64) {
        if let Some(task) = self.tasks.get_mut(&task) {
            task.open = task.open.saturating_sub(spent + back);
            task.spent += spent;
        }
    }

    /// A user was told that the task is kept.
    pub(crate) fn acknowledge(&mut self, id: TaskId, title: &str) {
        let task = self.tasks.entry(id).or_default();
        task.acknowledged = true;
        if task.name.is_empty() {
            title.clone_into(&mut task.name);
        }
    }

    /// Whether a state goes with what users were told.
    pub(crate) fn heeds_cancel(&self, id: TaskId, state: TaskState) -> bool {
        let told = self.tasks.get(&id).and_then(|task| task.cancel);
        told != Some(CancelAnswer::Done) || state == TaskState::Cancelled
    }
}
