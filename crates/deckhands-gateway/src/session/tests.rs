//! A session over loopback against the scripted provider: who comes in, and what passes.

use std::time::Duration;

use deckhands_model::{CallFailure, CallFault, Cause, ModelId, Usage};
use deckhands_resilience::route_health::BreakerPolicy;
use deckhands_testkit::{Script, ScriptedLlm, Step, ToolCall, WrongUsage};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::mpsc::Receiver;

mod accounts;
mod bounds;
mod dripping;
mod expiry;
mod faults;
mod matrix;
mod own_models;
mod paid;
mod routing;
mod same_model;
mod sizes;
mod streams;

use super::*;
use crate::gateway::Gateway;
use crate::loops::LoopPolicy;
use crate::secret::SessionToken;
use crate::upstream::Upstream;

/// The time of day in all tests but those of rests.
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

const KEY: &str = "sk-or-v1-the-real-key";
const TOKEN: &str = "token-0123456789abcdef";
const MODEL: &str = "deepseek/deepseek-chat-v3.1:free";

/// Short enough for a test; real sockets do not go with a paused clock.
const QUICK: SessionLimits = SessionLimits {
    request_bytes: 16 << 20,
    answer_bytes: 16 << 20,
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(20),
    stream: Duration::from_secs(60),
    whole: Duration::from_secs(60),
    // No call is held, so that each try is a call of the agent.
    hold: Duration::ZERO,
    pause: Duration::from_secs(2),
    jitter: 0,
    concurrent: 8,
    give_up_after: 3,
    provider_tools: false,
    remembers: true,
};

/// Most tests ask the same again and again.
const UNWATCHED: LoopPolicy = LoopPolicy::NEVER;

/// A session before a scripted provider.
struct Rig {
    llm: ScriptedLlm,
    session: Session,
    facts: Receiver<GatewayFact>,
}

/// What the agent saw.
#[derive(Debug)]
struct Seen {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }
}

fn upstream(base_url: &str, provider: &str) -> Upstream {
    Upstream {
        base_url: base_url.to_owned(),
        key: Some(ProviderKey::new(KEY)),
        model: MODEL.to_owned(),
        provider: provider.to_owned(),
    }
}

fn gateway() -> Gateway {
    let health = Health::new(BreakerPolicy::default(), Arc::new(|| NOW));
    // As the agent's adapter says it, in short.
    let diagnose = |failure: &CallFailure<'_>| match (failure.fault, failure.status) {
        (CallFault::Unreachable, _) => Cause::ProviderUnreachable,
        (CallFault::TimedOut, _) => Cause::ProviderTimeout,
        (_, Some(401)) => Cause::BadKey,
        (_, Some(402)) => Cause::OutOfCredit,
        (_, Some(404)) => Cause::BadModel,
        (_, Some(403)) => Cause::ContentRefused,
        (_, Some(400)) if failure.detail.contains("valid model") => Cause::BadModel,
        (_, Some(400 | 413)) => Cause::ContextWindow,
        (_, Some(429)) => Cause::RateLimited,
        _ => Cause::ProviderError,
    };
    Gateway::new(health, Arc::new(diagnose))
}

fn spec(upstream: Upstream, token: &str, limits: SessionLimits) -> SessionSpec {
    let model = ModelId::resolve(&format!("openrouter/{MODEL}")).unwrap();
    SessionSpec {
        token: SessionToken::new(token).hash(),
        expires: None,
        routes: vec![Route {
            model,
            upstream,
            price: None,
            max_output_tokens: 1000,
        }],
        limits,
        money: None,
        loops: UNWATCHED,
        recorder: None,
        replay: None,
    }
}

fn open(base_url: &str, limits: SessionLimits) -> (Session, Receiver<GatewayFact>) {
    let spec = spec(upstream(base_url, "openrouter"), TOKEN, limits);
    gateway().open(spec).unwrap()
}

impl Rig {
    async fn new(limits: SessionLimits, steps: impl IntoIterator<Item = Step>) -> Self {
        let bind = ([127, 0, 0, 1], 0).into();
        let llm = ScriptedLlm::start(Script::new(steps), bind).await.unwrap();
        let (session, facts) = open(&llm.base_url("127.0.0.1"), limits);
        Self {
            llm,
            session,
            facts,
        }
    }

