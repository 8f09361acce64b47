//! Cases of the figures of calls.

use std::time::Duration;

use deckhands_model::{
    CallFault, CallRecord, CallsReport, Cause, CostBy, ModelCalls, ModelId, TaskState,
};

use super::desk::{BEGIN, Desk, end};
use super::fault::{Fault, Verdict, holds, same};
use crate::task::Retention;

/// The calls of an attempt of this number: that many good ones, and one that was refused.
pub(super) fn calls(number: u64) -> CallsReport {
    let mut calls = CallsReport::default();
    (1..=number).for_each(|call| calls.add(&good_call(call, "a-1")));
    let refused = CallRecord {
        model: None,
        status: Some(429),
        fault: Some(CallFault::Refused),
        cause: Some(Cause::RateLimited),
        input_tokens: None,
        cost_usd: None,
        cost_by: None,
        ..good_call(number + 1, "")
    };
    calls.add(&refused);
    calls
}

/// A call that this model answered.
pub(super) fn good_call(number: u64, model: &str) -> CallRecord {
    CallRecord {
        call: number,
        started_at: BEGIN.to_string(),
        route: ModelId::resolve("openrouter/a").ok(),
        model: Some(model.to_owned()),
        tries: Vec::new(),
        status: Some(200),
        fault: None,
        cause: None,
        streamed: false,
        input_tokens: Some(700),
        output_tokens: None,
        cached_tokens: None,
        cost_usd: Some(0.0025),
        cost_by: Some(CostBy::Provider),
        table_cost_usd: None,
        lost_usd: 0.0,
        cost_unknown: 0,
        took_s: 1.5,
        held_s: 0.1,
        retry_after_s: None,
        gave_up: false,
    }
}

/// Ends the next task after these calls.
async fn ended_after(desk: &mut Desk, calls: Option<CallsReport>) -> Result<(), Fault> {
    let claim = desk.claimed().await?;
    let mut end = end(&claim);
    end.report.calls = calls;
    let task = super::desk::task_end(&claim, TaskState::Completed);
    desk.store
        .finish(claim.fence, &end, &task, desk.now)
        .await?;
    Ok(())
}

/// What is looked at of a sum: its model, its cause, how many calls, what they cost.
fn told(sum: &ModelCalls) -> (Option<&str>, Option<Cause>, u64, Option<f64>) {
    (sum.model.as_deref(), sum.cause, sum.calls, sum.cost_usd)
}

pub(super) async fn every_ended_attempt_counts(desk: &mut Desk) -> Verdict {
    same("nothing yet", desk.store.calls().await?, Vec::new())?;
    let claim = desk.claimed().await?;
    desk.requeue(&claim, None).await?;
    let again = desk.claim().await?;
    same("the same task", again.task.id, claim.task.id)?;
    let before = desk.store.calls().await?;
    desk.finish(&again, TaskState::Failed).await?;
    ended_after(desk, None).await?;
    let found = desk.store.calls().await?;
    let wanted = [
        (None, Some(Cause::RateLimited), 2, None),
        (Some("a-1"), None, 3, Some(0.0075)),
    ];
    let told: Vec<_> = found.iter().map(told).collect();
    same("of both attempts", told.as_slice(), wanted.as_slice())?;
    let good = &found[1];
    same("their tokens", good.input_tokens, Some(2100))?;
    same("nobody told others", good.output_tokens, None)?;
    let took = (good.took_us.sum, good.took_us.count());
    same("their time", took, (4_500_000, 3))?;
    holds("the held time is exact", (good.held_s - 0.3).abs() < 1e-12)?;
    let refused = found[0].failed_tries.get("RateLimited").copied();
    same("the tries that failed", refused, Some(2))?;
    let first: u64 = before.iter().map(|sum| sum.calls).sum();
    same("of the first attempt", first, 2)
}

pub(super) async fn sums_of_calls_outlive_their_tasks(desk: &mut Desk) -> Verdict {
    ended_after(desk, Some(calls(3))).await?;
    let before = desk.store.calls().await?;
    desk.wait(3600);
    let keep = Duration::from_secs(60);
    let gone = desk.store.prune(Retention { keep }, desk.now).await?;
    same("the task is removed", gone.len(), 1)?;
    same("its calls count", desk.store.calls().await?, before)
}

pub(super) async fn given_back_and_live_attempts_do_not_count(desk: &mut Desk) -> Verdict {
    let claim = desk.claimed().await?;
    desk.store
        .give_back(claim.fence, None, "no model", desk.now)
        .await?;
    desk.claim().await?;
    same("no calls", desk.store.calls().await?, Vec::new())
}

/// What providers call their models is theirs to say, and there is no end to it.
pub(super) async fn models_without_end_count_without_their_names(desk: &mut Desk) -> Verdict {
    let mut number = 0;
    for _ in 0..11 {
        let mut calls = CallsReport::default();
        for _ in 0..CallsReport::MODELS {
            number += 1;
            calls.add(&good_call(number, &format!("model-{number:05}")));
        }
        ended_after(desk, Some(calls)).await?;
    }
    let found = desk.store.calls().await?;
    same("those that are named", found.len(), 1001)?;
    let sum: u64 = found.iter().map(|sum| sum.calls).sum();
    same("all calls", sum, 1100)?;
    let first = (found[0].model.clone(), found[0].calls);
    same("the rest", first, (None, 100))
}
