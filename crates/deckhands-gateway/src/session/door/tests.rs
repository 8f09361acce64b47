//! Who comes in, and what a shut door means for those inside.

use http::HeaderValue;

use futures::FutureExt as _;

use super::*;

const TOKEN: &str = "0123456789abcdef";

fn admit(door: &Door, authorization: Option<&str>) -> Option<Visit> {
    let value = authorization.map(|text| HeaderValue::from_str(text).unwrap());
    door.admit(&HeaderMap::from_iter(
        value.map(|value| (AUTHORIZATION, value)),
    ))
}

#[test]
fn only_the_bearer_of_the_token_comes_in() {
    let (door, _facts) = Door::new(SecretHash::of(TOKEN), 8);
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
    let (door, mut facts) = Door::new(SecretHash::of(TOKEN), 8);
    let visit = admit(&door, Some("Bearer 0123456789abcdef")).unwrap();
    assert_eq!(visit.while_open(async { 1 }).await, Some(1));
    door.shut();
    assert!(admit(&door, Some("Bearer 0123456789abcdef")).is_none());
    let never = visit.while_open(std::future::pending::<()>());
    assert_eq!(never.await, None);
    drop(visit);
    assert!(facts.recv().await.is_none());
}

/// A stream holds its place for as long as it is open.
#[tokio::test]
async fn places_that_are_held_keep_nobody_from_telling() {
    let (door, mut facts) = Door::new(SecretHash::of(TOKEN), 8);
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
    }
}
