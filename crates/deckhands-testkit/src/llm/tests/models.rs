//! Steps by model, and what was served of them.

use super::*;
use crate::script::{Mishap, Place, Usage};

const SCRIPT: &str = r#"{
    "steps": [{"text": "common"}],
    "after_end": "repeat_last",
    "models": {
        "a": {"steps": [{"text": "first"}, {"text": "second"}]},
        "b": {"steps": [{"status": 500}], "after_end": "repeat_last"}
    }
}"#;

fn of(model: &str) -> Value {
    json!({ "model": model })
}

fn priced(cost: f64) -> Usage {
    Usage {
        prompt_tokens: 100,
        completion_tokens: 20,
        cached_tokens: Some(60),
        cost: Some(cost),
    }
}

#[tokio::test]
async fn the_model_chooses_the_steps() {
    let llm = start(Script::from_json(SCRIPT).unwrap()).await;
    let rows = [
        ("a", 200, Some("first")),
        ("b", 500, None),
        ("other", 200, Some("common")),
        ("a", 200, Some("second")),
        ("b", 500, None),
    ];
    for (model, status, text) in rows {
        let seen = chat(llm.addr(), of(model)).await.unwrap();
        assert_eq!(seen.status, status, "{model}");
        let json = seen.json();
        assert_eq!(
            json["choices"][0]["message"]["content"].as_str(),
            text,
            "{model}"
        );
    }
    assert!(!llm.ran_off_end());
    assert_eq!(chat(llm.addr(), of("a")).await.unwrap().status, 599);
    assert!(llm.ran_off_end());
    let requests = llm.requests_of("a");
    let steps: Vec<_> = requests.iter().map(|request| request.step).collect();
    assert_eq!(steps, [Some(1), Some(2), None]);
    let times = llm.requests();
    assert!(times.is_sorted_by_key(|request| request.at));
    assert_eq!((times.len(), llm.requests_of("none").len()), (6, 0));
    llm.shutdown().await;
}

#[tokio::test]
async fn an_unknown_model_is_refused_as_openai_does() {
    let script = r#"{"models": {"a": {"steps": [{"text": "hi"}]}}}"#;
    let llm = start(Script::from_json(script).unwrap()).await;
    let seen = chat(llm.addr(), of("z")).await.unwrap();
    assert_eq!(seen.status, 404);
    let wanted = json!({ "error": {
        "message": "The model `z` does not exist or you do not have access to it.",
        "type": "invalid_request_error",
        "param": null,
        "code": "model_not_found",
    } });
    assert_eq!(seen.json(), wanted);
    assert!(!llm.ran_off_end());
    assert_eq!(chat(llm.addr(), of("a")).await.unwrap().status, 200);
    let list = send(llm.addr(), "GET", "/v1/models", "").await.unwrap();
    let list = list.json()["data"].take();
    assert_eq!((list[0]["id"].as_str(), list.get(1)), (Some("a"), None));
    assert_eq!(llm.served_of("z").whole.completions, 0);
    llm.shutdown().await;
}

#[tokio::test]
async fn what_was_served_is_summed_exactly() {
    let say = |cost: f64| Step::say("text").usage(priced(cost));
    let cut = say(0.4).broken(Place::Chunks(1), Mishap::Cut);
    let error = ProviderError::Internal;
    let failed = Step::provider_error_after(Dialect::OpenRouter, error, 1).usage(priced(0.8));
    let steps = [
        say(0.1),
        say(0.2),
        cut,
        failed,
        Step::new(Reply::Truncate).usage(priced(1.6)),
        Step::status(500, json!({})),
        Step::new(Reply::ErrorIn200(json!({}))),
        Step::new(Reply::Raw("{}".into())),
        Step::new(Reply::Reset),
    ];
    for extra in [json!({ "model": "a" }), streamed()] {
        let script = Script::new(steps.clone()).model("b", Script::new([Step::say("unpriced")]));
        let llm = start(script).await;
        for _ in &steps {
            // Some of them give no answer.
            let _ = chat(llm.addr(), extra.clone()).await;
        }
        chat(llm.addr(), of("b")).await.unwrap();
        let served = llm.served();
        let whole = Charge {
            completions: 3,
            prompt_tokens: 900,
            completion_tokens: 90,
            cached_tokens: 120,
            cost_nanos: 300_000_000,
            unpriced: 1,
        };
        assert_eq!(served.whole, whole, "{extra}");
        let begun = (served.begun.completions, served.begun.cost_nanos);
        assert_eq!(begun, (3, 2_800_000_000), "{extra}");
        let name = extra["model"].as_str().unwrap_or("m");
        assert_eq!(llm.served_of(name).whole.completions, 2);
        assert_eq!(llm.served_of("b").whole.unpriced, 1);
        llm.shutdown().await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_seen() {
    let stalled = Step::say("text").broken(Place::Chunks(1), Mishap::Stall(None));
    let llm = serve([stalled, Step::new(Reply::Hang(None))]).await;
    for (number, first) in [(1, "cho"), (2, "")] {
        let mut stream = TcpStream::connect(llm.addr()).await.unwrap();
        let request =
            "POST /v1/chat/completions HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(request.as_bytes()).await.unwrap();
        llm.wait_for_requests(number).await;
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains(first) {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
        }
        assert_eq!(llm.open_answers(), 1);
        drop(stream);
        timeout(Duration::from_secs(10), llm.wait_until_idle())
            .await
            .unwrap();
        assert_eq!(llm.open_answers(), 0);
    }
    let served = llm.served();
    assert_eq!((served.whole.completions, served.begun.completions), (0, 1));
    llm.shutdown().await;
}
