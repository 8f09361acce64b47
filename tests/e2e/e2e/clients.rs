//! Programs that use the packages `openai` and `litellm` as they come: to them the gateway is a
//! provider like any other.

mod python;
mod served;

use std::collections::BTreeMap;
use std::time::Duration;

use deckhands_e2e::CANARY;
use deckhands_gateway::SessionLimits;
use deckhands_testkit::{
    Dialect, EventForm, Mishap, Place, ProviderError, RecordedRequest, Reply, Script, ScriptedLlm,
    Step, Times, ToolCall, Usage,
};
use serde_json::{Value, json};
use served::{Routes, Served};
use tokio::runtime::Runtime;

/// Between two events of a stream. A client that sees them closer than a third of it had them merged.
const PACE: Duration = Duration::from_millis(600);

/// What a stream says, in the pieces in which it comes.
const PIECES: [&str; 4] = ["one, ", "two, ", "three", "."];

/// The models of the sessions, the preferred one first.
const MODELS: [&str; 2] = ["openrouter/scripted/first", "openrouter/scripted/second"];

/// Sessions in which no call is held, and many may fail.
const IMPATIENT: &str = "unavailable";

/// What a client made of its answers, by case, and what the provider was asked.
struct Told {
    cases: BTreeMap<String, Value>,
    requests: Vec<RecordedRequest>,
}

fn paced(text: &str) -> Step {
    Step::say(text).streamed_as(EventForm {
        chunk_chars: 5,
        every: Some(PACE),
        ..EventForm::default()
    })
}

fn two_calls() -> Step {
    let call = |tool: &str, path: &str| ToolCall {
        tool: tool.to_owned(),
        args: json!({ "path": path })
            .as_object()
            .cloned()
            .unwrap_or_default(),
    };
    Step::new(Reply::Call {
        text: String::new(),
        calls: vec![call("read", "a.txt"), call("write", "b \"ä\".txt")],
    })
}

fn failing(error: ProviderError) -> Step {
    Step::provider_error(Dialect::OpenRouter, error)
}

/// What the provider does in each case that calls it.
fn scripts() -> Vec<(&'static str, Step)> {
    let tokens = Usage {
        prompt_tokens: 11,
        completion_tokens: 7,
        cached_tokens: None,
        cost: Some(0.25),
    };
    let in_small_parts = EventForm {
        chunk_chars: 3,
        ..EventForm::default()
    };
    vec![
        ("plain", Step::say("hello there").usage(tokens)),
        ("stream", paced(&PIECES.concat()).usage(tokens)),
        ("as-documented", Step::say("hello there").usage(tokens)),
        ("tools", two_calls()),
        ("streamed-tools", two_calls().streamed_as(in_small_parts)),
        ("odd-fields", Step::say("taken")),
        ("too-long", failing(ProviderError::ContextWindow)),
        (
            "cut",
            paced(&PIECES.concat()).broken(Place::Chunks(2), Mishap::Cut),
        ),
        (
            "exhausted",
            failing(ProviderError::Unavailable).times(Times::Forever),
        ),
        (
            IMPATIENT,
            failing(ProviderError::Unavailable).times(Times::Forever),
        ),
    ]
}

