//! Attempts by a [`Runner`]: the real thing behind the engine's port.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deckhands_model::{AttemptId, ByteSize, CallsReport, Cause, Limits, ModelId, TaskId};
use deckhands_store::{Progress, Queries, Store};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::sleep;

use super::attempts::{AttemptJob, AttemptOutcome, AttemptResult, Attempts, NotAdopted};
use super::lease::Lease;
use super::live::LiveObserver;
use super::owner::LeaseOwner;
use crate::adoption::NotAdoptable;
use crate::attempt_dir::{AttemptDir, remove_tree};
use crate::call_file;
use crate::daemon_info::DaemonInfo;
use crate::failure::RunFailure;
use crate::money::{LeaseLedger, TaskLedger};
use crate::order::{self, AttemptEnd, AttemptOrder};
use crate::request::TaskRequest;
use crate::runner::{Runner, blocking, refused_report};
use crate::shared_files::SharedFiles;
use crate::sweep::{Adoptable, SweepOptions, sweep_beside};
use crate::task_spec::{RunnerSettings, TaskSpec};

/// Longest time for the containers of one attempt to go.
const REMOVAL: Duration = Duration::from_secs(30);

/// Between two reports of how far an attempt is.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// For a task whose route the engine does not know.
const GIVE_ROUTE: &str =
    "start the engine with the pool that has it, --routes POOL, then `deckhands retry` the task";

/// For a task whose provider the engine has no key for.
const GIVE_KEY: &str = "start the engine with that provider's key in its variable, e.g. OPENAI_API_KEY, then `deckhands retry` the task";

/// Carries attempts out on a container runtime.
#[derive(Clone, Debug)]
pub struct RunnerAttempts {
    runner: Runner,
    settings: RunnerSettings,
    store: Arc<dyn Store>,
    /// Learnt with the first attempt that gets so far.
    shared_files: SharedFiles,
    /// Asked again whenever there is reason to doubt it.
    daemon: DaemonInfo,
}

impl RunnerAttempts {
    /// Attempts by this runner, with what this process has of its own, at tasks of this store.
    #[must_use]
    pub fn new(runner: Runner, settings: RunnerSettings, store: Arc<dyn Store>) -> Self {
        Self {
            runner,
            settings,
            store,
            shared_files: SharedFiles::default(),
            daemon: DaemonInfo::default(),
        }
    }

    /// The order for a new attempt.
    fn order(&self, job: &AttemptJob) -> Result<AttemptOrder, RunFailure> {
        let request = spec(job)?.to_request(&self.settings);
        let request = request.map_err(|missing| {
            let hint = match missing.model.route_name() {
                Some(_) => GIVE_ROUTE,
                None => GIVE_KEY,
            };
            RunFailure::of_error(Cause::BadKey, &missing).with_hint(hint)
        })?;
        Ok(self.order_of(job, request))
    }

    /// The order for an attempt that was begun, which can be ended without a key.
    fn order_to_adopt(&self, job: &AttemptJob) -> Result<AttemptOrder, RunFailure> {
        let spec = spec(job)?;
        Ok(match spec.to_request(&self.settings) {
            Ok(request) => self.order_of(job, request),
            Err(missing) => AttemptOrder {
                no_key: Some(missing),
                ..self.order_of(job, spec.to_request_without_key(&self.settings))
            },
        })
    }

    fn order_of(&self, job: &AttemptJob, request: TaskRequest) -> AttemptOrder {
        let owner = Arc::new(LeaseOwner::new(job.lease.clone()));
        let ledger = request.is_capped().then(|| {
            let ledger = LeaseLedger::new(job.lease.clone(), request.money_caps());
            Arc::new(ledger) as Arc<dyn TaskLedger>
        });
        AttemptOrder {
            ledger,
            limits: Some(larger(&request.limits, job.memory_factor)),
            earlier: job.earlier.clone(),
            owner: Some(owner.clone()),
            promote_gate: Some(owner),
            adoptable: true,
            pause: job.pause.clone(),
            shared_files: self.shared_files.clone(),
            daemon: self.daemon.clone(),
            ..AttemptOrder::new(job.id, request)
        }
    }
}

/// The task as it was handed in, with the model of this attempt.
fn spec(job: &AttemptJob) -> Result<TaskSpec, RunFailure> {
    let mut spec = TaskSpec::from_json(&job.spec.to_string())
        .map_err(|error| RunFailure::of_error(Cause::BadInput, &error))?;
    if let Some(model) = &job.model {
        spec.model = ModelId::resolve(model)
            .map_err(|error| RunFailure::of_error(Cause::BadModel, &error))?;
    }
    Ok(spec)
}

/// An attempt at a task that cannot be read is over before it begins.
fn refused(job: &AttemptJob, failure: &RunFailure) -> AttemptOutcome {
    AttemptOutcome::Over(Box::new(AttemptResult {
        report: refused_report(job.id.task.to_string(), failure),
        reset_at: None,
        retry_after: None,
    }))
}

fn larger(limits: &Limits, factor: u32) -> Limits {
    let memory = limits.memory.as_u64().saturating_mul(u64::from(factor));
    Limits {
        memory: ByteSize::bytes(memory),
        ..limits.clone()
    }
}

/// Keeps how far the attempt is, for as long as it is polled.
async fn keep_progress<T>(lease: &Lease, mut live: watch::Receiver<Progress>) -> T {
    while live.changed().await.is_ok() {
        let progress = live.borrow_and_update().clone();
        lease.progress(&progress).await;
        sleep(REPORT_EVERY).await;
    }
    pending().await
}

