//! The precedence of the agent's state, our own doing, the containers and the program.

mod table;

use deckhands_model::{AgentState, Cause, Outcome};

use super::decide;
use crate::adapter::{ContainerFacts, EndedBy, Progress};
use crate::openhands_headless::evidence::Evidence;
use crate::openhands_headless::log_line::{LogFact, RunError};

fn stored(state: AgentState, reason: &str) -> Evidence {
    Evidence {
        stored: Some((state, reason.to_owned())),
        ..Evidence::default()
    }
}

fn run_error(text: &str) -> RunError {
    RunError {
        text: text.to_owned(),
        answer: String::new(),
    }
}

fn cause(evidence: &Evidence, facts: &ContainerFacts, ended_by: Option<EndedBy>) -> Option<Cause> {
    decide(evidence, &Progress::default(), facts, ended_by)
        .failure()
        .map(|failure| failure.cause)
}

#[test]
fn a_stored_end_wins_over_what_we_did() {
    use EndedBy::{Cancel, IdleDeadline, WorkDeadline};
    let none = ContainerFacts::default();
    let finished = stored(AgentState::Finished, "");
    for ended_by in [None, Some(Cancel), Some(WorkDeadline)] {
        let outcome = decide(&finished, &Progress::default(), &none, ended_by);
        assert_eq!(
            outcome,
            Outcome::Finished {
                answer: String::new()
            }
        );
    }
    let stuck = stored(AgentState::Errored, "AgentStuckInLoopError: x");
    assert_eq!(cause(&stuck, &none, Some(IdleDeadline)), Some(Cause::Stuck));
    assert_eq!(
        decide(&stuck, &Progress::default(), &none, Some(Cancel)),
        Outcome::Cancelled
    );
}

#[test]
fn our_own_endings() {
    let working = stored(AgentState::Working, "");
    let rows = [
        (EndedBy::StartDeadline, false, Cause::StartTimeout),
        (EndedBy::IdleDeadline, false, Cause::IdleTimeout),
        (EndedBy::IdleDeadline, true, Cause::ProviderTimeout),
        (EndedBy::WorkDeadline, true, Cause::WorkTimeout),
        (EndedBy::Awaiting, false, Cause::Stuck),
        (EndedBy::DaemonLost, false, Cause::DaemonUnreachable),
    ];
    // The exit code is our own kill's, and the daemon's word about it counts for nothing.
    let facts = ContainerFacts {
        app_exit: Some(137),
        app_vanished: true,
        ..ContainerFacts::default()
    };
    for (ended_by, waiting, expected) in rows {
        let progress = Progress {
            waiting,
            doing: "runs ls".to_owned(),
            ..Progress::default()
        };
        let outcome = decide(&working, &progress, &facts, Some(ended_by));
        let failure = outcome.failure().unwrap();
        assert_eq!(failure.cause, expected, "{ended_by:?}");
        assert!(
            failure.message.ends_with("last seen: runs ls"),
            "{}",
            failure.message
        );
    }
}

#[test]
fn containers_and_exit_codes() {
    let rows = [
        (
            ContainerFacts {
                app_oom: true,
                app_exit: Some(137),
                ..ContainerFacts::default()
            },
            Cause::OutOfMemory,
        ),
        (
            ContainerFacts {
                app_vanished: true,
                ..ContainerFacts::default()
            },
            Cause::AppLost,
        ),
        (
            ContainerFacts {
                app_exit: Some(137),
                ..ContainerFacts::default()
            },
            Cause::AppLost,
        ),
        (
            ContainerFacts {
                app_exit: Some(143),
                ..ContainerFacts::default()
            },
            Cause::AppLost,
        ),
        (
            ContainerFacts {
                app_exit: Some(0),
                ..ContainerFacts::default()
            },
            Cause::AgentCrashed,
        ),
        (
            ContainerFacts {
                app_exit: Some(1),
                ..ContainerFacts::default()
            },
            Cause::AgentCrashed,
        ),
        (
            ContainerFacts {
                app_exit: Some(2),
                ..ContainerFacts::default()
            },
            Cause::AgentCrashed,
        ),
        (ContainerFacts::default(), Cause::Unknown),
    ];
    for (facts, expected) in rows {
        assert_eq!(
            cause(&Evidence::default(), &facts, None),
            Some(expected),
            "{facts:?}"
        );
    }
}

const PAYMENT: &str =
    "litellm.APIError: APIError: OpenrouterException - {\"error\": {\"code\": 402}}";
const UNAVAILABLE: &str = "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE";
const LOST: &str = "ConnectError: [Errno 111] Connection refused";

