//! Rows of reasons and exceptions in OpenHands' own words.

use deckhands_model::Cause;

use crate::openhands_headless::log_line::RunError;

use super::{Awaited, coarse_reason, logged_failure, own_reason, start_failure};

/// Reasons of an error state.
const REASONS: &[(&str, Option<Cause>)] = &[
    (
        "RuntimeError: Agent reached maximum iteration. Current iteration: 3, max iteration: 3",
        Some(Cause::IterationLimit),
    ),
    (
        "RuntimeError: Agent reached maximum budget for conversation.Current budget: 0.00",
        Some(Cause::BudgetLimit),
    ),
    (
        "AgentStuckInLoopError: Agent got stuck in a loop",
        Some(Cause::Stuck),
    ),
    (
        "ConnectError: [Errno 111] Connection refused",
        Some(Cause::SandboxLost),
    ),
    (
        "AgentRuntimeDisconnectedError: gone",
        Some(Cause::SandboxLost),
    ),
    (
        "AgentRuntimeTimeoutError: Runtime failed to return execute_action",
        Some(Cause::SandboxLost),
    ),
    ("STATUS$ERROR_LLM_AUTHENTICATION", Some(Cause::BadKey)),
    ("STATUS$ERROR_LLM_OUT_OF_CREDITS", Some(Cause::OutOfCredit)),
    (
        "STATUS$ERROR_LLM_CONTENT_POLICY_VIOLATION",
        Some(Cause::ContentRefused),
    ),
    (
        "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE",
        Some(Cause::ProviderError),
    ),
    (
        "STATUS$ERROR_LLM_INTERNAL_SERVER_ERROR",
        Some(Cause::ProviderError),
    ),
    (
        "RuntimeError: There was an unexpected error while running the agent: APIConnectionError. You can",
        Some(Cause::ProviderUnreachable),
    ),
    (
        "RuntimeError: There was an unexpected error while running the agent: LLMNoResponseError. You can",
        Some(Cause::ProviderError),
    ),
    (
        "RuntimeError: There was an unexpected error while running the agent: KeyError. You can",
        Some(Cause::AgentCrashed),
    ),
    (
        "NotFoundError: litellm.NotFoundError: NotFoundError: OpenrouterException - {\"error\": {\"code\": 404}}",
        Some(Cause::BadModel),
    ),
    (
        "Timeout: litellm.Timeout: APITimeoutError - Request timed out.",
        Some(Cause::ProviderTimeout),
    ),
    ("the file mentions AgentStuckInLoopError", None),
    ("", None),
];

const WORDS: &str = "HTTP 402, rate limit, connection refused";
const WRAPPED: &str =
    r#"litellm.APIError: APIError: OpenrouterException - {"error": {"code": 402}}"#;
const FULL: &str = "[Errno 28] No space left on device";
const COARSE: &str = "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE";

/// Reasons, errors in the log, and what both together mean. `?Class` stands for the reason that
/// names an exception of this class.
const BOTH: &[(&str, &str, Option<Cause>)] = &[
    // The provider's own verdict.
    (
        "STATUS$ERROR_LLM_AUTHENTICATION",
        WRAPPED,
        Some(Cause::BadKey),
    ),
    (
        "NotFoundError: litellm.NotFoundError: x",
        WRAPPED,
        Some(Cause::BadModel),
    ),
    // A coarse code for the log's text.
    (COARSE, WRAPPED, Some(Cause::OutOfCredit)),
    (COARSE, WORDS, Some(Cause::OutOfCredit)),
    ("", WORDS, Some(Cause::OutOfCredit)),
    ("", "nothing known", None),
    ("", FULL, Some(Cause::HostDiskFull)),
    // Classes of the provider's side, and others.
    (
        "?ServiceUnavailableError",
        WRAPPED,
        Some(Cause::OutOfCredit),
    ),
    ("?ServiceUnavailableError", WORDS, None),
    ("?KeyError", WRAPPED, None),
    ("?KeyError", WORDS, None),
    ("?OSError", FULL, Some(Cause::HostDiskFull)),
    (
        "?OSError",
        "[Errno 30] Read-only file system",
        Some(Cause::PermissionDenied),
    ),
    // A reason of which nothing is known.
    ("SomethingNew: x", WORDS, None),
    ("SomethingNew: x", WRAPPED, Some(Cause::OutOfCredit)),
];

