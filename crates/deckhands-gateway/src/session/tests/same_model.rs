//! Two accounts at one provider are two routes to the same model.

use deckhands_testkit::{Dialect, ProviderError, Times};

use super::*;

/// The keys of the two, the preferred one first.
const KEYS: [&str; 2] = ["sk-own-0123456789", "sk-work-0123456789"];

/// A refusal that is about the account, or about its free models.
async fn goes_on_after(refusal: ProviderError, status: u16) {
    let model = ModelId::resolve("openrouter/a/b:free").unwrap();
    let ids = [model.clone(), model.by_route("work").unwrap()];
    let steps = [
        Step::provider_error(Dialect::OpenRouter, refusal),
        Step::say("by the other account"),
    ];
    let (mut llms, mut routes) = (Vec::new(), Vec::new());
    for ((id, key), step) in ids.iter().zip(KEYS).zip(steps) {
        let script = Script::new([step.times(Times::Forever)]);
        let llm = ScriptedLlm::start(script, ([127, 0, 0, 1], 0).into());
        let llm = llm.await.unwrap();
        let address = llm.base_url("127.0.0.1");
        let key = Some(ProviderKey::new(key));
        routes.push(Route {
            model: id.clone(),
            upstream: Upstream::of(id, Some(&address), key).unwrap(),
            price: None,
            max_output_tokens: 1000,
        });
        llms.push(llm);
    }
    let spec = SessionSpec {
        routes,
        ..spec(upstream("http://nowhere", "openai"), TOKEN, QUICK)
    };
    let (session, mut facts) = gateway().open(spec).unwrap();
    let seen = chat(&session, json!({})).await;
    assert_eq!(seen.status, 200, "{refusal:?}: {seen:?}");
    let fact = facts.try_recv().expect("a fact of the call");
    assert_eq!(fact.route.as_ref(), Some(&ids[1]));
    assert_eq!(fact.earlier.len(), 1, "{fact:?}");
    assert_eq!(fact.earlier[0].route, ids[0]);
    assert_eq!(fact.earlier[0].status, Some(status), "{fact:?}");
    for (llm, key) in llms.iter().zip(KEYS) {
        let requests = llm.requests();
        assert_eq!(requests.len(), 1, "{refusal:?}");
        assert!(requests[0].bearer_is(key), "{refusal:?}");
        assert_eq!(requests[0].model.as_deref(), Some("a/b:free"));
    }
}

#[tokio::test]
async fn one_goes_on_where_the_other_is_refused_for_good() {
    goes_on_after(ProviderError::BadKey, 401).await;
    goes_on_after(ProviderError::OutOfCredit, 402).await;
}

#[tokio::test]
async fn one_goes_on_where_the_free_calls_of_the_other_are_used_up() {
    // Ten hours after the clock of these tests begins.
    goes_on_after(ProviderError::QuotaUntil(36_000_000), 429).await;
}
