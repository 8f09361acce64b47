//! What a failed attempt says about the next one.

use deckhands_model::{Cause, TaskId};

use super::*;
use crate::failure::RunFailure;
use crate::request::test_request;
use crate::runner::not_started;

fn attempt() -> AttemptReport {
    AttemptReport {
        number: 2,
        route: "openai/m".to_owned(),
        outcome: "failed".to_owned(),
        cause: None,
        started_at: String::new(),
        work_time_s: 1.5,
        wait_time_s: 0.25,
        usage: deckhands_model::Usage::default(),
        container_exit: None,
        events: 0,
        verdict: None,
        calls: None,
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_what_is_left_of_it_and_only_a_failure_has_one() {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let task = TaskId::from_random([1; 16]);
    let failure = RunFailure::new(Cause::RateLimited, "slow down");
    let failed = not_started(&test_request("/w".into()), task, now, failure);
    let told = RetryAfter {
        wait: Duration::from_secs(60),
        since: Instant::now(),
    };
    tokio::time::advance(Duration::from_secs(20)).await;
    let ended = result(failed.clone(), attempt(), Some(told), now);
    assert_eq!(ended.cause, Some(Cause::RateLimited));
    assert_eq!(ended.retry_after, Some(Duration::from_secs(40)));
    assert_eq!(
        ended.reset_at,
        Some("2026-01-01T00:00:40Z".parse().unwrap())
    );
    assert_eq!(
        (ended.work, ended.wait),
        (Duration::from_millis(1500), Duration::from_millis(250))
    );

    tokio::time::advance(Duration::from_secs(100)).await;
    let late = result(failed.clone(), attempt(), Some(told), now);
    assert_eq!(late.retry_after, Some(Duration::ZERO));
    assert_eq!(late.reset_at, Some(now));

    let done = RunReport {
        state: TaskState::Completed,
        error: None,
        ..failed
    };
    let ended = result(done, attempt(), Some(told), now);
    assert_eq!(
        (ended.cause, ended.retry_after, ended.reset_at),
        (None, None, None)
    );
}
