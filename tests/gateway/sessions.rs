//! The library with very many sessions in one process.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use deckhands_gateway::{
    Gateway, Health, LoopPolicy, MemoryLedger, Price, ProviderKey, PursePolicy, Route, Session,
    SessionLimits, SessionMoney, SessionSpec, SessionToken, Upstream,
};
use deckhands_model::{CallFailure, Cause, GatewayFact, ModelId, MoneyLevel, Usd};
use deckhands_resilience::route_health::BreakerPolicy;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::Outcome;
use crate::figures::{memory, milliseconds};
use crate::target;

const SESSIONS: u32 = 10_000;

/// Of so many sessions one makes a call.
const CALLING: u32 = 10;

/// Where the others would make theirs. It has TLS, as most providers have, which takes memory of its own.
const ELSEWHERE: &str = "https://127.0.0.1:9/v1";

/// What a call of 700 and 50 tokens costs at a dollar for a million.
const COST: Usd = Usd::nanos(750_000);

/// Most that all of them may cost on a day, and each by itself.
const CAPS: [Usd; 2] = [Usd::dollars(10_000), Usd::dollars(1)];

/// A session, as an attempt has it.
struct Opened {
    token: String,
    session: Session,
    /// Read by nobody here.
    _facts: mpsc::Receiver<GatewayFact>,
}

pub(crate) async fn measure(provider: SocketAddr) -> Outcome<Value> {
    let health = Health::new(BreakerPolicy::default(), Arc::new(jiff::Timestamp::now));
    let diagnose = |_failure: &CallFailure<'_>| Cause::ProviderError;
    let gateway = Gateway::new(health, Arc::new(diagnose));
    let day = MemoryLedger::new(&[(MoneyLevel::Day, CAPS[0])]);
    let (before, began) = (memory("VmRSS")?, Instant::now());
    let open = (0..SESSIONS).map(|number| open(&gateway, &day, provider, number));
    let open = open.collect::<Outcome<Vec<Opened>>>()?;
    let (took, held) = (began.elapsed(), memory("VmRSS")? - before);
    let began = Instant::now();
    for opened in &open {
        ask(&gateway, opened, 200, ("GET", "/health"), String::new()).await?;
    }
    let found = began.elapsed();
    let mut calls = 0_u32;
    for opened in open.iter().step_by(usize::try_from(CALLING)?) {
        let path = "/v1/chat/completions";
        ask(&gateway, opened, 200, ("POST", path), target::body(false)).await?;
        calls += 1;
    }
    let began = Instant::now();
    for opened in &open {
        opened.session.close().await?;
    }
    let closed = began.elapsed();
    for opened in &open {
        ask(&gateway, opened, 401, ("GET", "/health"), String::new()).await?;
    }
    booked(&day, calls)?;
    Ok(json!({
        "sessions": SESSIONS,
        "kb_per_session": held * 1000.0 / f64::from(SESSIONS),
        "open": milliseconds(took / SESSIONS),
        "find": milliseconds(found / SESSIONS),
        "close": milliseconds(closed / SESSIONS),
        "peak": memory("VmHWM")?,
    }))
}

fn open(
    gateway: &Gateway,
    day: &MemoryLedger,
    provider: SocketAddr,
    number: u32,
) -> Outcome<Opened> {
    let token = format!("{number:064x}");
    let model = ModelId::resolve("openai/bench")?;
    let key = Some(ProviderKey::new("played-key"));
    let base_url = match number % CALLING {
        0 => format!("http://{provider}/v1"),
        _ => ELSEWHERE.to_owned(),
    };
    let (session, facts) = gateway.open(SessionSpec {
        token: SessionToken::new(token.as_str()).hash(),
        routes: vec![Route {
            upstream: Upstream::of(&model, Some(&base_url), key)?,
            model,
            price: Some(Price::per_million(1.0, 1.0)?),
            max_output_tokens: 8192,
        }],
        limits: SessionLimits::default(),
        expires: None,
        money: Some(SessionMoney {
            ledger: Arc::new(day.below(&[(MoneyLevel::Attempt, CAPS[1])])),
            purse: PursePolicy::default(),
        }),
        loops: LoopPolicy::default(),
        recorder: None,
        replay: None,
    })?;
    Ok(Opened {
        token,
        session,
        _facts: facts,
    })
}

/// Asks the gateway in the name of a session; the status has to be this one.
async fn ask(
    gateway: &Gateway,
    opened: &Opened,
    status: u16,
    (method, path): (&str, &str),
    body: String,
) -> Outcome<()> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", opened.token))
        .body(Full::new(Bytes::from(body)))?;
    let answer = gateway.handle(request).await;
    let told = answer.status().as_u16();
    let text = answer.into_body().collect().await?.to_bytes();
    if told != status {
        let text = String::from_utf8_lossy(&text);
        return Err(format!("{method} {path} got status {told}: {text}").into());
    }
    Ok(())
}

/// Whether the account of all has what the calls cost, and nothing else.
fn booked(day: &MemoryLedger, calls: u32) -> Outcome<()> {
    let account = day.accounts().pop().ok_or("no account")?;
    let cost = COST.saturating_mul(calls.into());
    if account.spent != cost || !account.open.is_zero() {
        return Err(format!("{calls} calls are booked as {account:?}").into());
    }
    Ok(())
}