    async fn chat(&self, extra: Value) -> Seen {
        chat(&self.session, extra).await
    }

    fn fact(&mut self) -> GatewayFact {
        self.facts.try_recv().expect("a fact of the call before")
    }

    fn calls(&self) -> usize {
        self.llm.requests().len()
    }
}

fn request(
    method: &str,
    path: &str,
    authorization: Option<&str>,
    body: &str,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("x-api-key", TOKEN)
        .header("cookie", "a=b")
        .header("http-referer", "https://agent")
        .header("x-stainless-retry-count", "1")
        .header("user-agent", "agent");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap()
}

async fn send(session: &Session, request: Request<Full<Bytes>>) -> Seen {
    let (head, body) = session.handle(request).await.into_parts();
    Seen {
        status: head.status.as_u16(),
        headers: head.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

async fn chat(session: &Session, extra: Value) -> Seen {
    let mut body = json!({ "model": "x", "messages": [{ "role": "user", "content": "go" }] });
    let fields = extra.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    let bearer = format!("Bearer {TOKEN}");
    let path = "/v1/chat/completions";
    send(
        session,
        request("POST", path, Some(&bearer), &body.to_string()),
    )
    .await
}

#[tokio::test]
async fn a_call_goes_up_with_the_key_and_nothing_of_the_agents_headers() {
    let mut rig = Rig::new(QUICK, [Step::say("hello")]).await;
    let extra = json!({ "odd_field": { "kept": [1, null] }, "temperature": 0.0 });
    let seen = rig.chat(extra).await;
    assert_eq!(seen.status, 200, "{seen:?}");
    assert_eq!(seen.headers["content-type"], "application/json");
    let sent = rig.llm.requests().pop().unwrap();
    assert!(sent.bearer_is(KEY));
    assert_eq!(sent.path, "/v1/chat/completions");
    assert_eq!(
        sent.headers["user-agent"],
        concat!("deckhands/", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(sent.headers["x-title"], "Deckhands");
    assert!(!sent.headers.contains_key("http-referer"));
    assert!(!sent.headers.contains_key("x-stainless-retry-count"));
    let body = sent.json().unwrap();
    assert_eq!(body["model"], MODEL);
    assert_eq!(body["odd_field"], json!({ "kept": [1, null] }));
    assert_eq!(body["usage"], json!({ "include": true }));
    assert!(!String::from_utf8_lossy(sent.body().unwrap()).contains(TOKEN));
    let fact = rig.fact();
    assert_eq!((fact.call, fact.status, fact.fault), (1, Some(200), None));
    assert_eq!(fact.model.as_deref(), Some(MODEL));
    assert!(fact.is_good() && !fact.gave_up && fact.detail.is_empty());
}

#[tokio::test]
async fn cost_and_tokens_come_from_the_providers_usage() {
    let mut told = Step::say("priced");
    told.usage.cost = Some(0.0025);
    let none = Step::say("untold").wrong_usage(WrongUsage::Absent);
    let wrong = json!({ "prompt_tokens": "many", "cost": -1 });
    let wrong = Step::say("wrong").wrong_usage(WrongUsage::Value(wrong));
    let mut rig = Rig::new(QUICK, [told, none, wrong]).await;
    let priced = Usage {
        input_tokens: Some(700),
        output_tokens: Some(50),
        cost_usd: Some(0.0025),
    };
    for (usage, cost) in [
        (priced, Some("0.0025")),
        (Usage::default(), None),
        (Usage::default(), None),
    ] {
        let seen = rig.chat(json!({})).await;
        let header = seen.headers.get("x-litellm-response-cost");
        assert_eq!(header.map(|value| value.to_str().unwrap()), cost);
        let all = seen.headers.get_all("x-litellm-response-cost").iter();
        assert_eq!(
            all.count(),
            usize::from(cost.is_some()),
            "clients add up several"
        );
        let fact = rig.fact();
        assert!(fact.is_good());
        assert_eq!(fact.usage, usage);
    }
}

#[tokio::test]
async fn a_good_answer_passes_byte_by_byte() {
    let raw = "  \n{\"id\":\"gen-1\", \"choices\" : [{\"message\":{\"content\":null,\"tool_calls\":\
        [{\"id\":\"call_\\u00e4\",\"type\":\"function\",\"function\":{\"name\":\"no_such\",\
        \"arguments\":\"{not json\"}}]},\"finish_reason\":\"tool_calls\"}],\"x\":1.10}\n";
    let raw = Step::new(deckhands_testkit::Reply::Raw(raw.to_owned()));
    let plain = raw.clone().header("content-type", "text/plain");
    let rig = Rig::new(QUICK, [raw.clone(), plain]).await;
    for _ in 0..2 {
        let seen = rig.chat(json!({})).await;
        assert_eq!(seen.status, 200);
        assert_eq!(seen.headers["content-type"], "application/json");
        assert_eq!(raw.reply, deckhands_testkit::Reply::Raw(seen.text()));
    }
}

#[tokio::test]
async fn tool_calls_refusals_and_filtered_answers_are_the_agents_to_read() {
    let two = |name: &str| ToolCall {
        tool: name.to_owned(),
        args: Map::new(),
    };
    let steps = [
        Step::new(deckhands_testkit::Reply::Call {
            text: "both".into(),
            calls: vec![two("a"), two("b")],
        }),
        Step::new(deckhands_testkit::Reply::BrokenCall {
            tool: "execute_bash".into(),
            arguments: "{oops".into(),
        }),
        Step::new(deckhands_testkit::Reply::Refusal("no".into())),
        Step::new(deckhands_testkit::Reply::Filtered("cut".into())),
    ];
    let mut rig = Rig::new(QUICK, steps).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        let seen = rig.chat(json!({ "tools": [] })).await;
        assert_eq!(seen.status, 200, "{seen:?}");
        let calls = seen.json()["choices"][0]["message"]["tool_calls"].clone();
        ids.extend(
            calls
                .as_array()
                .into_iter()
                .flatten()
                .map(|call| call["id"].clone()),
        );
        assert!(rig.fact().is_good());
    }
    assert_eq!(ids, ["call_000001_0", "call_000001_1", "call_000002_0"]);
}

#[tokio::test]
async fn a_stream_passes_whole() {
    let mut step = Step::say("streamed");
    step.usage.cost = Some(0.5);
    let mut rig = Rig::new(QUICK, [step]).await;
    let wanted = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let seen = rig.chat(wanted).await;
    assert_eq!(seen.status, 200);
    assert_eq!(seen.headers["content-type"], "text/event-stream");
    assert!(seen.text().ends_with("data: [DONE]\n\n"));
    let fact = rig.fact();
    assert_eq!(
        (fact.usage.input_tokens, fact.usage.cost_usd),
        (Some(700), Some(0.5))
    );
}

#[tokio::test]
async fn without_the_token_nothing_is_served_and_nothing_sent() {
    let rig = Rig::new(QUICK, []).await;
    let wrong = [
        None,
        Some("Bearer wrong-token-0123456789".to_owned()),
        Some(format!("Basic {TOKEN}")),
        Some(format!("Bearer {KEY}")),
    ];
    for authorization in &wrong {
        for (method, path) in [
            ("POST", "/v1/chat/completions"),
            ("GET", "/v1/models"),
            ("GET", "/health"),
            ("GET", "/nowhere"),
        ] {
            let request = request(method, path, authorization.as_deref(), "{}");
            let seen = send(&rig.session, request).await;
            assert_eq!(seen.status, 401, "{path} {authorization:?}");
            let error = &seen.json()["error"];
            assert!(error["message"].is_string() && error["type"].is_string());
            assert_eq!(error["code"], 401);
        }
    }
    assert_eq!(rig.calls(), 0);
}

#[tokio::test]
async fn a_stranger_is_refused_before_the_body_is_read() {
    let rig = Rig::new(QUICK, []).await;
    let never = futures::stream::pending::<Result<hyper::body::Frame<Bytes>, std::io::Error>>();
    let request = Request::post("/v1/chat/completions");
    let request = request
        .body(http_body_util::StreamBody::new(never))
        .unwrap();
    assert_eq!(rig.session.handle(request).await.status(), 401);
}

#[tokio::test]
async fn the_other_paths_are_answered_here() {
    let rig = Rig::new(QUICK, []).await;
    let list = json!({ "object": "list", "data": [
        { "id": MODEL, "object": "model", "created": 0, "owned_by": "openrouter" },
    ] });
    let rows = [
        ("GET", "/v1/models", 200, Some(list)),
        ("GET", "/v1/model/info", 200, Some(json!({ "data": [] }))),
        ("GET", "/health", 200, Some(json!({ "status": "ok" }))),
        ("GET", "/v1/chat/completions", 405, None),
        ("POST", "/v1/embeddings", 404, None),
    ];
    let bearer = format!("Bearer {TOKEN}");
    for (method, path, status, body) in rows {
        let seen = send(&rig.session, request(method, path, Some(&bearer), "")).await;
        assert_eq!(seen.status, status, "{path}");
        match body {
            Some(body) => assert_eq!(seen.json(), body, "{path}"),
            None => assert!(seen.json()["error"]["message"].is_string()),
        }
    }
    assert_eq!(rig.calls(), 0);
}

#[tokio::test]
async fn a_revoked_token_ends_calls_and_facts() {
    let hang = Step::new(deckhands_testkit::Reply::Hang(None));
    let Rig {
        llm,
        session,
        mut facts,
    } = Rig::new(QUICK, [hang]).await;
    let revoke = async {
        llm.wait_for_requests(1).await;
        session.revoke();
    };
    let (seen, ()) = tokio::join!(chat(&session, json!({})), revoke);
    assert_eq!(seen.status, 401);
    assert_eq!(chat(&session, json!({})).await.status, 401);
    assert_eq!(llm.requests().len(), 1);
    assert!(facts.recv().await.is_none());
}

#[tokio::test]
async fn a_session_does_not_open_with_what_cannot_be_used() {
    let good = || upstream("http://127.0.0.1:1/v1", "openai");
    let no_key = Upstream {
        key: Some(ProviderKey::new("")),
        ..good()
    };
    let rows = [
        (
            upstream("no address", "openai"),
            "is no http or https address",
        ),
        (upstream("http://me:pw@h", "openai"), "contains a user"),
        (no_key, "the provider's key is empty"),
    ];
    for (upstream, words) in rows {
        let error = gateway().open(spec(upstream, TOKEN, QUICK)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.to_string().contains("pw"), "{error}");
    }
    let nowhere = SessionSpec {
        routes: Vec::new(),
        ..spec(good(), TOKEN, QUICK)
    };
    assert!(matches!(gateway().open(nowhere), Err(RouteError::NoRoute)));
}

#[tokio::test]
async fn nothing_that_is_shown_has_a_secret() {
    let echo = format!("you sent {KEY} for {TOKEN}");
    let good = json!({ "choices": [{ "message": { "content": echo } }] });
    let steps = [
        Step::status(400, json!({ "error": { "message": echo, "code": 400 } })),
        Step::status(403, json!({ "error": { "message": echo, "code": 403 } })),
        Step::status(500, Value::from(echo.clone())),
        Step::new(deckhands_testkit::Reply::Raw(good.to_string())),
        Step::status(401, json!({ "error": { "message": echo, "code": 401 } })),
    ];
    let mut rig = Rig::new(QUICK, steps).await;
    for status in [400, 403, 503, 200, 401, 401] {
        let seen = rig.chat(json!({})).await;
        assert_eq!(seen.status, status);
        let fact = rig.facts.try_recv();
        let shown = format!("{} {seen:?} {fact:?} {:?}", seen.text(), rig.session);
        assert!(shown.contains("you sent *** for ***"), "{shown}");
        assert!(!shown.contains(KEY) && !shown.contains(TOKEN), "{shown}");
    }
}

#[tokio::test]
async fn one_in_the_place_of_another_knows_the_same_token_by_its_hash() {
    let mut rig = Rig::new(QUICK, [Step::say("first"), Step::say("second")]).await;
    assert_eq!(rig.chat(json!({})).await.status, 200);
    let base_url = rig.llm.base_url("127.0.0.1");
    let again = |token: &str| {
        let spec = spec(upstream(&base_url, "openrouter"), token, QUICK);
        gateway().open(spec).unwrap()
    };
    (rig.session, rig.facts) = again(TOKEN);
    assert_eq!(rig.chat(json!({})).await.status, 200);
    assert_eq!(rig.fact().call, 1, "it counts anew");
    (rig.session, rig.facts) = again("another-0123456789abcdef");
    assert_eq!(rig.chat(json!({})).await.status, 401);
    assert_eq!(rig.calls(), 2);
}
