//! The closed table of causes: why an attempt did not succeed, with type, class, exit code and hint.
//!
//! This file is the table; `docs/reference/causes.md` is generated from it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error_type::{ErrorType, FailureClass};

/// Exit code of the command line for an ending (see the CLI contract).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExitCode {
    /// 1: work ended without success.
    WorkFailed,
    /// 2: usage or configuration error.
    Usage,
    /// 3: the environment is not ready.
    Environment,
}

impl ExitCode {
    /// The number the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::WorkFailed => 1,
            Self::Usage => 2,
            Self::Environment => 3,
        }
    }
}

/// Why an attempt failed. Closed: a new ending means a new row here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Cause {
    /// No connection to the LLM provider (refused, DNS, reset).
    ProviderUnreachable,
    /// The provider answered with a server error, an error inside a 200, or no usable answer.
    ProviderError,
    /// The sandbox container vanished or stopped answering.
    SandboxLost,
    /// The app container vanished or was killed by somebody else.
    AppLost,
    /// The Docker daemon could not be reached, or the connection was lost.
    DaemonUnreachable,
    /// No first agent event before the start deadline.
    StartTimeout,
    /// No agent event for longer than the idle deadline.
    IdleTimeout,
    /// The provider did not answer in time.
    ProviderTimeout,
    /// The agent worked longer than its work deadline.
    WorkTimeout,
    /// An image could not be pulled in time.
    PullTimeout,
    /// The provider refused the key.
    BadKey,
    /// The account has no credit left.
    OutOfCredit,
    /// Too many requests to the provider.
    RateLimited,
    /// A quota is used up until a reset time.
    QuotaUntilReset,
    /// The model id is unknown or has no provider.
    BadModel,
    /// The input cannot be used.
    BadInput,
    /// An image is not on the daemon and could not be pulled.
    ImageMissing,
    /// No right to use something the run needs.
    PermissionDenied,
    /// No disk space left on the host.
    HostDiskFull,
    /// The model's context window was exceeded.
    ContextWindow,
    /// The provider refused the content.
    ContentRefused,
    /// The agent rejected the task.
    AgentRejected,
    /// The agent says it finished, but nothing changed.
    EmptyChange,
    /// A check did not accept the result.
    CheckFailed,
    /// The agent repeated itself until it was stopped.
    Stuck,
    /// The agent worked without getting anywhere.
    NoProgress,
    /// The iteration limit was reached.
    IterationLimit,
    /// The money limit was reached.
    BudgetLimit,
    /// A container ran out of memory.
    OutOfMemory,
    /// The disk limit was reached.
    DiskLimit,
    /// The process limit was reached.
    ProcessLimit,
    /// The agent's program ended unexpectedly.
    AgentCrashed,
    /// Another container vanished while the agent's program listed containers, or took the port it
    /// had chosen.
    StartRace,
    /// Nothing known fits.
    Unknown,
}

