//! A small world: a store, a clock that follows tokio's, and attempts that do what they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use deckhands_gateway::Health;
use deckhands_model::{
    AttemptId, AttemptReport, CallsReport, Cause, ErrorReport, ModelId, Priority, RunReport,
    TaskId, TaskState, Usage,
};
use deckhands_resilience::route_health::BreakerPolicy;
use deckhands_runtime::ContainerOwner;
use deckhands_store::{
    AttemptRecord, Fence, Intake, MemoryStore, NewTask, Progress, Queries, QueueBounds, StoreError,
    TaskRecord, Work as _,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::super::*;
use crate::clock::{Clock, IdSource};
use crate::model_gateway::route_health;
use crate::runner;

/// What an attempt does: the first entry of a task's list is its first attempt's.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Act {
    Succeed(Duration),
    Fail(Duration, Cause),
    Hang,
    /// As `Succeed`, but nobody can take it over.
    Vanish(Duration),
    /// So many calls of the model fail, the last word of the provider is to wait for 200 s; then it
    /// works for so long and succeeds.
    Calls(u32, Cause, Duration),
    /// Its agent is never reached; a container may have been announced by then.
    Prepare {
        announced: bool,
    },
}

/// A container that outlives the engine which made it.
#[derive(Clone, Copy, Debug)]
struct Body {
    act: Act,
    /// Work that is left; while it runs, until when.
    ends: Instant,
    frozen: Option<Duration>,
}

#[derive(Debug, Default)]
struct Daemon {
    bodies: BTreeMap<AttemptId, Body>,
    births: usize,
    /// So many adoptions find that somebody else looks at the attempt in this moment.
    busy: usize,
    at_work: BTreeSet<AttemptId>,
    most_at_once: usize,
    /// Adoptions need a key that is not here.
    no_key: bool,
    /// Tasks whose files were removed.
    forgotten: Vec<TaskId>,
    /// Models that no task can pay for.
    dear: Vec<ModelId>,
}

#[derive(Debug)]
struct Scripted {
    daemon: Mutex<Daemon>,
    health: Health,
    /// It answers nothing.
    away: watch::Sender<bool>,
}

#[derive(Debug)]
struct TokioClock {
    begin: Instant,
    /// Seconds that it was set by.
    set: AtomicI64,
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let set = SignedDuration::from_secs(self.set.load(Ordering::Relaxed));
        Timestamp::UNIX_EPOCH + self.begin.elapsed() + set
    }
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<EngineEvent>>);

impl EngineObserver for Heard {
    fn tell(&self, event: EngineEvent) {
        self.0.lock().unwrap().push(event);
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn random(&self) -> [u8; 16] {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        bytes
    }
}

/// The model of every task.
const FIRST: &str = "openai/first";

pub(super) struct World {
    pub(super) store: Arc<MemoryStore>,
    scripted: Arc<Scripted>,
    clock: Arc<TokioClock>,
    ids: Arc<Counted>,
    heard: Arc<Heard>,
}

/// An engine that runs beside the test.
pub(super) struct Spawned {
    pub(super) signals: StopSignals,
    engine: JoinSet<EngineReport>,
}

pub(super) fn settings() -> EngineSettings {
    EngineSettings::default()
}

pub(super) fn drained() -> EngineSettings {
    EngineSettings {
        drain: true,
        ..settings()
    }
}

impl Default for World {
    fn default() -> Self {
        let clock = Arc::new(TokioClock {
            begin: Instant::now(),
            set: AtomicI64::default(),
        });
        let told: Arc<dyn Clock> = clock.clone();
        Self {
            store: Arc::new(MemoryStore::default()),
            scripted: Arc::new(Scripted {
                daemon: Mutex::default(),
                health: route_health(BreakerPolicy::default(), &told),
                away: watch::Sender::default(),
            }),
            clock,
            ids: Arc::default(),
            heard: Arc::default(),
        }
    }
}

impl World {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets the clock by so many seconds.
    pub(super) fn set_clock(&self, by: i64) {
        self.clock.set.fetch_add(by, Ordering::Relaxed);
    }

    /// What the engines told so far.
    pub(super) fn told(&self) -> Vec<EngineEvent> {
        self.heard.0.lock().unwrap().clone()
    }

