//! Many sessions in one gateway: each is found by its token, and none is kept that is gone.

use deckhands_model::{Cause, ModelId};
use deckhands_resilience::route_health::BreakerPolicy;
use http_body_util::{BodyExt as _, Full};
use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::limits::SessionLimits;
use crate::loops::LoopPolicy;
use crate::route::Route;
use crate::upstream::Upstream;

const MANY: usize = 10_000;

fn gateway() -> Gateway {
    let health = Health::new(BreakerPolicy::default(), Arc::new(|| Timestamp::UNIX_EPOCH));
    Gateway::new(health, Arc::new(|_| Cause::ProviderError))
}

fn token(n: usize) -> String {
    format!("the token of number {n:08}")
}

/// Opens the session of a number, which has a model of its own. Nobody reads what is told.
fn open(gateway: &Gateway, n: usize) -> Session {
    let upstream = Upstream {
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        key: None,
        model: format!("model-{n}"),
        provider: "openai".to_owned(),
    };
    let route = Route {
        model: ModelId::resolve("openai/m").unwrap(),
        upstream,
        price: None,
        max_output_tokens: 1000,
    };
    let opened = gateway.open(SessionSpec {
        token: SecretHash::of(token(n)),
        expires: None,
        routes: vec![route],
        limits: SessionLimits::default(),
        money: None,
        loops: LoopPolicy::NEVER,
        recorder: None,
        replay: None,
    });
    opened.unwrap().0
}

/// The model that whoever has this token is offered, or the status of a refusal.
async fn offered(gateway: &Gateway, token: &str) -> Result<String, u16> {
    let request = Request::get("/v1/models").header("authorization", format!("Bearer {token}"));
    let request = request.body(Full::new(Bytes::new())).unwrap();
    let (head, body) = gateway.handle(request).await.into_parts();
    if head.status != 200 {
        return Err(head.status.as_u16());
    }
    let body = body.collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    Ok(body["data"][0]["id"].as_str().unwrap().to_owned())
}

fn listed(gateway: &Gateway) -> usize {
    gateway.inner.sessions().len()
}

#[tokio::test]
async fn each_of_ten_thousand_sessions_is_found_and_all_are_given_back() {
    let gateway = gateway();
    let sessions: Vec<_> = (0..MANY).map(|n| open(&gateway, n)).collect();
    assert_eq!(listed(&gateway), MANY);
    for n in 0..MANY {
        assert_eq!(offered(&gateway, &token(n)).await, Ok(format!("model-{n}")));
    }
    assert_eq!(offered(&gateway, &token(MANY)).await, Err(401));
    sessions.iter().for_each(Session::revoke);
    for n in 0..MANY {
        assert_eq!(offered(&gateway, &token(n)).await, Err(401), "{n}");
    }
    drop(sessions);
    assert_eq!(listed(&gateway), 0);
    let kept = gateway.inner.sessions().capacity();
    assert!(kept < 100, "room is kept for {kept}");
}

#[tokio::test]
async fn a_session_takes_off_the_list_only_itself() {
    let gateway = gateway();
    let (first, other) = (open(&gateway, 0), open(&gateway, 1));
    let again = open(&gateway, 0);
    assert_eq!(listed(&gateway), 2, "one for each token");
    drop(first);
    assert_eq!(offered(&gateway, &token(0)).await, Ok("model-0".to_owned()));
    let clone = again.clone();
    drop(again);
    assert_eq!(listed(&gateway), 2);
    drop(clone);
    assert_eq!(offered(&gateway, &token(0)).await, Err(401));
    assert_eq!(offered(&gateway, &token(1)).await, Ok("model-1".to_owned()));
    assert_eq!(listed(&gateway), 1);
    // One that outlives its gateway has no list to leave.
    drop(gateway);
    drop(other);
}
