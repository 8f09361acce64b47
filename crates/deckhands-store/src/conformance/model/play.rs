//! Playing a history on a store and on the model at once.

mod intake;
mod money;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use deckhands_model::{TaskId, TaskState};
use jiff::Timestamp;

use self::money::PAYERS;
use super::op::Op;
use super::world::{Task, World};
use crate::conformance::Bench;
use crate::conformance::audit::audit;
use crate::conformance::desk::{ALL, BEGIN, Snapshot, after, moved, snapshot};
use crate::conformance::fault::{Fault, Verdict, same};
use crate::port::Store;
use crate::records::{AttemptRecord, AttemptState};
use crate::task::{Retention, TaskFilter};

pub(super) struct Play<'a> {
    bench: &'a Arc<dyn Bench>,
    store: Arc<dyn Store>,
    world: World,
    now: Timestamp,
    /// Position of the last event that was looked at.
    seen: u64,
    ids: u64,
}

/// Plays all of them; the store and the model must agree after each.
pub(super) async fn play(bench: &Arc<dyn Bench>, ops: &[Op]) -> Verdict {
    let mut play = Play {
        bench,
        store: bench.fresh().await?,
        world: World::default(),
        now: BEGIN,
        seen: 0,
        ids: 0,
    };
    for op in ops {
        play.step(*op).await?;
        play.compare().await?;
    }
    audit(play.store.as_ref(), play.now).await
}

/// What `picks` means among so many.
fn pick<T: Copy>(all: &[T], picks: u8) -> Option<T> {
    let index = usize::from(picks).checked_rem(all.len())?;
    all.get(index).copied()
}

