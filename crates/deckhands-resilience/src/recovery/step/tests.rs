//! Tests of the recovery ladder: all causes, whole walks, and random sequences.

use std::time::Duration;

use super::*;
use crate::backoff::{RetryPolicy, RetryPolicyParts};
use crate::budget::TaskBudget;

mod causes;
mod walks;

/// When every decision of these tests is made.
fn now() -> Timestamp {
    at(1_000_000)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// Now, with another route.
fn facts() -> Facts {
    Facts {
        other_routes: OtherRoutes::Available,
        random: 0.5,
        now: now(),
    }
}

/// Now, without another route.
fn alone() -> Facts {
    Facts {
        other_routes: OtherRoutes::None,
        ..facts()
    }
}

/// The defaults without jitter.
fn policies() -> Policies {
    let parts = RetryPolicyParts {
        jitter: 0.0,
        ..RetryPolicyParts::default()
    };
    Policies {
        retry: RetryPolicy::try_new(parts).unwrap(),
        ..Policies::default()
    }
}

/// A word for each decision, with the seconds until the next attempt.
fn word(next: Next) -> String {
    let wait = next.at().map_or(0, |at| at.duration_since(now()).as_secs());
    match next {
        Next::Retry { .. } => format!("retry {wait}"),
        Next::OtherRoute { .. } => format!("other {wait}"),
        Next::Bigger { memory_factor, .. } => format!("bigger x{memory_factor}"),
        Next::Park { .. } => format!("park {wait}"),
        Next::Degrade => "degrade".to_owned(),
        Next::GiveUp { reason } => format!("give up: {reason:?}"),
    }
}

/// The decisions from the first failure on, while each attempt fails in the same way.
fn walk(failed: FailedAttempt, policies: &Policies, facts: &Facts) -> Vec<(String, Decision)> {
    let mut state = RecoveryState::default();
    let mut all = Vec::new();
    loop {
        let (after, decision) = step(&state, &failed, policies, facts);
        let ended = decision.next.at().is_none();
        all.push((word(decision.next), decision));
        state = after;
        if ended {
            return all;
        }
        assert!(all.len() < 100, "the walk of {} does not end", failed.cause);
    }
}

fn words(failed: FailedAttempt, policies: &Policies, facts: &Facts) -> Vec<String> {
    walk(failed, policies, facts)
        .into_iter()
        .map(|(word, _)| word)
        .collect()
}
