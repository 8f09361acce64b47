//! A session calls its own models, whichever a request names.

use deckhands_testkit::Times;

use super::paid::paid;
use super::*;

#[tokio::test]
async fn whichever_model_a_request_names_the_sessions_own_is_called() {
    let mut rig = Rig::new(QUICK, [Step::say("served").times(Times::Forever)]).await;
    let rows = [
        json!({ "model": "openai/gpt-dear" }),
        json!({ "model": MODEL, "models": ["openai/gpt-dear"], "route": "fallback" }),
        json!({ "model": "@preset/dear", "preset": "dear" }),
        json!({ "model": null, "fallbacks": ["openai/gpt-dear"] }),
    ];
    for asked in rows {
        assert_eq!(rig.chat(asked.clone()).await.status, 200, "{asked}");
        let fact = rig.fact();
        assert_eq!(fact.model.as_deref(), Some(MODEL), "{asked}");
        let sent = rig.llm.requests().pop().unwrap();
        assert_eq!(sent.model.as_deref(), Some(MODEL), "{asked}");
        let body = String::from_utf8(sent.body().unwrap().to_vec()).unwrap();
        assert!(!body.contains("dear"), "{body}");
    }
    assert_eq!(rig.llm.served_of(MODEL).whole.completions, 4);
}

/// A cap is held for models whose price is known.
#[tokio::test]
async fn where_money_is_bounded_a_request_that_names_others_is_refused() {
    let (mut rig, _ledger) = paid(QUICK, [Step::say("served")]).await;
    let rows = [
        (json!({ "models": ["openai/gpt-dear"] }), "`models`"),
        (json!({ "preset": "dear" }), "`preset`"),
    ];
    for (asked, named) in rows {
        let seen = rig.chat(asked).await;
        assert_eq!(seen.status, 400, "{seen:?}");
        assert!(seen.text().contains(named), "{}", seen.text());
        assert_eq!(rig.fact().cause, Some(Cause::BadInput));
    }
    assert_eq!(rig.calls(), 0);
    assert_eq!(rig.chat(json!({ "model": "other" })).await.status, 200);
}
