//! A daemon in memory: the three ports with real state and scripted containers, on the tokio clock,
//! so that a paused clock makes hours pass at once.
//!
//! Mount sources are real paths of this host: a script that writes into a mount changes real files,
//! and `get_archive` reads them. What no script provides for is a loud error, kept in
//! [`FakeRuntime::problems`]: running off a script's end, a container without a script, a wait
//! before the start.
//!
//! It does not play: back-pressure of output, users and rights, limits, published ports.

mod container;
mod containers;
mod files;
mod images;
mod networks;
mod play;
mod rule;
mod script;
mod world;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deckhands_model::ImageRef;

use crate::containers::ContainerSummary;
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::labels::LabelSelector;
use crate::networks::NetworkInfo;
use crate::spec::{ContainerSpec, NetworkMode};

pub use files::Elsewhere;
pub use rule::Match;
pub use script::{Script, Sibling};

use rule::{Rule, Uses};
use world::{BRIDGE, Refusal, World};

/// A scripted daemon. Clones are handles on the same one.
///
/// ```
/// use std::time::Duration;
/// use deckhands_runtime::test_util::{FakeRuntime, Match, Script};
/// let second = Duration::from_secs(1);
/// let runtime = FakeRuntime::new()
///     .image(&"app:1".parse().unwrap())
///     .next(Script::new().stdout(second, "working").exit(40 * second, 0)) // the first attempt
///     .next(Script::new().hang()) //                                        the second one
///     .always(Match::NameContains("-chown".into()), Script::new().exit(second, 0));
/// assert!(runtime.live().is_empty());
/// ```
#[derive(Clone)]
pub struct FakeRuntime {
    world: Arc<Mutex<World>>,
}

impl FakeRuntime {
    /// A daemon with nothing but the network `bridge`, whose gateway is 172.17.0.1.
    #[must_use]
    pub fn new() -> Self {
        Self {
            world: Arc::new(Mutex::new(World::new())),
        }
    }

    /// Adds an image that is there.
    #[must_use]
    pub fn image(self, image: &ImageRef) -> Self {
        self.lock().add_image(image, true);
        self
    }

    /// Adds an image that is not there but can be pulled.
    #[must_use]
    pub fn pullable(self, image: &ImageRef) -> Self {
        self.lock().add_image(image, false);
        self
    }

    /// The next container that no earlier rule takes plays this.
    #[must_use]
    pub fn next(self, script: Script) -> Self {
        self.rule(Match::Any, script, Uses::Once)
    }

    /// The next container that matches, and that no earlier rule takes, plays this.
    #[must_use]
    pub fn once(self, matching: Match, script: Script) -> Self {
        self.rule(matching, script, Uses::Once)
    }

    /// Every container that matches, and that no earlier rule takes, plays this.
    #[must_use]
    pub fn always(self, matching: Match, script: Script) -> Self {
        self.rule(matching, script, Uses::Always)
    }

    /// Containers that no rule takes end at once with this code, instead of being refused.
    #[must_use]
    pub fn default_exit(self, code: i64) -> Self {
        self.lock().default_exit = Some(code);
        self
    }

    /// The daemon sees other files than this host has, as one on another machine does.
    #[must_use]
    pub fn elsewhere(self, files: Elsewhere) -> Self {
        self.lock().elsewhere = Some(files);
        self
    }

    /// The Unix time in seconds of the fake's making; stamps of output count from it. Default 0.
    #[must_use]
    pub fn made_at(self, seconds: i64) -> Self {
        self.lock().made_at_seconds = seconds;
        self
    }

    /// The next call of this operation fails in this way; several queue up.
    #[must_use]
    pub fn fail_next(self, operation: Operation, kind: RuntimeErrorKind) -> Self {
        self.lock()
            .failures
            .entry(operation)
            .or_default()
            .push_back(kind);
        self
    }

    /// The next call of this operation takes this long before it begins; several queue up.
    #[must_use]
    pub fn slow_next(self, operation: Operation, delay: Duration) -> Self {
        self.lock()
            .delays
            .entry(operation)
            .or_default()
            .push_back(delay);
        self
    }

    /// Every call of this operation on what has `part` in its name fails in this way, until
    /// [`allow_all`](Self::allow_all). Lists go by the names `containers` and `networks`.
    #[must_use]
    pub fn refuse(self, operation: Operation, part: &str, kind: RuntimeErrorKind) -> Self {
        let part = part.to_owned();
        self.lock().refusals.push(Refusal {
            operation,
            part,
            kind,
        });
        self
    }

    /// Nothing is refused any more.
    pub fn allow_all(&self) {
        self.lock().refusals.clear();
    }

    /// All networks that were made and exist now.
    #[must_use]
    pub fn live_networks(&self) -> Vec<NetworkInfo> {
        let world = self.lock();
        let made = world.networks.values().filter(|info| info.name != BRIDGE);
        made.cloned().collect()
    }

    /// Whether a container of this mode sees more than its own loopback.
    pub(super) fn leads_out(&self, network: &NetworkMode) -> bool {
        self.lock().leads_out(network)
    }

    /// All containers that exist now, running or not.
    #[must_use]
    pub fn live(&self) -> Vec<ContainerSummary> {
        self.lock().summaries(&LabelSelector::default())
    }

    /// The specs of all containers that were ever created through the port, in order.
    #[must_use]
    pub fn created_specs(&self) -> Vec<ContainerSpec> {
        self.lock().created.clone()
    }

    /// What went on that no script provided for; a test asserts that it is empty.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut world = self.lock();
        world.collect_panics();
        world.problems.clone()
    }

    fn rule(self, matching: Match, script: Script, uses: Uses) -> Self {
        self.lock().rules.push(Rule {
            matching,
            script,
            uses,
        });
        self
    }

    /// A panic of another thread leaves a state that is still a state: tests go on reading it.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What comes before every operation: its scripted delay, then its scripted failure or refusal.
    async fn gate(&self, operation: Operation, subject: &str) -> Result<(), RuntimeError> {
        let delay = self
            .lock()
            .delays
            .get_mut(&operation)
            .and_then(|queue| queue.pop_front());
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        let mut world = self.lock();
        let queued = world.failures.get_mut(&operation);
        let kind = queued
            .and_then(|queue| queue.pop_front())
            .or_else(|| world.refusal(operation, subject));
        match kind {
            Some(kind) => {
                Err(RuntimeError::new(operation, subject, kind).with_message("as scripted"))
            }
            None => Ok(()),
        }
    }
}

impl Default for FakeRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FakeRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeRuntime")
            .field("live", &self.live())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
