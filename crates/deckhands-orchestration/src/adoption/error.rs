//! Why an attempt cannot be gone on with.

use std::io;

use deckhands_model::ModelId;

use crate::failure::RunFailure;
use crate::order::AttemptResult;
use crate::provider_access::NoKey;

/// Why an attempt cannot be gone on with. Nothing of it was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdoptable {
    /// A living process works on it.
    #[error("a living process works on it")]
    Live,
    /// There is nothing of it here.
    #[error("there is nothing of it here")]
    Gone,
    /// It has ended.
    #[error("it has ended already")]
    Ended {
        /// How, where its own process wrote that down before it died. There is none of an attempt that
        /// was cleared away.
        result: Option<Box<AttemptResult>>,
    },
    /// Whoever began it meant it to end with him.
    #[error("it was not begun to be gone on with")]
    NotMeant,
    /// Its containers were not all started yet.
    #[error("its agent did not run yet")]
    NotBegun,
    /// Its containers are not there any more.
    #[error("its containers are gone")]
    ContainersGone,
    /// It was paused in the middle of an action, which gave up on its sandbox meanwhile.
    #[error("it was paused within an action, {seconds} s ago")]
    CaughtInAction {
        /// How long ago.
        seconds: u64,
    },
    /// It calls another model than the one that is ordered.
    #[error("it calls the model `{kept}`")]
    OtherModel {
        /// The model that it calls.
        kept: ModelId,
    },
    /// Its agent is not done, and there is no key for its model.
    #[error(transparent)]
    NoKey(NoKey),
    /// What was kept of it cannot be read.
    #[error("what was kept of it cannot be read")]
    Damaged {
        /// What is wrong.
        #[source]
        source: io::Error,
    },
    /// Its directory cannot be claimed.
    #[error("its directory cannot be claimed")]
    Unclaimed {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something failed on the way, e.g. the daemon.
    #[error("{}", failure.message)]
    Failed {
        /// What failed.
        failure: Box<RunFailure>,
    },
}

impl NotAdoptable {
    /// Whether it may be adoptable at another time.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Live | Self::Unclaimed { .. } | Self::Failed { .. }
        )
    }
}

impl From<RunFailure> for NotAdoptable {
    fn from(failure: RunFailure) -> Self {
        Self::Failed {
            failure: Box::new(failure),
        }
    }
}
