//! What comes back of an attempt.

use deckhands_model::{AttemptReport, Cause, ImageRef, Limits, ModelId, RunReport, TaskState};
use deckhands_orchestration::AttemptEnd;
use tokio_util::sync::CancellationToken;

use super::{ended, machine};
use crate::support::{Agent, Answers, Provider, World, secs};

/// What stands in the document that the attempt's directory keeps.
fn kept(world: &World, order: &deckhands_orchestration::AttemptOrder) -> RunReport {
    let dir = world.home.task_dir(order.id.task);
    let path = dir.join(order.id.number.to_string()).join("result.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn earlier() -> AttemptReport {
    AttemptReport {
        number: 1,
        route: "openrouter/x/y".to_owned(),
        outcome: "failed".to_owned(),
        cause: Some(Cause::OutOfMemory),
        started_at: "2025-12-31T23:00:00Z".to_owned(),
        work_time_s: 7.0,
        wait_time_s: 0.0,
        usage: deckhands_model::Usage::default(),
        container_exit: Some(137),
        events: 3,
        verdict: None,
        calls: None,
    }
}

#[tokio::test(start_paused = true)]
async fn the_document_lists_every_attempt_under_its_number() {
    let world = machine();
    let mut order = world.order(2);
    order.earlier = vec![earlier()];
    let result = ended(world.attempt(&order).await);
    assert_eq!(result.report.state, TaskState::Completed);
    assert_eq!(result.report.task_id, order.id.task.to_string());
    assert_eq!(result.report.attempts[0], earlier());
    assert_eq!(result.report.attempts[1], result.attempt);
    assert_eq!(result.report.attempts.len(), 2);
    assert_eq!(result.attempt.number, 2);
    assert_eq!((result.cause, result.retry_after), (None, None));
    assert_eq!(result.work.as_secs_f64(), result.attempt.work_time_s);
    assert!(result.work > secs(1), "{:?}", result.work);
    assert_eq!(result.usage.input_tokens, Some(2100));
    assert_eq!(kept(&world, &order), result.report);
}

#[tokio::test(start_paused = true)]
async fn one_that_could_not_begin_is_listed_too() {
    let missing: ImageRef = "missing:1".parse().unwrap();
    let world = machine().asking(|request| request.images.app = missing);
    let mut order = world.order(2);
    order.earlier = vec![earlier()];
    let result = ended(world.attempt(&order).await);
    assert_eq!(result.cause, Some(Cause::ImageMissing));
    let listed = &result.report.attempts[1];
    assert_eq!((listed.number, listed.cause), (2, result.cause));
    assert_eq!((listed.outcome.as_str(), listed.events), ("failed", 0));
    assert_eq!(listed, &result.attempt);
}

#[tokio::test(start_paused = true)]
async fn other_limits_hold_for_this_attempt() {
    let world = machine();
    let mut order = world.order(2);
    let memory = "9g".parse().unwrap();
    order.limits = Some(Limits {
        memory,
        ..world.request.limits.clone()
    });
    assert!(ended(world.attempt(&order).await).report.applied);
    let sandbox = &world.runtime.created_specs()[1];
    assert_eq!(sandbox.limits.memory, Some(memory));
}

#[tokio::test(start_paused = true)]
async fn cancelled_it_is_ended_as_such() {
    for at in [0, 5, 10] {
        let (world, cancel) = (machine(), CancellationToken::new());
        let (runner, order) = (world.runner(), world.order(3));
        let (end, ()) = tokio::join!(
            runner.attempt(&order, &deckhands_orchestration::Silent, &cancel),
            async {
                tokio::time::sleep(secs(at)).await;
                cancel.cancel();
            }
        );
        let result = ended(end);
        assert_eq!(result.report.state, TaskState::Cancelled, "after {at} s");
        assert_eq!(result.attempt.outcome, "cancelled");
        assert_eq!(result.attempt.number, 3);
        assert!(world.runtime.live().is_empty());
        assert_eq!(kept(&world, &order), result.report);
    }
}

/// Calls its model at 10 s. The provider names a time for which no call is held, so that the gateway
/// gives up at once and the attempt is ended 3 s later.
#[tokio::test(start_paused = true)]
async fn what_the_provider_said_of_the_next_call_is_told() {
    let answers = Answers::default();
    let asked = answers.clone();
    let app = Agent::new()
        .wakes()
        .does(move |spec| asked.call(spec, 1, None))
        .hangs();
    let error = r#"{"error": {"message": "slow down", "code": 429}}"#;
    let provider = Provider::answers_with(3, 429, "retry-after: 90\r\n", error);
    let world = World::managed()
        .agent(app)
        .sandbox(deckhands_runtime::test_util::Script::new().hang())
        .asking(|request| {
            request.model = ModelId::resolve("openai/m").unwrap();
            request.base_url = Some(provider.url());
        });
    let result = match world.attempt(&world.order(1)).await {
        AttemptEnd::Ended(result) => *result,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        result.cause,
        Some(Cause::QuotaUntilReset),
        "{:?}",
        result.report
    );
    let left = result.retry_after.unwrap();
    assert!(left > secs(80) && left < secs(90), "{left:?}");
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        result.reset_at,
        Some(now + jiff::SignedDuration::try_from(left).unwrap())
    );
    assert_eq!(provider.calls().len(), 1);
}
