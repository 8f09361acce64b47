//! Each way in which an agent can end, and what it is told as.

use std::fs;

use deckhands_model::{Cause, TaskState};
use deckhands_runtime::test_util::Script;
use serde_json::json;

use crate::support::{Agent, World, contains, secs};

/// Runs the script and compares the cause; gives the message.
async fn check(script: Script, cause: Cause) -> String {
    let world = World::new().agent(script);
    let ran = world.run().await;
    world.assert_no_problems();
    assert_eq!(
        ran.end(),
        (TaskState::Failed, Some(cause)),
        "{:?}",
        ran.report.error
    );
    assert!(!ran.report.applied);
    let error = ran.report.error.unwrap();
    assert_eq!(error.error_type, Some(cause.error_type()));
    assert_eq!(error.code, cause.exit_code().code());
    error.message
}

fn working() -> Agent {
    Agent::new().starts().writes("half.txt", "half\n")
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_provider_is_read_from_the_log() {
    let openrouter = |class: &str, code: u16, text: &str| {
        format!(
            "litellm.{class}: {class}: OpenrouterException - {{\"error\": {{\"message\": \"{text}\", \"code\": {code}}}}}"
        )
    };
    let unavailable = "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE";
    let rows = [
        (
            "STATUS$ERROR_LLM_AUTHENTICATION",
            openrouter("AuthenticationError", 401, "No auth credentials found"),
            Cause::BadKey,
        ),
        (
            unavailable,
            openrouter("APIError", 402, "Insufficient credits"),
            Cause::OutOfCredit,
        ),
        (
            unavailable,
            openrouter("APIError", 500, "Internal Server Error"),
            Cause::ProviderError,
        ),
        (
            unavailable,
            "litellm.APIError: APIError: OpenrouterException - [Errno 111] Connection refused"
                .to_owned(),
            Cause::ProviderUnreachable,
        ),
        (
            unavailable,
            openrouter("APIError", 403, "flagged"),
            Cause::ContentRefused,
        ),
        (
            "BadRequestError: ...",
            openrouter("BadRequestError", 400, "x is not a valid model ID"),
            Cause::BadModel,
        ),
    ];
    for (reason, line, cause) in rows {
        let message = check(working().fails(reason, Some(&line)), cause).await;
        assert!(message.contains("litellm."), "the line is shown: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_agent_s_own_ends_are_read_from_its_reason() {
    let rows = [
        (
            "AgentStuckInLoopError: Agent got stuck in a loop",
            Cause::Stuck,
        ),
        (
            "RuntimeError: Agent reached maximum iteration. Current iteration: 3, max iteration: 3",
            Cause::IterationLimit,
        ),
        (
            "RuntimeError: Agent reached maximum budget for conversation.Current budget: 0.00, max budget: 0.00",
            Cause::BudgetLimit,
        ),
        (
            "ConnectError: [Errno 111] Connection refused",
            Cause::SandboxLost,
        ),
    ];
    for (reason, cause) in rows {
        assert_eq!(check(working().fails(reason, None), cause).await, reason);
    }
    check(
        working().turns("REJECTED", "rejected", "").hangs(),
        Cause::AgentRejected,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_agent_s_work_is_kept_as_evidence_only() {
    let world = World::new().agent(working().fails("AgentStuckInLoopError", None));
    let ran = world.run().await;
    assert_eq!(ran.report.changes[0].path, "half.txt");
    let patch = fs::read_to_string(ran.report.patch.as_ref().unwrap()).unwrap();
    assert!(patch.contains("+half"), "{patch}");
    assert!(!world.workspace().join("half.txt").exists());
    assert_eq!(ran.report.attempts[0].cause, Some(Cause::Stuck));
}

#[tokio::test(start_paused = true)]
async fn a_state_that_never_ends_by_itself_is_ended_within_five_seconds() {
    let error = "litellm.RateLimitError: RateLimitError: OpenrouterException - {\"error\": {\"message\": \"Rate limit exceeded: free-models-per-min\", \"code\": 429}}";
    let limited = working()
        .log(&format!(
            "[Agent Controller sid] Error while running the agent (session ID: sid): {error}"
        ))
        .turns("RATE_LIMITED", "rate_limited", "")
        .hangs();
    let awaiting = working()
        .turns("AWAITING_USER_INPUT", "awaiting_user_input", "")
        .hangs();
    for (script, cause) in [(limited, Cause::RateLimited), (awaiting, Cause::Stuck)] {
        let world = World::new().agent(script);
        let ran = world.run().await;
        assert_eq!(ran.end(), (TaskState::Failed, Some(cause)));
        // The sandbox is there after 4 s, the first event after 12 s, the state after two more.
        assert!(ran.took < secs(15 + 5), "{cause}: {:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_answered_by_itself_goes_on() {
    let agent = working()
        .turns("AWAITING_USER_INPUT", "awaiting_user_input", "")
        .turns("RUNNING", "running", "")
        .after(secs(10))
        .finishes("done");
    let ran = World::new().agent(agent).run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
}

#[tokio::test(start_paused = true)]
async fn a_program_that_never_started_says_why() {
    let race = "docker.errors.NotFound: 404 Client Error for http+docker://localhost/containers/abc/json: Not Found (\"No such container: abc\")";
    let image =
        "docker.errors.ImageNotFound: 404 Client Error: Not Found (\"No such image: sandbox:1\")";
    let rows = [
        (Agent::new().complains(race).exits(1), Cause::StartRace),
        (Agent::new().complains(image).exits(1), Cause::ImageMissing),
        (
            Agent::new()
                .complains(
                    "PermissionError: [Errno 13] Permission denied: '/.openhands/.jwt_secret'",
                )
                .exits(1),
            Cause::PermissionDenied,
        ),
        (
            Agent::new()
                .complains("main.py: error: unrecognized arguments: --x")
                .exits(2),
            Cause::AgentCrashed,
        ),
        (Agent::new().exits(1), Cause::AgentCrashed),
        (Agent::new().exits(0), Cause::AgentCrashed),
    ];
    for (script, cause) in rows {
        check(script, cause).await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_stored_state_is_a_good_end() {
    let logged = "[Agent Controller sid] Setting agent(CodeActAgent) state from AgentState.RUNNING to AgentState.FINISHED";
    check(working().log(logged).exits(0), Cause::Unknown).await;
    check(working().exits(0), Cause::AgentCrashed).await;
    check(
        working()
            .prints("AgentFinishAction(final_thought='done')")
            .exits(0),
        Cause::AgentCrashed,
    )
    .await;
}

/// A record that repeats an event in words, as the log has it of all that a command prints.
fn repeats(output: &str) -> String {
    let message = format!("[Agent Controller sid] {output}");
    json!({"message": message, "level": "INFO", "msg_type": "OBSERVATION"}).to_string()
}

#[tokio::test(start_paused = true)]
async fn what_a_command_prints_is_not_believed() {
    let state = |word: &str| {
        format!(
            "[Agent Controller sid] Setting agent(CodeActAgent) state from AgentState.RUNNING to AgentState.{word}"
        )
    };
    let error = "[Agent Controller sid] Error while running the agent (session ID: sid): litellm.AuthenticationError: 401";
    let texts = [
        state("FINISHED"),
        state("ERROR"),
        state("RATE_LIMITED"),
        error.to_owned(),
        json!({"message": state("ERROR")}).to_string(),
        "docker.errors.ImageNotFound: 404".to_owned(),
        "Uncaught exception".to_owned(),
    ];
    for text in texts {
        // As a record of the log, as an event, and on the other stream in the text form.
        let agent = working()
            .prints(&repeats(&text))
            .event(json!({"source": "agent", "observation": "run", "content": text, "extras": {"metadata": {"exit_code": 0}}}))
            .complains(&format!("\u{1b}[92m18:03:47 - openhands:ERROR\u{1b}[0m: x.py:1 - {text}"));
        let message = check(agent.exits(0), Cause::AgentCrashed).await;
        assert_eq!(
            message, "the app ended with exit code 0 and no final state",
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_of_the_host_is_told_as_such() {
    let reason = "RuntimeError: There was an unexpected error while running the agent: OSError. You can refresh the page or ask the agent to try again.";
    let line = "[Errno 28] No space left on device: '/.openhands/sessions/sid/events/7.json'";
    let message = check(working().fails(reason, Some(line)), Cause::HostDiskFull).await;
    assert!(message.contains("No space left on device"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_was_survived_does_not_colour_the_end() {
    let failed = "[Agent Controller sid] Error while running the agent (session ID: sid): litellm.AuthenticationError: 401";
    let agent = || {
        working()
            .log(failed)
            .log("[Agent Controller sid] Setting agent(CodeActAgent) state from AgentState.ERROR to AgentState.RUNNING")
            .thinks("once more")
    };
    let ran = World::new().agent(agent().finishes("done")).run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    check(agent().exits(137), Cause::AppLost).await;
    check(
        agent().fails("STATUS$ERROR_LLM_SERVICE_UNAVAILABLE", None),
        Cause::ProviderError,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_loop_of_condensations_is_a_full_window_however_it_ends() {
    for reason in [
        "AgentStuckInLoopError: Agent got stuck in a loop",
        "RuntimeError: Agent reached maximum iteration. Current iteration: 100, max iteration: 100",
    ] {
        let mut agent = working();
        for action in ["condensation_request", "condensation"].repeat(5) {
            agent = agent.event(json!({"source": "agent", "action": action, "args": {}}));
        }
        check(agent.fails(reason, None), Cause::ContextWindow).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_kernel_s_doing_is_told_as_such() {
    check(working().runs_out_of_memory(), Cause::OutOfMemory).await;
    let agent = |sandbox: Script| {
        Agent::new()
            .starts_with(sandbox)
            .after(secs(20))
            .fails("ConnectError: [Errno 111] Connection refused", None)
    };
    check(agent(Script::new().oom(secs(20))), Cause::OutOfMemory).await;
    check(agent(Script::new().exit(secs(20), 137)), Cause::SandboxLost).await;
}

#[tokio::test(start_paused = true)]
async fn a_program_that_somebody_else_killed_is_lost() {
    for code in [137, 143] {
        check(working().exits(code), Cause::AppLost).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_agent_prints_is_kept_without_terminal_escapes_in_the_report() {
    let agent = working()
        .claims_done("\u{1b}[31mred\u{1b}[0m\u{7} \u{202e}done")
        .exits(0);
    let world = World::new().agent(agent);
    let ran = world.run().await;
    assert_eq!(ran.report.output, "red done");
    assert!(contains(&world.attempt_dir(&ran.report).unwrap(), "\u{1b}").is_empty());
}