    /// Nothing says that anything was done for it, however often it was looked at.
    pub(super) async fn has_not_begun(&self, task: TaskId) {
        let record = self.record(task).await;
        assert_eq!((record.attempts, record.started_at), (0, None));
        assert!(record.note.is_some(), "it says why it waits");
        assert!(self.attempts(task).await.is_empty());
        let kinds = self.event_kinds(task).await.join(" ");
        assert_eq!(kinds, "submitted given_back");
    }

    /// Has the route of the tasks' own model left alone for nine hours, as after a refusal.
    pub(super) fn lose_the_route(&self) {
        let route = ModelId::resolve(FIRST).unwrap();
        let reset = self.now() + Duration::from_secs(9 * 3600);
        let health = &self.scripted.health;
        health.record_failure(&route, Cause::QuotaUntilReset, Some(reset));
    }

    pub(super) async fn submit(&self, acts: &[Act]) -> TaskId {
        self.submit_for(FIRST, acts).await
    }

    pub(super) async fn submit_for(&self, model: &str, acts: &[Act]) -> TaskId {
        let id = TaskId::from_random(self.ids.random());
        let task = NewTask {
            id,
            spec: serde_json::to_value(acts).unwrap(),
            title: "a task".to_owned(),
            priority: Priority::Normal,
            category: None,
            model: Some(model.to_owned()),
            batch: None,
            idempotency_key: None,
            not_before: None,
            held: false,
            retry_of: None,
        };
        let bounds = QueueBounds::default();
        self.store.submit(&task, bounds, self.now()).await.unwrap();
        id
    }

    fn engine(&self, settings: EngineSettings) -> Engine {
        let parts = EngineParts {
            store: self.store.clone(),
            attempts: self.scripted.clone(),
            health: self.scripted.health.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            observer: self.heard.clone(),
        };
        Engine::new(parts, settings)
    }

    pub(super) async fn run(&self, settings: EngineSettings) -> EngineReport {
        self.engine(settings).run(&StopSignals::default()).await
    }

    pub(super) fn spawn(&self, settings: EngineSettings) -> Spawned {
        let engine = self.engine(settings);
        let signals = StopSignals::default();
        let heard = signals.clone();
        let mut running = JoinSet::new();
        running.spawn(async move { engine.run(&heard).await });
        Spawned {
            signals,
            engine: running,
        }
    }

    pub(super) async fn record(&self, task: TaskId) -> TaskRecord {
        self.store.task(task, self.now()).await.unwrap()
    }

    pub(super) async fn state(&self, task: TaskId) -> TaskState {
        self.record(task).await.state
    }

    pub(super) async fn knows(&self, task: TaskId) -> bool {
        self.store.task(task, self.now()).await.is_ok()
    }

    /// From now on no task can pay for this model.
    pub(super) fn make_dear(&self, model: &str) {
        let model = ModelId::resolve(model).unwrap();
        self.scripted.daemon.lock().unwrap().dear.push(model);
    }

    pub(super) fn forgotten(&self) -> Vec<TaskId> {
        self.scripted.daemon.lock().unwrap().forgotten.clone()
    }

    pub(super) async fn result(&self, task: TaskId) -> RunReport {
        self.store.result(task).await.unwrap().unwrap()
    }

    pub(super) async fn attempts(&self, task: TaskId) -> Vec<AttemptRecord> {
        self.store.attempts(task).await.unwrap()
    }

    /// Tells how far the first attempt of a task is, as its worker does.
    pub(super) async fn tell(&self, task: TaskId, progress: &Progress) {
        let attempt = &self.attempts(task).await[0];
        let fence = Fence {
            attempt: attempt.id().unwrap(),
            epoch: attempt.epoch,
        };
        let told = self.store.progress(fence, progress, self.now());
        told.await.unwrap();
    }

    pub(super) async fn event_kinds(&self, task: TaskId) -> Vec<String> {
        let events: Result<_, StoreError> = self.store.events(Some(task), 0, 1000).await;
        events
            .unwrap()
            .into_iter()
            .map(|event| event.kind)
            .collect()
    }

    pub(super) fn alive(&self) -> Vec<AttemptId> {
        let daemon = self.scripted.daemon.lock().unwrap();
        daemon.bodies.keys().copied().collect()
    }

    pub(super) fn busy(&self, adoptions: usize) {
        self.scripted.daemon.lock().unwrap().busy = adoptions;
    }

