//! Why a provider or the agent itself ends a task: one test each, on the real agent.
//!
//! Each cause once; its other forms, and those of the other provider, are in `full`. How often the
//! provider is asked differs by profile: in `socket` it is what OpenHands 0.59 does with the settings
//! of the row, in `managed` the gateway asks three times within one call of the agent, and not again
//! after a final refusal or before a time that is too far. One that has too much to do it asks for as long
//! as a call may take, and three calls of the agent are that.

mod full;

use std::net::TcpListener;

use deckhands_e2e::{
    Bench, ENDED_WITHIN_S, Ending, Profile, Running, bash, bash_for, bridge_address, by_profile,
    profile, stamp,
};
use deckhands_testkit::{AfterEnd, Dialect, ProviderError, Reply, Script, Step, Times};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A run that fails, and what has to become of it.
struct Row {
    script: Script,
    args: Vec<&'static str>,
    env: Vec<(&'static str, String)>,
    /// Requests that reach the provider.
    requests: usize,
    ending: Ending,
}

impl Row {
    fn new(script: Script, requests: usize, ending: Ending) -> Self {
        Self {
            script,
            args: Vec::new(),
            env: Vec::new(),
            requests,
            ending,
        }
    }

    /// The provider gives this answer to every request.
    fn answered(step: Step, requests: usize, ending: Ending) -> Self {
        Self::new(Script::new([step.times(Times::Forever)]), requests, ending)
    }

    /// OpenRouter, the default provider, refuses every request so.
    fn refused(error: ProviderError, requests: usize, ending: Ending) -> Self {
        let step = Step::provider_error(Dialect::OpenRouter, error);
        Self::answered(step, requests, ending)
    }

