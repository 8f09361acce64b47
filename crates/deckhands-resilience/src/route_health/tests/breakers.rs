//! The breaker of one route.

use super::*;

fn refusal(until: i64, why: RefusedWhy) -> Option<Refused> {
    let until = at(until);
    Some(Refused { until, why })
}

/// A breaker that was opened at 0 and may be probed from 60 on.
fn opened() -> (RouteHealth, ModelId) {
    let (mut health, a) = (health(), route("a"));
    fail(&mut health, &a, 5, 0);
    (health, a)
}

#[test]
fn five_failures_in_a_row_open_for_a_minute() {
    let (mut health, a) = (health(), route("a"));
    fail(&mut health, &a, 4, 0);
    assert_eq!(health.state(&a, at(0)), BreakerState::Closed);
    assert!(health.try_acquire(&a, at(0)).is_ok());
    fail(&mut health, &a, 1, 0);
    assert_eq!(health.state(&a, at(0)), BreakerState::Open);
    let open = refusal(60, RefusedWhy::Open);
    assert_eq!(health.try_acquire(&a, at(59)).err(), open);
    assert_eq!(health.state(&a, at(60)), BreakerState::HalfOpen);
    assert!(health.try_acquire(&a, at(60)).unwrap().is_probe());
}

#[test]
fn a_success_ends_the_row() {
    let (mut health, a) = (health(), route("a"));
    fail(&mut health, &a, 4, 0);
    health.record_success(&a, at(0));
    fail(&mut health, &a, 4, 0);
    assert_eq!(health.state(&a, at(0)), BreakerState::Closed);
}

#[test]
fn two_successes_close_and_one_failure_opens_again() {
    let (mut health, a) = opened();
    health.record_success(&a, at(30));
    assert_eq!(health.state(&a, at(30)), BreakerState::Open);
    health.record_success(&a, at(60));
    assert_eq!(health.state(&a, at(60)), BreakerState::HalfOpen);
    fail(&mut health, &a, 1, 61);
    assert_eq!(health.refused(&a, at(61)), refusal(121, RefusedWhy::Open));
    health.record_success(&a, at(121));
    health.record_success(&a, at(121));
    assert_eq!(health.state(&a, at(121)), BreakerState::Closed);
    fail(&mut health, &a, 4, 122);
    assert_eq!(health.state(&a, at(122)), BreakerState::Closed);
}

#[test]
fn three_probes_pass_and_each_way_of_giving_one_back_makes_room() {
    let ends = [
        Some(CallEnd::Success),
        Some(CallEnd::Abandoned),
        Some(failure(Cause::BadKey)),
        None,
    ];
    for end in ends {
        let (mut health, a) = opened();
        let mut probes: Vec<_> = (0..3)
            .map(|_| health.try_acquire(&a, at(60)).unwrap())
            .collect();
        let none = refusal(360, RefusedWhy::ProbesOut);
        assert_eq!(health.try_acquire(&a, at(60)).err(), none);
        let probe = probes.pop().unwrap();
        match end {
            Some(end) => health.settle(probe, end, at(61)),
            None => health.release(probe),
        }
        assert!(health.try_acquire(&a, at(61)).is_ok(), "{end:?}");
        assert!(health.try_acquire(&a, at(61)).is_err(), "{end:?}");
    }
}

#[test]
fn a_probe_that_nobody_gives_back_lapses() {
    let (mut health, a) = opened();
    for _ in 0..3 {
        let _lost = health.try_acquire(&a, at(60)).unwrap();
    }
    assert!(health.try_acquire(&a, at(359)).is_err());
    assert!(health.try_acquire(&a, at(360)).is_ok());
}

#[test]
fn probes_of_an_earlier_half_open_state_keep_their_places() {
    let (mut health, a) = opened();
    let old: Vec<_> = (0..3)
        .map(|_| health.try_acquire(&a, at(60)).unwrap())
        .collect();
    fail(&mut health, &a, 1, 61);
    let none = refusal(360, RefusedWhy::ProbesOut);
    assert_eq!(health.refused(&a, at(121)), none);
    for probe in old {
        health.settle(probe, CallEnd::Success, at(122));
    }
    let state = health.state(&a, at(122));
    assert_eq!(state, BreakerState::HalfOpen, "stale successes don't close");
    assert!(health.is_usable(&a, at(122)));
}

#[test]
fn a_call_from_before_the_opening_says_nothing_about_the_recovery() {
    let (mut health, a) = (health(), route("a"));
    let early = health.try_acquire(&a, at(0)).unwrap();
    let other = health.try_acquire(&a, at(0)).unwrap();
    fail(&mut health, &a, 5, 0);
    let probe = health.try_acquire(&a, at(60)).unwrap();
    health.settle(early, failure(Cause::ProviderTimeout), at(61));
    assert_eq!(health.state(&a, at(61)), BreakerState::HalfOpen);
    let reset = CallEnd::Failure {
        cause: Cause::RateLimited,
        reset: Some(at(100)),
    };
    health.settle(other, reset, at(62));
    let rests = refusal(100, RefusedWhy::Resting);
    assert_eq!(
        health.refused(&a, at(62)),
        rests,
        "but a named time is a fact"
    );
    health.settle(probe, failure(Cause::ProviderError), at(63));
    assert_eq!(health.refused(&a, at(63)), refusal(123, RefusedWhy::Open));
}

