//! Calls to the model go by the attempt's socket, and what becomes of them decides over the attempt.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use deckhands_model::{Cause, ModelId, TaskState};
use deckhands_runtime::test_util::Script;

use super::{machine, working};
use crate::support::{Agent, Answers, GOOD, KEY, Open, Provider, Ran, World, call_openly, secs};

/// When the app makes its calls: a second after its first events.
const CALLS_AT: u64 = 11;

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

/// What holds of a gateway that gave up, whoever ends the attempt.
fn assert_gave_up(world: &World, ran: &Ran, cause: Cause, answers: &Answers) {
    world.assert_no_problems();
    assert_eq!(
        ran.end(),
        (TaskState::Failed, Some(cause)),
        "{:?}",
        ran.report.error
    );
    assert!(ran.took <= secs(CALLS_AT + 5), "{cause}: {:?}", ran.took);
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
        // The provider's status, calls until no more is made, and what the agent is told.
        (401, 1, 401, Cause::BadKey),
        (402, 1, 402, Cause::OutOfCredit),
        (429, 3, 503, Cause::RateLimited),
        (500, 3, 503, Cause::ProviderError),
    ];
    for (status, calls, told, cause) in rows {
        let provider = Provider::answers(calls, status, &error(status));
        let answers = Answers::default();
        // It goes on calling, and each further call is refused without one.
        let world = machine_at(provider.url(), caller(calls + 2, &answers).hangs());
        let ran = world.run().await;
        assert_gave_up(&world, &ran, cause, &answers);
        assert_eq!(provider.calls().len(), calls, "{status}");
        let statuses = answers.statuses();
        assert_eq!(statuses[..calls], vec![told; calls], "{status}");
        assert!(
            statuses[calls..].iter().all(|s| matches!(s, 401 | 402)),
            "{statuses:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_not_there_is_told_as_such() {
    let answers = Answers::default();
    let world = machine_at(Provider::nowhere(), caller(3, &answers).hangs());
    let ran = world.run().await;
    assert_gave_up(&world, &ran, Cause::ProviderUnreachable, &answers);
    assert_eq!(answers.statuses(), [503, 503, 503]);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_ends_by_itself_is_not_ended_for_it() {
    let answers = Answers::default();
    let reason = "STATUS$ERROR_LLM_SERVICE_UNAVAILABLE";
    let app = caller(3, &answers).fails(reason, None);
    let world = machine_at(Provider::nowhere(), app);
    let ran = world.run().await;
    // The coarse reason of the agent is refined by what the gateway saw.
    assert_gave_up(&world, &ran, Cause::ProviderUnreachable, &answers);
    assert!(ran.took < secs(CALLS_AT + 2), "{:?}", ran.took);

    let app = caller(3, &answers).finishes("done all the same");
    let world = machine_at(Provider::nowhere(), app);
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
}

#[tokio::test(start_paused = true)]
async fn two_failures_are_none_yet() {
    let answers = Answers::default();
    let app = caller(2, &answers).after(secs(20)).finishes("done");
    let world = machine_at(Provider::nowhere(), app);
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
}

#[tokio::test(start_paused = true)]
async fn who_has_not_the_token_makes_no_call() {
    let answers = Answers::default();
    let asked = answers.clone();
    let app = working().does(move |spec| asked.call(spec, 5, Some(KEY)));
    let app = app.after(secs(20)).finishes("done");
    let world = machine_at(Provider::nowhere(), app);
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    assert_eq!(answers.statuses(), [403; 5]);
}

/// Waits for one answer of its model for as long as the relay does, and is done after 100 s.
fn waiting(answer: u64) -> (World, Provider) {
    let (taken, seen) = channel();
    let (open, seen) = (Open::default(), Mutex::new(Some(seen)));
    let app = working().does(move |spec| {
        let seen = seen.lock().unwrap().take().unwrap();
        call_openly(spec, &open, seen);
    });
    let provider = Provider::silent(taken);
    let world = machine_at(provider.url(), app.after(secs(100)).finishes("done"));
    let world = world.asking(|request| {
        request.relay.answer = secs(answer);
        request.deadlines.idle = secs(30);
    });
    (world, provider)
}

#[tokio::test(start_paused = true)]
async fn an_open_call_is_a_sign_of_life_for_as_long_as_it_may_take() {
    let (world, provider) = waiting(95);
    assert_eq!(world.run().await.end(), (TaskState::Completed, None));
    assert_eq!(provider.calls().len(), 1);

    let (world, provider) = waiting(40);
    let ran = world.run().await;
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::ProviderTimeout)));
    let expected = secs(CALLS_AT + 40 + 30);
    assert!(
        ran.took >= expected - secs(1) && ran.took <= expected + secs(1),
        "{:?}",
        ran.took
    );
    assert_eq!(provider.calls().len(), 1);
}