/// Has a program call the gateway in every case.
fn told_by(program: &str) -> Told {
    let runtime = Runtime::new().expect("a runtime for gateway and provider");
    let provider = ScriptedLlm::start(Script::new([]), ([127, 0, 0, 1], 0).into());
    let provider = runtime.block_on(provider).expect("the provider");
    let mut gateway = runtime.block_on(Served::start());
    let mut tokens = BTreeMap::new();
    for (case, step) in scripts() {
        provider.add_script(case, Script::new([step]));
        let impatient = SessionLimits {
            hold: Duration::ZERO,
            give_up_after: 10,
            ..SessionLimits::default()
        };
        let routes = Routes {
            models: &MODELS[..1],
            base_url: &provider.base_url_of("127.0.0.1", case),
            key: CANARY,
        };
        let limits = if case == IMPATIENT {
            impatient
        } else {
            SessionLimits::default()
        };
        gateway.open(&token(case), &routes, limits);
        tokens.insert(case, token(case));
    }
    let both = Routes {
        models: &MODELS,
        base_url: &provider.base_url("127.0.0.1"),
        key: CANARY,
    };
    gateway.open(&token("models"), &both, SessionLimits::default());
    tokens.insert("models", token("models"));
    tokens.insert("stranger", token("nobody's"));
    let argument = json!({ "base_url": gateway.base_url(), "tokens": tokens }).to_string();
    let lines = python::run(program, &argument);
    let cases = lines.lines().map(|line| {
        let seen: Value = serde_json::from_str(line).expect("a line of JSON");
        (seen["case"].as_str().expect("a case").to_owned(), seen)
    });
    let cases: BTreeMap<_, _> = cases.collect();
    assert!(cases.keys().eq(tokens.keys()), "{lines}");
    assert!(!lines.contains(CANARY), "{lines}");
    Told {
        cases,
        requests: provider.requests(),
    }
}

fn token(case: &str) -> String {
    format!("{case}-0123456789abcdef0123456789abcdef")
}

impl Told {
    fn case(&self, name: &str) -> &Value {
        &self.cases[name]
    }

    /// What the provider was asked in a case.
    fn requests(&self, case: &str) -> Vec<&RecordedRequest> {
        let of_case = |request: &&RecordedRequest| request.script.as_deref() == Some(case);
        self.requests.iter().filter(of_case).collect()
    }

    /// Answers are what the provider gave, and it was asked once, by its own key and model.
    fn check_answers(&self) {
        let plain = self.case("plain");
        assert_eq!(plain["text"], "hello there", "{plain}");
        assert_eq!(plain["end"], "stop", "{plain}");
        assert_eq!(plain["model"], "scripted/first", "{plain}");
        assert_eq!((&plain["input"], &plain["output"]), (&json!(11), &json!(7)));
        let odd = self.case("odd-fields");
        assert_eq!(odd["text"], "taken", "{odd}");
        for case in [
            "plain",
            "stream",
            "as-documented",
            "tools",
            "streamed-tools",
            "odd-fields",
        ] {
            let requests = self.requests(case);
            assert_eq!(requests.len(), 1, "{case}");
            assert!(requests[0].bearer_is(CANARY), "{case}");
            assert_eq!(
                requests[0].model.as_deref(),
                Some("scripted/first"),
                "{case}"
            );
        }
        let sent = self.requests("odd-fields")[0].json().expect("a request");
        assert_eq!(
            sent["odd_field"],
            json!({ "kept": [1, null, "ä"] }),
            "{sent}"
        );
        assert_eq!(sent["top_k"], 7, "{sent}");
        let listed = self.case("models");
        assert_eq!(
            listed["models"],
            json!(["scripted/first", "scripted/second"])
        );
    }

    /// Every event of a stream came by itself, when the provider sent it.
    fn check_stream(&self) {
        let stream = self.case("stream");
        assert_eq!(stream["texts"], json!(PIECES), "{stream}");
        assert_eq!(stream["end"], "stop", "{stream}");
        assert_eq!(
            (&stream["input"], &stream["output"]),
            (&json!(11), &json!(7))
        );
        // Nobody who has not asked for the usage meets an event of it.
        let documented = &self.case("as-documented")["texts"];
        let texts = documented.as_array().expect("texts").iter();
        let text: String = texts.filter_map(Value::as_str).collect();
        assert_eq!(text, "hello there", "{documented}");
        let at = stream["at"].as_array().expect("times").iter();
        let at: Vec<f64> = at.filter_map(Value::as_f64).collect();
        assert_eq!(at.len(), PIECES.len());
        for pair in at.windows(2) {
            let gap = pair[1] - pair[0];
            assert!(gap >= PACE.as_secs_f64() / 3.0, "merged: {stream}");
        }
    }

