//! What a run tells while it goes on. Telling never waits and never decides anything.

use std::time::Duration;

use deckhands_agent::Progress;
use deckhands_model::{AgentEvent, ByteSize, Cause, ImageRef, Usd};

/// Watches a run. Calls come in order and must return at once.
pub trait Observer: Send + Sync {
    /// Takes one fact.
    fn observe(&self, event: RunEvent<'_>);
}

/// A fact about a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunEvent<'a> {
    /// A phase began.
    Phase(Phase),
    /// An image is being pulled.
    Pull {
        /// Which one.
        image: &'a ImageRef,
        /// Bytes that are here.
        done: ByteSize,
        /// Bytes known so far.
        total: ByteSize,
    },
    /// The agent recorded something.
    Agent(&'a AgentEvent),
    /// A call of the model ended, of those that go through the relay.
    Call {
        /// Why it failed; `None` for a usable answer.
        failure: Option<Cause>,
        /// How long from now the provider wants no more calls, if it said so.
        retry_after: Option<Duration>,
    },
    /// Where the agent stands; told about ten times a second.
    Progress {
        /// The agent's own progress.
        progress: &'a Progress,
        /// Time at work so far.
        work: Duration,
        /// Time waited so far.
        wait: Duration,
        /// What is known to have been spent so far; `None` where nothing is.
        cost: Option<Usd>,
    },
}

/// A part of a run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Making sure of the images.
    Images,
    /// Copying the workspace.
    Copy,
    /// Starting the agent.
    Start,
    /// The agent works.
    Work,
    /// Ending its containers.
    Cleanup,
    /// Reading the change.
    Collect,
    /// Carrying out the checks.
    Checks,
    /// Taking the change over.
    Promote,
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&self, _event: RunEvent<'_>) {}
}

impl Phase {
    /// What a person reads while it lasts.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Images => "checking images",
            Self::Copy => "copying the workspace",
            Self::Start => "starting the agent",
            Self::Work => "working",
            Self::Cleanup => "removing containers",
            Self::Collect => "reading the change",
            Self::Checks => "running checks",
            Self::Promote => "applying the change",
        }
    }
}
