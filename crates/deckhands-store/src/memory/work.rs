//! What workers do, in memory.

use async_trait::async_trait;
use deckhands_model::{AttemptId, TaskState};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::claim::{self, Taker};
use super::row::Row;
use super::{MemoryStore, booking, ends};
use crate::error::StoreResult;
use crate::lease::{Fence, LeaseTerm, SilentLease, WorkerId};
use crate::money::{Draw, Drawn};
use crate::port::Work;
use crate::records::{AttemptEnd, AttemptRecord, AttemptState, Intent, Progress, Session};
use crate::task::{Claim, Renewed, TaskEnd, Waiting};

#[async_trait]
impl Work for MemoryStore {
    async fn claim(
        &self,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Option<Claim>> {
        claim::claim(&mut self.lock(), Taker { worker, term, now })
    }

    async fn adopt(
        &self,
        attempt: AttemptId,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Claim> {
        claim::adopt(&mut self.lock(), attempt, Taker { worker, term, now })
    }

    async fn adopt_silent(
        &self,
        seen: SilentLease,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Claim> {
        claim::adopt_silent(&mut self.lock(), seen, Taker { worker, term, now })
    }

    async fn renew(&self, fence: Fence, term: LeaseTerm, now: Timestamp) -> StoreResult<Renewed> {
        self.lock()
            .fenced(fence, |row| prolong(row, fence, term, now))
    }

    async fn start(
        &self,
        fence: Fence,
        route: &str,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Renewed> {
        let mut state = self.lock();
        let renewed = state.fenced(fence, |row| {
            let live = row.leased(fence)?;
            live.record.state = AttemptState::Running;
            live.record.route = Some(route.to_owned());
            prolong(row, fence, term, now)
        })?;
        state.event(fence, "started", json!({ "route": route }), now);
        Ok(renewed)
    }

    async fn intend(&self, fence: Fence, object: &Intent, now: Timestamp) -> StoreResult<()> {
        let mut state = self.lock();
        let new = state.attempt(fence, |live| intend(&mut live.record, object))?;
        if new {
            let data = json!({ "kind": object.kind, "name": object.name });
            state.event(fence, "object", data, now);
        }
        Ok(())
    }

    async fn progress(&self, fence: Fence, progress: &Progress, _: Timestamp) -> StoreResult<()> {
        self.lock()
            .attempt(fence, |live| live.record.progress = progress.clone())
    }

    async fn session(
        &self,
        fence: Fence,
        session: Option<&Session>,
        _: Timestamp,
    ) -> StoreResult<()> {
        self.lock()
            .attempt(fence, |live| live.record.session = session.cloned())
    }

    async fn draw(&self, fence: Fence, draw: Draw, now: Timestamp) -> StoreResult<Drawn> {
        booking::draw(&mut self.lock(), fence, &draw, now)
    }

    async fn settle(&self, fence: Fence, spent: u64, back: u64, now: Timestamp) -> StoreResult<()> {
        booking::settle(&mut self.lock(), fence, (spent, back), now)
    }

    async fn pause(&self, fence: Fence, progress: &Progress, now: Timestamp) -> StoreResult<()> {
        let mut state = self.lock();
        state.attempt(fence, |live| {
            live.record.state = AttemptState::Paused;
            live.record.lease_until = now;
            live.record.progress = progress.clone();
        })?;
        state.event(fence, "paused", Value::Null, now);
        Ok(())
    }

    async fn requeue(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        waiting: &Waiting,
        now: Timestamp,
    ) -> StoreResult<()> {
        self.requeue_told(fence, end, waiting, now).map(drop)
    }

    async fn give_back(
        &self,
        fence: Fence,
        not_before: Option<Timestamp>,
        note: &str,
        now: Timestamp,
    ) -> StoreResult<bool> {
        ends::give_back(&mut self.lock(), fence, not_before, note, now)
    }

    async fn finish(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        task: &TaskEnd,
        now: Timestamp,
    ) -> StoreResult<()> {
        ends::finish(&mut self.lock(), fence, end, task, now)
    }

    async fn note(
        &self,
        fence: Fence,
        kind: &str,
        data: &Value,
        now: Timestamp,
    ) -> StoreResult<()> {
        let mut state = self.lock();
        state.attempt(fence, |_| ())?;
        state.event(fence, kind, data.clone(), now);
        Ok(())
    }
}

impl MemoryStore {
    /// [`requeue`](Work::requeue), and the state in which it left the task: a moment later that may be
    /// another one.
    pub(crate) fn requeue_told(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        waiting: &Waiting,
        now: Timestamp,
    ) -> StoreResult<TaskState> {
        ends::requeue(&mut self.lock(), fence, end, waiting, now)
    }
}

fn prolong(row: &mut Row, fence: Fence, term: LeaseTerm, now: Timestamp) -> StoreResult<Renewed> {
    let lease_until = term.end(now);
    let live = &mut row.leased(fence)?.record;
    (live.lease_until, live.term) = (lease_until, term);
    Ok(Renewed {
        lease_until,
        cancel_requested: row.record.cancel_requested,
    })
}

/// Whether the object, or its labels, are new.
fn intend(live: &mut AttemptRecord, object: &Intent) -> bool {
    let same = |one: &&mut Intent| one.kind == object.kind && one.name == object.name;
    match live.objects.iter_mut().find(same) {
        Some(known) if known == object => return false,
        Some(known) => *known = object.clone(),
        None => live.objects.push(object.clone()),
    }
    true
}
