//! Sessions whose calls are paid from an account, for the tests of it.

use bytes::Bytes;
use deckhands_gateway::{
    Gateway, Health, Ledger, LoopPolicy, PursePolicy, Route, Session, SessionLimits, SessionMoney,
    SessionSpec, Upstream,
};
use deckhands_model::{Cause, ModelId, SecretHash};
use deckhands_resilience::route_health::{BreakerPolicy, BreakerPolicyParts};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use super::*;

const TOKEN: &str = "0123456789abcdef";

/// What a token of input and one of output cost, in nanodollars.
const RATES: [u64; 2] = [1_000, 2_000];

/// Each call stands for itself, and none is held; a provider on loopback has all the time it needs.
const LIMITS: SessionLimits = SessionLimits {
    request_bytes: 1 << 20,
    answer_bytes: 1 << 20,
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(60),
    stream: Duration::from_secs(120),
    whole: Duration::from_secs(120),
    hold: Duration::ZERO,
    pause: Duration::from_secs(1),
    jitter: 0,
    concurrent: 64,
    give_up_after: u32::MAX,
    remembers: false,
    provider_tools: false,
};

/// A session of a process of its own, which calls this model and is paid from this account.
pub(super) fn session(
    base_url: String,
    model: &str,
    ledger: impl Ledger,
    purse: PursePolicy,
) -> Session {
    // How routes are is not what is tested.
    let policy = BreakerPolicy::try_new(BreakerPolicyParts {
        enabled: false,
        ..BreakerPolicyParts::default()
    });
    let health = Health::new(policy.unwrap(), Arc::new(|| Timestamp::UNIX_EPOCH));
    let gateway = Gateway::new(health, Arc::new(|_| Cause::ProviderError));
    let [input, output] = RATES.map(|nanos| Rate::picodollars(nanos * 1000));
    let route = Route {
        model: ModelId::resolve("openai/m").unwrap(),
        upstream: Upstream {
            base_url,
            key: None,
            model: model.to_owned(),
            provider: "openai".to_owned(),
        },
        price: Some(Price::of(input, output)),
        max_output_tokens: 1000,
    };
    let opened = gateway.open(SessionSpec {
        token: SecretHash::of(TOKEN),
        expires: None,
        routes: vec![route],
        limits: LIMITS,
        money: Some(SessionMoney {
            ledger: Arc::new(ledger),
            purse,
        }),
        loops: LoopPolicy::NEVER,
        recorder: None,
        replay: None,
    });
    // Nobody reads what is told of calls.
    opened.unwrap().0
}

/// Asks for a completion with these words, and takes all of the answer.
pub(super) async fn ask(session: &Session, words: &str, streamed: bool) -> (u16, Bytes) {
    let messages = [serde_json::json!({ "role": "user", "content": words })];
    let body = serde_json::json!({ "model": "x", "messages": messages, "stream": streamed });
    let request = Request::post("/v1/chat/completions");
    let request = request.header("authorization", format!("Bearer {TOKEN}"));
    let request = request.body(Full::new(Bytes::from(body.to_string())));
    let (head, body) = session.handle(request.unwrap()).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), body)
}

/// The words of an error.
pub(super) fn message(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["error"]["message"].as_str().unwrap().to_owned()
}
