//! Sizes, numbers and patience: what a session does not take, and what does not hold it up.

use deckhands_testkit::{Reply, Times};

use super::*;

#[tokio::test]
async fn a_request_over_the_bound_makes_the_agent_condense() {
    let small = SessionLimits {
        request_bytes: 1 << 10,
        ..QUICK
    };
    let mut rig = Rig::new(small, [Step::say("fits")]).await;
    let seen = rig.chat(json!({ "padding": "x".repeat(1 << 10) })).await;
    assert_eq!(seen.status, 400);
    assert!(seen.text().contains("prompt is too long"));
    assert!(rig.facts.try_recv().is_err());
    assert_eq!(rig.calls(), 0);
    assert_eq!(rig.chat(json!({})).await.status, 200);
    assert_eq!(rig.fact().call, 1);
}

#[tokio::test]
async fn what_is_no_json_object_goes_nowhere() {
    let rig = Rig::new(QUICK, []).await;
    let bearer = format!("Bearer {TOKEN}");
    for body in ["", "[]", "{", "text"] {
        let request = request("POST", "/chat/completions", Some(&bearer), body);
        let seen = send(&rig.session, request).await;
        assert_eq!(seen.status, 400, "{body}");
        assert!(seen.json()["error"]["message"].is_string());
    }
    assert_eq!(rig.calls(), 0);
}

#[tokio::test]
async fn calls_above_the_bound_are_asked_to_come_again() {
    let two = SessionLimits {
        concurrent: 2,
        ..QUICK
    };
    let hang = Step::new(Reply::Hang(None)).times(Times::Count(2));
    let Rig { llm, session, .. } = Rig::new(two, [hang, Step::say("free again")]).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let session = session.clone();
        calls.spawn(async move { chat(&session, json!({})).await });
    }
    llm.wait_for_requests(2).await;
    let seen = chat(&session, json!({})).await;
    assert_eq!(seen.status, 503);
    assert!(seen.text().contains("too many calls"));
    assert_eq!(llm.requests().len(), 2);
    // Those who left make room.
    calls.shutdown().await;
    assert_eq!(chat(&session, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_call_along() {
    let hang = Step::new(Reply::Hang(None));
    let mut rig = Rig::new(QUICK, [hang, Step::say("next")]).await;
    let leave = async {
        tokio::select! {
            seen = rig.chat(json!({})) => Some(seen),
            () = rig.llm.wait_for_requests(1) => None,
        }
    };
    assert!(leave.await.is_none());
    assert!(rig.facts.try_recv().is_err());
    assert_eq!(rig.chat(json!({})).await.status, 200);
    assert_eq!(rig.fact().call, 2);
}

#[tokio::test]
async fn nobody_has_to_read_the_facts() {
    let step = Step::say("again").times(Times::Forever);
    let Rig {
        llm: _llm,
        session,
        facts,
    } = Rig::new(QUICK, [step]).await;
    drop(facts);
    for _ in 0..80 {
        assert_eq!(chat(&session, json!({})).await.status, 200);
    }
}

#[tokio::test]
async fn a_reader_that_is_behind_gets_every_fact() {
    const CALLS: u64 = 80;
    let step = Step::say("again").times(Times::Forever);
    let Rig {
        llm: _llm,
        session,
        mut facts,
    } = Rig::new(QUICK, [step]).await;
    let call = async {
        for _ in 0..CALLS {
            assert_eq!(chat(&session, json!({})).await.status, 200);
        }
    };
    let read = async {
        let mut numbers = Vec::new();
        while facts.len() < 64 {
            tokio::task::yield_now().await;
        }
        for _ in 0..CALLS {
            numbers.push(facts.recv().await.unwrap().call);
        }
        numbers
    };
    let ((), numbers) = tokio::join!(call, read);
    assert!(numbers.into_iter().eq(1..=CALLS));
}

#[tokio::test]
async fn what_the_provider_would_do_by_itself_is_refused_unless_it_is_allowed() {
    let wishes = [
        json!({ "tools": [{ "type": "web_search" }] }),
        json!({ "plugins": [{ "id": "web" }] }),
        json!({ "model": "a/b:online" }),
    ];
    let mut rig = Rig::new(QUICK, []).await;
    for wish in &wishes {
        let seen = rig.chat(wish.clone()).await;
        assert_eq!(seen.status, 400, "{wish}");
        assert!(seen.text().contains("the provider's own `"), "{seen:?}");
        let fact = rig.fact();
        assert_eq!((fact.cause, fact.gave_up), (Some(Cause::BadInput), false));
    }
    assert_eq!(rig.calls(), 0);
    let allowed = SessionLimits {
        provider_tools: true,
        ..QUICK
    };
    let served = Step::say("searched").times(Times::Forever);
    let rig = Rig::new(allowed, [served]).await;
    for wish in wishes {
        assert_eq!(rig.chat(wish.clone()).await.status, 200, "{wish}");
    }
    assert_eq!(rig.calls(), 3);
}