/// Final states with the stored reason and the logged error, and what they mean.
const FINAL: &[(AgentState, &str, Option<&str>, Cause)] = &[
    (
        AgentState::Errored,
        UNAVAILABLE,
        Some(PAYMENT),
        Cause::OutOfCredit,
    ),
    (AgentState::Errored, UNAVAILABLE, None, Cause::ProviderError),
    (
        AgentState::Errored,
        "STATUS$ERROR_LLM_AUTHENTICATION",
        Some("new words"),
        Cause::BadKey,
    ),
    (AgentState::Errored, LOST, None, Cause::SandboxLost),
    (
        AgentState::Errored,
        "AgentStuckInLoopError: x",
        Some(PAYMENT),
        Cause::Stuck,
    ),
    (AgentState::Errored, "", None, Cause::Unknown),
    (AgentState::RateLimited, "", None, Cause::RateLimited),
    (
        AgentState::RateLimited,
        "",
        Some(PAYMENT),
        Cause::OutOfCredit,
    ),
    (
        AgentState::RateLimited,
        "",
        Some("boom"),
        Cause::RateLimited,
    ),
    (
        AgentState::RateLimited,
        "",
        Some(
            "litellm.RateLimitError: RateLimitError: OpenAIException - Incorrect API key provided: sk-4290",
        ),
        Cause::BadKey,
    ),
    (
        AgentState::RateLimited,
        "",
        Some(
            "litellm.RateLimitError: RateLimitError: XException - This model's maximum context length is 4290",
        ),
        Cause::ContextWindow,
    ),
    (AgentState::Rejected, "", None, Cause::AgentRejected),
    (AgentState::Stopped, "", None, Cause::Unknown),
];

#[test]
fn final_states() {
    for (state, reason, error, expected) in FINAL {
        let mut evidence = stored(*state, reason);
        evidence.run_error = error.map(run_error);
        let found = cause(&evidence, &ContainerFacts::default(), None);
        assert_eq!(found, Some(*expected), "{state:?} {reason} {error:?}");
    }
}

#[test]
fn only_a_lost_sandbox_is_explained_by_its_memory() {
    let oom = ContainerFacts {
        sandbox_oom: true,
        ..ContainerFacts::default()
    };
    let lost = stored(AgentState::Errored, LOST);
    assert_eq!(cause(&lost, &oom, None), Some(Cause::OutOfMemory));
    let stuck = stored(AgentState::Errored, "AgentStuckInLoopError: x");
    assert_eq!(cause(&stuck, &oom, None), Some(Cause::Stuck));
}

#[test]
fn a_loop_of_condensations_is_a_full_window() {
    let limit = "RuntimeError: Agent reached maximum iteration. Current iteration: 12";
    let none = ContainerFacts::default();
    for (condensations, expected) in [(2, Cause::IterationLimit), (3, Cause::ContextWindow)] {
        let evidence = Evidence {
            condensations,
            ..stored(AgentState::Errored, limit)
        };
        assert_eq!(cause(&evidence, &none, None), Some(expected));
    }
}

#[test]
fn the_log_alone_makes_no_good_end() {
    let mut evidence = Evidence::default();
    evidence.log_fact(&LogFact::State(AgentState::Finished));
    let facts = ContainerFacts {
        app_exit: Some(0),
        ..ContainerFacts::default()
    };
    let outcome = decide(&evidence, &Progress::default(), &facts, None);
    let failure = outcome.failure().unwrap();
    assert_eq!(failure.cause, Cause::Unknown);
    assert_eq!(
        failure.message,
        "the log says finished, but no stored event does"
    );
}

#[test]
fn a_message_is_one_bounded_line_without_keys() {
    let mut evidence = stored(AgentState::Errored, "");
    evidence.run_error = Some(run_error(&format!(
        "bad key sk-0123456789\n\u{1b}[31m{}",
        "x".repeat(1000)
    )));
    let outcome = decide(
        &evidence,
        &Progress::default(),
        &ContainerFacts::default(),
        None,
    );
    let message = &outcome.failure().unwrap().message;
    assert!(message.starts_with("bad key *** xxx"), "{message}");
    assert_eq!(message.chars().count(), 500);
}

/// Containers do not all go in the same moment: an app may miss its sandbox before it is gone itself.
#[test]
fn an_agent_that_misses_the_sandbox_that_we_removed_did_not_end_of_that() {
    let missing = stored(AgentState::Errored, LOST);
    let rows = [
        (None, Cause::SandboxLost),
        (Some(EndedBy::SandboxEnded), Cause::SandboxLost),
        (Some(EndedBy::DiskLimit), Cause::DiskLimit),
        (Some(EndedBy::ProcessLimit), Cause::ProcessLimit),
        (Some(EndedBy::WorkDeadline), Cause::SandboxLost),
    ];
    for (ended_by, expected) in rows {
        let found = cause(&missing, &ContainerFacts::default(), ended_by);
        assert_eq!(found, Some(expected), "{ended_by:?}");
    }
    let cancelled = decide(
        &missing,
        &Progress::default(),
        &ContainerFacts::default(),
        Some(EndedBy::Cancel),
    );
    assert_eq!(cancelled, Outcome::Cancelled);
}
