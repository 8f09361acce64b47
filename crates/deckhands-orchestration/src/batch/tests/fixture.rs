//! A store, a clock that follows tokio's, and attempts that do what the task says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use deckhands_gateway::Health;
use deckhands_model::{
    AttemptId, AttemptReport, Cause, ErrorReport, Priority, TaskId, TaskState, Usage,
};
use deckhands_resilience::route_health::BreakerPolicy;
use deckhands_store::{Intake, MemoryStore, NewTask, QueueBounds};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::batch::{
    Batch, BatchError, BatchEvent, BatchObserver, BatchOptions, BatchOutcome, BatchParts, BatchTask,
};
use crate::batch_report::{BatchHead, BatchItem, BatchSummary, BatchTally};
use crate::clock::{Clock, IdSource, SystemIds};
use crate::engine::{
    AttemptJob, AttemptOutcome, AttemptResult, Attempts, Engine, EngineEvent, EngineParts,
    EngineSettings, NotAdopted, StopSignals, Unobserved,
};
use crate::home::Home;
use crate::model_gateway::route_health;
use crate::runner;

/// What becomes of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Script {
    pub(super) seconds: u64,
    pub(super) cause: Option<Cause>,
    pub(super) conflict: bool,
}

pub(super) fn good(seconds: u64) -> Script {
    Script {
        seconds,
        cause: None,
        conflict: false,
    }
}

pub(super) fn failing(seconds: u64, cause: Cause) -> Script {
    Script {
        cause: Some(cause),
        ..good(seconds)
    }
}

pub(super) fn hanging() -> Script {
    good(1_000_000)
}

#[derive(Debug)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.0.elapsed()
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

/// Bodies that outlive their engine: until when each works, or how much is left while it is frozen.
#[derive(Debug, Default)]
struct Scripted {
    bodies: Mutex<BTreeMap<AttemptId, Result<Instant, Duration>>>,
    births: AtomicU64,
}

impl Scripted {
    async fn watch(&self, job: &AttemptJob, ends: Instant) -> AttemptOutcome {
        let script: Script = serde_json::from_value(job.spec.clone()).unwrap();
        let (state, cause) = tokio::select! {
            biased;
            () = job.cancel.cancelled() => (TaskState::Cancelled, None),
            () = job.pause.cancelled() => {
                self.put(job.id, Err(ends - Instant::now()));
                return AttemptOutcome::Paused;
            }
            () = sleep_until(ends) => match script.cause {
                None => (TaskState::Completed, None),
                cause => (TaskState::Failed, cause),
            }
        };
        over(job, state, cause, script.conflict)
    }

    fn put(&self, id: AttemptId, body: Result<Instant, Duration>) {
        self.bodies.lock().unwrap().insert(id, body);
    }
}

fn over(
    job: &AttemptJob,
    state: TaskState,
    cause: Option<Cause>,
    conflict: bool,
) -> AttemptOutcome {
    let mut report = runner::died(job.id.task.to_string(), None);
    report.state = state;
    report.error = cause.map(|cause| ErrorReport {
        code: 1,
        error_type: Some(cause.error_type()),
        cause: Some(cause),
        message: "it failed".to_owned(),
        causes: Vec::new(),
        hint: None,
    });
    report.conflict = conflict.then(|| "a".to_owned()).into_iter().collect();
    report.attempts = vec![AttemptReport {
        number: job.id.number.get(),
        route: "openai/m".to_owned(),
        outcome: "finished".to_owned(),
        cause,
        started_at: String::new(),
        work_time_s: 1.0,
        wait_time_s: 0.0,
        usage: Usage::default(),
        container_exit: None,
        events: 1,
        verdict: None,
        calls: None,
    }];
    AttemptOutcome::Over(Box::new(AttemptResult {
        report,
        reset_at: None,
        retry_after: None,
    }))
}

#[async_trait]
impl Attempts for Scripted {
    async fn run(&self, job: &AttemptJob) -> AttemptOutcome {
        self.births.fetch_add(1, Ordering::Relaxed);
        let script: Script = serde_json::from_value(job.spec.clone()).unwrap();
        let ends = Instant::now() + Duration::from_secs(script.seconds);
        self.put(job.id, Ok(ends));
        self.watch(job, ends).await
    }

    async fn adopt(&self, job: &AttemptJob) -> Result<AttemptOutcome, NotAdopted> {
        let body = self.bodies.lock().unwrap().get(&job.id).copied();
        let ends = match body {
            Some(Ok(ends)) => ends,
            Some(Err(left)) => Instant::now() + left,
            None => return Err(NotAdopted::Gone("not there".to_owned())),
        };
        Ok(self.watch(job, ends).await)
    }

    async fn remove(&self, attempt: AttemptId) -> Result<(), String> {
        self.bodies.lock().unwrap().remove(&attempt);
        Ok(())
    }
}

/// What was told, a short line each, and how many tasks waited at most.
#[derive(Debug, Default)]
struct Told {
    lines: Mutex<Vec<String>>,
    waiting: Mutex<(i64, i64)>,
}