    fn arg(mut self, flag: &'static str, value: &'static str) -> Self {
        self.args.extend([flag, value]);
        self
    }

    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Plays the row and proves its ending; returns the result document and the world it left.
    fn check(self) -> (Value, Bench) {
        let bench = Bench::new(self.script);
        let report = self.ending.check(&bench, |bench| {
            let mut command = bench.run_command(&["do it"]);
            command.args(&self.args).envs(self.env);
            Running::start(command).end()
        });
        assert_eq!(bench.requests().len(), self.requests, "{report:#}");
        (report, bench)
    }
}

const OUT_OF_CREDIT: Ending = Ending::failed("authentication", "OutOfCredit", "add credit");
const CONTENT_REFUSED: Ending = Ending::failed("validation", "ContentRefused", "reword the task");
const BAD_MODEL: Ending = Ending::failed("validation", "BadModel", "`deckhands models list`");
const PROVIDER_ERROR: Ending = Ending::failed("connection", "ProviderError", "run the task again");
const UNREACHABLE: Ending =
    Ending::failed("connection", "ProviderUnreachable", "OPENHANDS_BASE_URL");
const PROVIDER_TIMEOUT: Ending = Ending::failed("timeout", "ProviderTimeout", "run the task again");
const QUOTA: Ending = Ending::failed("rate_limit", "QuotaUntilReset", "`--model`");
const CONTEXT_WINDOW: Ending =
    Ending::failed("validation", "ContextWindow", "larger context window");
const ITERATION_LIMIT: Ending = Ending::failed("sdk", "IterationLimit", "`--max-iterations`");
const STUCK: Ending = Ending::failed("sdk", "Stuck", "reword the task");
const IDLE_TIMEOUT: Ending = Ending::failed("timeout", "IdleTimeout", "run the task again");

#[test]
fn a_402_is_out_of_credit() {
    Row::refused(ProviderError::OutOfCredit, 1, OUT_OF_CREDIT).check();
}

#[test]
fn a_403_of_moderation_is_refused_content() {
    Row::refused(ProviderError::Refused, 1, CONTENT_REFUSED).check();
}

#[test]
fn an_unknown_model_id_is_a_bad_model() {
    Row::refused(ProviderError::BadModel, 1, BAD_MODEL).check();
}

/// In profile `socket` it is repeated by the agent as often as the settings say.
#[test]
fn a_503_is_repeated_and_then_a_provider_error() {
    let row = Row::refused(ProviderError::Unavailable, 3, PROVIDER_ERROR);
    let (report, _bench) = row.env("DECKHANDS_LLM_NUM_RETRIES", "3").check();
    if profile() == Profile::Socket {
        // Two waits of 2 to 5 s between three calls are no work.
        let wait = report["attempts"][0]["wait_time_s"].as_f64();
        assert!(wait.is_some_and(|wait| wait >= 4.0), "{report:#}");
    }
}

#[test]
fn a_refused_connection_is_an_unreachable_provider() {
    let row = Row::new(Script::new([]), 0, UNREACHABLE);
    row.env("OPENHANDS_BASE_URL", nobody_there()).check();
}

/// An address that refuses connections: its port was free a moment ago.
fn nobody_there() -> String {
    let listener = TcpListener::bind((bridge_address(), 0)).expect("a free port");
    let address = listener.local_addr().expect("its address");
    format!("http://{address}/v1")
}

#[test]
fn a_provider_that_never_answers_is_a_timeout() {
    let calls = by_profile(3, 2);
    let row = Row::answered(Step::new(Reply::Hang(None)), calls, PROVIDER_TIMEOUT);
    let (report, bench) = row.env("DECKHANDS_LLM_TIMEOUT", "5s").check();
    // Calls of 5 s each, which is all the time that one of the agent's may take; in `socket` two of the
    // agent's own with a wait of at least 2 s between them.
    let attempt = &report["attempts"][0];
    let figure = |name: &str| attempt[name].as_f64().expect("a figure");
    let took = figure("work_time_s") + figure("wait_time_s");
    assert!(took >= by_profile(15.0, 12.0), "{took} s: {report:#}");
    gave_up_itself(&bench);
}

/// Asserts that no deadline of ours was needed in profile `socket`. In `managed` that follows from the
/// cause: the call's own bound and no deadline of the attempt is told as the provider's silence.
fn gave_up_itself(bench: &Bench) {
    if profile() == Profile::Socket {
        ended_itself(bench);
    }
}

/// Asserts that the agent stored its end.
fn ended_itself(bench: &Bench) {
    let last = bench.agent_states().pop().map(|(state, _)| state);
    assert_eq!(last.as_deref(), Some("errored"));
}

/// Its end is told, and nobody waits for it.
#[test]
fn a_quota_of_the_day_is_told_as_one() {
    let hour = SignedDuration::from_hours(1);
    let until = Timestamp::now() + hour;
    let milliseconds = u64::try_from(until.as_millisecond()).expect("after 1970");
    let quota = ProviderError::QuotaUntil(milliseconds);
    let (report, _bench) = Row::refused(quota, by_profile(1, 2), QUOTA).check();
    if profile() == Profile::Managed {
        let told = report["error"]["message"].as_str().unwrap_or_default();
        // The time is counted from the answer on: its last second may be another one.
        let named = [-1, 0, 1].map(|second| until + SignedDuration::from_secs(second));
        let named = named.map(|time| format!("before {time:.0}"));
        assert!(named.iter().any(|time| told.contains(time)), "{told}");
    }
}

/// OpenHands has no error for it: it shortens its memory again and again until its limit of steps. The
/// gateway makes no fifth call that is the same.
#[test]
fn a_task_that_never_fits_is_a_context_window_and_no_iteration_limit() {
    let row = Row::refused(
        ProviderError::ContextWindow,
        by_profile(4, 5),
        CONTEXT_WINDOW,
    );
    row.arg("--max-iterations", "10").check();
}

#[test]
fn a_limit_of_three_steps_is_an_iteration_limit_after_three_answers() {
    // Different commands, for the same one again and again is a loop.
    let steps = (1..=9).map(|number| bash(&format!("echo {number}")));
    let row = Row::new(Script::new(steps), 3, ITERATION_LIMIT);
    row.arg("--max-iterations", "3").check();
}

#[test]
fn the_same_command_four_times_is_stuck() {
    let script = Script::new([bash("echo again")]).after_end(AfterEnd::RepeatLast);
    Row::new(script, 4, STUCK).check();
}

/// OpenHands answers a question by itself, so that it waits for nobody longer than a moment; the
/// same question three times is what ends it.
#[test]
fn an_agent_that_keeps_asking_is_stuck() {
    let (_report, bench) = Row::answered(Step::say("May I begin?"), 3, STUCK).check();
    let states = bench.agent_states();
    let asked = states.iter().filter(|(state, _)| state == "awaiting_input");
    assert!(asked.count() >= 2, "{states:?}");
    ended_itself(&bench);
}

/// A command with a time limit of its own reports nothing until it ends. In profile `socket` the
/// model's bound is small, for the idle bound is never below what one call of the model may last:
/// 1 × 5 s and 30 s. In `managed` a call is a sign of life.
#[test]
fn an_agent_that_gives_no_sign_of_life_is_ended() {
    let idle_s = by_profile(10.0, 35.0);
    let row = Row::new(Script::new([bash_for("sleep 300", 300)]), 1, IDLE_TIMEOUT)
        .env("DECKHANDS_IDLE_TIMEOUT", "10s")
        .env("DECKHANDS_LLM_TIMEOUT", "5s")
        .env("DECKHANDS_LLM_NUM_RETRIES", "1");
    let (report, bench) = row.check();
    let events = bench.agent_events();
    let last = stamp(events.last().expect("an event"));
    let silence = bench.app_killed().duration_since(last).as_secs_f64();
    let bound = idle_s..idle_s + ENDED_WITHIN_S;
    assert!(bound.contains(&silence), "{silence} s: {report:#}");
}
