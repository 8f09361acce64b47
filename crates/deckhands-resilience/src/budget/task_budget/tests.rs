//! Tests of the budget of a task.

use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn small() -> TaskBudget {
    TaskBudget {
        attempts: 3,
        wall: Duration::from_secs(100),
        work: Duration::from_secs(50),
        micro_dollars: Some(1000),
    }
}

#[test]
fn each_part_says_that_it_is_used_up() {
    let spent = Spent {
        attempts: 2,
        since: Some(at(0)),
        work: Duration::from_secs(49),
        micro_dollars: 999,
    };
    let check = |spent: Spent, start| small().exhausted(&spent, at(start));
    assert_eq!(check(spent, 99), None);
    assert_eq!(check(spent, 100), Some(Exhausted::WallTime));
    let attempts = Spent {
        attempts: 3,
        ..spent
    };
    assert_eq!(check(attempts, 99), Some(Exhausted::Attempts));
    let work = Spent {
        work: Duration::from_secs(50),
        ..spent
    };
    assert_eq!(check(work, 99), Some(Exhausted::WorkTime));
    let money = Spent {
        micro_dollars: 1000,
        ..spent
    };
    assert_eq!(check(money, 99), Some(Exhausted::Money));
    let unbounded = TaskBudget {
        micro_dollars: None,
        ..small()
    };
    assert_eq!(unbounded.exhausted(&money, at(99)), None);
}

#[test]
fn the_default_is_three_retries() {
    let budget = TaskBudget::default();
    let one = |spent: Spent| spent.with(at(0), Duration::from_secs(300), 0);
    let third = one(one(one(Spent::default())));
    assert_eq!(budget.exhausted(&third, at(900)), None);
    assert_eq!(
        budget.exhausted(&one(third), at(900)),
        Some(Exhausted::Attempts)
    );
}

#[test]
fn the_first_start_counts_even_where_the_clock_went_back() {
    let spent =
        Spent::default()
            .with(at(500), Duration::ZERO, 1)
            .with(at(400), Duration::ZERO, u64::MAX);
    assert_eq!(spent.since, Some(at(400)));
    assert_eq!(spent.micro_dollars, u64::MAX);
}

proptest! {
    /// Whatever the attempts cost: so long as the budget is asked before each, no part of it is
    /// overrun by more than the last attempt.
    #[test]
    fn asked_before_each_attempt_it_is_never_overrun(
        costs in prop::collection::vec((0u64..40, 0u64..600, 0i64..60), 0..20),
    ) {
        let (budget, mut spent, mut now) = (small(), Spent::default(), 0i64);
        for (work, money, wait) in costs {
            now += wait;
            if budget.exhausted(&spent, at(now)).is_some() {
                break;
            }
            prop_assert!(spent.attempts < 3 && spent.micro_dollars < 1000);
            prop_assert!(spent.work < Duration::from_secs(50));
            prop_assert!(spent.since.is_none_or(|since| at(now) < later(since, budget.wall)));
            spent = spent.with(at(now), Duration::from_secs(work), money);
        }
        prop_assert!(spent.attempts <= 3);
    }
}
