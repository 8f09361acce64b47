//! Waits, budgets, and random sequences of causes.

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::Strategy as Generator;

use super::*;

fn limited(retry_after: u64) -> FailedAttempt {
    FailedAttempt {
        retry_after: Some(Duration::from_secs(retry_after)),
        ..FailedAttempt::of(Cause::RateLimited)
    }
}

fn quota(reset: i64) -> FailedAttempt {
    FailedAttempt {
        reset_at: Some(at(1_000_000 + reset)),
        ..FailedAttempt::of(Cause::QuotaUntilReset)
    }
}

#[test]
fn a_wait_that_the_provider_named_is_kept_and_a_long_one_parks() {
    for (failed, expected) in [
        (limited(0), "retry 1"),
        (limited(30), "retry 30"),
        (limited(60), "retry 60"),
        (limited(61), "park 61"),
        (quota(20), "park 20"),
        (quota(7200), "park 7200"),
        (quota(-5), "retry 1"),
    ] {
        assert_eq!(words(failed, &policies(), &facts())[0], expected);
    }
}

#[test]
fn the_later_of_two_named_times_counts() {
    for (reset, expected) in [(1_000_040, "retry 40"), (1_000_010, "retry 20")] {
        let both = FailedAttempt {
            reset_at: Some(at(reset)),
            ..limited(20)
        };
        assert_eq!(words(both, &policies(), &facts())[0], expected);
    }
}

#[test]
fn a_reset_behind_the_wall_time_sends_to_another_route_or_gives_up() {
    let late = quota(48 * 3600);
    assert_eq!(words(late, &policies(), &facts())[0], "other 0");
    assert_eq!(words(late, &policies(), &alone()), ["give up: WallTime"]);
}

#[test]
#[rustfmt::skip]
fn each_part_of_the_budget_ends_the_walk_by_its_name() {
    let spend = FailedAttempt {
        started: Some(at(999_900)),
        work: Duration::from_secs(50),
        micro_dollars: 400,
        ..FailedAttempt::of(Cause::ProviderError)
    };
    let budget = TaskBudget::default();
    for (budget, attempts, reason) in [
        (TaskBudget { attempts: 1, ..budget }, 1, GiveUp::Attempts),
        (TaskBudget { wall: Duration::from_secs(100), ..budget }, 1, GiveUp::WallTime),
        (TaskBudget { work: Duration::from_secs(100), ..budget }, 2, GiveUp::WorkTime),
        (TaskBudget { micro_dollars: Some(1200), ..budget }, 3, GiveUp::Money),
    ] {
        let decisions = walk(spend, &Policies { budget, ..policies() }, &facts());
        assert_eq!(decisions.len(), attempts);
        assert_eq!(decisions[attempts - 1].1.next, Next::GiveUp { reason });
    }
}

#[test]
fn memory_is_doubled_up_to_the_bound_of_the_policy() {
    let failed = FailedAttempt::of(Cause::OutOfMemory);
    let raises = |memory_raises| Policies {
        memory_raises,
        budget: TaskBudget {
            attempts: 50,
            ..TaskBudget::default()
        },
        ..policies()
    };
    assert_eq!(
        words(failed, &raises(0), &facts()),
        ["give up: LadderEnded"]
    );
    let often = words(failed, &raises(u32::MAX), &facts());
    assert_eq!(often.len(), 9);
    assert_eq!(often[7], "bigger x256");
}

#[test]
fn memory_that_was_raised_stays_for_every_later_attempt() {
    let mut state = RecoveryState::default();
    assert_eq!(state.memory_factor(), 1);
    for (cause, expected, factor) in [
        (Cause::OutOfMemory, "bigger x2", 2),
        (Cause::AgentCrashed, "retry 0", 2),
        (Cause::Stuck, "other 0", 2),
    ] {
        let (after, decision) = step(&state, &FailedAttempt::of(cause), &policies(), &facts());
        assert_eq!(word(decision.next), expected);
        assert_eq!(after.memory_factor(), factor, "{cause}");
        state = after;
    }
    state.memory_raised = u32::MAX;
    assert_eq!(state.memory_factor(), 256, "a damaged state");
    let (_, decision) = step(
        &state,
        &FailedAttempt::of(Cause::OutOfMemory),
        &policies(),
        &facts(),
    );
    assert!(decision.next.at().is_none());
}