/// One row of the table.
struct Row(ErrorType, FailureClass, ExitCode, &'static str);

impl Cause {
    /// Every cause, in the order of the table.
    pub const ALL: [Self; 34] = [
        Self::ProviderUnreachable,
        Self::ProviderError,
        Self::SandboxLost,
        Self::AppLost,
        Self::DaemonUnreachable,
        Self::StartTimeout,
        Self::IdleTimeout,
        Self::ProviderTimeout,
        Self::WorkTimeout,
        Self::PullTimeout,
        Self::BadKey,
        Self::OutOfCredit,
        Self::RateLimited,
        Self::QuotaUntilReset,
        Self::BadModel,
        Self::BadInput,
        Self::ImageMissing,
        Self::PermissionDenied,
        Self::HostDiskFull,
        Self::ContextWindow,
        Self::ContentRefused,
        Self::AgentRejected,
        Self::EmptyChange,
        Self::CheckFailed,
        Self::Stuck,
        Self::NoProgress,
        Self::IterationLimit,
        Self::BudgetLimit,
        Self::OutOfMemory,
        Self::DiskLimit,
        Self::ProcessLimit,
        Self::AgentCrashed,
        Self::StartRace,
        Self::Unknown,
    ];

    #[rustfmt::skip]
    const fn row(self) -> Row {
        use ErrorType::{Authentication, Connection, RateLimit, Sdk, Timeout, Validation};
        use ExitCode::{Environment, Usage, WorkFailed};
        use FailureClass::{Exhausted, Permanent, Rejected, Transient};
        const LATER: &str = "run the task again; if it stays, check the provider's status page";
        match self {
            Self::ProviderUnreachable => Row(Connection, Transient, WorkFailed, "check the network and OPENHANDS_BASE_URL, then run the task again"),
            Self::ProviderError => Row(Connection, Transient, WorkFailed, LATER),
            Self::SandboxLost => Row(Connection, Transient, WorkFailed, "run the task again; `docker events` shows who stopped the sandbox"),
            Self::AppLost => Row(Connection, Transient, WorkFailed, "run the task again; `docker events` shows who stopped the agent"),
            Self::DaemonUnreachable => Row(Connection, Transient, Environment, "start Docker, then `deckhands doctor`"),
            Self::StartTimeout => Row(Timeout, Transient, WorkFailed, "the machine may be busy, or `--memory` too small: run the task again, or with fewer at once"),
            Self::IdleTimeout => Row(Timeout, Transient, WorkFailed, "the model or a command gave no sign of life: run the task again"),
            Self::ProviderTimeout => Row(Timeout, Transient, WorkFailed, LATER),
            Self::WorkTimeout => Row(Timeout, Exhausted, WorkFailed, "give it longer with `--timeout`, or split the task"),
            Self::PullTimeout => Row(Timeout, Exhausted, Environment, "pull the image by hand with `docker pull`, or build it with `cargo xtask image`"),
            Self::BadKey => Row(Authentication, Permanent, WorkFailed, "check the key of the model's provider, e.g. in OPENROUTER_API_KEY or OPENAI_API_KEY (or the file named in its place)"),
            Self::OutOfCredit => Row(Authentication, Permanent, WorkFailed, "add credit to the provider account, or choose a free model"),
            Self::RateLimited => Row(RateLimit, FailureClass::RateLimited, WorkFailed, "wait a little, or choose another model with `--model`"),
            Self::QuotaUntilReset => Row(RateLimit, FailureClass::RateLimited, WorkFailed, "wait until the quota is renewed, or choose another model with `--model`"),
            Self::BadModel => Row(Validation, Permanent, WorkFailed, "`deckhands models list` shows the names that work"),
            Self::BadInput => Row(Validation, Permanent, Usage, "correct the input named above"),
            Self::ImageMissing => Row(Validation, Permanent, Environment, "pull it with `docker pull`, or build it with `cargo xtask image`"),
            Self::PermissionDenied => Row(Validation, Permanent, Environment, "`deckhands doctor` shows which permission is missing"),
            Self::HostDiskFull => Row(Validation, Permanent, Environment, "free disk space; `deckhands reap` removes what dead attempts left"),
            Self::ContextWindow => Row(Validation, Rejected, WorkFailed, "split the task, or choose a model with a larger context window"),
            Self::ContentRefused => Row(Validation, Rejected, WorkFailed, "the provider's rules refuse this content: reword the task or choose another provider"),
            Self::AgentRejected => Row(Validation, Rejected, WorkFailed, "read the agent's answer and reword the task"),
            Self::EmptyChange => Row(Validation, Rejected, WorkFailed, "if an answer without a change is wanted, use `--allow-no-change`"),
            Self::CheckFailed => Row(Validation, Rejected, WorkFailed, "read the check's output in the findings; the change is kept as a patch"),
            Self::Stuck => Row(Sdk, Rejected, WorkFailed, "reword the task, or choose a stronger model with `--model`"),
            Self::NoProgress => Row(Sdk, Rejected, WorkFailed, "split the task, or choose a stronger model with `--model`"),
            Self::IterationLimit => Row(Sdk, Exhausted, WorkFailed, "allow more steps with `--max-iterations`, or split the task"),
            Self::BudgetLimit => Row(Sdk, Exhausted, WorkFailed, "raise the cap that was reached (`--max-cost`, or one of `money`), split the task, or choose a cheaper model with `--model`"),
            Self::OutOfMemory => Row(Sdk, Exhausted, WorkFailed, "give it more with `--memory`"),
            Self::DiskLimit => Row(Sdk, Exhausted, WorkFailed, "let the agent write less, or split the task"),
            Self::ProcessLimit => Row(Sdk, Exhausted, WorkFailed, "too many processes or threads: reword the task, or run fewer tasks at once"),
            Self::AgentCrashed => Row(Sdk, Transient, WorkFailed, "run the task again; the transcript has the traceback"),
            Self::StartRace => Row(Sdk, Transient, WorkFailed, "run the task again: another container vanished, or took a port, at a bad moment"),
            Self::Unknown => Row(ErrorType::Unknown, Transient, WorkFailed, "read the transcript, then run the task again"),
        }
    }

    /// The public type of this cause.
    #[must_use]
    pub const fn error_type(self) -> ErrorType {
        self.row().0
    }

    /// What this cause means for what comes next.
    #[must_use]
    pub const fn class(self) -> FailureClass {
        self.row().1
    }

    /// The exit code of a command that ends with this cause.
    ///
    /// [`Cause::BadModel`] is 1 here; refused before anything starts it is a usage error (2).
    #[must_use]
    pub const fn exit_code(self) -> ExitCode {
        self.row().2
    }

    /// What a person can do about it, as one line without a dot at the end.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        self.row().3
    }

    /// The name as it stands in JSON documents, e.g. `BadKey`.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests;