impl Play<'_> {
    async fn step(&mut self, op: Op) -> Verdict {
        match op {
            Op::Submit(submit) => self.submit(submit).await,
            Op::Claim { worker } => self.claim(worker).await,
            Op::Adopt { lease, worker } => match pick(&self.world.leases, lease) {
                Some(fence) => self.adopt(fence, worker).await,
                None => Ok(()),
            },
            Op::AdoptSilent {
                lease,
                worker,
                renewed,
            } => match pick(&self.world.leases, lease) {
                Some(fence) => self.adopt_silent(fence, worker, renewed).await,
                None => Ok(()),
            },
            Op::Write { lease, write } => match pick(&self.world.leases, lease) {
                Some(fence) => self.write(fence, write).await,
                None => Ok(()),
            },
            Op::Cancel { task } => match pick(&self.world.ids, task) {
                Some(id) => self.cancel(id).await,
                None => Ok(()),
            },
            Op::Hold { task } => match pick(&self.world.ids, task) {
                Some(id) => self.hold(id).await,
                None => Ok(()),
            },
            Op::Release { task } => match pick(&self.world.ids, task) {
                Some(id) => self.release(id).await,
                None => Ok(()),
            },
            Op::Pass { seconds } => {
                self.now = moved(self.now, seconds);
                Ok(())
            }
            Op::Prune { keep } => self.prune(keep).await,
            Op::DrawFor { payer, draw } => match pick(&PAYERS, payer) {
                Some(payer) => self.draw_for(payer, draw).await,
                None => Ok(()),
            },
            Op::SettleFor { payer, settled } => match pick(&PAYERS, payer) {
                Some(payer) => self.settle_for(payer, settled).await,
                None => Ok(()),
            },
            Op::Reopen => self.reopen().await,
        }
    }

    async fn prune(&mut self, keep: u16) -> Verdict {
        let now = self.now;
        let keep = u64::from(keep);
        let over = |task: &Task| task.ended.is_some_and(|(_, at)| after(at, keep) <= now);
        let gone: Vec<Task> = self.world.tasks.extract_if(.., |task| over(task)).collect();
        for task in &gone {
            let batch = task.batch.as_deref();
            let left = |other: &Task| other.batch.as_deref() == batch;
            let last = !self.world.tasks.iter().any(left);
            self.world.purses.remove(task.id, batch, last);
        }
        let mut gone: Vec<TaskId> = gone.into_iter().map(|task| task.id).collect();
        let keep = Duration::from_secs(keep);
        self.world.purses.prune(now - keep);
        let mut pruned = self.store.prune(Retention { keep }, now).await?;
        gone.sort();
        pruned.sort();
        same("what is pruned", pruned, gone)
    }

    /// Another process has what is durable, and nothing else.
    async fn reopen(&mut self) -> Verdict {
        let (to, before) = (self.bench.scratch(), self.snapshot().await?);
        self.store.backup(&to).await?;
        self.store = self.bench.open_backup(&to).await?;
        same("what is kept", self.snapshot().await?, before)
    }

    async fn snapshot(&self) -> Result<Snapshot, Fault> {
        Ok(snapshot(self.store.as_ref(), self.now).await?)
    }

    /// Everything that is cheap to ask, against the model.
    async fn compare(&mut self) -> Verdict {
        let events = self.store.events(None, self.seen, ALL.limit).await?;
        self.seen = events.last().map_or(self.seen, |last| last.seq);
        let told = events.into_iter().map(|event| (event.task, event.kind));
        let told: Vec<_> = told.collect();
        same("new events", told, std::mem::take(&mut self.world.told))?;
        self.compare_tasks().await?;
        self.compare_attempts().await?;
        self.compare_money().await?;
        self.compare_counters().await
    }

    async fn compare_tasks(&self) -> Verdict {
        let records = self
            .store
            .list(&TaskFilter::default(), ALL, self.now)
            .await?;
        let found = records.iter().map(|one| {
            let asked = (one.held, one.cancel_requested);
            let times = (one.submitted_at, one.started_at, one.ended_at);
            (
                one.id,
                one.state,
                one.attempts,
                asked,
                one.not_before,
                times,
            )
        });
        let wanted = self.world.tasks.iter().map(|one| {
            let asked = (one.held, one.cancel_requested);
            let ended = one.ended.map(|(_, at)| at);
            let state = one.state(self.now);
            let times = (one.submitted_at, one.started_at, ended);
            (one.id, state, one.attempts, asked, one.not_before, times)
        });
        same("tasks", found.collect::<Vec<_>>(), wanted.collect())
    }

    async fn compare_attempts(&self) -> Verdict {
        let live = self.store.live_attempts().await?;
        let found = live.iter().map(|one: &AttemptRecord| {
            let lease = (one.epoch, one.worker, one.lease_until);
            (one.id(), one.state, lease, one.objects.len())
        });
        let tasks = self.world.tasks.iter();
        let mut lives: Vec<_> = tasks.filter_map(|task| task.live.as_ref()).collect();
        lives.sort_by_key(|one| one.serial);
        let wanted = lives.into_iter().map(|one| {
            let state = match (one.paused, one.started) {
                (true, _) => AttemptState::Paused,
                (false, true) => AttemptState::Running,
                (false, false) => AttemptState::Leased,
            };
            let lease = (one.fence.epoch, one.worker, one.until);
            (Some(one.fence.attempt), state, lease, one.objects.len())
        });
        same("live attempts", found.collect::<Vec<_>>(), wanted.collect())
    }

    async fn compare_counters(&self) -> Verdict {
        let stats = self.store.stats(self.now).await?;
        let mut states = BTreeMap::<&str, u64>::new();
        for task in &self.world.tasks {
            *states.entry(task.state(self.now).word()).or_default() += 1;
        }
        for (word, count) in &stats.states {
            let wanted = states.remove(word.as_str()).unwrap_or(0);
            same(word, *count, wanted)?;
        }
        same("states that are not counted", states, BTreeMap::new())?;
        let tasks = self.world.tasks.iter();
        let queued = tasks.filter(|task| task.state(self.now) == TaskState::Queued);
        let oldest = queued.map(|task| task.submitted_at).min();
        same("the oldest", stats.oldest_queued, oldest)?;
        let waiting = self.world.tasks.iter().filter(|task| task.waits());
        let times = waiting
            .filter(|task| !task.held)
            .filter_map(|task| task.not_before);
        let next = times.filter(|time| *time > self.now).min();
        same(
            "the next start",
            self.store.next_start(self.now).await?,
            next,
        )
    }
}
