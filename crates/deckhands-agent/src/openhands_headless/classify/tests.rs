//! Rows of reasons and exceptions in OpenHands' own words.

use deckhands_model::Cause;

use super::{Awaited, coarse_reason, own_reason, start_failure};

#[test]
fn reasons() {
    let rows = [
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
    for (reason, expected) in rows {
        assert_eq!(
            own_reason(reason).or_else(|| coarse_reason(reason)),
            expected,
            "{reason}"
        );
    }
}

#[test]
fn failures_before_the_start() {
    use Awaited::{Other, Sandbox};
    let socket = "docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.', ";
    let denied = format!("{socket}PermissionError(13, 'Permission denied'))");
    let absent = format!("{socket}FileNotFoundError(2, 'No such file or directory'))");
    let rows: [(&[&str], Awaited, Option<Cause>); 12] = [
        (&[&denied], Other, Some(Cause::PermissionDenied)),
        (
            &["FileNotFoundError: [Errno 2]", &absent],
            Other,
            Some(Cause::DaemonUnreachable),
        ),
        (
            &[
                "docker.errors.ImageNotFound: 404",
                "docker.errors.APIError: 500",
            ],
            Other,
            Some(Cause::ImageMissing),
        ),
        (
            &["docker.errors.APIError: 500 (\"write /x: no space left on device\")"],
            Other,
            Some(Cause::HostDiskFull),
        ),
        (
            &["docker.errors.NotFound: 404 (\"No such container: 1\")"],
            Other,
            Some(Cause::StartRace),
        ),
        (
            &["docker.errors.NotFound: 404 (\"No such network: 1\")"],
            Other,
            None,
        ),
        (
            &["OSError: [Errno 30] Read-only file system: '/.openhands/.jwt_secret'"],
            Other,
            Some(Cause::PermissionDenied),
        ),
        (
            &["OSError: [Errno 28] No space left on device"],
            Other,
            Some(Cause::HostDiskFull),
        ),
        (
            &["httpx.ReadError: [Errno 104]"],
            Sandbox,
            Some(Cause::StartTimeout),
        ),
        (&["httpx.ReadError: [Errno 104]"], Other, None),
        (
            &["stat: cannot statx '/var/run/docker.sock': No such file"],
            Other,
            Some(Cause::DaemonUnreachable),
        ),
        (&[], Other, None),
    ];
    for (lines, awaited, expected) in rows {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let found = start_failure(&lines, awaited).map(|(cause, _)| cause);
        assert_eq!(found, expected, "{lines:?}");
    }
}
