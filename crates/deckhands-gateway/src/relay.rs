//! The relay itself: from an agent's request to its answer, with a fact for every call on the way.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use deckhands_model::{GatewayFact, SecretHash};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Body;
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use crate::answer::Answer;
use crate::client::Client;
use crate::door::{Door, Visit};
use crate::limits::RelayLimits;
use crate::request;
use crate::route::{Route, route};
use crate::secret::{ProviderKey, SessionToken, Veil};
use crate::standing::Standing;
use crate::upstream::Upstream;
use crate::verdict::{self, Verdict};

/// Shortest token: 16 characters, 64 bits of randomness as hexadecimal digits.
const SHORTEST_TOKEN: usize = 16;

/// Relays the model calls of one attempt. Clones are the same relay.
#[derive(Clone)]
pub struct Relay {
    inner: Arc<Inner>,
}

struct Inner {
    door: Door,
    client: Client,
    upstream: Upstream,
    limits: RelayLimits,
    standing: Standing,
    slots: Semaphore,
    calls: AtomicU64,
}

/// Why a relay cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// Not an `http` or `https` address.
    #[error("the base URL `{base_url}` is no http or https address")]
    BadBaseUrl {
        /// The refused text.
        base_url: String,
    },
    /// An address with a user, a query or a fragment; what it says may be secret and is not shown.
    #[error("the base URL contains a user, a query or a fragment")]
    MoreThanAddress,
    /// The provider's key is empty or has characters that no header carries.
    #[error("the provider's key is empty or contains white space or other invisible characters")]
    BadKey,
    /// The token can be guessed or has characters that no header carries.
    #[error("the session token is shorter than 16 characters or contains invisible ones")]
    BadToken,
    /// The system has no certificate to check the upstream's by.
    #[error("load the system's root certificates")]
    NoRoots {
        /// What was tried last.
        source: io::Error,
    },
}

impl Relay {
    /// Opens a relay to one upstream for whoever has the token.
    ///
    /// The facts come in the order in which the calls end, and end with the last call after
    /// [`revoke`](Self::revoke) or when every clone is dropped. At most 64 of them wait: a reader
    /// that is slower holds calls up, one that is dropped does not.
    ///
    /// For an `https` address this reads the system's root certificates.
    ///
    /// # Errors
    /// [`RelayError`] when the address, the key or the token can't be used or no roots are found.
    pub fn open(
        upstream: Upstream,
        token: &SessionToken,
        limits: RelayLimits,
    ) -> Result<(Self, mpsc::Receiver<GatewayFact>), RelayError> {
        let text = token.expose();
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.len() < SHORTEST_TOKEN || !visible {
            return Err(RelayError::BadToken);
        }
        Self::reopen(upstream, token.hash(), limits)
    }

    /// Opens a relay in the place of one that is gone with its process, for whoever has the token that
    /// was given out then. It begins anew: its calls are numbered from 1, and no failure is counted yet.
    ///
    /// The hash must be one of a token that [`open`](Self::open) took. Facts are as there.
    ///
    /// # Errors
    /// [`RelayError`] when the address or the key can't be used or no roots are found.
    pub fn reopen(
        upstream: Upstream,
        token: SecretHash,
        limits: RelayLimits,
    ) -> Result<(Self, mpsc::Receiver<GatewayFact>), RelayError> {
        let client = Client::new(&upstream, limits)?;
        let (door, facts) = Door::new(token);
        let inner = Inner {
            door,
            client,
            upstream,
            limits,
            standing: Standing::new(limits.give_up_after),
            slots: Semaphore::new(limits.concurrent.clamp(1, Semaphore::MAX_PERMITS)),
            calls: AtomicU64::new(0),
        };
        let inner = Arc::new(inner);
        Ok((Self { inner }, facts))
    }

    /// Answers one request of the agent.
    ///
    /// The token is checked before anything else, then the path by its end: `/chat/completions` is
    /// relayed, `/models`, `/v1/model/info` and `/health` are answered here. A request that is
    /// refused here, without a call to the upstream, makes no fact. Dropping the future ends the
    /// call, also without a fact.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let Some(visit) = self.inner.door.admit(&head.headers) else {
            return Answer::stranger().into_response();
        };
        let answer = match route(&head.method, head.uri.path()) {
            Route::Chat => {
                let chat = visit.while_open(self.inner.chat(body, &visit));
                chat.await.unwrap_or_else(Answer::stranger)
            }
            Route::Models => self.inner.models(),
            Route::ModelInfo => Answer::json(200, json!({ "data": [] }).to_string()),
            Route::Health => Answer::json(200, json!({ "status": "ok" }).to_string()),
            Route::WrongMethod(allowed) => Answer::wrong_method(allowed),
            Route::Unknown => Answer::error(404, "nothing is served under this path"),
        };
        answer.into_response()
    }

    /// Whether a call is under way.
    #[must_use]
    pub fn is_calling(&self) -> bool {
        let all = self
            .inner
            .limits
            .concurrent
            .clamp(1, Semaphore::MAX_PERMITS);
        self.inner.slots.available_permits() < all
    }

    /// Ends the token: from now on every request is refused, and calls under way end.
    pub fn revoke(&self) {
        self.inner.door.shut();
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("upstream", &self.inner.upstream)
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Relays a completion.
    async fn chat<B>(&self, body: B, visit: &Visit) -> Answer
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let arrived = Instant::now();
        // Refused, not queued: nobody but a runaway client makes so many at once.
        let Ok(_slot) = self.slots.try_acquire() else {
            return Answer::error(503, "too many calls at the same time");
        };
        if let Some(answer) = self.standing.given_up() {
            return answer;
        }
        let limits = &self.limits;
        let read = request::read(body, limits.request_bytes, limits.answer).await;
        let call = match read.and_then(|body| request::rewrite(&body, &self.upstream)) {
            Ok(call) => call,
            Err(unfit) => return unfit.answer(),
        };
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let streamed = call.streamed;
        let ending = self.client.send(call).await;
        let verdict = verdict::judge(&ending, streamed, &self.veil(visit));
        let gave_up = self.standing.count(&verdict);
        let (answer, fact) = fact(verdict, number, arrived, gave_up);
        log(&fact, answer.status);
        visit.tell(fact).await;
        answer
    }

    fn models(&self) -> Answer {
        let Upstream {
            model, provider, ..
        } = &self.upstream;
        let list = json!({ "object": "list", "data": [
            { "id": model, "object": "model", "created": 0, "owned_by": provider },
        ] });
        Answer::json(200, list.to_string())
    }

    fn veil(&self, visit: &Visit) -> Veil {
        let key = self.upstream.key.as_ref().map(ProviderKey::expose);
        Veil::over(key.into_iter().chain([visit.token()]))
    }
}

/// Parts a verdict into what the agent and what the engine gets.
fn fact(verdict: Verdict, call: u64, arrived: Instant, gave_up: bool) -> (Answer, GatewayFact) {
    let fact = GatewayFact {
        call,
        status: verdict.status,
        fault: verdict.fault,
        detail: verdict.detail,
        retry_after: verdict.retry_after,
        model: verdict.model,
        usage: verdict.usage,
        took: arrived.elapsed(),
        gave_up,
    };
    (verdict.answer, fact)
}

/// Without bodies: they are the provider's and the agent's words.
fn log(fact: &GatewayFact, answered: u16) {
    tracing::debug!(
        call = fact.call,
        status = fact.status,
        fault = ?fact.fault,
        answered,
        took = ?fact.took,
        gave_up = fact.gave_up,
        "a model call ended"
    );
}

#[cfg(test)]
mod tests;
