//! The relay of an attempt: which provider it calls, as whom, and within which bounds.

use deckhands_agent::ApiKey;
use deckhands_gateway::{ProviderKey, Relay, RelayLimits, SessionToken, Upstream, UpstreamError};
use deckhands_model::{Cause, GatewayFact, SecretHash};
use tokio::sync::mpsc;

use crate::failure::RunFailure;
use crate::request::TaskRequest;

/// Name by which containers know this machine; addresses made for them stay usable.
const HOST_ALIAS: &str = "//host.docker.internal";

/// An open relay, and what it tells.
type Opened = (Relay, mpsc::Receiver<GatewayFact>);

/// Opens a relay for whoever has the token.
///
/// # Errors
/// [`RunFailure`] where the provider cannot be called in the OpenAI form, or has no address.
pub(super) fn open_relay(request: &TaskRequest, token: &ApiKey) -> Result<Opened, RunFailure> {
    let (upstream, token) = (upstream(request)?, SessionToken::new(token.expose()));
    Relay::open(upstream, &token, limits(request))
        .map_err(|error| RunFailure::of_error(Cause::BadInput, &error))
}

/// Opens a relay again for whoever has the token with this hash.
///
/// # Errors
/// As [`open_relay`].
pub(super) fn reopen_relay(request: &TaskRequest, token: SecretHash) -> Result<Opened, RunFailure> {
    Relay::reopen(upstream(request)?, token, limits(request))
        .map_err(|error| RunFailure::of_error(Cause::BadInput, &error))
}

fn limits(request: &TaskRequest) -> RelayLimits {
    RelayLimits {
        answer: request.relay.answer,
        ..RelayLimits::default()
    }
}

/// Whom the relay would call.
///
/// # Errors
/// As [`open_relay`].
pub(crate) fn upstream(request: &TaskRequest) -> Result<Upstream, RunFailure> {
    let base_url = request.base_url.as_deref().map(seen_from_here);
    let key = request.api_key.as_ref();
    let key = key.map(|key| ProviderKey::new(key.expose()));
    Upstream::of(&request.model, base_url.as_deref(), key).map_err(|error| {
        let hint = match &error {
            UpstreamError::Incompatible(incompatible) => incompatible.hint(),
            _ => "say where it is with DECKHANDS_BASE_URL",
        };
        RunFailure::of_error(Cause::BadInput, &error).with_hint(hint)
    })
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
