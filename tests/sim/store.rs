//! A store as one process sees it: it can fail, be slow, or be the last thing the process does.
//! Every answer is held against the model.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use deckhands_model::{AttemptId, ModelCalls, RunReport, TaskId};
use deckhands_store::{
    AttemptEnd, AttemptRecord, Booked, Cancelled, Claim, Draw, Drawn, EventRecord, Fence, Intake,
    Intent, LeaseTerm, MemoryStore, Money, MoneyOfDay, MoneyOfPayer, MoneyOfTask, MoneySum,
    NewTask, Page, Progress, Queries, QueueBounds, Renewed, Reported, Retention, Session,
    SilentLease, Stats, StoreError, StoreResult, Submitted, TaskEnd, TaskFilter, TaskRecord,
    Upkeep, Waiting, Work, WorkerId,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::breakage::Breakage;
use crate::invariant::Invariant;
use crate::model::After;
use crate::plan::Trouble;
use crate::process::Process;
use crate::world::State;

/// The one store, through the eyes of one process.
#[derive(Clone, Debug)]
pub(crate) struct SimStore {
    inner: MemoryStore,
    process: Arc<Process>,
}

/// What kind of call it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Read,
    Write,
}

impl SimStore {
    pub(crate) fn new(inner: MemoryStore, process: Arc<Process>) -> Self {
        Self { inner, process }
    }

    fn is(&self, breakage: Breakage) -> bool {
        self.process.world.is(breakage)
    }

    async fn read<T: Send>(
        &self,
        call: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        self.process.alive().await;
        let after = self.troubled(Kind::Read).await?;
        let answer = call.await;
        sleep(after).await;
        self.process.alive().await;
        answer
    }

    /// One write. `seen` is told of the answer in the moment in which the write is done.
    async fn write<T: Send>(
        &self,
        op: &str,
        call: impl Future<Output = StoreResult<T>> + Send,
        seen: impl FnOnce(&mut State, &StoreResult<T>) + Send,
    ) -> StoreResult<T> {
        let step = self.process.before(op).await;
        let after = self.troubled(Kind::Write).await?;
        let answer = call.await;
        seen(&mut self.process.world.lock(), &answer);
        self.process.after(op, step).await;
        sleep(after).await;
        self.process.alive().await;
        answer
    }

    /// Waits as a slow store does; returns how long its answer takes afterwards.
    async fn troubled(&self, kind: Kind) -> StoreResult<std::time::Duration> {
        let now = Instant::now();
        let active = {
            let mut state = self.process.world.lock();
            state.troubles.retain(|(_, until)| *until > now);
            state.troubles.first().map(|(trouble, _)| *trouble)
        };
        match active {
            Some(Trouble::Busy) => Err(StoreError::Busy),
            Some(Trouble::DiskFull) if kind == Kind::Write => Err(StoreError::DiskFull),
            Some(Trouble::Slow { before, after }) => {
                sleep(before).await;
                Ok(after)
            }
            Some(Trouble::DiskFull) | None => Ok(std::time::Duration::ZERO),
        }
    }

    /// One write under a fence.
    async fn fenced<T: Send>(
        &self,
        op: &str,
        fence: Fence,
        after: After,
        call: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        let world = &self.process.world;
        let watched = async {
            let before = self.row_if_stale(fence).await;
            let answer = call.await;
            if before.is_some() && self.row_if_stale(fence).await != before {
                let what = format!("{op} under {:?} changed a row", fence.epoch);
                world.fail(Invariant::NoStaleWrite, what);
            }
            answer
        };
        let answer = self
            .write(op, watched, |state, answer| {
                state.model.wrote(op, fence, answer, after);
            })
            .await;
        if op != "renew" && op != "progress" {
            let name = world.lock().model.attempt_name(fence.attempt);
            let how = answer
                .as_ref()
                .map_or_else(ToString::to_string, |_| "ok".to_owned());
            self.process.tell(format_args!("{op} {name}: {how}"));
        }
        answer
    }

    /// What a stale write must not change.
    async fn row_if_stale(&self, fence: Fence) -> Option<(TaskRecord, Vec<AttemptRecord>)> {
        if self.process.world.lock().model.may_write(fence) {
            return None;
        }
        let task = fence.attempt.task;
        let record = self.inner.task(task, Timestamp::MIN).await.ok()?;
        Some((record, self.inner.attempts(task).await.ok()?))
    }

