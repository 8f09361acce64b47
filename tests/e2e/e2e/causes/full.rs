//! Second forms of the causes, and the same in the form of OpenAI, whose client library makes each
//! call three times by itself where it may; in profile `managed` every call goes through it.

use deckhands_e2e::{CANARY, create_file};

use super::*;

const BAD_KEY: Ending = Ending::failed("authentication", "BadKey", "OPENAI_API_KEY");
const RATE_LIMITED: Ending = Ending::failed("rate_limit", "RateLimited", "`--model`");

#[test]
fn a_404_is_a_bad_model() {
    Row::refused(ProviderError::NoEndpoint, 1, BAD_MODEL).check();
}

#[test]
fn a_500_is_a_provider_error() {
    Row::refused(ProviderError::Internal, by_profile(3, 1), PROVIDER_ERROR).check();
}

#[test]
fn a_502_is_a_provider_error() {
    Row::refused(ProviderError::BadGateway, by_profile(3, 1), PROVIDER_ERROR).check();
}

#[test]
fn an_error_inside_a_200_is_a_provider_error() {
    let error = json!({"message": "Provider returned error", "code": 502});
    let step = Step::new(Reply::ErrorIn200(error));
    Row::answered(step, by_profile(3, 1), PROVIDER_ERROR).check();
}

#[test]
fn an_answer_that_is_no_json_is_a_provider_error() {
    let page = "<html><body>Bad gateway</body></html>".to_owned();
    let step = Step::new(Reply::Raw(page));
    Row::answered(step, by_profile(3, 1), PROVIDER_ERROR).check();
}

#[test]
fn an_answer_without_choices_is_a_provider_error() {
    let step = Step::new(Reply::EmptyChoices);
    Row::answered(step, by_profile(3, 2), PROVIDER_ERROR).check();
}

#[test]
fn an_answer_that_is_cut_off_is_a_lost_connection() {
    Row::answered(Step::new(Reply::Truncate), by_profile(3, 1), UNREACHABLE).check();
}

#[test]
fn a_reset_is_a_lost_connection() {
    Row::answered(Step::new(Reply::Reset), by_profile(3, 1), UNREACHABLE).check();
}

#[test]
fn an_unknown_host_is_an_unreachable_provider() {
    let row = Row::new(Script::new([]), 0, UNREACHABLE);
    row.env("OPENHANDS_BASE_URL", "http://provider.invalid/v1")
        .check();
}

/// Without the sentence that OpenHands looks for, it does not try to shorten its memory; the gateway
/// of profile `managed` says it in its own words.
#[test]
fn a_plain_400_about_the_context_is_a_context_window() {
    let message = "This endpoint's maximum context length is 32768 tokens. \
                   However, you requested about 40000 tokens.";
    let body = json!({"error": {"message": message, "code": 400}});
    let row = Row::answered(Step::status(400, body), by_profile(4, 1), CONTEXT_WINDOW);
    row.arg("--max-iterations", "10").check();
}

#[test]
fn an_agent_that_says_nothing_is_stuck() {
    Row::answered(Step::say(""), 3, STUCK).check();
}

#[test]
fn questions_that_differ_end_at_the_iteration_limit() {
    let steps = (1..=9).map(|number| Step::say(format!("Question {number}: may I?")));
    let row = Row::new(Script::new(steps), 4, ITERATION_LIMIT);
    row.arg("--max-iterations", "4").check();
}

#[test]
fn a_key_that_is_refused_midway_keeps_the_work_as_a_patch() {
    let refused = Step::provider_error(Dialect::OpenRouter, ProviderError::OutOfCredit);
    let script = Script::new([
        create_file("/workspace/half.txt", "half\n"),
        refused.times(Times::Forever),
    ]);
    let (report, _bench) = Row::new(script, 2, OUT_OF_CREDIT).check();
    let patch = report["patch"].as_str().expect("a patch");
    let patch = std::fs::read_to_string(patch).expect("the patch");
    assert!(patch.contains("+half"), "{patch}");
}

/// OpenAI as the provider: its names, and its errors.
fn openai(step: Step, requests: usize, ending: Ending) -> Row {
    Row::answered(step, requests, ending)
        .arg("--model", "openai/gpt-4o")
        .env("OPENAI_API_KEY", CANARY)
}

fn openai_refused(error: ProviderError, requests: usize, ending: Ending) -> Row {
    openai(
        Step::provider_error(Dialect::OpenAi, error),
        requests,
        ending,
    )
}

/// A provider that has too much to do. A call may take 5 s in all, in which the gateway asks three times,
/// with pauses of 1 s and 2 s between; the agent makes three.
fn busy(error: ProviderError, ending: Ending) {
    let row = openai_refused(error, by_profile(9, 6), ending);
    row.env("DECKHANDS_LLM_TIMEOUT", "5s").check();
}

#[test]
fn openai_401() {
    openai_refused(ProviderError::BadKey, 1, BAD_KEY).check();
}

#[test]
fn openai_402() {
    openai_refused(ProviderError::OutOfCredit, 1, OUT_OF_CREDIT).check();
}

/// How OpenAI refuses content: not with a 403.
#[test]
fn openai_400_of_its_content_policy() {
    let error = json!({
        "message": "Your request was rejected as a result of our safety system.",
        "type": "invalid_request_error", "param": null, "code": "content_policy_violation",
    });
    openai(
        Step::status(400, json!({"error": error})),
        1,
        CONTENT_REFUSED,
    )
    .check();
}

#[test]
fn openai_404() {
    openai_refused(ProviderError::NoEndpoint, 1, BAD_MODEL).check();
}

#[test]
fn openai_429() {
    busy(ProviderError::RateLimited(None), RATE_LIMITED);
}

#[test]
fn openai_429_of_a_used_up_quota() {
    openai_refused(ProviderError::Quota, by_profile(1, 6), OUT_OF_CREDIT).check();
}

#[test]
fn openai_500() {
    openai_refused(ProviderError::Internal, by_profile(3, 6), PROVIDER_ERROR).check();
}

#[test]
fn openai_503() {
    busy(ProviderError::Unavailable, PROVIDER_ERROR);
}

#[test]
fn openai_context_window() {
    let row = openai_refused(
        ProviderError::ContextWindow,
        by_profile(4, 5),
        CONTEXT_WINDOW,
    );
    row.arg("--max-iterations", "10").check();
}

#[test]
fn openai_never_answers() {
    let silent = Step::new(Reply::Hang(None));
    let row = openai(silent, by_profile(3, 6), PROVIDER_TIMEOUT);
    let (_report, bench) = row.env("DECKHANDS_LLM_TIMEOUT", "5s").check();
    gave_up_itself(&bench);
}

#[test]
fn openai_refused_connection() {
    let row = openai(Step::say("unheard"), 0, UNREACHABLE);
    row.env("OPENHANDS_BASE_URL", nobody_there()).check();
}
