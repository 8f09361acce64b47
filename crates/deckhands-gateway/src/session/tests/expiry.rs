//! A token that ends by itself.

use deckhands_testkit::{EventForm, Mishap, Place, Times};
use tokio::time::Instant;

use super::paid::{figures, money, rich, worst};
use super::*;
use crate::money::Price;

/// Enough for two calls to be under way.
const SOON: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_token_whose_time_is_over_ends_its_calls_and_is_a_strangers() {
    // A document that stops in its middle, and a stream after its first content.
    let form = EventForm {
        chunk_chars: 3,
        ..EventForm::default()
    };
    let stalled = Step::say("one two").streamed_as(form);
    let stalled = stalled.broken(Place::Chunks(1), Mishap::Stall(None));
    let script = Script::new([stalled.times(Times::Count(2))]);
    let llm = ScriptedLlm::start(script, ([127, 0, 0, 1], 0).into());
    let llm = llm.await.unwrap();
    let spec = spec(
        upstream(&llm.base_url("127.0.0.1"), "openrouter"),
        TOKEN,
        QUICK,
    );
    let expires = Instant::now() + SOON;
    let spec = SessionSpec {
        expires: Some(expires),
        ..spec
    };
    let (session, mut facts) = gateway().open(spec).unwrap();
    let (whole, streamed) = tokio::join!(
        chat(&session, json!({})),
        chat(&session, json!({ "stream": true }))
    );
    assert!(Instant::now() >= expires, "{whole:?} {streamed:?}");
    assert_eq!(whole.status, 401);
    assert_eq!(streamed.status, 200);
    let text = streamed.text();
    assert!(text.contains("one"), "{text}");
    assert!(
        !text.contains("[DONE]") && !text.contains("error"),
        "{text}"
    );
    llm.wait_until_idle().await;
    assert!(facts.recv().await.is_none());
    let bearer = format!("Bearer {TOKEN}");
    for (method, path) in [("POST", "/v1/chat/completions"), ("GET", "/v1/models")] {
        let refused = send(&session, request(method, path, Some(&bearer), "{}")).await;
        assert_eq!(refused.status, 401, "{path}");
    }
    assert_eq!(llm.requests().len(), 2);
}

/// Nobody knows how much of an answer there was.
#[tokio::test]
async fn a_call_that_its_token_ends_is_booked_at_its_worst() {
    let hang = Step::new(deckhands_testkit::Reply::Hang(None));
    let llm = ScriptedLlm::start(Script::new([hang]), ([127, 0, 0, 1], 0).into());
    let (llm, ledger) = (llm.await.unwrap(), rich());
    let mut spec = SessionSpec {
        expires: Some(Instant::now() + SOON),
        money: Some(money(&ledger)),
        ..spec(
            upstream(&llm.base_url("127.0.0.1"), "openrouter"),
            TOKEN,
            QUICK,
        )
    };
    // As `worst` counts: in dollars for a million tokens.
    spec.routes[0].price = Some(Price::per_million(1.0, 2.0).unwrap());
    let (session, _facts) = gateway().open(spec).unwrap();
    assert_eq!(chat(&session, json!({})).await.status, 401);
    session.close().await.unwrap();
    let worst = worst(llm.requests()[0].body_len);
    assert_eq!(figures(&ledger), (0, worst));
}
