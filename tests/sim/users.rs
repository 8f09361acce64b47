//! What users do with tasks. They try again where the store is in trouble.

use std::sync::Arc;
use std::time::Duration;

use deckhands_model::TaskId;
use deckhands_orchestration::Clock;
use deckhands_store::{Intake, NewTask, QueueBounds, StoreError, StoreResult};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::clock::WallClock;
use crate::invariant::Invariant;
use crate::plan::TaskPlan;
use crate::process::Process;
use crate::store::SimStore;

/// A user's program.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) process: Arc<Process>,
    pub(crate) store: SimStore,
    pub(crate) clock: WallClock,
    pub(crate) bounds: QueueBounds,
}

/// How often something is tried.
const TRIES: u32 = 12;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

impl User {
    /// Hands a task in, under `id`.
    pub(crate) async fn submit(&self, plan: &TaskPlan, id: TaskId) {
        let new = self.new_task(plan, id);
        let now = || self.clock.now();
        let answer = self
            .insist(|| self.store.submit(&new, self.bounds, now()))
            .await;
        let Some(Ok(answer)) = answer else {
            self.told(&plan.name, "submit", &answer);
            return;
        };
        self.process.tell(format_args!(
            "submits {}, existing {}",
            plan.name, answer.existing
        ));
        let mut state = self.process.world.lock();
        state.model.acknowledge(answer.id, &plan.name);
    }

    /// Hands another task in under the same key.
    pub(crate) async fn clash(&self, plan: &TaskPlan, id: TaskId) {
        let mut new = self.new_task(plan, id);
        new.spec = json!({ "another": true });
        new.title = format!("{}'", plan.name);
        let known = self.process.world.lock().model.knows_key(&plan.key);
        let now = || self.clock.now();
        let answer = self
            .insist(|| self.store.submit(&new, self.bounds, now()))
            .await;
        self.told(&plan.name, "clash", &answer);
        if known && matches!(answer, Some(Ok(_))) {
            let what = format!("another task got the key of {}", plan.name);
            self.process.world.fail(Invariant::KeysUnique, what);
        }
        if let Some(Ok(answer)) = answer {
            let mut state = self.process.world.lock();
            state.model.acknowledge(answer.id, &new.title);
        }
    }

    pub(crate) async fn cancel(&self, plan: &TaskPlan) {
        let answer = self
            .insist(|| self.store.cancel(plan.id, self.clock.now()))
            .await;
        self.told(&plan.name, "cancel", &answer);
    }

    pub(crate) async fn hold(&self, plan: &TaskPlan) {
        let answer = self
            .insist(|| self.store.hold(plan.id, self.clock.now()))
            .await;
        self.told(&plan.name, "hold", &answer);
    }

    pub(crate) async fn release(&self, name: &str, id: TaskId) {
        let answer = self
            .insist(|| self.store.release(id, self.clock.now()))
            .await;
        self.told(name, "release", &answer);
    }

    fn new_task(&self, plan: &TaskPlan, id: TaskId) -> NewTask {
        let after = |by| SignedDuration::try_from(by).unwrap_or_default();
        let at = |by| self.clock.now().checked_add(after(by));
        NewTask {
            id,
            spec: json!({ "task": plan.name }),
            title: plan.name.clone(),
            priority: plan.priority,
            category: None,
            model: Some("openai/own".to_owned()),
            batch: None,
            idempotency_key: plan.key.clone(),
            not_before: plan.not_before.map(|by| at(by).unwrap_or(Timestamp::MAX)),
            held: plan.held,
            retry_of: None,
        }
    }

    /// Tries until the store has answered for good; nothing where it never did.
    async fn insist<T, F>(&self, call: impl Fn() -> F) -> Option<StoreResult<T>>
    where
        F: Future<Output = StoreResult<T>>,
    {
        for _ in 0..TRIES {
            match timeout(PATIENCE, call()).await {
                Ok(Err(StoreError::Busy | StoreError::DiskFull | StoreError::Full { .. }))
                | Err(_) => sleep(Duration::from_secs(8)).await,
                Ok(answer) => return Some(answer),
            }
        }
        None
    }

    fn told<T: std::fmt::Debug>(&self, name: &str, what: &str, answer: &Option<StoreResult<T>>) {
        self.process.tell(format_args!("{what} {name}: {answer:?}"));
    }
}
