//! Every deadline to its moment, on the paused clock. Looks come every tenth of a second, so that
//! is how exact a moment can be.

use deckhands_model::{Cause, ModelId, TaskState};
use deckhands_orchestration::TaskRequest;
use deckhands_runtime::Operation;
use deckhands_runtime::test_util::{FakeRuntime, Script};

use crate::support::{Agent, Ran, World, secs};

const TICK: f64 = 0.1001;

fn about(figure: f64, seconds: f64) -> bool {
    (figure - seconds).abs() <= TICK
}

async fn check(script: Script, ask: impl FnOnce(&mut TaskRequest), cause: Cause) -> Ran {
    let world = World::new().asking(ask).agent(script);
    let ran = world.run().await;
    world.assert_no_problems();
    assert_eq!(
        ran.end(),
        (TaskState::Failed, Some(cause)),
        "{:?}",
        ran.report.error
    );
    ran
}

fn model(id: &str) -> impl FnOnce(&mut TaskRequest) {
    let model = ModelId::resolve(id).unwrap();
    move |request| {
        request.model = model;
        request.deadlines.work = secs(5000);
    }
}

#[tokio::test(start_paused = true)]
async fn no_first_event() {
    for script in [
        Agent::new().hangs(),
        Agent::new().creates_sandbox(Script::new().hang()).hangs(),
    ] {
        let ran = check(script, |_| {}, Cause::StartTimeout).await;
        assert!(
            about(ran.report.timings.start_s, 120.0),
            "{:?}",
            ran.report.timings
        );
        assert_eq!(ran.report.attempts[0].work_time_s, 0.0);
        assert!(ran.took < secs(120 + 5), "{:?}", ran.took);
    }
    let ran = check(
        Agent::new().hangs(),
        |r| r.deadlines.start = secs(7),
        Cause::StartTimeout,
    )
    .await;
    assert!(
        about(ran.report.timings.start_s, 7.0),
        "{:?}",
        ran.report.timings
    );
}

