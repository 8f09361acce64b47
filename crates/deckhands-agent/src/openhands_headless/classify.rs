//! What OpenHands' own words mean: tables of anchored patterns.
//!
//! A row matches only at the beginning of a text that OpenHands or its libraries wrote. What a
//! provider wrote is taken apart by `provider` first.

mod provider;
mod words;

use deckhands_model::{CallFailure, CallFault, Cause};

use super::log_line::RunError;
pub(super) use provider::provider_error;
use provider::{class_cause, structured};

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
    Row("ConnectTimeout:", "", Cause::SandboxLost),
    Row("ReadError:", "", Cause::SandboxLost),
    Row("ReadTimeout:", "", Cause::SandboxLost),
    Row("WriteError:", "", Cause::SandboxLost),
    Row("RemoteProtocolError:", "", Cause::SandboxLost),
    Row("HTTPStatusError:", "", Cause::SandboxLost),
    Row("RetryError[", "", Cause::SandboxLost),
    Row("AgentRuntimeDisconnectedError", "", Cause::SandboxLost),
    Row("AgentRuntimeNotFoundError", "", Cause::SandboxLost),
    Row("AgentRuntimeUnavailableError", "", Cause::SandboxLost),
    Row("AgentRuntimeTimeoutError", "", Cause::SandboxLost),
    Row("STATUS$ERROR_RUNTIME_DISCONNECTED", "", Cause::SandboxLost),
    Row("STATUS$ERROR_MEMORY", "", Cause::OutOfMemory),
];

/// Reasons that are the provider's verdict, whatever the log says of it.
const VERDICTS: &[Row] = &[
    Row("STATUS$ERROR_LLM_AUTHENTICATION", "", Cause::BadKey),
    Row("STATUS$ERROR_LLM_OUT_OF_CREDITS", "", Cause::OutOfCredit),
    Row(
        "STATUS$ERROR_LLM_CONTENT_POLICY_VIOLATION",
        "",
        Cause::ContentRefused,
    ),
];

/// Reasons that stand for many kinds of a model's failure; its text is only in the log.
const COARSE: &str = "STATUS$ERROR_LLM_";

/// How OpenHands words an error it has no words for; the exception's class follows.
const UNEXPECTED: &str = "RuntimeError: There was an unexpected error while running the agent: ";

/// Errors of the agent's own program, which name no provider.
const OWN_ERRORS: &[Row] = &[
    Row("[Errno 28]", "", Cause::HostDiskFull),
    Row("[Errno 122]", "", Cause::HostDiskFull),
    Row("[Errno 13]", "", Cause::PermissionDenied),
    Row("[Errno 30]", "", Cause::PermissionDenied),
    Row("[Errno 12]", "", Cause::OutOfMemory),
    Row("[Errno 11]", "", Cause::ProcessLimit),
    Row("can't start new thread", "", Cause::ProcessLimit),
];

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
        "openhands-runtime-",
        Cause::SandboxLost,
    ),
    Row(
        "docker.errors.NotFound: ",
        "No such container: ",
        Cause::StartRace,
    ),
    Row(
        "docker.errors.APIError: ",
        "port is already allocated",
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
    // Only the Docker client talks through these classes.
    Row(
        "requests.exceptions.ConnectionError: ",
        "",
        Cause::DaemonUnreachable,
    ),
    Row(
        "requests.exceptions.ReadTimeout: ",
        "UnixHTTPConnectionPool",
        Cause::DaemonUnreachable,
    ),
    Row("PermissionError: [Errno 13]", "", Cause::PermissionDenied),
    Row("OSError: [Errno 30]", "", Cause::PermissionDenied),
    Row("OSError: [Errno 28]", "", Cause::HostDiskFull),
    Row("OSError: [Errno 122]", "", Cause::HostDiskFull),
    Row("MemoryError", "", Cause::OutOfMemory),
    Row("OSError: [Errno 12]", "", Cause::OutOfMemory),
    Row("BlockingIOError: [Errno 11]", "", Cause::ProcessLimit),
    Row(
        "RuntimeError: can't start new thread",
        "",
        Cause::ProcessLimit,
    ),
    Row(DISCONNECTED, "", Cause::SandboxLost),
    Row(NOT_FOUND, "", Cause::SandboxLost),
];

/// A sandbox that ended.
const DISCONNECTED: &str = "openhands.core.exceptions.AgentRuntimeDisconnectedError: ";

/// A sandbox that vanished.
const NOT_FOUND: &str = "openhands.core.exceptions.AgentRuntimeNotFoundError: ";

/// Exceptions that mean "never answered" while the sandbox is starting.
const NEVER_READY: &[Row] = &[
    Row("httpx.", "", Cause::StartTimeout),
    Row("tenacity.RetryError: ", "", Cause::StartTimeout),
];

/// The cause of a reason that needs nothing else to be understood.
pub(super) fn own_reason(reason: &str) -> Option<Cause> {
    first(OWN_REASONS, reason)
}

/// The cause of an error that the log has the text of; the reason says how far to believe it.
pub(super) fn logged_failure(reason: &str, failed: &RunError) -> Option<Cause> {
    let RunError { text, answer } = failed;
    if let Some(cause) = first(VERDICTS, reason).or_else(|| told_in(reason, answer)) {
        return Some(cause);
    }
    if let Some(class) = unexpected_class(reason) {
        // The text of any other class may hold anything, the model's words too.
        return if class_cause(class).is_some() {
            structured(text, answer)
        } else {
            first(OWN_ERRORS, text)
        };
    }
    if reason.is_empty() || reason.starts_with(COARSE) {
        let cause = first(OWN_ERRORS, text).unwrap_or_else(|| provider_error(failed));
        return Some(cause).filter(|cause| *cause != Cause::Unknown);
    }
    structured(text, answer)
}

/// The cause of a failed call that the gateway saw: by its status and the provider's own body.
pub(super) fn failed_call(call: &CallFailure<'_>) -> Cause {
    let told = || {
        let status = call.status?;
        structured(call.detail, &format!("{status} - "))
    };
    match call.fault {
        CallFault::Unreachable => Cause::ProviderUnreachable,
        CallFault::TimedOut => Cause::ProviderTimeout,
        CallFault::Refused | CallFault::BadAnswer => told().unwrap_or(Cause::ProviderError),
    }
}

/// The cause of a reason about a failure, for want of the failure's text.
pub(super) fn coarse_reason(reason: &str) -> Option<Cause> {
    let by_class = || {
        let class = unexpected_class(reason)?;
        let memory = (class == "MemoryError").then_some(Cause::OutOfMemory);
        memory
            .or_else(|| class_cause(class))
            .or(Some(Cause::AgentCrashed))
    };
    first(VERDICTS, reason)
        .or_else(|| told_in(reason, ""))
        .or_else(by_class)
        .or_else(|| reason.starts_with(COARSE).then_some(Cause::ProviderError))
}

/// The cause that a reason tells which holds the failure's text; the answer is the provider's.
fn told_in(reason: &str, answer: &str) -> Option<Cause> {
    // `NotFoundError: litellm.NotFoundError: …`: the class, then the provider's error.
    let (_class, error) = reason.split_once(": ")?;
    error
        .starts_with("litellm.")
        .then(|| structured(error, answer))
        .flatten()
}

/// The class in `… while running the agent: KeyError. You can refresh the page …`.
fn unexpected_class(reason: &str) -> Option<&str> {
    let rest = reason.strip_prefix(UNEXPECTED)?;
    Some(rest.split_once(". ").map_or(rest, |(class, _)| class))
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
