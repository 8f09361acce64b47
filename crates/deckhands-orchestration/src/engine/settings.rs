//! How an engine works, as data.

use std::time::Duration;

use deckhands_resilience::budget::RetryBudgetPolicy;
use deckhands_resilience::recovery::Policies;

use super::lease::LeaseTimes;

/// How an engine works.
#[derive(Clone, PartialEq, Debug)]
pub struct EngineSettings {
    /// Most attempts at the same time.
    pub workers: usize,
    /// The pace of leases.
    pub lease: LeaseTimes,
    /// How often the store is asked for new work, where nothing else wakes the engine before, and for
    /// running tasks that are to be cancelled.
    pub poll: Duration,
    /// How often dead attempts are cleared up after.
    pub tidy_every: Duration,
    /// Tasks are removed so long after their end.
    pub keep: Duration,
    /// After a stop was asked for, attempts may go on to their end for so long; then they are paused.
    pub grace: Duration,
    /// How long pausing or cancelling may take before the engine leaves attempts where they are.
    pub end_within: Duration,
    /// The engine stops by itself after this.
    pub duration: Option<Duration>,
    /// The engine stops by itself once nothing waits for anything but a release.
    pub drain: bool,
    /// What is done after failures.
    pub policies: Policies,
    /// Retries of all tasks together.
    pub retry_budget: RetryBudgetPolicy,
    /// Models to go on with where a task's own fails, preferred ones first.
    pub fallback_models: Vec<String>,
}

impl Default for EngineSettings {
    /// Five workers, 30 s of grace, 90 days for what has ended, no end of its own.
    fn default() -> Self {
        Self {
            workers: 5,
            lease: LeaseTimes::default(),
            poll: Duration::from_secs(1),
            tidy_every: Duration::from_secs(60),
            keep: Duration::from_secs(90 * 24 * 3600),
            grace: Duration::from_secs(30),
            end_within: Duration::from_secs(60),
            duration: None,
            drain: false,
            policies: Policies::default(),
            retry_budget: RetryBudgetPolicy::default(),
            fallback_models: Vec::new(),
        }
    }
}