#[test]
fn another_route_counts_as_it_is_at_the_moment_of_each_decision() {
    let stuck = FailedAttempt::of(Cause::Stuck);
    let start = RecoveryState::default();
    let (state, first) = step(&start, &stuck, &policies(), &alone());
    assert_eq!(word(first.next), "give up: LadderEnded");
    let (_, second) = step(&state, &stuck, &policies(), &facts());
    assert_eq!(word(second.next), "other 0");
}

#[test]
fn different_causes_share_the_attempts_and_the_other_route() {
    let mut state = RecoveryState::default();
    for (cause, expected) in [
        (Cause::AgentCrashed, "retry 0"),
        (Cause::Stuck, "other 0"),
        (Cause::CheckFailed, "give up: LadderEnded"),
    ] {
        let (after, decision) = step(&state, &FailedAttempt::of(cause), &policies(), &facts());
        assert_eq!(word(decision.next), expected);
        state = after;
    }
    assert_eq!(state.spent.attempts, 3);
}

#[test]
fn state_decision_and_policies_can_be_stored() {
    let (state, decision) = step(
        &RecoveryState::default(),
        &limited(90),
        &policies(),
        &facts(),
    );
    let text = serde_json::to_string(&(&state, &decision)).unwrap();
    let read: (RecoveryState, Decision) = serde_json::from_str(&text).unwrap();
    assert_eq!(read, (state, decision));
    let text = serde_json::to_string(&policies()).unwrap();
    assert_eq!(serde_json::from_str::<Policies>(&text).unwrap(), policies());
}

fn failures() -> impl Generator<Value = FailedAttempt> {
    let reset = prop::option::of(0i64..200_000);
    let cause = prop::sample::select(&Cause::ALL[..]);
    (cause, reset, 0u64..3000, 0u64..2000).prop_map(|(cause, reset, work, micro_dollars)| {
        FailedAttempt {
            reset_at: reset.map(|wait| at(1_000_000 + wait)),
            work: Duration::from_secs(work),
            micro_dollars,
            ..FailedAttempt::of(cause)
        }
    })
}

fn any_policies() -> impl Generator<Value = Policies> {
    let budget = (0u32..12, prop::option::of(0u64..10_000));
    let tries = (0u32..20, 0u32..20, 0u32..20);
    let places = (any::<bool>(), 0u32..20);
    (budget, tries, places).prop_map(|(budget, tries, (simulate, memory_raises))| Policies {
        budget: TaskBudget {
            attempts: budget.0,
            micro_dollars: budget.1,
            ..TaskBudget::default()
        },
        tries: crate::recovery::RungTries {
            retry: tries.0,
            retry_with_backoff: tries.1,
            fallback_model: tries.2,
        },
        memory_raises,
        stand_ins: [StandIns::Forbidden, StandIns::Simulate][usize::from(simulate)],
        ..Policies::default()
    })
}

proptest! {
    /// Whatever fails and however: an attempt is decided only inside the budget and never in the
    /// past, every walk ends, and the same inputs give the same decision.
    #[test]
    fn every_walk_ends_within_its_budget(
        failures in prop::collection::vec(failures(), 20),
        policies in any_policies(), random in 0.0..1.0, routes in any::<bool>(),
    ) {
        let (mut state, mut clock, mut attempts) = (RecoveryState::default(), now(), 0);
        let mut ended = false;
        for failed in failures {
            attempts += 1;
            let facts = Facts {
                other_routes: [OtherRoutes::None, OtherRoutes::Available][usize::from(routes)],
                random,
                now: clock,
            };
            let (after, decision) = step(&state, &failed, &policies, &facts);
            prop_assert_eq!(&step(&state, &failed, &policies, &facts).1, &decision);
            prop_assert!(after.memory_factor() >= state.memory_factor());
            if let Next::Bigger { memory_factor, .. } = decision.next {
                prop_assert_eq!(memory_factor, after.memory_factor());
            }
            prop_assert!(!decision.rungs.is_empty());
            prop_assert_eq!(after.spent.attempts, attempts);
            state = after;
            let Some(start) = decision.next.at() else {
                ended = true;
                break;
            };
            prop_assert!(start >= clock);
            prop_assert_eq!(policies.budget.exhausted(&state.spent, start), None);
            clock = start;
        }
        prop_assert!(ended);
        prop_assert!(attempts <= policies.budget.attempts.max(1));
    }
}