#[async_trait]
impl Attempts for RunnerAttempts {
    async fn run(&self, job: &AttemptJob) -> AttemptOutcome {
        let order = match self.order(job) {
            Ok(order) => order,
            Err(failure) => return refused(job, &failure),
        };
        let (observer, live) = LiveObserver::new(job.calls.clone());
        let attempt = self.runner.attempt(&order, &observer, &job.cancel);
        let end = tokio::select! {
            end = Box::pin(attempt) => end,
            never = keep_progress(&job.lease, live.clone()) => never,
        };
        outcome(job, &live, end).await
    }

    async fn adopt(&self, job: &AttemptJob) -> Result<AttemptOutcome, NotAdopted> {
        let order = self.order_to_adopt(job);
        let order = order.map_err(|failure| NotAdopted::Gone(failure.message))?;
        let (observer, live) = LiveObserver::new(job.calls.clone());
        let adopted = self.runner.adopt(&order, &observer, &job.cancel);
        let adopted = tokio::select! {
            adopted = Box::pin(adopted) => adopted,
            never = keep_progress(&job.lease, live.clone()) => never,
        };
        match adopted {
            Ok(end) => Ok(outcome(job, &live, end).await),
            Err(NotAdoptable::Ended {
                result: Some(result),
            }) => Ok(over(*result)),
            // Whoever has the key may go on with it; one that is to end goes without.
            Err(NotAdoptable::NoKey(missing)) if !job.cancel.is_cancelled() => {
                Err(NotAdopted::NoKey(missing.to_string()))
            }
            Err(refused) if refused.may_pass() => Err(NotAdopted::NotNow(refused.to_string())),
            Err(refused) => Err(NotAdopted::Gone(refused.to_string())),
        }
    }

    async fn remove(&self, attempt: AttemptId) -> Result<(), String> {
        let discarded = self.runner.discard(attempt, REMOVAL).await;
        discarded.map_err(|failure| failure.message)
    }

    fn affords(&self, task: &Value, model: &ModelId) -> bool {
        let address = self.settings.address_of(model);
        // Whatever the caps of the task are: a task may be large, and is not read for this.
        if self
            .settings
            .money
            .price(model, address.as_deref())
            .is_some()
        {
            return true;
        }
        // What cannot be read is told when it is begun.
        let spec = TaskSpec::from_json(&task.to_string());
        spec.is_ok_and(|spec| {
            let request = spec.to_request_without_key(&self.settings);
            request.affords(model, address.as_deref())
        })
    }

    async fn calls_of(&self, attempt: AttemptId) -> Option<CallsReport> {
        let path = AttemptDir::of(&self.runner.home, attempt).calls();
        let why = match blocking(move || call_file::sums(&path)).await {
            Ok(Ok(calls)) => return calls,
            Ok(Err(error)) => error.to_string(),
            Err(failure) => failure.message,
        };
        tracing::warn!(%attempt, why, "the calls of a lost attempt cannot be read");
        None
    }

    async fn greet(&self) -> Result<(), String> {
        let greeted = self.daemon.ask(self.runner.ports.containers.as_ref()).await;
        greeted.map(|_info| ()).map_err(|error| {
            // Whoever answers next may see other files.
            self.shared_files.forget();
            RunFailure::from(&error).message
        })
    }

    async fn forget(&self, tasks: &[TaskId]) {
        let dirs: Vec<_> = tasks
            .iter()
            .map(|id| self.runner.home.task_dir(*id))
            .collect();
        let removed = blocking(move || {
            for dir in dirs {
                if let Err(error) = remove_tree(&dir) {
                    tracing::warn!(dir = %dir.display(), %error, "an old task's files stay");
                }
            }
        });
        if let Err(failure) = removed.await {
            tracing::warn!(message = %failure.message, "old tasks' files stay");
        }
    }

    async fn tidy_up(&self) {
        let options = SweepOptions {
            all_homes: false,
            dry_run: false,
            deadline: REMOVAL,
            adoptable: Adoptable::Leave,
            now: self.runner.clock.now(),
        };
        let Runner { ports, home, .. } = &self.runner;
        let record: &dyn Queries = self.store.as_ref();
        match sweep_beside(ports, home, Some(record), options).await {
            Ok(report) if report.failed.is_empty() => {}
            Ok(report) => {
                tracing::warn!(failed = ?report.failed, "not everything could be removed")
            }
            Err(failure) => tracing::warn!(message = %failure.message, "could not clear up"),
        }
    }
}

fn over(result: order::AttemptResult) -> AttemptOutcome {
    AttemptOutcome::Over(Box::new(AttemptResult {
        reset_at: result.reset_at,
        retry_after: result.retry_after,
        report: result.report,
    }))
}

/// What came of an attempt. How far one is that goes on later is kept.
async fn outcome(
    job: &AttemptJob,
    live: &watch::Receiver<Progress>,
    end: AttemptEnd,
) -> AttemptOutcome {
    if matches!(end, AttemptEnd::Paused | AttemptEnd::Left) {
        let progress = live.borrow().clone();
        job.lease.progress(&progress).await;
    }
    match end {
        AttemptEnd::Ended(result) => over(*result),
        AttemptEnd::Disowned(_) => AttemptOutcome::Disowned,
        AttemptEnd::Paused => AttemptOutcome::Paused,
        AttemptEnd::Left => AttemptOutcome::Left,
        AttemptEnd::NotBegun => AttemptOutcome::NotBegun,
    }
}
