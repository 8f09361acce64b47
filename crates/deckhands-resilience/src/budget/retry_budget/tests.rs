//! Tests of the batch's retry budget.

use proptest::prelude::*;

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap()
}

fn bucket(percent: u32, least: u32) -> RetryBudget {
    let policy = RetryBudgetPolicy::try_new(percent, least, Duration::from_secs(1), 5).unwrap();
    RetryBudget::new(policy, at(0))
}

fn granted(bucket: &mut RetryBudget, now: i64) -> u32 {
    let mut count = 0;
    while bucket.try_retry(at(now)).is_ok() {
        count += 1;
    }
    count
}

#[test]
fn first_attempts_earn_their_share() {
    let mut bucket = bucket(20, 0);
    assert_eq!(bucket.try_retry(at(0)), Err(RetryRefused { again: None }));
    (0..4).for_each(|_| bucket.first_attempt());
    assert_eq!(granted(&mut bucket, 0), 0);
    bucket.first_attempt();
    assert_eq!(granted(&mut bucket, 0), 1);
    (0..100).for_each(|_| bucket.first_attempt());
    assert_eq!(granted(&mut bucket, 0), 5, "no more than five are saved");
}

#[test]
fn time_earns_the_least() {
    let mut bucket = bucket(0, 4);
    assert_eq!(granted(&mut bucket, 0), 4);
    let refused = bucket.try_retry(at(0)).unwrap_err();
    assert_eq!(refused.again, Some(at(250)));
    assert_eq!(granted(&mut bucket, 249), 0);
    assert_eq!(granted(&mut bucket, 250), 1);
    assert_eq!(
        granted(&mut bucket, 1_000_000),
        4,
        "idle time saves one window"
    );
}

#[test]
fn a_clock_that_goes_back_earns_nothing() {
    let mut bucket = bucket(0, 4);
    assert_eq!(granted(&mut bucket, 1000), 4);
    assert_eq!(granted(&mut bucket, 0), 0);
    assert_eq!(granted(&mut bucket, 1000), 0);
    assert_eq!(granted(&mut bucket, 1250), 1);
}

#[test]
fn figures_outside_their_bounds_are_refused_by_name() {
    let second = Duration::from_secs(1);
    for (percent, least, window, saved, field) in [
        (1001, 1, second, 1, "percent"),
        (1, 100_001, second, 1, "least"),
        (1, 1, Duration::ZERO, 1, "window"),
        (1, 1, Duration::from_secs(3601), 1, "window"),
        (1, 1, second, 0, "saved"),
    ] {
        let refused = RetryBudgetPolicy::try_new(percent, least, window, saved).unwrap_err();
        assert_eq!(refused.field, field);
    }
}

#[test]
fn it_can_be_stored() {
    let mut bucket = bucket(20, 4);
    bucket.first_attempt();
    let text = serde_json::to_string(&bucket).unwrap();
    assert_eq!(serde_json::from_str::<RetryBudget>(&text).unwrap(), bucket);
}

proptest! {
    /// Over any time: retries <= share of the first attempts + least × (1 + windows passed).
    #[test]
    fn no_more_is_granted_than_earned(
        percent in 0u32..=200, least in 0u32..10,
        calls in prop::collection::vec((any::<bool>(), 0i64..400), 0..200),
    ) {
        let mut bucket = bucket(percent, least);
        let (mut now, mut firsts, mut retries) = (0, 0u64, 0u64);
        for (first, wait) in calls {
            now += wait;
            if first {
                bucket.first_attempt();
                firsts += 1;
            } else if bucket.try_retry(at(now)).is_ok() {
                retries += 1;
            }
            let passed = u64::try_from(now).unwrap();
            let most = firsts * u64::from(percent) * 1000
                + u64::from(least) * 100 * (1000 + passed);
            prop_assert!(retries * 100_000 <= most);
        }
    }

    /// A refusal's time is true: one millisecond before it is too early, then it is granted.
    #[test]
    fn a_refusal_names_the_first_time_that_works(least in 1u32..10, start in 0i64..5000) {
        let mut bucket = bucket(0, least);
        granted(&mut bucket, start);
        let again = bucket.try_retry(at(start)).unwrap_err().again.unwrap();
        let mut early = bucket;
        prop_assert!(early.try_retry(at(again.as_millisecond() - 1)).is_err());
        prop_assert!(bucket.try_retry(again).is_ok());
    }
}