    /// The daemon goes away, or is there again.
    pub(super) fn daemon_is_away(&self, away: bool) {
        self.scripted.away.send_replace(away);
    }

    /// Whether the key of the attempts' models is missing from now on.
    pub(super) fn key_is_missing(&self, missing: bool) {
        self.scripted.daemon.lock().unwrap().no_key = missing;
    }

    pub(super) fn births(&self) -> usize {
        self.scripted.daemon.lock().unwrap().births
    }

    pub(super) fn at_work(&self) -> usize {
        self.scripted.daemon.lock().unwrap().at_work.len()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.scripted.daemon.lock().unwrap().most_at_once
    }
}

impl Spawned {
    pub(super) async fn stop(self) -> EngineReport {
        self.signals.stop.cancel();
        self.join().await
    }

    pub(super) async fn join(mut self) -> EngineReport {
        self.engine.join_next().await.unwrap().unwrap()
    }

    /// As `kill -9`: the engine's future and all of its workers are dropped where they stand.
    pub(super) async fn crash(mut self) {
        self.engine.shutdown().await;
    }
}

impl Scripted {
    async fn watch(&self, job: &AttemptJob) -> AttemptOutcome {
        let body = self.thaw(job.id);
        let ends = match body.act {
            Act::Hang | Act::Prepare { .. } => Instant::now() + Duration::from_secs(1_000_000),
            Act::Succeed(_) | Act::Fail(..) | Act::Vanish(_) | Act::Calls(..) => body.ends,
        };
        let _working = self.at_work(job.id);
        let mut away = self.away.subscribe();
        tokio::select! {
            biased;
            _away = away.wait_for(|away| *away) => AttemptOutcome::Left,
            () = job.cancel.cancelled() => self.over(job, TaskState::Cancelled, None),
            () = job.pause.cancelled() => {
                let mut daemon = self.daemon.lock().unwrap();
                if let Some(body) = daemon.bodies.get_mut(&job.id) {
                    body.frozen = Some(ends - Instant::now());
                }
                AttemptOutcome::Paused
            }
            () = sleep_until(ends) => match body.act {
                Act::Fail(_, cause) => self.over(job, TaskState::Failed, Some(cause)),
                Act::Succeed(_)
                | Act::Hang
                | Act::Vanish(_)
                | Act::Calls(..)
                | Act::Prepare { .. } => {
                    self.over(job, TaskState::Completed, None)
                }
            }
        }
    }

    fn thaw(&self, id: AttemptId) -> Body {
        let mut daemon = self.daemon.lock().unwrap();
        let body = daemon.bodies.get_mut(&id).unwrap();
        if let Some(left) = body.frozen.take() {
            body.ends = Instant::now() + left;
        }
        *body
    }

    fn at_work(&self, id: AttemptId) -> Working<'_> {
        let mut daemon = self.daemon.lock().unwrap();
        assert!(daemon.at_work.insert(id), "two workers on {id}");
        daemon.most_at_once = daemon.most_at_once.max(daemon.at_work.len());
        Working { scripted: self, id }
    }

    fn over(&self, job: &AttemptJob, state: TaskState, cause: Option<Cause>) -> AttemptOutcome {
        self.daemon.lock().unwrap().bodies.remove(&job.id);
        over(job, state, cause, &[told(job, state, cause)])
    }

    fn is_away(&self) -> bool {
        *self.away.borrow()
    }
}

async fn prepare(job: &AttemptJob, announced: bool) -> AttemptOutcome {
    if announced {
        let owner = LeaseOwner::new(job.lease.clone());
        let intent = deckhands_runtime::Intent {
            kind: deckhands_runtime::IntentKind::Container,
            name: "app".to_owned(),
            labels: BTreeMap::new(),
        };
        owner.announce(&intent).await.expect("it has its lease");
    }
    job.pause.cancelled().await;
    AttemptOutcome::NotBegun
}

fn over(
    job: &AttemptJob,
    state: TaskState,
    cause: Option<Cause>,
    attempts: &[AttemptReport],
) -> AttemptOutcome {
    let mut report = runner::died(job.id.task.to_string(), None);
    report.state = state;
    report.error = cause.map(error);
    report.attempts = attempts.to_vec();
    AttemptOutcome::Over(Box::new(AttemptResult {
        report,
        reset_at: None,
        retry_after: None,
    }))
}