#[tokio::test(start_paused = true)]
async fn no_event_for_too_long() {
    // A call to openai may last 2 x 3 x 60 s with its repetitions, and 35 s beside them.
    for (id, idle) in [("openrouter/a/b", 180.0), ("openai/gpt-4o", 395.0)] {
        let ran = check(Agent::new().starts().hangs(), model(id), Cause::IdleTimeout).await;
        let attempt = &ran.report.attempts[0];
        assert!(
            about(attempt.work_time_s, idle),
            "{id}: {}",
            attempt.work_time_s
        );
        assert!(
            about(ran.report.timings.start_s, 12.0),
            "{:?}",
            ran.report.timings
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_in_time_keeps_it_going() {
    let agent = Agent::new()
        .starts()
        .after(secs(179))
        .thinks("a")
        .after(secs(179))
        .thinks("b");
    let ran = check(agent.hangs(), model("openrouter/a/b"), Cause::IdleTimeout).await;
    assert!(
        about(ran.report.attempts[0].work_time_s, 179.0 * 2.0 + 180.0),
        "{:?}",
        ran.report.attempts
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeated_call_without_an_answer_is_the_provider_s_timeout() {
    let ran = check(
        Agent::new().starts().retries().hangs(),
        model("openrouter/a/b"),
        Cause::ProviderTimeout,
    )
    .await;
    let attempt = &ran.report.attempts[0];
    assert!(about(attempt.wait_time_s, 179.0), "{}", attempt.wait_time_s);
    assert!(about(attempt.work_time_s, 1.0), "{}", attempt.work_time_s);
}

/// An agent that thinks every ten seconds for longer than any deadline.
fn busy(mut agent: Agent) -> Script {
    for _ in 0..100 {
        agent = agent.after(secs(10)).thinks("hm");
    }
    agent.hangs()
}

#[tokio::test(start_paused = true)]
async fn too_long_at_work() {
    let ran = check(busy(Agent::new().starts()), |_| {}, Cause::WorkTimeout).await;
    assert!(
        about(ran.report.attempts[0].work_time_s, 300.0),
        "{:?}",
        ran.report.attempts
    );
    assert!(about(
        ran.report.timings.start_s + ran.report.timings.work_s,
        312.0
    ));
    let ran = check(
        busy(Agent::new().starts()),
        |r| r.deadlines.work = secs(45),
        Cause::WorkTimeout,
    )
    .await;
    assert!(
        about(ran.report.attempts[0].work_time_s, 45.0),
        "{:?}",
        ran.report.attempts
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_provider_is_no_work() {
    let agent = Agent::new()
        .starts()
        .retries()
        .after(secs(150))
        .thinks("at last");
    let ran = check(
        busy(agent),
        |r| r.deadlines.work = secs(100),
        Cause::WorkTimeout,
    )
    .await;
    let attempt = &ran.report.attempts[0];
    assert!(about(attempt.work_time_s, 100.0), "{}", attempt.work_time_s);
    assert!(about(attempt.wait_time_s, 150.0), "{}", attempt.wait_time_s);
}

/// The states of OpenHands 0.59 that it does not leave when nobody is there, as the log and the
/// store name them, what a run in it is told as, and after how many seconds it must have ended.
const STAYS: [(&str, &str, Cause, f64); 10] = [
    ("RATE_LIMITED", "rate_limited", Cause::RateLimited, 5.0),
    (
        "AWAITING_USER_INPUT",
        "awaiting_user_input",
        Cause::Stuck,
        5.0,
    ),
    (
        "AWAITING_USER_CONFIRMATION",
        "awaiting_user_confirmation",
        Cause::Stuck,
        5.0,
    ),
    ("USER_REJECTED", "user_rejected", Cause::Stuck, 5.0),
    // The app ends by itself in these; if it does not, nobody waits for it.
    ("PAUSED", "paused", Cause::Unknown, 5.0),
    ("STOPPED", "stopped", Cause::Unknown, 5.0),
    ("REJECTED", "rejected", Cause::AgentRejected, 5.0),
    // Work may go on from here.
    (
        "USER_CONFIRMED",
        "user_confirmed",
        Cause::IdleTimeout,
        181.0,
    ),
    ("LOADING", "loading", Cause::IdleTimeout, 181.0),
    ("SOMETHING_NEW", "something_new", Cause::IdleTimeout, 181.0),
];

#[tokio::test(start_paused = true)]
async fn every_state_that_openhands_stays_in_is_ended() {
    for (logged, stored, cause, within) in STAYS {
        let agent = Agent::new().starts().turns(logged, stored, "");
        let ran = check(agent.hangs(), model("openrouter/a/b"), cause).await;
        // The first event is stored after 12 s, the state a second later.
        let stayed = ran.took.as_secs_f64() - 13.0;
        assert!(stayed <= within, "{logged}: {stayed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_that_did_not_come_to_be_stored_is_ended_too() {
    let line = "[Agent Controller sid] Setting agent(CodeActAgent) state from AgentState.RUNNING to AgentState.RATE_LIMITED";
    let agent = Agent::new().starts().log(line);
    let ran = check(agent.hangs(), |_| {}, Cause::RateLimited).await;
    assert!(ran.took <= secs(13 + 5), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_silent_since_its_sandbox_ended_lost_it() {
    for (sandbox, cause) in [
        (Script::new().exit(secs(20), 137), Cause::SandboxLost),
        (Script::new().oom(secs(20)), Cause::OutOfMemory),
    ] {
        let agent = Agent::new().starts_with(sandbox).thinks("hm");
        let ran = check(agent.hangs(), model("openrouter/a/b"), cause).await;
        let work = ran.report.attempts[0].work_time_s;
        assert!(about(work, 181.0), "{work}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_takes_too_long() {
    let world = World::new().asking(|r| r.images.app = "absent:1".parse().unwrap());
    let image = world.request.images.app.clone();
    let world = world.daemon(|d| d.pullable(&image).slow_next(Operation::Pull, secs(10_000)));
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::PullTimeout)));
    assert_eq!(ran.report.error.map(|e| e.code), Some(3));
    assert!(about(ran.took.as_secs_f64(), 600.0), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn clearing_up_is_no_work() {
    let agent = Agent::new().starts().writes("a", "x").finishes("done");
    let slow = |daemon: FakeRuntime| daemon.slow_next(Operation::Remove, secs(20));
    let ran = World::new().daemon(slow).agent(agent).run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    let timings = &ran.report.timings;
    assert!(timings.work_s < 5.0, "{timings:?}");
    assert!(about(timings.cleanup_s, 20.0), "{timings:?}");
}