#[test]
fn only_what_the_route_is_to_blame_for_counts() {
    for cause in Cause::ALL {
        let (mut health, a) = (health(), route("a"));
        for _ in 0..5 {
            health.record_failure(&a, cause, Some(at(90)), at(0));
        }
        let expected = crate::recovery::route_to_blame(cause);
        assert_eq!(
            health.state(&a, at(0)) == BreakerState::Open,
            expected,
            "{cause}"
        );
        assert_eq!(!health.is_usable(&a, at(89)), expected, "{cause}");
    }
}

#[test]
fn a_named_time_is_kept_from_the_first_failure_on() {
    let (mut health, a) = (health(), route("a"));
    health.record_failure(&a, Cause::RateLimited, Some(at(20)), at(0));
    assert_eq!(health.state(&a, at(0)), BreakerState::Closed);
    assert_eq!(health.refused(&a, at(19)), refusal(20, RefusedWhy::Resting));
    health.record_success(&a, at(5));
    assert!(!health.is_usable(&a, at(19)));
    assert!(!health.try_acquire(&a, at(20)).unwrap().is_probe());
    health.record_failure(&a, Cause::RateLimited, Some(at(20)), at(30));
    assert!(health.is_usable(&a, at(30)), "a time in the past");
}

#[test]
fn an_opening_lasts_until_the_later_of_cool_down_and_named_time() {
    use RefusedWhy::{Open, Resting};
    for (reset, expected, why) in [
        (50, 60, Open),
        (3600, 3600, Resting),
        (1_000_000, 86_400, Resting),
    ] {
        let (mut health, a) = (health(), route("a"));
        fail(&mut health, &a, 4, 0);
        health.record_failure(&a, Cause::QuotaUntilReset, Some(at(reset)), at(0));
        let refused = refusal(expected, why);
        assert_eq!(health.refused(&a, at(0)), refused, "{reset}");
    }
    let (mut health, a) = opened();
    health.record_failure(&a, Cause::RateLimited, Some(at(200)), at(1));
    assert_eq!(health.refused(&a, at(1)), refusal(200, Resting));
}

#[test]
fn opening_by_hand_never_shortens() {
    let (mut health, a) = (health(), route("a"));
    health.open_now(&a, None, at(0));
    assert_eq!(health.refused(&a, at(0)), refusal(60, RefusedWhy::Open));
    health.open_now(&a, Some(at(500)), at(0));
    health.open_now(&a, Some(at(100)), at(0));
    assert_eq!(health.refused(&a, at(0)), refusal(500, RefusedWhy::Open));
    health.open_now(&a, Some(Timestamp::MAX), at(0));
    assert_eq!(health.refused(&a, at(0)), refusal(86_400, RefusedWhy::Open));
}

#[test]
fn a_clock_that_was_set_back_prolongs_nothing_for_long() {
    let (mut health, a) = (health(), route("a"));
    fail(&mut health, &a, 5, 10_000);
    assert!(!health.is_usable(&a, at(9_999)), "another caller's clock");
    assert!(health.is_usable(&a, at(6_400)));
    assert!(health.try_acquire(&a, at(6_400)).unwrap().is_probe());
}

#[test]
fn without_breakers_only_named_times_are_kept() {
    let (mut health, a) = (health_with(|p| p.enabled = false), route("a"));
    fail(&mut health, &a, 50, 0);
    health.open_now(&a, Some(at(1000)), at(0));
    assert!(health.is_usable(&a, at(0)));
    health.record_failure(&a, Cause::RateLimited, Some(at(20)), at(0));
    assert!(!health.is_usable(&a, at(19)));
}

#[test]
fn a_busy_route_lets_others_go_first_and_opens_no_breaker() {
    let (mut health, a, b) = (health(), route("a"), route("b"));
    let busy = |reset| CallEnd::Busy {
        cause: Cause::RateLimited,
        reset,
    };
    for _ in 0..10 {
        let call = health.try_acquire(&a, at(0)).unwrap();
        health.settle(call, busy(None), at(0));
    }
    assert_eq!(health.state(&a, at(0)), BreakerState::Closed);
    assert_eq!(health.available([&a, &b], at(0)), Some(&b));
    let counts = health.snapshot(at(0)).routes[0].counts;
    assert_eq!((counts.failed, counts.rate_limited), (10, 10));
    // A time that was named is kept.
    let call = health.try_acquire(&a, at(0)).unwrap();
    health.settle(call, busy(Some(at(20))), at(0));
    assert_eq!(health.refused(&a, at(1)), refusal(20, RefusedWhy::Resting));
    // A probe that meets it neither opens nor closes.
    let (mut health, a) = opened();
    let probe = health.try_acquire(&a, at(60)).unwrap();
    health.settle(probe, busy(None), at(61));
    assert_eq!(health.state(&a, at(61)), BreakerState::HalfOpen);
    assert!(health.is_usable(&a, at(61)));
}