    /// The fence that is written with.
    fn bent(&self, fence: Fence) -> Fence {
        let world = &self.process.world;
        let current = world.lock().model.lease(fence.attempt.task);
        let bent = current.filter(|_| world.is(Breakage::IgnoresFence));
        let mut bent = bent.unwrap_or(fence);
        bent.epoch.0 += self.rewound(fence.attempt.task);
        bent
    }

    /// By how much lower epochs are told than they are.
    fn rewound(&self, task: TaskId) -> u64 {
        if !self.is(Breakage::ReusesEpochs) {
            return 0;
        }
        let state = self.process.world.lock();
        u64::try_from(state.model.given_back(task).len()).unwrap_or(0)
    }

    /// Whoever gave the task back before writes late, under the number that is somebody else's now.
    async fn late_writes(&self, task: TaskId, now: Timestamp) {
        let world = &self.process.world;
        let before = world.lock().model.given_back(task).to_vec();
        let progress = Progress::default();
        for fence in before {
            let late = self.inner.progress(self.bent(fence), &progress, now);
            if !matches!(late.await, Err(StoreError::Stale)) {
                let what = format!("progress under {:?} after it was given back", fence.epoch);
                world.fail(Invariant::NoStaleWrite, what);
            }
        }
    }

    /// Unimportant tasks are kept back while a task is claimed.
    async fn starve(&self, now: Timestamp) -> Vec<TaskId> {
        let all = Page {
            offset: 0,
            limit: u64::MAX,
        };
        let listed = self.inner.list(&TaskFilter::default(), all, now).await;
        let queued = listed.unwrap_or_default().into_iter();
        let queued = queued.filter(|task| task.state == deckhands_model::TaskState::Queued);
        let low = queued.filter(|task| task.priority == deckhands_model::Priority::Low);
        let low: Vec<TaskId> = low.map(|task| task.id).collect();
        for id in &low {
            self.inner.hold(*id, now).await.ok();
        }
        low
    }

    /// Forgets what has ended, where it is that kind of store.
    pub(crate) async fn restarted(&self, now: Timestamp) {
        if self.is(Breakage::ForgetsOnRestart) {
            let keep = std::time::Duration::ZERO;
            self.inner.prune(Retention { keep }, now).await.ok();
        }
    }
}

#[async_trait]
impl Intake for SimStore {
    async fn submit(
        &self,
        task: &NewTask,
        bounds: QueueBounds,
        now: Timestamp,
    ) -> StoreResult<Submitted> {
        let call = async {
            if self.is(Breakage::AcknowledgesEarly) && now.as_second() % 3 == 0 {
                let (id, existing) = (task.id, false);
                return Ok(Submitted { id, existing });
            }
            let mut task = task.clone();
            if self.is(Breakage::IgnoresKeys) {
                task.idempotency_key = None;
            }
            self.inner.submit(&task, bounds, now).await
        };
        let seen = |state: &mut State, answer: &StoreResult<Submitted>| {
            if let Ok(answer) = answer {
                state.model.submitted(task, *answer, now);
            }
        };
        self.write("submit", call, seen).await
    }

    async fn cancel(&self, task: TaskId, now: Timestamp) -> StoreResult<Cancelled> {
        let seen = |state: &mut State, answer: &StoreResult<Cancelled>| {
            if let Ok(answer) = answer {
                state.model.cancelled(task, *answer);
            }
        };
        self.write("cancel", self.inner.cancel(task, now), seen)
            .await
    }

    async fn hold(&self, task: TaskId, now: Timestamp) -> StoreResult<()> {
        let call = async {
            if self.is(Breakage::SwallowsHold) {
                return Ok(());
            }
            self.inner.hold(task, now).await
        };
        let seen = |state: &mut State, answer: &StoreResult<()>| {
            if answer.is_ok() {
                state.model.held(task);
            }
        };
        self.write("hold", call, seen).await
    }