struct Working<'a> {
    scripted: &'a Scripted,
    id: AttemptId,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.scripted
            .daemon
            .lock()
            .unwrap()
            .at_work
            .remove(&self.id);
    }
}

fn error(cause: Cause) -> ErrorReport {
    ErrorReport {
        code: 1,
        error_type: Some(cause.error_type()),
        cause: Some(cause),
        message: "it failed".to_owned(),
        causes: Vec::new(),
        hint: None,
    }
}

fn told(job: &AttemptJob, state: TaskState, cause: Option<Cause>) -> AttemptReport {
    AttemptReport {
        number: job.id.number.get(),
        route: String::new(),
        outcome: match state {
            TaskState::Completed => "finished",
            TaskState::Cancelled => "cancelled",
            _ => "failed",
        }
        .to_owned(),
        cause,
        started_at: String::new(),
        work_time_s: 1.0,
        wait_time_s: 0.0,
        usage: Usage::default(),
        container_exit: None,
        events: 1,
        verdict: None,
        calls: None,
    }
}

#[async_trait]
impl Attempts for Scripted {
    async fn run(&self, job: &AttemptJob) -> AttemptOutcome {
        job.lease.confirm().await.expect("a worker has its lease");
        if self.is_away() {
            return over(job, TaskState::Failed, Some(Cause::DaemonUnreachable), &[]);
        }
        let acts: Vec<Act> = serde_json::from_value(job.spec.clone()).unwrap();
        let nth = usize::try_from(job.id.number.get() - 1).unwrap();
        let act = acts[nth.min(acts.len() - 1)];
        if let Act::Prepare { announced } = act {
            return prepare(job, announced).await;
        }
        let work = match act {
            Act::Succeed(work) | Act::Fail(work, _) | Act::Vanish(work) => work,
            Act::Calls(calls, cause, work) => {
                // As the gateway would.
                let route = ModelId::resolve(job.model.as_deref().unwrap_or(FIRST)).unwrap();
                let reset = self.health.now() + Duration::from_secs(200);
                for _ in 0..calls {
                    self.health.record_failure(&route, cause, Some(reset));
                }
                job.calls.note();
                work
            }
            Act::Hang | Act::Prepare { .. } => Duration::ZERO,
        };
        let body = Body {
            act,
            ends: Instant::now() + work,
            frozen: None,
        };
        {
            let mut daemon = self.daemon.lock().unwrap();
            daemon.births += 1;
            assert!(daemon.bodies.insert(job.id, body).is_none(), "made twice");
        }
        self.watch(job).await
    }

    async fn adopt(&self, job: &AttemptJob) -> Result<AttemptOutcome, NotAdopted> {
        let body = {
            if self.is_away() {
                return Err(NotAdopted::NotNow("it does not answer".to_owned()));
            }
            let mut daemon = self.daemon.lock().unwrap();
            if daemon.no_key && !job.cancel.is_cancelled() {
                return Err(NotAdopted::NoKey("there is no key".to_owned()));
            }
            if let Some(less) = daemon.busy.checked_sub(1) {
                daemon.busy = less;
                return Err(NotAdopted::NotNow("in use".to_owned()));
            }
            daemon.bodies.get(&job.id).copied()
        };
        match body.map(|body| body.act) {
            None | Some(Act::Vanish(_) | Act::Prepare { .. }) => {
                Err(NotAdopted::Gone("not there".to_owned()))
            }
            Some(Act::Succeed(_) | Act::Fail(..) | Act::Hang | Act::Calls(..)) => {
                Ok(self.watch(job).await)
            }
        }
    }

    fn affords(&self, _task: &serde_json::Value, model: &ModelId) -> bool {
        !self.daemon.lock().unwrap().dear.contains(model)
    }

    async fn greet(&self) -> Result<(), String> {
        match self.is_away() {
            true => Err("it does not answer".to_owned()),
            false => Ok(()),
        }
    }

    async fn forget(&self, tasks: &[TaskId]) {
        self.daemon.lock().unwrap().forgotten.extend(tasks);
    }

    /// As if each lost attempt had made three calls.
    async fn calls_of(&self, _attempt: AttemptId) -> Option<CallsReport> {
        Some(CallsReport {
            count: 3,
            ..CallsReport::default()
        })
    }

    async fn remove(&self, attempt: AttemptId) -> Result<(), String> {
        self.daemon.lock().unwrap().bodies.remove(&attempt);
        Ok(())
    }
}
