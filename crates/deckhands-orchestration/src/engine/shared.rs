//! What all workers of an engine share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deckhands_gateway::Health;
use deckhands_model::ModelId;
use deckhands_resilience::budget::RetryBudget;
use deckhands_resilience::route_health::{Refused, RefusedWhy};
use deckhands_store::{Store, WorkerId};
use jiff::Timestamp;
use tokio::sync::Notify;

use super::attempts::Attempts;
use super::observer::EngineObserver;
use super::settings::EngineSettings;
use super::work::Work;
use crate::clock::{Clock, IdSource};

/// Shared by reference; workers change nothing of it but the retry budget and the health of routes.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) attempts: Arc<dyn Attempts>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) observer: Arc<dyn EngineObserver>,
    pub(super) settings: EngineSettings,
    /// This start of this engine.
    pub(super) worker: WorkerId,
    pub(super) retries: Mutex<RetryBudget>,
    pub(super) health: Health,
    /// Told by workers that have reason to doubt the daemon.
    pub(super) daemon_doubted: Notify,
}

impl Shared {
    /// Has nothing begun until the daemon answers again.
    pub(super) fn doubt_daemon(&self) {
        self.daemon_doubted.notify_one();
    }

    /// A number in [0, 1).
    pub(super) fn random(&self) -> f64 {
        let [a, b, c, d, ..] = self.ids.random();
        f64::from(u32::from_le_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }

    /// Takes a retry of all tasks' common budget; where there is none, when there will be one.
    pub(super) fn retry_at(&self, at: Timestamp) -> Option<Timestamp> {
        let now = self.clock.now();
        let mut retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
        match retries.try_retry(now) {
            Ok(()) => Some(at),
            Err(refused) => refused.again.map(|again| again.max(at)),
        }
    }

    /// Books the first attempt of a task for the common budget.
    pub(super) fn first_attempt(&self) {
        self.retries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .first_attempt();
    }

    /// The models that a task may use, preferred ones first: its own, and of the others those that it can
    /// pay for.
    fn models<'a>(&'a self, work: &'a Work) -> impl Iterator<Item = (&'a String, ModelId)> {
        let own = work.task.model.as_ref();
        let others = self.settings.fallback_models.iter();
        let candidates = own.into_iter().chain(others);
        let free = candidates.filter(move |model| !work.memory.avoid.contains(model));
        free.filter_map(move |name| Some((name, self.affordable(work, name)?)))
    }

    /// The model by this name, if it is one that the task may use.
    fn affordable(&self, work: &Work, name: &str) -> Option<ModelId> {
        let model = ModelId::resolve(name).ok()?;
        let own = work.task.model.as_deref() == Some(name);
        (own || self.attempts.affords(&work.job.spec, &model)).then_some(model)
    }

    /// A model to go on with after the last one that may be called now, the task's own among them.
    pub(super) fn other_model(&self, work: &Work) -> Option<String> {
        let used = work.model();
        let mut free = self
            .models(work)
            .filter(|(name, _)| Some(*name) != used.as_ref());
        let usable = free.find(|(_, model)| self.health.is_usable(model));
        usable.map(|(name, _)| name.clone())
    }

    /// The route to begin on: the wanted model's, or else another one of the task's. A task without a
    /// model that anybody knows has none. Which calls are let through is the gateway's to say.
    ///
    /// # Errors
    /// When it is worth asking again, where all of them are left alone now.
    pub(super) fn route(&self, work: &Work) -> Result<Option<ModelId>, Timestamp> {
        let now = self.clock.now();
        let wanted = work.model();
        let wanted = wanted.and_then(|name| self.affordable(work, &name));
        let others = self.models(work).map(|(_name, model)| model);
        let mut until = None;
        for model in wanted.into_iter().chain(others) {
            let Some(refused) = self.health.refused(&model) else {
                return Ok(Some(model));
            };
            let again = worth_asking(&refused, now);
            until = Some(until.map_or(again, |at: Timestamp| at.min(again)));
        }
        until.map_or(Ok(None), Err)
    }
}

/// When it is worth asking again. A probe of somebody else is over long before it counts as lost.
fn worth_asking(refused: &Refused, now: Timestamp) -> Timestamp {
    match refused.why {
        RefusedWhy::ProbesOut => now
            .checked_add(PROBE_WAIT)
            .map_or(refused.until, |at| at.min(refused.until)),
        RefusedWhy::Open | RefusedWhy::Resting => refused.until,
    }
}

/// How long somebody else's probe is waited for.
const PROBE_WAIT: Duration = Duration::from_secs(30);
