//! `gateway`: the way to models for any client on this machine, without agents of ours.

mod files;
mod token;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use deckhands_agent::AgentAdapter;
use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_config::{Flags, Key, Settings};
use deckhands_gateway::SessionToken;
use deckhands_model::{GatewayFact, TaskId, TaskText};
use deckhands_orchestration::{
    Clock, IdSource, Policy, SystemClock, SystemIds, TaskRequest, check_provider, ledger_of_run,
    model_gateway, open_alone, serve_alone,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::args::{GatewayArgs, Global};
use crate::console::Console;
use crate::error::CliError;
use crate::signals::Signals;
use crate::{exit_code, shown, wiring};

/// How long booking what was spent may take at the end.
const TELL: Duration = Duration::from_secs(5);

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &GatewayArgs, console: &Console) -> Result<u8, CliError> {
    refuse_strangers(args.listen)?;
    let mut flags = Flags::new();
    if let Some(model) = &args.model {
        flags = flags.with(Key::Model, "--model", model.as_str());
    }
    if let Some(pool) = &args.routes {
        flags = flags.with(Key::Routes, "--routes", pool.as_str());
    }
    let settings = wiring::settings(global, flags)?;
    wiring::check_fallbacks(&settings)?;
    super::engine::require_key(&settings)?;
    super::task::tell_notes(&settings, console);
    // Invariant: the text is not looked at, and this one is no empty one.
    let text = TaskText::try_new("gateway").expect("invariant: a word is a task");
    let mut request = wiring::request(&settings, text, Policy::default());
    request.money.prices = super::choice::prices()?;
    check_provider(&request)?;
    if request.money.per_day.is_some() {
        request.money.book = Some(wiring::store(&wiring::home(&settings)?)?);
    }
    let token = token::of(args.token_file.as_deref())?;
    wiring::block_on(serve(&settings, &request, args, &token, console))?
}

/// A key is behind it: nobody else's machine may ask.
fn refuse_strangers(listen: SocketAddr) -> Result<(), CliError> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    Err(CliError::usage(
        format!("`{}` is not an address of this machine alone", listen.ip()),
        "listen on 127.0.0.1 or ::1, and let a proxy that knows its callers pass others on",
    ))
}

async fn serve(
    settings: &Settings,
    request: &TaskRequest,
    args: &GatewayArgs,
    token: &SessionToken,
    console: &Console,
) -> Result<u8, CliError> {
    let signals = Signals::default();
    let watch = signals.watch()?;
    if let Some(most) = files::allow_many() {
        console.note(&format!(
            "this process may open {most} files, two for each call: raise the hard limit (ulimit -Hn) for more"
        ));
    }
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => "choose another port, or a free one with --listen 127.0.0.1:0",
            _ => "choose another address with --listen",
        };
        let text = format!("listen on {}: {error}", args.listen);
        CliError::new(exit_code::ENVIRONMENT, text, Some(hint.to_owned()))
    })?;
    let address = listener.local_addr();
    let address = address.map_err(|error| CliError::environment(&error, "run it again"))?;
    let adapter: Arc<dyn AgentAdapter> = Arc::new(OpenHandsHeadless);
    let gateway = model_gateway(wiring::health(settings), &adapter);
    let payer = format!("gateway {}", TaskId::from_random(SystemIds.random()));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ledger = ledger_of_run(request, payer, &clock);
    let (session, facts) = open_alone(&gateway, request, token.hash(), ledger)?;
    tell_start(address, args, token, console);
    let stop = CancellationToken::new();
    let code = tokio::select! {
        biased;
        code = watch.first() => code,
        () = serve_alone(listener, gateway, stop.clone()) => exit_code::OK,
        () = tell_calls(facts, console) => exit_code::OK,
    };
    match timeout(TELL, session.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => console.note(&format!("what was spent could not be booked: {error}")),
        Err(_late) => console.note("what was spent could not be booked in time"),
    }
    console.note("gateway stopped");
    Ok(code)
}

/// Where it is, and what opens it.
fn tell_start(address: SocketAddr, args: &GatewayArgs, token: &SessionToken, console: &Console) {
    let base_url = format!("http://{address}/v1");
    let shown = args.token_file.is_none().then(|| token.expose());
    if console.json {
        let file = args
            .token_file
            .as_ref()
            .map(|file| file.display().to_string());
        let line = json!({
            "event": "listening", "base_url": base_url, "token": shown, "token_file": file,
        });
        console.line(&line);
        return;
    }
    let token = shown.map(|token| format!("OPENAI_API_KEY={token}\n"));
    console.data(&format!(
        "OPENAI_BASE_URL={base_url}\n{}",
        token.unwrap_or_default()
    ));
    console.note("serving until Ctrl-C");
}

/// Tells of each call as it ends.
async fn tell_calls(mut facts: mpsc::Receiver<GatewayFact>, console: &Console) {
    while let Some(fact) = facts.recv().await {
        if console.json {
            console.line(&line(&fact));
        } else {
            console.note(&words(&fact));
        }
    }
}

fn line(fact: &GatewayFact) -> Value {
    let tries = fact.earlier.iter().map(|tried| {
        json!({
            "route": tried.route, "status": tried.status, "cause": tried.cause,
            "took_s": tried.took.as_secs_f64(),
        })
    });
    let tries: Vec<Value> = tries.collect();
    json!({
        "event": "call", "call": fact.call, "route": fact.route, "model": fact.model,
        "status": fact.status, "cause": fact.cause, "earlier": tries, "usage": fact.usage,
        "took_s": fact.took.as_secs_f64(), "held_s": fact.held.as_secs_f64(),
    })
}

fn words(fact: &GatewayFact) -> String {
    let route = fact
        .route
        .as_ref()
        .map_or("no route", |route| route.as_str());
    let end = fact
        .cause
        .map_or_else(|| "served".to_owned(), |cause| cause.to_string());
    let tries = match fact.earlier.len() {
        0 => String::new(),
        1 => ", after a failed try".to_owned(),
        more => format!(", after {more} failed tries"),
    };
    let cost = fact.usage.cost_usd.map(|cost| format!(", ${cost:.4}"));
    let took = fact.took.as_secs_f64();
    let text = format!(
        "call {}: {end} by {route} in {took:.1} s{}{tries}",
        fact.call,
        cost.unwrap_or_default()
    );
    shown::indented(&text)
}

#[cfg(test)]
mod tests;
