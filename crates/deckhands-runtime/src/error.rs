//! The one classified error of every port.

use std::error::Error;
use std::fmt;

use deckhands_model::FailureClass;

/// A port's operation that failed, on what, and what kind of failure it was.
#[derive(Debug, thiserror::Error)]
#[error("{operation} {subject}: {kind}{}", message.as_deref().map(|m| format!(": {m}")).unwrap_or_default())]
pub struct RuntimeError {
    /// What was attempted.
    pub operation: Operation,
    /// What it was attempted on: a container, image or network by name or id, or the daemon.
    pub subject: String,
    /// What kind of failure; the only thing a caller decides by.
    pub kind: RuntimeErrorKind,
    /// The daemon's own words, one line, where it had any.
    pub message: Option<String>,
    /// The client library's error. Its text is not repeated in `message`.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// What was attempted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// Connecting to and asking the daemon.
    Probe,
    /// Creating a container.
    Create,
    /// Attaching to a container's output.
    Attach,
    /// Reading a container's kept output.
    Logs,
    /// Starting a container.
    Start,
    /// Waiting for a container's end.
    Wait,
    /// Looking at a container, image or network.
    Inspect,
    /// Reading a container's use of resources.
    Stats,
    /// Killing, pausing or unpausing a container.
    Control,
    /// Reading files out of a container.
    GetArchive,
    /// Removing a container, image or network.
    Remove,
    /// Listing containers or networks.
    List,
    /// Pulling an image.
    Pull,
    /// Creating a network.
    CreateNetwork,
}

/// What kind of failure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RuntimeErrorKind {
    /// The subject does not exist.
    NotFound,
    /// The name is taken, or the subject is in a state that does not allow it.
    Conflict,
    /// The image is not there and cannot be had.
    ImageUnavailable,
    /// The daemon refused what was asked for.
    InvalidSpec,
    /// Disk, memory, addresses or a quota are used up.
    Exhausted,
    /// No permission to talk to the daemon or, at a pull, to have the image.
    Denied,
    /// The daemon does not answer or broke off.
    Unreachable,
    /// The daemon answered something that makes no sense, or failed inside.
    Protocol,
    /// Nothing may be made any more in this owner's name; the daemon was not asked.
    Disowned,
}

impl RuntimeErrorKind {
    /// What this kind means for what comes next.
    #[must_use]
    pub const fn failure_class(self) -> FailureClass {
        match self {
            Self::Unreachable | Self::Protocol | Self::Conflict => FailureClass::Transient,
            Self::Exhausted => FailureClass::Exhausted,
            Self::NotFound
            | Self::ImageUnavailable
            | Self::InvalidSpec
            | Self::Denied
            | Self::Disowned => FailureClass::Permanent,
        }
    }
}

impl RuntimeError {
    /// An error of this kind without a library error behind it.
    #[must_use]
    pub fn new(operation: Operation, subject: impl Into<String>, kind: RuntimeErrorKind) -> Self {
        Self {
            operation,
            subject: subject.into(),
            kind,
            message: None,
            source: None,
        }
    }

    /// The same with the daemon's words.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// What this failure means for what comes next.
    #[must_use]
    pub const fn failure_class(&self) -> FailureClass {
        self.kind.failure_class()
    }

    /// Whether the subject does not exist.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self.kind, RuntimeErrorKind::NotFound)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Probe => "ask the Docker daemon at",
            Self::Create => "create container",
            Self::Attach => "attach to container",
            Self::Logs => "read the log of container",
            Self::Start => "start container",
            Self::Wait => "wait for container",
            Self::Inspect => "inspect",
            Self::Stats => "read the use of container",
            Self::Control => "control container",
            Self::GetArchive => "read files of container",
            Self::Remove => "remove",
            Self::List => "list",
            Self::Pull => "pull image",
            Self::CreateNetwork => "create network",
        })
    }
}

impl fmt::Display for RuntimeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::Conflict => "in conflict with its present state",
            Self::ImageUnavailable => "image not available",
            Self::InvalidSpec => "refused by the daemon",
            Self::Exhausted => "out of resources",
            Self::Denied => "permission denied",
            Self::Unreachable => "no answer",
            Self::Protocol => "unexpected answer",
            Self::Disowned => "not ours to make any more",
        })
    }
}
