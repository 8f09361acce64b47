//! Tests of the retry policy and its delays.

use proptest::prelude::*;

use super::*;

fn policy(base: f64, max: f64, factor: f64, jitter: f64) -> RetryPolicy {
    RetryPolicy::try_new(RetryPolicyParts {
        retries: 10,
        base_seconds: base,
        max_seconds: max,
        factor,
        jitter,
    })
    .unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

#[test]
fn the_curve_doubles_up_to_the_maximum() {
    let policy = policy(2.0, 300.0, 2.0, 0.0);
    for (n, seconds) in [
        (0, 2),
        (1, 2),
        (2, 4),
        (3, 8),
        (6, 64),
        (8, 256),
        (9, 300),
        (10, 300),
        (u32::MAX, 300),
    ] {
        for random in [0.0, 0.3, 0.999] {
            assert_eq!(
                delay(n, &policy, random),
                Duration::from_secs(seconds),
                "{n}"
            );
        }
    }
}

#[test]
fn the_defaults_are_five_retries_from_a_second_to_a_minute() {
    let policy = RetryPolicy::default();
    let shown: Vec<_> = policy.delays().map(|d| d.as_secs()).collect();
    assert_eq!(shown, [1, 2, 4, 8, 16]);
    assert_eq!(RetryPolicy::try_new(policy.parts()), Ok(policy));
    assert_eq!(policy.parts().jitter, 0.2);
    assert_eq!(policy.max(), Duration::from_secs(60));
}

#[test]
fn jitter_reaches_a_fifth_to_both_sides_and_the_cap_holds_after_it() {
    let policy = RetryPolicy::default();
    assert_eq!(delay(3, &policy, 0.0), Duration::from_millis(3200));
    assert_eq!(delay(3, &policy, 0.5), Duration::from_secs(4));
    assert!(delay(3, &policy, 0.999) > Duration::from_millis(4790));
    // The prototype waited 72 s with a maximum of 60 (D58).
    assert_eq!(delay(7, &policy, 0.999), Duration::from_secs(60));
    assert_eq!(delay(7, &policy, 0.0), Duration::from_secs(48));
}

#[test]
fn figures_outside_their_bounds_are_refused_by_name() {
    type Change = fn(&mut RetryPolicyParts);
    let rows: [(&str, Change); 10] = [
        ("retries", |p| p.retries = 11),
        ("base_seconds", |p| p.base_seconds = 0.0),
        ("base_seconds", |p| p.base_seconds = 0.09),
        ("base_seconds", |p| p.base_seconds = 60.1),
        ("base_seconds", |p| p.base_seconds = f64::NAN),
        ("max_seconds", |p| p.max_seconds = 0.5),
        ("max_seconds", |p| p.max_seconds = f64::INFINITY),
        ("factor", |p| p.factor = 0.9),
        ("jitter", |p| p.jitter = 1.1),
        ("jitter", |p| p.jitter = -0.1),
    ];
    for (field, change) in rows {
        let mut parts = RetryPolicyParts::default();
        change(&mut parts);
        assert_eq!(RetryPolicy::try_new(parts).unwrap_err().field, field);
    }
    for (retries, base_seconds) in [(0, 0.1), (10, 60.0)] {
        let parts = RetryPolicyParts {
            retries,
            base_seconds,
            ..RetryPolicyParts::default()
        };
        assert!(RetryPolicy::try_new(parts).is_ok());
    }
}

#[test]
fn stored_policies_are_checked_when_they_are_read() {
    let policy = RetryPolicy::default();
    let text = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<RetryPolicy>(&text).unwrap(), policy);
    assert_eq!(serde_json::from_str::<RetryPolicy>("{}").unwrap(), policy);
    let refused = serde_json::from_str::<RetryPolicy>(r#"{"retries":11}"#).unwrap_err();
    assert!(refused.to_string().contains("`retries`"), "{refused}");
    assert!(serde_json::from_str::<RetryPolicy>(r#"{"retires":1}"#).is_err());
}

#[test]
fn a_retry_waits_for_the_later_of_delay_and_reset() {
    let policy = policy(2.0, 300.0, 2.0, 0.0);
    let start = |reset| retry_at(at(100), 3, &policy, 0.5, reset);
    assert_eq!(start(None), at(108));
    assert_eq!(start(Some(at(90))), at(108));
    assert_eq!(start(Some(at(107))), at(108));
    assert_eq!(start(Some(at(4000))), at(4000));
    assert_eq!(
        retry_at(Timestamp::MAX, 1, &policy, 0.5, None),
        Timestamp::MAX
    );
}

#[test]
fn a_number_that_is_none_gives_the_middle() {
    let policy = RetryPolicy::default();
    assert_eq!(delay(1, &policy, f64::NAN), Duration::from_secs(1));
}

fn policies() -> impl proptest::strategy::Strategy<Value = RetryPolicy> {
    (0.1..=60.0, 0.0..=1000.0, 1.0..=10.0, 0.0..=1.0)
        .prop_map(|(base, more, factor, jitter)| policy(base, base + more, factor, jitter))
}

proptest! {
    #[test]
    fn a_delay_stays_within_the_jitter_and_below_the_maximum(
        policy in policies(), n in 0u32..100, random in 0.0..1.0,
    ) {
        let before = policy;
        let middle = curve(n, &policy).as_secs_f64();
        let taken = delay(n, &policy, random);
        prop_assert!(taken <= policy.max());
        let jitter = policy.parts().jitter;
        prop_assert!(taken.as_secs_f64() >= middle * (1.0 - jitter) - 1e-6);
        prop_assert!(taken.as_secs_f64() <= middle * (1.0 + jitter) + 1e-6);
        prop_assert_eq!(taken, delay(n, &policy, random));
        prop_assert_eq!(policy, before);
    }

    #[test]
    fn without_jitter_no_delay_is_shorter_than_the_one_before(policy in policies(), n in 1u32..100) {
        prop_assert!(curve(n, &policy) <= curve(n + 1, &policy));
    }

    /// The formula of the prototype: base × factor^n, at most the maximum.
    #[test]
    fn the_curve_is_the_documented_formula(policy in policies(), n in 0u8..20) {
        let parts = policy.parts();
        let formula = (parts.base_seconds * parts.factor.powi(i32::from(n))).min(parts.max_seconds);
        let taken = curve(u32::from(n) + 1, &policy).as_secs_f64();
        prop_assert!((taken - formula).abs() < 1e-3, "{} {}", taken, formula);
    }
}
