//! Profile `socket` with our relay: the app starts its own sandbox, but calls its model through us.

use std::sync::Mutex;
use std::time::Duration;

use deckhands_model::{Cause, ModelId, ModelWay, TaskState};
use deckhands_orchestration::{AttemptEnd, Observer, RunEvent};
use deckhands_runtime::MountAccess;
use deckhands_runtime::test_util::Script;
use tokio_util::sync::CancellationToken;

use crate::support::{Agent, Answers, GOOD, KEY, Provider, World, answer, secs};

/// A machine whose app calls this provider through us.
fn machine_at(provider: &Provider, app: Script) -> World {
    World::new().agent(app).asking(|request| {
        request.way = ModelWay::Relay;
        request.model = ModelId::resolve("openai/m").expect("a model");
        request.base_url = Some(provider.url());
    })
}

/// Has written a file and called its model so often.
fn caller(times: usize, answers: &Answers) -> Agent {
    let answers = answers.clone();
    let agent = Agent::new().wakes().writes("half.txt", "half\n");
    agent.does(move |spec| answers.call(spec, times, None))
}

#[tokio::test(start_paused = true)]
async fn the_model_is_called_with_a_key_that_the_app_does_not_have() {
    let (provider, answers) = (Provider::answers(1, 200, GOOD), Answers::default());
    let world = machine_at(&provider, caller(1, &answers).finishes("done"));
    let ran = world.run().await;
    world.assert_no_problems();
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(answers.statuses(), [200]);
    assert!(provider.calls().concat().contains(&format!("Bearer {KEY}")));
    let app = &world.runtime.created_specs()[0];
    let values: Vec<_> = app.env.iter().map(|(_, value)| value.expose()).collect();
    assert!(
        !values.iter().any(|value| value.contains(KEY)),
        "{values:?}"
    );
    assert!(
        values.contains(&"docker"),
        "it starts its own sandbox: {values:?}"
    );
    let targets: Vec<_> = app
        .mounts
        .iter()
        .map(|m| (m.target.as_str(), m.access))
        .collect();
    for target in ["/deckhands/launcher/app.py", "/deckhands/way-out"] {
        assert!(
            targets.contains(&(target, MountAccess::ReadOnly)),
            "{targets:?}"
        );
    }
    let dir = world.attempt_dir(&ran.report).unwrap();
    assert!(!dir.join("way-out").exists(), "the socket is gone");
}

#[tokio::test(start_paused = true)]
async fn what_the_gateway_saw_decides_over_the_attempt() {
    let refused = r#"{"error": {"message": "no credit", "code": 402}}"#;
    let (provider, answers) = (Provider::answers(1, 402, refused), Answers::default());
    let world = machine_at(&provider, caller(1, &answers).hangs());
    let ran = world.run().await;
    world.assert_no_problems();
    assert_eq!(ran.end(), (TaskState::Failed, Some(Cause::OutOfCredit)));
    assert_eq!(
        provider.calls().len(),
        1,
        "a final answer is not asked for again"
    );
}

/// Keeps what is told of calls.
#[derive(Default)]
struct Calls(Mutex<Vec<(Option<Cause>, Option<Duration>)>>);

impl Observer for Calls {
    fn observe(&self, event: RunEvent<'_>) {
        if let RunEvent::Call {
            failure,
            retry_after,
        } = event
        {
            self.0
                .lock()
                .expect("no panic")
                .push((failure, retry_after));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_call_is_told_while_the_attempt_is_at_work() {
    let refused = r#"{"error": {"message": "slow down", "code": 429}}"#;
    let near = answer(429, "retry-after: 7\r\n", refused);
    let far = answer(429, "retry-after: 7200\r\n", refused);
    let good = answer(200, "", GOOD);
    let each = vec![near.clone(), near, good, far];
    let (provider, answers) = (Provider::answers_each(each), Answers::default());
    // The first call is three requests, 7 s apart; the third call is refused without one.
    let app = caller(3, &answers).after(secs(15)).finishes("done");
    let world = machine_at(&provider, app).in_time();
    let (calls, cancel) = (Calls::default(), CancellationToken::new());
    let end = world
        .runner()
        .attempt(&world.order(1), &calls, &cancel)
        .await;
    assert!(matches!(end, AttemptEnd::Ended(_)), "{end:?}");
    let limited = (Some(Cause::QuotaUntilReset), Some(secs(7200)));
    assert_eq!(*calls.0.lock().unwrap(), [(None, None), limited]);
    assert_eq!(answers.statuses(), [200, 402, 402]);
    assert_eq!(provider.calls().len(), 4);
}
