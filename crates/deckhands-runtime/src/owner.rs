//! The port to whoever keeps account of what is made, and what it is told before each creation.

use async_trait::async_trait;

use crate::labels::Labels;

/// Keeps account of what is made in somebody's name. It is told before anything comes into being, so
/// that what a crash leaves can be found by its account, and it may say no.
#[cfg_attr(feature = "test-util", mockall::automock)]
#[async_trait]
pub trait ContainerOwner: Send + Sync + 'static {
    /// Writes down what is about to be made. Dropping the future may leave it written down: an
    /// account may list what never came into being, but not the other way round.
    ///
    /// # Errors
    /// [`Disowned`] where nothing may be made any more in this name; nothing is made then.
    async fn announce(&self, intent: &Intent) -> Result<(), Disowned>;
}

/// What is about to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intent {
    /// Its name on the daemon.
    pub name: String,
    /// What it is.
    pub kind: IntentKind,
    /// All of its labels.
    pub labels: Labels,
}

/// What kind of thing is about to be made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntentKind {
    /// A container.
    Container,
    /// A network.
    Network,
}

/// Whoever asks is not the owner any more, or nobody can tell whether he is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Disowned {
    /// Why, for people: a lowercase fragment.
    pub reason: String,
}

impl Disowned {
    /// Disowned for this reason.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}
