//! What OpenHands' own words mean: tables of anchored patterns.
//!
//! A row matches only at the beginning of a text that OpenHands or its libraries wrote. What a
//! provider wrote is taken apart by `provider` first.

mod provider;
mod words;

use deckhands_model::Cause;

pub(super) use provider::provider_error;

/// A text that begins so, and holds the part, means the cause.
struct Row(&'static str, &'static str, Cause);

/// The cause of the first row that fits.
fn first(rows: &[Row], text: &str) -> Option<Cause> {
    rows.iter()
        .find(|Row(start, part, _)| text.starts_with(start) && text.contains(part))
        .map(|row| row.2)
}

/// Reasons with which OpenHands ends the work by itself, without a model's failure.
const OWN_REASONS: &[Row] = &[
    Row(
        "RuntimeError: Agent reached maximum iteration",
        "",
        Cause::IterationLimit,
    ),
    Row(
        "RuntimeError: Agent reached maximum budget",
        "",
        Cause::BudgetLimit,
    ),
    Row("AgentStuckInLoopError", "", Cause::Stuck),
    Row("ConnectError:", "", Cause::SandboxLost),
    Row("ReadError:", "", Cause::SandboxLost),
    Row("ReadTimeout:", "", Cause::SandboxLost),
    Row("RemoteProtocolError:", "", Cause::SandboxLost),
    Row("HTTPStatusError:", "", Cause::SandboxLost),
    Row("RetryError[", "", Cause::SandboxLost),
    Row("AgentRuntimeDisconnectedError", "", Cause::SandboxLost),
    Row("AgentRuntimeUnavailableError", "", Cause::SandboxLost),
    Row("AgentRuntimeTimeoutError", "", Cause::SandboxLost),
    Row("STATUS$ERROR_RUNTIME_DISCONNECTED", "", Cause::SandboxLost),
    Row("STATUS$ERROR_MEMORY", "", Cause::OutOfMemory),
];

/// Reasons that stand for a model's failure whose text is only in the log.
const COARSE_REASONS: &[Row] = &[
    Row("STATUS$ERROR_LLM_AUTHENTICATION", "", Cause::BadKey),
    Row("STATUS$ERROR_LLM_OUT_OF_CREDITS", "", Cause::OutOfCredit),
    Row(
        "STATUS$ERROR_LLM_CONTENT_POLICY_VIOLATION",
        "",
        Cause::ContentRefused,
    ),
    Row("STATUS$ERROR_LLM_", "", Cause::ProviderError),
    Row(
        UNEXPECTED,
        ": APIConnectionError. ",
        Cause::ProviderUnreachable,
    ),
    Row(UNEXPECTED, ": LLMNoResponseError. ", Cause::ProviderError),
    Row(
        UNEXPECTED,
        ": ServiceUnavailableError. ",
        Cause::ProviderError,
    ),
    Row(UNEXPECTED, "", Cause::AgentCrashed),
];

/// How OpenHands words an error it has no words for.
const UNEXPECTED: &str = "RuntimeError: There was an unexpected error while running the agent";

/// Exceptions that end the program before the agent works, the most telling first.
const START_FAILURES: &[Row] = &[
    Row("docker.errors.ImageNotFound: ", "", Cause::ImageMissing),
    Row(
        "docker.errors.APIError: ",
        "/images/create?",
        Cause::ImageMissing,
    ),
    Row(
        "docker.errors.APIError: ",
        "no space left on device",
        Cause::HostDiskFull,
    ),
    Row(
        "docker.errors.NotFound: ",
        "No such container: ",
        Cause::StartRace,
    ),
    Row(
        "docker.errors.DockerException: ",
        "PermissionError(13",
        Cause::PermissionDenied,
    ),
    Row(
        "docker.errors.DockerException: ",
        "Permission denied",
        Cause::PermissionDenied,
    ),
    Row(
        "docker.errors.DockerException: ",
        "",
        Cause::DaemonUnreachable,
    ),
    Row(
        "stat: cannot stat",
        "/docker.sock': Permission denied",
        Cause::PermissionDenied,
    ),
    Row(
        "stat: cannot stat",
        "/docker.sock'",
        Cause::DaemonUnreachable,
    ),
    Row("PermissionError: [Errno 13]", "", Cause::PermissionDenied),
    Row("OSError: [Errno 30]", "", Cause::PermissionDenied),
    Row("OSError: [Errno 28]", "", Cause::HostDiskFull),
    Row(DISCONNECTED, "", Cause::SandboxLost),
];

/// A sandbox that ended or vanished.
const DISCONNECTED: &str = "openhands.core.exceptions.AgentRuntimeDisconnectedError: ";

/// Exceptions that mean "never answered" while the sandbox is starting.
const NEVER_READY: &[Row] = &[
    Row("httpx.", "", Cause::StartTimeout),
    Row("tenacity.RetryError: ", "", Cause::StartTimeout),
];

/// The cause of a reason that needs nothing else to be understood.
pub(super) fn own_reason(reason: &str) -> Option<Cause> {
    first(OWN_REASONS, reason)
}

/// The cause of a reason about a model's failure, for want of the failure's text.
pub(super) fn coarse_reason(reason: &str) -> Option<Cause> {
    first(COARSE_REASONS, reason).or_else(|| {
        // `NotFoundError: litellm.NotFoundError: …`: the class, then the provider's error.
        let (_class, error) = reason.split_once(": ")?;
        error.starts_with("litellm.").then(|| provider_error(error))
    })
}

/// The cause of a program that ended before the agent worked, and the line that shows it.
pub(super) fn start_failure(exceptions: &[String], awaited: Awaited) -> Option<(Cause, &str)> {
    let never_ready: &[Row] = if awaited == Awaited::Sandbox {
        NEVER_READY
    } else {
        &[]
    };
    // The last line of a chain tells what the others led to; rows come before lines, for an
    // earlier line may be the more telling one.
    let rows = START_FAILURES.iter().chain(never_ready);
    rows.into_iter().find_map(|row| {
        let line = exceptions
            .iter()
            .rev()
            .find(|line| first(std::slice::from_ref(row), line).is_some())?;
        Some((row.2, line.as_str()))
    })
}

/// What the program waited for when it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Awaited {
    /// The first answer of its sandbox.
    Sandbox,
    /// Something else.
    Other,
}

#[cfg(test)]
mod tests;
