//! What is remembered of routes, and which one goes first.

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;

/// A health with a clock that tests move.
fn health() -> (Health, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(1_000));
    let told = clock.clone();
    let now = move || Timestamp::from_second(told.load(Ordering::Relaxed)).unwrap();
    (Health::new(BreakerPolicy::default(), Arc::new(now)), clock)
}

fn model(id: &str) -> ModelId {
    ModelId::resolve(id).unwrap()
}

fn first(health: &Health, routes: &[&ModelId]) -> Option<usize> {
    health
        .acquire_one_of(routes)
        .ok()
        .map(|(place, _permit)| place)
}

#[test]
fn a_rest_closes_what_it_is_about_and_ends() {
    let (health, clock) = health();
    let (a, b, paid) = (
        model("openrouter/a/a:free"),
        model("openrouter/b/b:free"),
        model("openrouter/c/c"),
    );
    health.rest(&a, Scope::Free, Duration::from_secs(30));
    assert_eq!(first(&health, &[&a, &b]), None);
    assert_eq!(first(&health, &[&a, &b, &paid]), Some(2));
    let refused = health.refused(&b).unwrap();
    assert_eq!(refused.until.as_second(), 1_030);
    assert_eq!(refused.why, RefusedWhy::Resting);
    clock.store(1_030, Ordering::Relaxed);
    assert_eq!(first(&health, &[&a, &b]), Some(0));
    // A clock set far back: a rest is over that would begin in the future.
    clock.store(10, Ordering::Relaxed);
    assert!(health.is_usable(&a));
}

#[test]
fn one_that_failed_again_and_again_lets_others_go_first() {
    let (health, _clock) = health();
    let (a, b) = (model("openai/a"), model("openai/b"));
    assert_eq!(first(&health, &[&a, &b]), Some(0));
    for _ in 0..3 {
        health.record_failure(&a, Cause::ProviderError, None);
    }
    assert_eq!(first(&health, &[&a, &b]), Some(1));
    assert_eq!(first(&health, &[&a]), Some(0), "it is not closed");
    health.open_now(&b);
    assert_eq!(first(&health, &[&a, &b]), Some(0));
}

#[test]
fn a_dropped_permit_makes_room_for_another_probe() {
    let (health, clock) = health();
    let a = model("openai/a");
    health.open_now(&a);
    assert!(health.acquire_one_of(&[&a]).is_err());
    clock.store(1_061, Ordering::Relaxed);
    let probes: Vec<_> = (0..3)
        .map(|_| health.acquire_one_of(&[&a]).unwrap())
        .collect();
    let refused = health.acquire_one_of(&[&a]).err().flatten().unwrap();
    assert_eq!(refused.why, RefusedWhy::ProbesOut);
    drop(probes);
    for _ in 0..2 {
        let (_, permit) = health.acquire_one_of(&[&a]).unwrap();
        permit.settle(None, None);
    }
    let state = health.snapshot().routes[0].state;
    assert_eq!(
        state,
        deckhands_resilience::route_health::BreakerState::Closed
    );
}

#[test]
fn rests_are_bounded_and_the_shortest_goes() {
    let (health, _clock) = health();
    for number in 0..=MOST_RESTS as u64 {
        let account = model(&format!("openai/m{number}"));
        health.rest(&account, Scope::Model, Duration::from_secs(100 + number));
    }
    assert!(health.is_usable(&model("openai/m0")));
    assert!(!health.is_usable(&model("openai/m1")));
    assert!(!health.is_usable(&model(&format!("openai/m{MOST_RESTS}"))));
}

/// A route of OpenRouter with this key.
fn route(id: &str, key: &str) -> Route {
    let model = model(id);
    let key = crate::secret::ProviderKey::new(key);
    let upstream = crate::upstream::Upstream::of(&model, None, Some(key)).unwrap();
    Route {
        model,
        upstream,
        price: None,
        max_output_tokens: 1000,
    }
}

#[test]
fn a_refusal_of_one_account_leaves_the_other_one_alone() {
    let (health, _clock) = health();
    let (own, same, work, unknown) = (
        model("openrouter/a/a:free"),
        model("openrouter/b/b:free"),
        model("openrouter/a/a:free~work"),
        model("openrouter/c/c:free"),
    );
    health.know(&route(own.as_str(), "sk-own"));
    health.know(&route(same.as_str(), "sk-own"));
    health.know(&route(work.as_str(), "sk-work"));
    for scope in [Scope::Free, Scope::Account] {
        assert!(health.covers(scope, &own, &same), "{scope:?}");
        assert!(!health.covers(scope, &own, &work), "{scope:?}");
        assert!(health.covers(scope, &own, &unknown), "{scope:?}");
    }
    assert!(!health.covers(Scope::Model, &own, &work));
    health.rest(&own, Scope::Account, Duration::from_secs(30));
    assert_eq!(first(&health, &[&own, &same, &work]), Some(2));
}