    async fn release(&self, task: TaskId, now: Timestamp) -> StoreResult<()> {
        let seen = |state: &mut State, answer: &StoreResult<()>| {
            if answer.is_ok() {
                state.model.released(task, now);
            }
        };
        self.write("release", self.inner.release(task, now), seen)
            .await
    }
}

#[async_trait]
impl Work for SimStore {
    async fn claim(
        &self,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Option<Claim>> {
        let call = async {
            let starved = if self.is(Breakage::Starves) {
                self.starve(now).await
            } else {
                Vec::new()
            };
            let mut claim = self.inner.claim(worker, term, now).await?;
            for id in starved {
                self.inner.release(id, now).await.ok();
            }
            if claim.is_none() {
                claim = self.inner.claim(worker, term, now).await?;
            }
            if let Some(claim) = &mut claim {
                let task = claim.task.id;
                claim.task.cancel_requested &= !self.is(Breakage::HidesCancel);
                claim.fence.epoch.0 -= self.rewound(task);
                self.late_writes(task, now).await;
            }
            Ok(claim)
        };
        let mut name = None;
        let seen = |state: &mut State, answer: &StoreResult<Option<Claim>>| {
            if let Ok(Some(claim)) = answer {
                state.model.claimed(claim, now);
                name = Some(state.model.attempt_name(claim.fence.attempt));
            }
        };
        let claim = self.write("claim", call, seen).await;
        if let (Some(name), Ok(Some(claim))) = (name, &claim) {
            let epoch = claim.fence.epoch.0;
            self.process
                .tell(format_args!("claims {name} for {worker}, epoch {epoch}"));
        }
        claim
    }

    async fn adopt(
        &self,
        attempt: AttemptId,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Claim> {
        let call = async {
            let hour = SignedDuration::from_hours(1);
            let early = self.is(Breakage::AdoptsEarly);
            let at = if early { now + hour } else { now };
            let mut claim = self.inner.adopt(attempt, worker, term, at).await?;
            claim.fence.epoch.0 -= self.rewound(attempt.task);
            Ok(claim)
        };
        let seen = |state: &mut State, answer: &StoreResult<Claim>| {
            if let Ok(claim) = answer {
                state.model.adopted(claim);
                state.coverage.hit("adopted".to_owned());
            }
        };
        let claim = self.write("adopt", call, seen).await;
        if let Ok(claim) = &claim {
            let name = self.process.world.lock().model.attempt_name(attempt);
            let epoch = claim.fence.epoch.0;
            self.process
                .tell(format_args!("adopts {name} for {worker}, epoch {epoch}"));
        }
        claim
    }

    async fn adopt_silent(
        &self,
        seen: SilentLease,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Claim> {
        let attempt = seen.fence.attempt;
        let call = async {
            let mut claim = self.inner.adopt_silent(seen, worker, term, now).await?;
            claim.fence.epoch.0 -= self.rewound(attempt.task);
            Ok(claim)
        };
        let held = seen.until > now;
        let seen = |state: &mut State, answer: &StoreResult<Claim>| {
            if let Ok(claim) = answer {
                state.model.adopted(claim);
                state.coverage.hit("adopted".to_owned());
                if held {
                    state.coverage.hit("adopted silently".to_owned());
                }
            }
        };
        let claim = self.write("adopt", call, seen).await;
        if let Ok(claim) = &claim {
            let name = self.process.world.lock().model.attempt_name(attempt);
            let epoch = claim.fence.epoch.0;
            self.process.tell(format_args!(
                "adopts silent {name} for {worker}, epoch {epoch}"
            ));
        }
        claim
    }

    async fn renew(&self, fence: Fence, term: LeaseTerm, now: Timestamp) -> StoreResult<Renewed> {
        let call = async {
            let mut renewed = self.inner.renew(self.bent(fence), term, now).await?;
            renewed.cancel_requested &= !self.is(Breakage::HidesCancel);
            Ok(renewed)
        };
        self.fenced("renew", fence, After::Kept, call).await
    }

    async fn start(
        &self,
        fence: Fence,
        route: &str,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Renewed> {
        let call = async {
            let fence = self.bent(fence);
            let mut started = self.inner.start(fence, route, term, now).await?;
            started.cancel_requested &= !self.is(Breakage::HidesCancel);
            Ok(started)
        };
        self.fenced("start", fence, After::Kept, call).await
    }

    async fn intend(&self, fence: Fence, object: &Intent, now: Timestamp) -> StoreResult<()> {
        let call = async {
            let answer = self.inner.intend(self.bent(fence), object, now).await;
            if answer.is_ok() {
                let mut state = self.process.world.lock();
                state.model.announced(fence, &object.name);
            }
            answer
        };
        self.fenced("intend", fence, After::Kept, call).await
    }

    async fn progress(&self, fence: Fence, progress: &Progress, now: Timestamp) -> StoreResult<()> {
        let call = async { self.inner.progress(self.bent(fence), progress, now).await };
        self.fenced("progress", fence, After::Kept, call).await
    }

    async fn session(
        &self,
        fence: Fence,
        session: Option<&Session>,
        now: Timestamp,
    ) -> StoreResult<()> {
        let call = async { self.inner.session(self.bent(fence), session, now).await };
        self.fenced("session", fence, After::Kept, call).await
    }

    async fn draw(&self, fence: Fence, draw: Draw, now: Timestamp) -> StoreResult<Drawn> {
        let call = async {
            let answer = self.inner.draw(self.bent(fence), draw, now).await;
            if let Ok(Drawn::Granted(amount)) = answer {
                let mut state = self.process.world.lock();
                let real = state.planned(fence.attempt.task).cap;
                state.model.drawn(fence.attempt.task, amount, real);
            }
            answer
        };
        self.fenced("draw", fence, After::Kept, call).await
    }

    async fn settle(&self, fence: Fence, spent: u64, back: u64, now: Timestamp) -> StoreResult<()> {
        let call = async {
            let answer = self.inner.settle(self.bent(fence), spent, back, now).await;
            if answer.is_ok() {
                let mut state = self.process.world.lock();
                state.model.settled(fence.attempt.task, spent, back);
            }
            answer
        };
        self.fenced("settle", fence, After::Kept, call).await
    }

    async fn pause(&self, fence: Fence, progress: &Progress, now: Timestamp) -> StoreResult<()> {
        let call = async { self.inner.pause(self.bent(fence), progress, now).await };
        self.fenced("pause", fence, After::Paused, call).await
    }

    async fn requeue(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        waiting: &Waiting,
        now: Timestamp,
    ) -> StoreResult<()> {
        let call = async {
            let mut waiting = waiting.clone();
            if self.is(Breakage::ForgetsBudget) {
                waiting.recovery = Value::Null;
            }
            let fence = self.bent(fence);
            self.inner.requeue(fence, end, &waiting, now).await
        };
        let after = After::Requeued {
            not_before: waiting.not_before,
            now,
        };
        self.fenced("requeue", fence, after, call).await
    }

    async fn give_back(
        &self,
        fence: Fence,
        not_before: Option<Timestamp>,
        note: &str,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let call = async {
            if self.is(Breakage::KeepsNotBegun) {
                return Err(StoreError::WrongState {
                    task: fence.attempt.task,
                    state: deckhands_model::TaskState::Running,
                    wanted: "given back",
                });
            }
            let fence = self.bent(fence);
            self.inner.give_back(fence, not_before, note, now).await
        };
        let after = After::GivenBack { not_before, now };
        let given = self.fenced("give_back", fence, after, call).await;
        if given.is_ok() {
            self.process.world.hit("given back".to_owned());
        }
        given
    }

    async fn finish(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        task: &TaskEnd,
        now: Timestamp,
    ) -> StoreResult<()> {
        let call = async {
            let fence = self.bent(fence);
            if self.is(Breakage::FinishesTwice) {
                let data = Value::Null;
                self.inner.note(fence, "finished", &data, now).await.ok();
            }
            self.inner.finish(fence, end, task, now).await
        };
        self.fenced("finish", fence, After::Finished, call).await
    }

    async fn note(
        &self,
        fence: Fence,
        kind: &str,
        data: &Value,
        now: Timestamp,
    ) -> StoreResult<()> {
        let call = async { self.inner.note(self.bent(fence), kind, data, now).await };
        self.fenced("note", fence, After::Kept, call).await
    }
}

#[async_trait]
impl Money for SimStore {
    async fn draw_for(&self, payer: &str, draw: Draw, now: Timestamp) -> StoreResult<Drawn> {
        let call = self.inner.draw_for(payer, draw, now);
        self.write("draw_for", call, |_, _| ()).await
    }

    async fn settle_for(
        &self,
        payer: &str,
        spent: u64,
        back: u64,
        now: Timestamp,
    ) -> StoreResult<()> {
        let call = self.inner.settle_for(payer, spent, back, now);
        self.write("settle_for", call, |_, _| ()).await
    }

    async fn money_of_payer(&self, payer: &str) -> StoreResult<Booked> {
        self.read(self.inner.money_of_payer(payer)).await
    }

    async fn open_payers(&self) -> StoreResult<Vec<MoneyOfPayer>> {
        self.read(self.inner.open_payers()).await
    }

    async fn money_of_batch(&self, batch: &str) -> StoreResult<MoneySum> {
        self.read(self.inner.money_of_batch(batch)).await
    }

    async fn money_of_days(&self, since: Date) -> StoreResult<Vec<MoneyOfDay>> {
        self.read(self.inner.money_of_days(since)).await
    }
}

#[async_trait]
impl Queries for SimStore {
    async fn task(&self, id: TaskId, now: Timestamp) -> StoreResult<TaskRecord> {
        self.read(self.inner.task(id, now)).await
    }

    async fn find(&self, prefix: &str) -> StoreResult<Vec<TaskId>> {
        self.read(self.inner.find(prefix)).await
    }

    async fn list(
        &self,
        filter: &TaskFilter,
        page: Page,
        now: Timestamp,
    ) -> StoreResult<Vec<TaskRecord>> {
        self.read(self.inner.list(filter, page, now)).await
    }

    async fn spec(&self, id: TaskId) -> StoreResult<Value> {
        self.read(self.inner.spec(id)).await
    }

    async fn attempts(&self, id: TaskId) -> StoreResult<Vec<AttemptRecord>> {
        self.read(self.inner.attempts(id)).await
    }

    async fn reports(&self, after: u64, limit: u64, now: Timestamp) -> StoreResult<Vec<Reported>> {
        self.read(self.inner.reports(after, limit, now)).await
    }

    async fn live_attempts(&self) -> StoreResult<Vec<AttemptRecord>> {
        let mut live = self.read(self.inner.live_attempts()).await?;
        if self.is(Breakage::AdoptsEarly) {
            for attempt in &mut live {
                attempt.lease_until = Timestamp::MIN;
            }
        }
        Ok(live)
    }

    async fn cancels_asked(&self) -> StoreResult<Vec<TaskId>> {
        if self.is(Breakage::HidesCancel) {
            return Ok(Vec::new());
        }
        self.read(self.inner.cancels_asked()).await
    }

    async fn result(&self, id: TaskId) -> StoreResult<Option<RunReport>> {
        self.read(self.inner.result(id)).await
    }

    async fn events(
        &self,
        task: Option<TaskId>,
        after: u64,
        limit: u64,
    ) -> StoreResult<Vec<EventRecord>> {
        self.read(self.inner.events(task, after, limit)).await
    }

    async fn money(&self, id: TaskId) -> StoreResult<MoneyOfTask> {
        self.read(self.inner.money(id)).await
    }

    async fn next_start(&self, now: Timestamp) -> StoreResult<Option<Timestamp>> {
        self.read(self.inner.next_start(now)).await
    }

    async fn calls(&self) -> StoreResult<Vec<ModelCalls>> {
        self.read(self.inner.calls()).await
    }

    async fn stats(&self, now: Timestamp) -> StoreResult<Stats> {
        let mut stats = self.read(self.inner.stats(now)).await?;
        if self.is(Breakage::Miscounts) {
            stats.states.remove("completed");
        }
        Ok(stats)
    }
}

#[async_trait]
impl Upkeep for SimStore {
    async fn check(&self) -> StoreResult<Vec<String>> {
        self.read(self.inner.check()).await
    }

    async fn backup(&self, to: &Path) -> StoreResult<()> {
        self.read(self.inner.backup(to)).await
    }

    async fn prune(&self, retention: Retention, now: Timestamp) -> StoreResult<Vec<TaskId>> {
        self.read(self.inner.prune(retention, now)).await
    }
}
