//! Choice between routes, bounds, figures and snapshots.

use super::*;

#[test]
fn the_first_usable_route_is_taken_and_the_first_comes_back() {
    let mut health = health();
    let routes = [route("a"), route("b"), route("c")];
    let taken = |health: &RouteHealth, now| health.available(&routes, at(now)).cloned();
    assert_eq!(taken(&health, 0), Some(route("a")));
    fail(&mut health, &routes[0], 5, 0);
    assert_eq!(taken(&health, 0), Some(route("b")));
    health.open_now(&routes[1], None, at(0));
    health.record_failure(&routes[2], Cause::RateLimited, Some(at(30)), at(0));
    assert_eq!(taken(&health, 0), None);
    assert_eq!(taken(&health, 30), Some(route("c")));
    assert_eq!(taken(&health, 60), Some(route("a")), "it may be probed");
    assert_eq!(health.available(&[], at(60)), None);
}

#[test]
fn after_three_failures_other_routes_go_first_for_a_while() {
    let mut health = health();
    let routes = [route("a"), route("b")];
    fail(&mut health, &routes[0], 2, 0);
    assert_eq!(health.available(&routes, at(0)), Some(&routes[0]));
    fail(&mut health, &routes[0], 1, 0);
    assert_eq!(health.available(&routes, at(0)), Some(&routes[1]));
    assert_eq!(health.available(&routes[..1], at(0)), Some(&routes[0]));
    assert_eq!(health.available(&routes, at(60)), Some(&routes[0]));
    health.record_success(&routes[0], at(1));
    assert_eq!(health.available(&routes, at(1)), Some(&routes[0]));
}

#[test]
fn a_full_registry_forgets_the_healthy_route_that_was_unused_longest() {
    let mut health = health_with(|p| p.routes = 2);
    fail(&mut health, &route("open"), 5, 0);
    health.record_success(&route("old"), at(1));
    health.record_success(&route("new"), at(2));
    let names = |health: &RouteHealth| -> Vec<_> {
        let snapshot = health.snapshot(at(3));
        snapshot.routes.into_iter().map(|r| r.route).collect()
    };
    assert_eq!(names(&health), [route("new"), route("open")]);
    health.open_now(&route("new"), None, at(3));
    fail(&mut health, &route("third"), 5, 3);
    assert!(health.try_acquire(&route("third"), at(3)).is_ok());
    assert_eq!(names(&health), [route("new"), route("open")]);
    assert_eq!(health.snapshot(at(3)).untracked, 1);
}

#[test]
fn a_snapshot_tells_all_and_can_be_stored() {
    let (mut health, a) = (health(), route("a"));
    let call = health.try_acquire(&a, at(0)).unwrap();
    health.settle(call, failure(Cause::RateLimited), at(0));
    fail(&mut health, &a, 4, 1);
    assert!(health.try_acquire(&a, at(2)).is_err());
    let probe = health.try_acquire(&a, at(61)).unwrap();
    let snapshot = health.snapshot(at(61));
    let expected = RouteSnapshot {
        route: a,
        state: BreakerState::HalfOpen,
        refused_until: None,
        failures_in_a_row: 5,
        probes_out: 1,
        last_used: at(61),
        counts: RouteCounts {
            permitted: 2,
            refused: 1,
            succeeded: 0,
            failed: 5,
            rate_limited: 1,
            state_changes: 2,
        },
    };
    assert_eq!(snapshot.routes, [expected]);
    let text = serde_json::to_string(&snapshot).unwrap();
    let read: HealthSnapshot = serde_json::from_str(&text).unwrap();
    assert_eq!(read, snapshot);
    health.release(probe);
    assert_eq!(health.snapshot(at(61)).routes[0].probes_out, 0);
}

#[test]
fn figures_outside_their_bounds_are_refused_by_name() {
    type Change = fn(&mut BreakerPolicyParts);
    let rows: [(&str, Change); 13] = [
        ("failures", |p| p.failures = 0),
        ("failures", |p| p.failures = 21),
        ("cooldown_seconds", |p| p.cooldown_seconds = 9),
        ("cooldown_seconds", |p| p.cooldown_seconds = 601),
        ("probes", |p| p.probes = 0),
        ("successes", |p| p.successes = 0),
        ("probe_seconds", |p| p.probe_seconds = 0),
        ("probe_seconds", |p| p.probe_seconds = 3601),
        ("rotate_after", |p| p.rotate_after = 0),
        ("longest_seconds", |p| p.longest_seconds = 59),
        ("longest_seconds", |p| p.longest_seconds = 604_801),
        ("routes", |p| p.routes = 0),
        ("routes", |p| p.routes = 10_001),
    ];
    for (field, change) in rows {
        let mut parts = BreakerPolicyParts::default();
        change(&mut parts);
        assert_eq!(BreakerPolicy::try_new(parts).unwrap_err().field, field);
    }
}

#[test]
fn stored_policies_are_checked_when_they_are_read() {
    let policy = BreakerPolicy::default();
    assert_eq!(BreakerPolicy::try_new(policy.parts()), Ok(policy));
    let text = serde_json::to_string(&policy).unwrap();
    assert_eq!(
        serde_json::from_str::<BreakerPolicy>(&text).unwrap(),
        policy
    );
    let refused = serde_json::from_str::<BreakerPolicy>(r#"{"failures":0}"#).unwrap_err();
    assert!(refused.to_string().contains("`failures`"), "{refused}");
}
