//! An attempt's session at the gateway: which providers it calls, as whom, and within which bounds.

use std::time::Duration;

use deckhands_agent::{AgentAdapter, ApiKey};
use deckhands_gateway::{
    Incompatible, LoopPolicy, ProviderKey, PursePolicy, Route, Session, SessionLimits,
    SessionMoney, SessionSpec, Upstream,
};
use deckhands_model::{Cause, GatewayFact, ModelId, SecretHash};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{AttemptCtx, tapes};
use crate::failure::RunFailure;
use crate::money::not_opened;
use crate::request::TaskRequest;

/// Name by which containers know this machine; addresses made for them stay usable.
const HOST_ALIAS: &str = "//host.docker.internal";

/// The agent's own client waits twice as long for an answer as one try may take; this much less is
/// left, so that it always has the answer.
const HEAD_START: Duration = Duration::from_secs(5);

/// Calls that one step of an agent takes at most: its own, and one that condenses its history.
const CALLS_A_STEP: u32 = 2;

/// For what no deadline is about: the containers are made when the session is open, and go before it.
const SPARE: Duration = Duration::from_secs(60 * 60);

/// Opens a session for whoever has the token with this hash: a new one, or one in the place of what
/// another process had.
///
/// # Errors
/// [`RunFailure`] where the provider cannot be called in the OpenAI form, or nobody knows what it costs
/// where that is bounded.
pub(super) async fn open_session(
    ctx: &AttemptCtx<'_>,
    token: SecretHash,
) -> Result<(Session, mpsc::Receiver<GatewayFact>), RunFailure> {
    let limits = limits(ctx.request);
    let spec = SessionSpec {
        token,
        expires: Instant::now().checked_add(lifetime(ctx.request, limits.hold)),
        routes: routes(ctx.request, ctx.adapter.as_ref())?,
        limits,
        money: ctx.ledger.map(|ledger| SessionMoney {
            ledger: ledger.clone(),
            purse: PursePolicy::default(),
        }),
        loops: LoopPolicy::default(),
        recorder: tapes::recorder(ctx).await,
        replay: ctx.request.replay.clone(),
    };
    let opened = ctx.gateway.open(spec);
    opened.map_err(|error| not_opened(&error))
}

fn limits(request: &TaskRequest) -> SessionLimits {
    let answer = request.relay.answer;
    SessionLimits {
        answer,
        whole: (answer * 2).saturating_sub(HEAD_START).max(answer),
        ..SessionLimits::default()
    }
}

/// The longest that a process can need an attempt's session, so that a token which is forgotten opens
/// nothing for ever: the agent's start and its work, and what may be waited for at each of its calls, here
/// and before it is made again, for that is no work. Whoever goes on with the attempt opens a new one.
fn lifetime(request: &TaskRequest, hold: Duration) -> Duration {
    let (retry, steps) = (request.retry, request.limits.iterations);
    let of_a_call = hold
        .saturating_add(retry.max_wait)
        .saturating_mul(retry.attempts);
    let waits = of_a_call.saturating_mul(steps.saturating_mul(CALLS_A_STEP));
    let deadlines = request.deadlines;
    let parts = [deadlines.start, deadlines.work, waits];
    parts.into_iter().fold(SPARE, Duration::saturating_add)
}

/// The task's own model, then those that can take its place: the agent is told once how tools are
/// called, and one whose provider cannot be called by us is no help.
fn routes(request: &TaskRequest, adapter: &dyn AgentAdapter) -> Result<Vec<Route>, RunFailure> {
    let natively = |model: &ModelId, told: Option<bool>| {
        told.unwrap_or_else(|| adapter.calls_tools_natively(model))
    };
    let own = natively(&request.model, request.native_tools);
    let others = request.other_models.iter();
    let others = others.filter(|other| natively(&other.model, other.native_tools) == own);
    let others = others.filter_map(|other| {
        let (base_url, key) = (other.base_url.as_deref(), other.api_key.as_ref());
        let upstream = upstream_of(&other.model, base_url, key).ok()?;
        Some((&other.model, base_url, upstream))
    });
    let base_url = request.base_url.as_deref();
    let own = (&request.model, base_url, upstream(request)?);
    let routes = std::iter::once(own).chain(others);
    let routes = routes.map(|(model, base_url, upstream)| Route {
        price: request.money.price(model, base_url),
        model: model.clone(),
        upstream,
        max_output_tokens: request.relay.max_output_tokens,
    });
    Ok(routes.collect())
}

/// Whom the gateway would call for the task's own model.
///
/// # Errors
/// As [`open_session`].
pub(crate) fn upstream(request: &TaskRequest) -> Result<Upstream, RunFailure> {
    let (base_url, key) = (request.base_url.as_deref(), request.api_key.as_ref());
    upstream_of(&request.model, base_url, key)
        .map_err(|error| RunFailure::of_error(Cause::BadInput, &error).with_hint(error.hint()))
}

fn upstream_of(
    model: &ModelId,
    base_url: Option<&str>,
    key: Option<&ApiKey>,
) -> Result<Upstream, Incompatible> {
    let base_url = base_url.map(seen_from_here);
    let key = key.map(|key| ProviderKey::new(key.expose()));
    Upstream::of(model, base_url.as_deref(), key)
}

/// The address without the containers' name for this machine; a longer name that only begins like it
/// is another machine's.
fn seen_from_here(url: &str) -> String {
    match url.split_once(HOST_ALIAS) {
        Some((scheme, rest))
            if scheme.ends_with(':') && (rest.is_empty() || rest.starts_with([':', '/'])) =>
        {
            format!("{scheme}//127.0.0.1{rest}")
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests;