impl Told {
    fn waits(&self, more: i64) {
        let mut waiting = self.waiting.lock().unwrap();
        waiting.0 += more;
        waiting.1 = waiting.1.max(waiting.0);
    }
}

impl BatchObserver for Told {
    fn tell(&self, event: BatchEvent<'_>) {
        let line = match event {
            BatchEvent::Engine(EngineEvent::Started { adopted: false, .. }) => {
                self.waits(-1);
                return;
            }
            BatchEvent::Engine(_) => return,
            BatchEvent::HandedIn { .. } => {
                self.waits(1);
                return;
            }
            BatchEvent::QueueFull { rest } => format!("full {rest}"),
            BatchEvent::Ended { done, total, .. } => format!("ended {done} of {total}"),
            BatchEvent::Cancelling { rest } => format!("cancelling {rest}"),
            BatchEvent::StoreTrouble(text) => format!("trouble {text}"),
        };
        self.lines.lock().unwrap().push(line);
    }
}

pub(super) struct World {
    pub(super) store: Arc<MemoryStore>,
    pub(super) home: Home,
    _dir: TempDir,
    scripted: Arc<Scripted>,
    clock: Arc<TokioClock>,
    ids: Arc<Counted>,
    told: Arc<Told>,
}

impl Default for World {
    fn default() -> Self {
        let dir = TempDir::new().unwrap();
        Self {
            store: Arc::new(MemoryStore::default()),
            home: Home::open(dir.path(), &SystemIds).unwrap(),
            _dir: dir,
            scripted: Arc::default(),
            clock: Arc::new(TokioClock(Instant::now())),
            ids: Arc::default(),
            told: Arc::default(),
        }
    }
}

impl World {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn run(
        &self,
        scripts: &[Script],
        options: BatchOptions,
    ) -> Result<BatchOutcome, BatchError> {
        self.run_with(scripts, options, 5, &StopSignals::default())
            .await
    }

    pub(super) async fn run_with(
        &self,
        scripts: &[Script],
        options: BatchOptions,
        workers: usize,
        signals: &StopSignals,
    ) -> Result<BatchOutcome, BatchError> {
        let parts = BatchParts {
            store: self.store.clone(),
            home: self.home.clone(),
            attempts: self.scripted.clone(),
            health: self.health(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            observer: self.told.clone(),
        };
        let settings = EngineSettings {
            workers,
            ..EngineSettings::default()
        };
        let tasks = scripts.iter().enumerate().map(|(n, s)| self.task(n + 1, s));
        Batch::new(parts, settings, options)
            .run(tasks.collect(), signals)
            .await
    }

    fn task(&self, index: usize, script: &Script) -> BatchTask {
        BatchTask {
            item: BatchItem {
                index,
                name: format!("task {index}"),
                apply: true,
            },
            task: NewTask {
                id: TaskId::from_random(self.ids.random()),
                spec: serde_json::to_value(script).unwrap(),
                title: format!("task {index}"),
                priority: Priority::Normal,
                category: None,
                model: Some("openai/m".to_owned()),
                batch: Some("b".to_owned()),
                idempotency_key: Some(format!("b:{index}")),
                not_before: None,
                held: false,
                retry_of: None,
            },
        }
    }

    fn health(&self) -> Health {
        let clock: Arc<dyn Clock> = self.clock.clone();
        route_health(BreakerPolicy::default(), &clock)
    }

    /// A task that belongs to no batch.
    pub(super) async fn submit_alone(&self, script: &Script) {
        let task = NewTask {
            batch: None,
            idempotency_key: None,
            ..self.task(0, script).task
        };
        let bounds = QueueBounds::default();
        self.store.submit(&task, bounds, self.now()).await.unwrap();
    }

    /// An engine as of another process.
    pub(super) fn other_engine(&self) -> JoinSet<()> {
        let parts = EngineParts {
            store: self.store.clone(),
            attempts: self.scripted.clone(),
            health: self.health(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            observer: Arc::new(Unobserved),
        };
        let engine = Engine::new(parts, EngineSettings::default());
        let mut engines = JoinSet::new();
        engines.spawn(async move {
            engine.run(&StopSignals::default()).await;
        });
        engines
    }

    pub(super) fn summary(&self, tally: BatchTally) -> BatchSummary {
        tally.summary(BatchHead {
            batch: "b".to_owned(),
            file: "f".to_owned(),
            resumed: false,
            interrupted: false,
            started_at: Timestamp::UNIX_EPOCH,
            ended_at: self.now(),
        })
    }

    pub(super) fn told(&self) -> Vec<String> {
        self.told.lines.lock().unwrap().clone()
    }

    pub(super) fn most_waiting(&self) -> i64 {
        self.told.waiting.lock().unwrap().1
    }

    pub(super) fn births(&self) -> u64 {
        self.scripted.births.load(Ordering::Relaxed)
    }
}
