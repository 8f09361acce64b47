//! An attempt's session at the gateway: which providers it calls, as whom, and within which bounds.

use deckhands_agent::{AgentAdapter, ApiKey};
use deckhands_gateway::{
    LoopPolicy, ProviderKey, PursePolicy, Route, Session, SessionLimits, SessionMoney, SessionSpec,
    Upstream, UpstreamError,
};
use deckhands_model::{Cause, GatewayFact, ModelId, SecretHash};
use tokio::sync::mpsc;

use super::{AttemptCtx, tapes};
use crate::failure::RunFailure;
use crate::money::not_opened;
use crate::request::TaskRequest;

/// Name by which containers know this machine; addresses made for them stay usable.
const HOST_ALIAS: &str = "//host.docker.internal";

/// The agent's own client waits twice as long for an answer as one try may take; this much less is
/// left, so that it always has the answer.
const HEAD_START: std::time::Duration = std::time::Duration::from_secs(5);

/// Opens a session for whoever has the token with this hash: a new one, or one in the place of what
/// another process had.
///
/// # Errors
/// [`RunFailure`] where the provider cannot be called in the OpenAI form, has no address, or nobody knows
/// what it costs where that is bounded.
pub(super) async fn open_session(
    ctx: &AttemptCtx<'_>,
    token: SecretHash,
) -> Result<(Session, mpsc::Receiver<GatewayFact>), RunFailure> {
    let spec = SessionSpec {
        token,
        routes: routes(ctx.request, ctx.adapter.as_ref())?,
        limits: limits(ctx.request),
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

/// The task's own model, then those that can take its place: the agent is told once how tools are
/// called, and one whose provider cannot be called by us is no help.
fn routes(request: &TaskRequest, adapter: &dyn AgentAdapter) -> Result<Vec<Route>, RunFailure> {
    let natively = adapter.calls_tools_natively(&request.model);
    let others = request.other_models.iter();
    let others = others.filter(|other| adapter.calls_tools_natively(&other.model) == natively);
    let others = others.filter_map(|other| {
        let (base_url, key) = (other.base_url.as_deref(), other.api_key.as_ref());
        let upstream = upstream_of(&other.model, base_url, key).ok()?;
        Some((other.model.clone(), upstream))
    });
    let own = (request.model.clone(), upstream(request)?);
    let routes = std::iter::once(own).chain(others);
    let routes = routes.map(|(model, upstream)| Route {
        price: request.money.price(&model),
        model,
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
    upstream_of(&request.model, base_url, key).map_err(|error| {
        let hint = match &error {
            UpstreamError::Incompatible(incompatible) => incompatible.hint(),
            _ => "say where it is with DECKHANDS_BASE_URL",
        };
        RunFailure::of_error(Cause::BadInput, &error).with_hint(hint)
    })
}

fn upstream_of(
    model: &ModelId,
    base_url: Option<&str>,
    key: Option<&ApiKey>,
) -> Result<Upstream, UpstreamError> {
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
