//! The model: tasks in a list, every question answered by looking at all of them.

use deckhands_model::{AttemptId, AttemptNumber, Priority, TaskId, TaskState};
use jiff::Timestamp;

use super::money::Purses;
use crate::conformance::desk::{TERM, moved};
use crate::lease::{Fence, WorkerId};
use crate::money::Booked;

/// Most tasks that may wait.
pub(super) const BOUND: usize = 4;

/// What is told of an attempt while it is not over.
const OF_ATTEMPT: [&str; 7] = [
    "claimed", "adopted", "started", "object", "paused", "note", "ladder",
];

#[derive(Default)]
pub(super) struct World {
    /// In the order of their hand-in.
    pub(super) tasks: Vec<Task>,
    /// Every task there ever was.
    pub(super) ids: Vec<TaskId>,
    /// Every lease there ever was.
    pub(super) leases: Vec<Fence>,
    /// What the last transition must have told.
    pub(super) told: Vec<(TaskId, String)>,
    pub(super) purses: Purses,
}

pub(super) struct Task {
    pub(super) id: TaskId,
    pub(super) spec: serde_json::Value,
    pub(super) key: Option<String>,
    pub(super) retry: bool,
    pub(super) priority: Priority,
    pub(super) submitted_at: Timestamp,
    pub(super) ready_since: Timestamp,
    pub(super) not_before: Option<Timestamp>,
    pub(super) held: bool,
    pub(super) cancel_requested: bool,
    pub(super) attempts: u32,
    pub(super) started_at: Option<Timestamp>,
    /// Its last event that is not of an attempt under way says that it was given back.
    pub(super) told_back: bool,
    pub(super) ended: Option<(TaskState, Timestamp)>,
    pub(super) live: Option<Live>,
    pub(super) batch: Option<String>,
}

pub(super) struct Live {
    /// Its place among all claims.
    pub(super) serial: usize,
    pub(super) fence: Fence,
    pub(super) worker: WorkerId,
    pub(super) until: Timestamp,
    pub(super) started: bool,
    pub(super) paused: bool,
    pub(super) objects: Vec<u8>,
}

impl World {
    pub(super) fn task(&mut self, id: TaskId) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.id == id)
    }

    /// The task whose lease it is, if it is held.
    pub(super) fn holder(&mut self, fence: Fence) -> Option<&mut Task> {
        let task = self.task(fence.attempt.task)?;
        let live = task.live.as_ref()?;
        (live.fence == fence && !live.paused).then_some(task)
    }

    /// The task that is next.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<&mut Task> {
        let free = self.tasks.iter_mut();
        let free = free.filter(|task| task.state(now) == TaskState::Queued);
        // Of equals the first one is found, and the list is in the order of the hand-in.
        free.min_by_key(|task| (task.urgency(now), task.ready_since))
    }

    /// Whether money was drawn or an object announced for the attempt under way.
    pub(super) fn has_begun(&mut self, fence: Fence) -> bool {
        let live = self.holder(fence).and_then(|task| task.live.as_ref());
        let announced = live.is_some_and(|live| !live.objects.is_empty());
        announced || self.purses.of_attempt(fence.attempt) != Booked::default()
    }

    pub(super) fn is_full(&self) -> bool {
        let counts = |task: &&Task| task.waits() && task.attempts == 0 && !task.retry;
        self.tasks.iter().filter(counts).count() >= BOUND
    }

    pub(super) fn tell(&mut self, id: TaskId, kind: &str) {
        if let Some(task) = self.task(id).filter(|_| !OF_ATTEMPT.contains(&kind)) {
            task.told_back = kind == "given_back";
        }
        self.told.push((id, kind.to_owned()));
    }
}

impl Task {
    pub(super) fn waits(&self) -> bool {
        self.live.is_none() && self.ended.is_none()
    }

    pub(super) fn state(&self, now: Timestamp) -> TaskState {
        if let Some((state, _)) = self.ended {
            state
        } else if self.live.is_some() {
            TaskState::Running
        } else if self.held || self.not_before.is_some_and(|at| at > now) {
            TaskState::Pending
        } else {
            TaskState::Queued
        }
    }

    /// One step for every ten minutes.
    fn urgency(&self, now: Timestamp) -> i64 {
        let waited = now.duration_since(self.ready_since).as_secs();
        (self.priority as i64 - waited.max(0) / 600).max(0)
    }

    pub(super) fn wait(&mut self, delay: Option<i16>, now: Timestamp) {
        let time = delay.map(|delay| moved(now, delay));
        self.not_before = time.filter(|time| *time > now);
        self.ready_since = self.not_before.unwrap_or(now);
    }

    /// Whether there was anything to take back.
    pub(super) fn release(&mut self, now: Timestamp) -> bool {
        if !self.held && self.not_before.is_none() {
            return false;
        }
        if self.state(now) == TaskState::Pending {
            self.ready_since = now;
        }
        self.held = false;
        self.not_before = None;
        true
    }

    /// A lease of a new attempt, or of the one that is left.
    pub(super) fn lease(
        &mut self,
        (fence, serial): (Fence, usize),
        worker: WorkerId,
        now: Timestamp,
    ) {
        let until = TERM.end(now);
        if let Some(live) = &mut self.live {
            live.fence = fence;
            live.worker = worker;
            live.until = until;
            live.paused = false;
            return;
        }
        self.attempts += 1;
        self.started_at.get_or_insert(now);
        self.not_before = None;
        self.live = Some(Live {
            serial,
            fence,
            worker,
            until,
            started: false,
            paused: false,
            objects: Vec::new(),
        });
    }

    /// The attempt is as if it had never been.
    pub(super) fn undo(&mut self, delay: Option<i16>, now: Timestamp) {
        let since = self.ready_since;
        self.live = None;
        self.wait(delay, now);
        self.ready_since = self.not_before.unwrap_or(since);
        self.attempts -= 1;
        if self.attempts == 0 {
            self.started_at = None;
        }
    }

    /// Every attempt, and whether it is over.
    pub(super) fn attempts(&self) -> impl Iterator<Item = (AttemptId, bool)> {
        let (task, live, all) = (self.id, self.live.is_some(), self.attempts);
        let numbers = std::iter::successors(Some(AttemptNumber::FIRST), |one| Some(one.next()));
        numbers
            .take_while(move |number| number.get() <= all)
            .map(move |number| (AttemptId { task, number }, !live || number.get() < all))
    }
}
