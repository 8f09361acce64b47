//! What must hold once everything is over, read from the store and from the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use deckhands_model::{TaskId, TaskState};
use deckhands_orchestration::Clock;
use deckhands_orchestration::engine::FREE_RERUNS;
use deckhands_store::{AttemptState, Page, Queries, StoreResult, TaskFilter, TaskRecord, Upkeep};

use crate::invariant::Invariant;
use crate::store::SimStore;
use crate::world::World;

/// Everything that may be asked of one store at rest.
pub(crate) async fn judge(world: &Arc<World>, store: &SimStore, attempts: u32) {
    let judge = Judge {
        world,
        store,
        bound: attempts + FREE_RERUNS,
    };
    if let Err(error) = judge.all().await {
        judge.fail(Invariant::RecordSound, format!("the store says: {error}"));
    }
}

struct Judge<'a> {
    world: &'a Arc<World>,
    store: &'a SimStore,
    /// Most attempts of a task.
    bound: u32,
}

impl Judge<'_> {
    fn fail(&self, invariant: Invariant, what: String) {
        self.world.fail(invariant, what);
    }

    async fn all(&self) -> StoreResult<()> {
        self.nobody_lost().await;
        let now = self.world.clock.now();
        let page = Page {
            offset: 0,
            limit: u64::MAX,
        };
        let all = self.store.list(&TaskFilter::default(), page, now).await?;
        let ends = self.ends().await?;
        for task in &all {
            self.task(task, ends.get(&task.id).copied().unwrap_or(0))
                .await?;
        }
        self.promotions(&all);
        self.nothing_left();
        self.counters(&all).await
    }

    /// Whoever was told that a task is kept finds it.
    async fn nobody_lost(&self) {
        let acknowledged: Vec<(TaskId, String)> = {
            let state = self.world.lock();
            let tasks = state.model.tasks.iter();
            let told = tasks.filter(|(_, task)| task.acknowledged);
            told.map(|(id, task)| (*id, task.name.clone())).collect()
        };
        for (id, name) in acknowledged {
            if self.store.task(id, self.world.clock.now()).await.is_err() {
                self.fail(Invariant::NoTaskLost, format!("{name} is gone"));
            }
        }
    }

    /// Events that say that a task ended, for each task.
    async fn ends(&self) -> StoreResult<BTreeMap<TaskId, u32>> {
        let mut ends: BTreeMap<TaskId, u32> = BTreeMap::new();
        for event in self.store.events(None, 0, u64::MAX).await? {
            if event.kind == "finished" || event.kind == "cancelled" {
                *ends.entry(event.task).or_default() += 1;
            }
        }
        Ok(ends)
    }

    async fn task(&self, task: &TaskRecord, ends: u32) -> StoreResult<()> {
        let name = &task.title;
        if !task.state.is_terminal() {
            let what = format!("{name} is {:?}", task.state);
            self.fail(Invariant::AllDone, what);
            return Ok(());
        }
        let promised = self.world.lock().model.tasks.get(&task.id).map(|t| t.ends);
        if ends != 1 || promised != Some(1) {
            let what = format!("{name} has {ends} ends, {promised:?} were answered");
            self.fail(Invariant::OneResult, what);
        }
        let heeded = self.world.lock().model.heeds_cancel(task.id, task.state);
        if !heeded {
            let what = format!("{name} is {:?} after it was cancelled", task.state);
            self.fail(Invariant::CancelHeeded, what);
        }
        self.result(task).await?;
        self.attempts(task).await?;
        self.money(task).await
    }

    /// Every task that is over has a document, whoever ended it.
    async fn result(&self, task: &TaskRecord) -> StoreResult<()> {
        let name = &task.title;
        match self.store.result(task.id).await? {
            None => self.fail(Invariant::NoTaskLost, format!("{name} has no result")),
            Some(result) => {
                let told = result.attempts.len();
                let all = u32::try_from(told).ok() == Some(task.attempts);
                if result.state != task.state || !all {
                    let what = format!(
                        "{name} is {:?} after {} attempts, its document {:?} with {told}",
                        task.state, task.attempts, result.state
                    );
                    self.fail(Invariant::RecordSound, what);
                }
            }
        }
        Ok(())
    }

    async fn attempts(&self, task: &TaskRecord) -> StoreResult<()> {
        let name = &task.title;
        let attempts = self.store.attempts(task.id).await?;
        let count = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
        // One that was not begun counts nowhere; it is kept only where something was announced for it.
        let (idle, began): (Vec<_>, Vec<_>) = attempts.iter().partition(|attempt| {
            let report = attempt.report.as_ref();
            report.is_some_and(|report| report.outcome == "not_begun")
        });
        if idle.iter().any(|attempt| attempt.objects.is_empty()) {
            let what = format!("an attempt of {name} that was not begun is kept");
            self.fail(Invariant::RecordSound, what);
        }
        let began = u32::try_from(began.len()).unwrap_or(u32::MAX);
        if began > self.bound {
            let what = format!("{name} had {began} attempts of {}", self.bound);
            self.fail(Invariant::AttemptsBounded, what);
        }
        let numbered = attempts.iter().zip(1..).all(|(a, n)| a.number == n);
        let over = attempts
            .iter()
            .all(|attempt| attempt.state == AttemptState::Ended && attempt.report.is_some());
        if !numbered || !over || count != task.attempts {
            let what = format!("the attempts of {name} are not in order");
            self.fail(Invariant::RecordSound, what);
        }
        Ok(())
    }

    async fn money(&self, task: &TaskRecord) -> StoreResult<()> {
        let kept = self.store.money(task.id).await?.sum();
        let (billed, cap) = {
            let state = self.world.lock();
            let cap = state.planned(task.id).cap;
            (state.daemon.billed(task.id), cap)
        };
        let used = kept.used();
        if billed > used || used > cap {
            let what = format!("{}: billed {billed}, booked {used}, cap {cap}", task.title);
            self.fail(Invariant::MoneyBounded, what);
        }
        Ok(())
    }

    /// A task that completed was promoted once; no other was.
    fn promotions(&self, all: &[TaskRecord]) {
        let promoted = self.world.lock().daemon.promoted.clone();
        for task in all {
            let name = &task.title;
            let times = promoted.iter().filter(|id| id.task == task.id).count();
            if times > 1 {
                let what = format!("{name} was promoted {times} times");
                self.fail(Invariant::OnePromotion, what);
            } else if (times == 1) != (task.state == TaskState::Completed) {
                let what = format!("{name} is {:?}, promoted {times} times", task.state);
                self.fail(Invariant::Evidence, what);
            }
        }
    }

    fn nothing_left(&self) {
        let mut state = self.world.lock();
        let left: Vec<_> = state.daemon.containers.keys().copied().collect();
        for id in left {
            let what = format!("a container of {}", state.model.attempt_name(id));
            state.model.fail(Invariant::NothingLeft, what);
        }
    }

    async fn counters(&self, all: &[TaskRecord]) -> StoreResult<()> {
        for fault in self.store.check().await? {
            self.fail(Invariant::RecordSound, fault);
        }
        let stats = self.store.stats(self.world.clock.now()).await?;
        let mut states: BTreeMap<String, u64> = BTreeMap::new();
        for task in all {
            let word = serde_json::to_value(task.state).unwrap_or_default();
            let word = word.as_str().unwrap_or_default().to_owned();
            *states.entry(word).or_default() += 1;
        }
        let mut counted = stats.states.clone();
        counted.retain(|_, count| *count > 0);
        let live = self.store.live_attempts().await?.len();
        let right = u64::try_from(live).ok() == Some(stats.live_attempts);
        if counted != states || !right {
            let what = format!("counted {counted:?} of {states:?}");
            self.fail(Invariant::RecordSound, what);
        }
        Ok(())
    }
}