#[test]
fn a_reason_says_how_far_to_believe_the_log() {
    const UNEXPECTED: &str =
        "RuntimeError: There was an unexpected error while running the agent: ";
    for (reason, error, expected) in BOTH {
        let reason = match reason.strip_prefix('?') {
            Some(class) => format!("{UNEXPECTED}{class}. You can refresh"),
            None => (*reason).to_owned(),
        };
        let failed = RunError {
            text: (*error).to_owned(),
            answer: String::new(),
        };
        assert_eq!(
            logged_failure(&reason, &failed),
            *expected,
            "{reason}: {error}"
        );
    }
}

#[test]
fn reasons() {
    for (reason, expected) in REASONS {
        assert_eq!(
            own_reason(reason).or_else(|| coarse_reason(reason)),
            *expected,
            "{reason}"
        );
    }
}

const NO_SOCKET: &str =
    "docker.errors.DockerException: ('Connection aborted.', FileNotFoundError(2, 'No such file'))";
const SHUT_SOCKET: &str =
    "docker.errors.DockerException: ('Connection aborted.', PermissionError(13, 'denied'))";
const READ_ONLY: &str = "OSError: [Errno 30] Read-only file system: '/.openhands/.jwt_secret'";

/// Tracebacks of programs that waited for nothing in particular.
const START: &[(&[&str], Option<Cause>)] = &[
    (
        &["PermissionError: [Errno 13]", SHUT_SOCKET],
        Some(Cause::PermissionDenied),
    ),
    (
        &["FileNotFoundError: [Errno 2]", NO_SOCKET],
        Some(Cause::DaemonUnreachable),
    ),
    (
        &["stat: cannot statx '/var/run/docker.sock': No such"],
        Some(Cause::DaemonUnreachable),
    ),
    (
        &[
            "docker.errors.ImageNotFound: 404",
            "docker.errors.APIError: 5",
        ],
        Some(Cause::ImageMissing),
    ),
    (
        &["docker.errors.APIError: 500 for x/images/create?tag=1: no"],
        Some(Cause::ImageMissing),
    ),
    (
        &["docker.errors.APIError: no space left on device"],
        Some(Cause::HostDiskFull),
    ),
    (
        &["docker.errors.NotFound: (\"No such container: 1\")"],
        Some(Cause::StartRace),
    ),
    (&["docker.errors.NotFound: (\"No such network: 1\")"], None),
    (&[READ_ONLY], Some(Cause::PermissionDenied)),
    (
        &["OSError: [Errno 28] No space left on device"],
        Some(Cause::HostDiskFull),
    ),
    (&["httpx.ReadError: [Errno 104]"], None),
    (&[], None),
];

fn start_cause(lines: &[&str], awaited: Awaited) -> Option<Cause> {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    start_failure(&lines, awaited).map(|(cause, _line)| cause)
}

#[test]
fn failures_before_the_start() {
    for (lines, expected) in START {
        assert_eq!(start_cause(lines, Awaited::Other), *expected, "{lines:?}");
    }
}

#[test]
fn a_sandbox_that_never_answers() {
    for line in [
        "httpx.ReadError: [Errno 104]",
        "tenacity.RetryError: RetryError[x]",
    ] {
        assert_eq!(
            start_cause(&[line], Awaited::Sandbox),
            Some(Cause::StartTimeout),
            "{line}"
        );
    }
    assert_eq!(
        start_cause(&[NO_SOCKET], Awaited::Sandbox),
        Some(Cause::DaemonUnreachable)
    );
}
