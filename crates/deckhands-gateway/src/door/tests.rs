//! Who comes in, and what a shut door means for those inside.

use http::HeaderValue;

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
    let (door, _facts) = Door::new(SecretHash::of(TOKEN));
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
    let (door, mut facts) = Door::new(SecretHash::of(TOKEN));
    let visit = admit(&door, Some("Bearer 0123456789abcdef")).unwrap();
    assert_eq!(visit.while_open(async { 1 }).await, Some(1));
    door.shut();
    assert!(admit(&door, Some("Bearer 0123456789abcdef")).is_none());
    let never = visit.while_open(std::future::pending::<()>());
    assert_eq!(never.await, None);
    drop(visit);
    assert!(facts.recv().await.is_none());
}