    /// Calls of tools have the names, the arguments and the ids that the provider gave them.
    fn check_tools(&self) {
        for case in ["tools", "streamed-tools"] {
            let number = self.requests(case)[0].sequence;
            let told = self.case(case)["calls"].as_array().expect("calls");
            let expected = [("read", "a.txt"), ("write", "b \"ä\".txt")];
            assert_eq!(told.len(), expected.len(), "{told:?}");
            for (index, (name, path)) in expected.into_iter().enumerate() {
                assert_eq!(
                    told[index][0],
                    format!("call_{number:06}_{index}"),
                    "{case}"
                );
                assert_eq!(told[index][1], name, "{case}");
                let arguments = told[index][2].as_str().expect("arguments");
                let arguments: Value = serde_json::from_str(arguments).expect("JSON");
                assert_eq!(arguments, json!({ "path": path }), "{case}");
            }
        }
    }

    /// The error that a case ended with: of this kind among others, with this status.
    fn error(&self, case: &str, kind: &str, status: u16) -> &str {
        let seen = self.case(case);
        let kinds = seen["kinds"].as_array().expect("an error");
        assert!(kinds.contains(&json!(kind)), "{seen}");
        assert_eq!(seen["status"], status, "{seen}");
        seen["words"].as_str().expect("words")
    }

    /// A stream that breaks off is an error after its beginning, never a whole answer.
    fn check_cut(&self, kind: &str) {
        let cut = self.case("cut");
        let kinds = cut["kinds"].as_array().expect("an error");
        assert!(kinds.contains(&json!(kind)), "{cut}");
        assert_eq!(cut["texts"], json!(PIECES[..2]), "{cut}");
        assert_eq!(cut["end"], Value::Null, "{cut}");
        let words = cut["words"].as_str().unwrap_or_default();
        assert!(words.contains("the answer broke off"), "{cut}");
        assert_eq!(self.requests("cut").len(), 1, "{cut}");
    }
}

#[test]
fn openai_sees_a_provider_like_any_other() {
    let told = told_by("openai_client.py");
    told.check_answers();
    told.check_stream();
    told.check_tools();
    told.check_cut("APIError");
    let words = told.error("stranger", "AuthenticationError", 401);
    assert!(words.contains("the token is missing, wrong"), "{words}");
    let words = told.error("too-long", "BadRequestError", 400);
    assert!(words.contains("prompt is too long"), "{words}");
    assert_eq!(told.case("too-long")["code"], "context_length_exceeded");
    assert_eq!(told.requests("too-long").len(), 1);
    // Three tries of the gateway in one call of the client, which makes no other.
    let words = told.error("exhausted", "APIStatusError", 402);
    assert!(words.contains("the gateway gave up"), "{words}");
    assert_eq!(told.requests("exhausted").len(), 3);
    // Where no call is held, the client's own two retries are what is left.
    let words = told.error(IMPATIENT, "InternalServerError", 503);
    assert!(words.contains("No available model provider"), "{words}");
    assert_eq!(told.requests(IMPATIENT).len(), 3);
}

#[test]
fn litellm_sees_a_provider_like_any_other() {
    let told = told_by("litellm_client.py");
    told.check_answers();
    told.check_stream();
    told.check_tools();
    told.check_cut("APIError");
    let words = told.error("stranger", "AuthenticationError", 401);
    assert!(words.contains("the token is missing, wrong"), "{words}");
    let words = told.error("too-long", "BadRequestError", 400);
    assert!(words.contains("prompt is too long"), "{words}");
    assert_eq!(told.requests("too-long").len(), 1);
    let words = told.error("exhausted", "APIError", 402);
    assert!(words.contains("the gateway gave up"), "{words}");
    assert_eq!(told.requests("exhausted").len(), 3);
    let words = told.error(IMPATIENT, "ServiceUnavailableError", 503);
    assert!(words.contains("No available model provider"), "{words}");
    assert_eq!(told.requests(IMPATIENT).len(), 3);
}
