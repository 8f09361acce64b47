//! Calls to the model go by the attempt's socket, and what becomes of them decides over the attempt.

use std::time::Duration;

use deckhands_model::{Cause, ModelId, TaskState};
use deckhands_orchestration::Evidence;
use deckhands_runtime::test_util::Script;

use super::{machine, working};
use crate::support::{Agent, Answers, GOOD, KEY, Provider, Ran, World, answer, secs};

/// When the app makes its calls: a second after its first events.
const CALLS_AT: u64 = 11;

/// The pauses of 1 s and 2 s between the three tries of a call that fails again and again.
const PAUSES: Duration = secs(3);

/// At work, and has called its model so often at once.
fn caller(times: usize, answers: &Answers) -> Agent {
    let answers = answers.clone();
    working().does(move |spec| answers.call(spec, times, None))
}

fn machine_at(url: String, app: Script) -> World {
    machine(app).asking(|request| {
        request.model = ModelId::resolve("openai/m").unwrap();
        request.base_url = Some(url);
    })
}

fn error(code: u16) -> String {
    format!(r#"{{"error": {{"message": "no: {KEY}", "code": {code}}}}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_good_call_reaches_the_provider_with_the_key_and_nobody_else_sees_it() {
    let (provider, answers) = (Provider::answers(1, 200, GOOD), Answers::default());
    let world = machine_at(provider.url(), caller(1, &answers).finishes("done"));
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(answers.statuses(), [200]);
    assert!(answers.text().contains("hello"), "{}", answers.text());
    let calls = provider.calls().concat();
    assert!(calls.starts_with("POST /v1/chat/completions "), "{calls}");
    assert!(calls.contains(&format!("Bearer {KEY}")), "{calls}");
    assert!(calls.contains(r#""model":"m""#), "{calls}");
    let (_, token) = &world.runtime.created_specs()[0]
        .env
        .iter()
        .find(|(key, _)| key == "LLM_API_KEY")
        .cloned()
        .unwrap();
    assert!(!calls.contains(token.expose()), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_is_gone_is_made_again() {
    let (provider, answers) = (Provider::answers(1, 200, GOOD), Answers::default());
    let asked = answers.clone();
    let app = working()
        .does(|spec| {
            let mut mounts = spec.mounts.iter();
            let way_out = mounts.find(|m| m.target.ends_with("/way-out")).unwrap();
            std::fs::remove_file(way_out.source.join("host.sock")).unwrap();
        })
        .after(secs(2))
        .does(move |spec| asked.call(spec, 1, None))
        .finishes("done");
    let world = machine_at(provider.url(), app);
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    assert_eq!(answers.statuses(), [200]);
    assert_eq!(provider.calls().len(), 1);
}

/// What holds of a gateway that gave up after so long a call, whoever ends the attempt.
fn assert_gave_up(world: &World, ran: &Ran, cause: Cause, call: Duration, answers: &Answers) {
    world.assert_no_problems();
    assert_eq!(
        ran.end(),
        (TaskState::Failed, Some(cause)),
        "{:?}",
        ran.report.error
    );
    let most = secs(CALLS_AT + 5) + call;
    assert!(ran.took <= most, "{cause}: {:?}", ran.took);
    assert!(world.runtime.live().is_empty());
    assert!(!answers.text().contains(KEY), "{}", answers.text());
    assert!(
        !format!("{:?}", ran.report).contains(KEY),
        "{:?}",
        ran.report
    );
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_gave_up_ends_the_attempt_for_its_own_reason() {
    let rows = [
        // The provider's status, requests that one call of the agent is, and what the agent is told.
        (401, 1, 401, Cause::BadKey),
        (402, 1, 402, Cause::OutOfCredit),
        (500, 3, 402, Cause::ProviderError),
    ];
    for (status, requests, told, cause) in rows {
        // It could take more.
        let provider = Provider::answers(requests + 2, status, &error(status));
        let answers = Answers::default();
        // The agent goes on calling, and each further call is refused without a request.
        let world = machine_at(provider.url(), caller(3, &answers).hangs());
        let ran = world.run().await;
        let pauses = if requests > 1 { PAUSES } else { secs(0) };
        assert_gave_up(&world, &ran, cause, pauses, &answers);
        assert!(ran.took >= secs(CALLS_AT) + pauses, "{:?}", ran.took);
        assert_eq!(provider.calls().len(), requests, "{status}");
        assert_eq!(answers.statuses(), [told; 3], "{status}");
    }
}

/// A provider that wants fewer calls and does not say for how long is asked for a minute, and two more of
/// the agent's own calls are such a minute each. All of that is no work.
#[tokio::test(start_paused = true)]
async fn an_endless_rate_limit_ends_the_attempt_after_three_calls_of_a_minute() {
    let provider = Provider::answers(40, 429, &error(429));
    let answers = Answers::default();
    let world = machine_at(provider.url(), caller(4, &answers).hangs()).in_time();
    let ran = world.run().await;
    let calls = secs(3 * 60);
    assert_gave_up(&world, &ran, Cause::RateLimited, calls, &answers);
    // The last pause of a call may be too long for it.
    assert!(ran.took >= secs(CALLS_AT) + secs(3 * 45), "{:?}", ran.took);
    assert_eq!(answers.statuses(), [503, 503, 402, 402]);
    assert!(answers.text().contains("retry-after: "), "{answers:?}");
    // Pauses of 1, 2, 4, 8 s and then of 15 s, each shorter by up to a quarter: a minute has seven or eight.
    let requests = provider.calls().len();
    assert!((24..=27).contains(&requests), "{requests}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_is_over_within_a_minute_is_none_of_the_agents_business() {
    let mut each = vec![answer(429, "", &error(429)); 7];
    each.push(answer(200, "", GOOD));
    let (provider, answers) = (Provider::answers_each(each), Answers::default());
    let app = caller(1, &answers).after(secs(60)).finishes("done");
    let world = machine_at(provider.url(), app).in_time();
    // All of it is waiting: it may work for less than that.
    let world = world.asking(|request| request.deadlines.work = secs(30));
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    assert_eq!(answers.statuses(), [200]);
    assert_eq!(provider.calls().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_not_there_is_told_as_such() {
    let answers = Answers::default();
    let world = machine_at(Provider::nowhere(), caller(1, &answers).hangs());
    let ran = world.run().await;
    let cause = Cause::ProviderUnreachable;
    assert_gave_up(&world, &ran, cause, PAUSES, &answers);
    assert_eq!(answers.statuses(), [402]);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_ends_by_itself_is_not_ended_for_it() {
    let answers = Answers::default();
    // What OpenHands makes of a 402, which is how the gateway says that it gave up.
    let reason = "STATUS$ERROR_LLM_OUT_OF_CREDITS";
    let app = caller(1, &answers).after(secs(4)).fails(reason, None);
    let world = machine_at(Provider::nowhere(), app);
    let ran = world.run().await;
    // The agent's reason is replaced by what the gateway saw.
    let cause = Cause::ProviderUnreachable;
    assert_gave_up(&world, &ran, cause, PAUSES, &answers);
    assert!(ran.took < secs(CALLS_AT + 6), "{:?}", ran.took);

    let app = caller(1, &answers).after(secs(4));
    let world = machine_at(Provider::nowhere(), app.finishes("done all the same"));
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    assert_eq!(answers.statuses(), [402, 402]);
}

#[tokio::test(start_paused = true)]
async fn two_failures_are_none_of_the_agents_business() {
    let refused = answer(500, "", &error(500));
    let provider = Provider::answers_each(vec![refused.clone(), refused, answer(200, "", GOOD)]);
    let answers = Answers::default();
    let app = caller(1, &answers).after(secs(5)).finishes("done");
    let world = machine_at(provider.url(), app);
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    assert_eq!(answers.statuses(), [200]);
    assert_eq!(provider.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_result_names_the_model_of_each_call_and_its_file_has_them_all() {
    let [good, refused] = [answer(200, "", GOOD), answer(500, "", &error(500))];
    let provider = Provider::answers_each(vec![good.clone(), refused, good]);
    let answers = Answers::default();
    let app = caller(2, &answers).after(secs(5)).finishes("done");
    let world = machine_at(provider.url(), app).in_time();
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    let attempt = &ran.report.attempts[0];
    let calls = attempt.calls.as_ref().unwrap();
    assert_eq!((calls.count, calls.failed, calls.tries), (2, 0, 3));
    assert_eq!(calls.failed_tries["ProviderError"], 1);
    let models: Vec<_> = calls
        .list
        .iter()
        .map(|call| (call.call, call.model.as_deref()))
        .collect();
    assert_eq!(models, [(1, Some("m-1")), (2, Some("m-1"))]);
    assert_eq!(calls.models[0].input_tokens, Some(14));
    assert_eq!(attempt.usage.cost_usd, None, "nobody told a cost");
    let task = ran.report.task_id.parse().unwrap();
    let kept = Evidence::of(&world.home, task).calls(1).unwrap();
    let told: Vec<_> = kept
        .records
        .iter()
        .map(|call| (call.call, call.status, call.tries.len(), call.input_tokens))
        .collect();
    assert_eq!(
        told,
        [(1, Some(200), 0, Some(7)), (2, Some(200), 1, Some(7))]
    );
    let began: Vec<jiff::Timestamp> = kept
        .records
        .iter()
        .map(|call| call.started_at.parse().unwrap())
        .collect();
    assert!(began[0] <= began[1], "{began:?}");
    assert!(!format!("{kept:?}").contains(KEY));
}

/// A limited call that is good after this many refusals, each of which names this time.
fn limited(refusals: usize, seconds: u64) -> Provider {
    let named = format!("retry-after: {seconds}\r\n");
    let mut each = vec![answer(429, &named, &error(429)); refusals];
    each.push(answer(200, "", GOOD));
    Provider::answers_each(each)
}

#[tokio::test(start_paused = true)]
async fn a_time_that_the_provider_names_is_waited_for() {
    // Up to a minute in all, over one wait or two.
    for (refusals, seconds) in [(1, 50), (2, 25)] {
        let (provider, answers) = (limited(refusals, seconds), Answers::default());
        let app = caller(1, &answers).after(secs(60)).finishes("done");
        let world = machine_at(provider.url(), app).in_time();
        // Longer than it may be silent: an open call is none.
        let world = world.asking(|request| request.deadlines.idle = secs(30));
        assert_eq!(world.run().await.end(), (TaskState::Completed, None));
        assert_eq!(answers.statuses(), [200]);
        assert_eq!(provider.calls().len(), refusals + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_that_is_too_far_ends_the_attempt_at_once_and_is_told() {
    let (provider, answers) = (limited(1, 3600), Answers::default());
    let world = machine_at(provider.url(), caller(1, &answers).hangs()).in_time();
    let begun = world.now();
    let ran = world.run().await;
    let cause = Cause::QuotaUntilReset;
    assert_gave_up(&world, &ran, cause, secs(0), &answers);
    assert_eq!(answers.statuses(), [402]);
    assert_eq!(provider.calls().len(), 1);
    // An hour after the call, which came 11.2 s after the beginning.
    let told = ran.report.error.as_ref().unwrap().message.clone();
    let until = begun + jiff::SignedDuration::from_millis(3_611_200);
    let (second, next) = (until, until + jiff::SignedDuration::from_secs(1));
    let named = [second, next].map(|time| format!("before {time:.0}"));
    assert!(named.iter().any(|time| told.contains(time)), "{told}");
}

#[tokio::test(start_paused = true)]
async fn who_has_not_the_token_makes_no_call() {
    let answers = Answers::default();
    let asked = answers.clone();
    let app = working().does(move |spec| asked.call(spec, 5, Some(KEY)));
    let app = app.after(secs(20)).finishes("done");
    let world = machine_at(Provider::nowhere(), app);
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    assert_eq!(answers.statuses(), [401; 5]);
}

/// A task whose tries may take 40 s each; its provider says nothing.
fn before_silence(app: Script) -> (World, Provider) {
    let provider = Provider::silent(5);
    let world = machine_at(provider.url(), app).asking(|request| {
        request.relay.answer = secs(40);
        request.deadlines.idle = secs(30);
    });
    (world, provider)
}

#[tokio::test(start_paused = true)]
async fn an_open_call_is_a_sign_of_life_for_as_long_as_it_may_take() {
    let answers = Answers::default();
    let app = caller(1, &answers).after(secs(70)).finishes("done");
    let (world, provider) = before_silence(app);
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    assert_eq!(provider.calls().len(), 2);

    let (world, provider) = before_silence(caller(1, &answers).hangs());
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::ProviderTimeout)));
    // 5 s less than the 80 s that the agent's client waits; then it may be silent for 30 s.
    let expected = secs(CALLS_AT + 75 + 30);
    assert!(
        ran.took >= expected - secs(1) && ran.took <= expected + secs(1),
        "{:?}",
        ran.took
    );
    // The rest of the time is no third one.
    assert_eq!(provider.calls().len(), 2);
    assert_eq!(answers.statuses(), [504]);
}
