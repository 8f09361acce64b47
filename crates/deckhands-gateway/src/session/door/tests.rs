//! Who comes in, and what a shut door means for those inside.

use std::time::Duration;

use futures::FutureExt as _;
use http::HeaderValue;

use super::*;

const TOKEN: &str = "0123456789abcdef";

fn door() -> (Door, mpsc::Receiver<GatewayFact>) {
    Door::new(SecretHash::of(TOKEN), 8, None)
}

fn admit(door: &Door, authorization: Option<&str>) -> Option<Visit> {
    let value = authorization.map(|text| HeaderValue::from_str(text).unwrap());
    door.admit(&HeaderMap::from_iter(
        value.map(|value| (AUTHORIZATION, value)),
    ))
}

#[test]
fn only_the_bearer_of_the_token_comes_in() {
    let (door, _facts) = door();
    let rows = [
        (Some("Bearer 0123456789abcdef"), true),
        (Some("bearer 0123456789abcdef"), true),
        (Some("Bearer 0123456789abcdee"), false),
        (Some("Bearer  0123456789abcdef"), false),
        (Some("Bearer "), false),
        (Some("Bearer"), false),
        (Some("Basic 0123456789abcdef"), false),
        (Some("0123456789abcdef"), false),
        (Some(""), false),
        (None, false),
    ];
    for (value, comes_in) in rows {
        assert_eq!(admit(&door, value).is_some(), comes_in, "{value:?}");
    }
}

#[tokio::test]
async fn a_shut_door_ends_visits_and_facts() {
    let (door, mut facts) = door();
    let visit = admit(&door, Some("Bearer 0123456789abcdef")).unwrap();
    assert_eq!(visit.while_open(async { 1 }).await, Some(1));
    door.shut();
    assert!(admit(&door, Some("Bearer 0123456789abcdef")).is_none());
    let never = visit.while_open(std::future::pending::<()>());
    assert_eq!(never.await, None);
    drop(visit);
    assert!(facts.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_door_whose_time_is_over_is_shut_though_nobody_comes() {
    let minute = Duration::from_secs(60);
    let (door, mut facts) = Door::new(SecretHash::of(TOKEN), 8, Some(Instant::now() + minute));
    let begun = Instant::now();
    let visit = admit(&door, Some("Bearer 0123456789abcdef")).unwrap();
    assert_eq!(visit.while_open(std::future::pending::<()>()).await, None);
    let took = begun.elapsed();
    assert!(took >= minute && took < minute * 2, "{took:?}");
    visit.shut().await;
    drop(visit);
    assert!(admit(&door, Some("Bearer 0123456789abcdef")).is_none());
    assert!(facts.recv().await.is_none());
    // Not even in the moment before its timer has run.
    let (door, _facts) = Door::new(SecretHash::of(TOKEN), 8, Some(Instant::now()));
    assert!(admit(&door, Some("Bearer 0123456789abcdef")).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_door_that_was_shut_before_its_time_stays_so() {
    let soon = Instant::now() + Duration::from_secs(1);
    let (door, mut facts) = Door::new(SecretHash::of(TOKEN), 8, Some(soon));
    door.shut();
    assert!(admit(&door, Some("Bearer 0123456789abcdef")).is_none());
    assert!(facts.recv().await.is_none());
    sleep_until(soon + Duration::from_secs(1)).await;
    assert!(admit(&door, Some("Bearer 0123456789abcdef")).is_none());
}

/// A stream holds its place for as long as it is open.
#[tokio::test]
async fn places_that_are_held_keep_nobody_from_telling() {
    let (door, mut facts) = door();
    let visit = admit(&door, Some("Bearer 0123456789abcdef")).unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(visit.reserve().await.unwrap());
    }
    for call in 0..WAITING_FACTS {
        let told = visit.tell(fact(call as u64)).now_or_never();
        assert!(told.is_some(), "{call}");
    }
    held.pop().unwrap().send(fact(1000));
    let mut told = Vec::new();
    while let Ok(fact) = facts.try_recv() {
        told.push(fact.call);
    }
    assert_eq!(told.len(), WAITING_FACTS + 1);
}

fn fact(call: u64) -> GatewayFact {
    GatewayFact {
        call,
        route: None,
        earlier: Vec::new(),
        cause: None,
        status: Some(200),
        fault: None,
        detail: String::new(),
        retry_after: None,
        model: None,
        usage: deckhands_model::Usage::default(),
        took: std::time::Duration::ZERO,
        held: std::time::Duration::ZERO,
        gave_up: false,
        account: deckhands_model::CallAccount::default(),
    }
}
