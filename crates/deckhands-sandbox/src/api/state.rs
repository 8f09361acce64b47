//! How far a sandbox has come, as OpenHands was told.

/// What changes while an API lives.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct State {
    pub(super) life: Life,
    pub(super) pod: PodStatus,
    pub(super) revoked: bool,
}

/// What OpenHands asked for last. It is only written down: the sandbox lives as long as its attempt.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Life {
    #[default]
    New,
    Running,
    Paused,
    Stopped,
}

/// What OpenHands is told about a sandbox that it waits for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum PodStatus {
    /// Not yet ready; it asks again.
    #[default]
    Pending,
    /// Ready; it goes on.
    Ready,
    /// Will never be ready; it gives up.
    Failed,
}

impl Life {
    /// OpenHands' word, if the session exists for it.
    pub(super) fn status(self) -> Option<&'static str> {
        match self {
            Self::New => None,
            Self::Running => Some("running"),
            Self::Paused => Some("paused"),
            Self::Stopped => Some("stopped"),
        }
    }

    pub(super) fn stop(self) -> Self {
        Self::Stopped
    }

    /// Only what runs is paused.
    pub(super) fn pause(self) -> Self {
        if self == Self::Running {
            Self::Paused
        } else {
            self
        }
    }

    /// Only what is paused goes on.
    pub(super) fn resume(self) -> Self {
        if self == Self::Paused {
            Self::Running
        } else {
            self
        }
    }
}

impl PodStatus {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}
