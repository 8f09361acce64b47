//! One attempt's way to its models: who may come in, which routes there are, and what was told of calls.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use deckhands_model::GatewayFact;
use http::{Request, Response};
use hyper::body::Body;
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};

use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::client::Client;
use crate::gateway::Listed;
use crate::health::Health;
use crate::limits::SessionLimits;
use crate::money::{LedgerError, Pressure, Purse, PurseState};
use crate::path::{Wanted, wanted};
use crate::route::Route;
use crate::secret::{ProviderKey, Veil};
use crate::tape::{Recorder, Replay};

mod call;
mod charge;
mod chat;
mod choose;
mod door;
mod ends;
mod live;
mod pause;
mod spec;
mod standing;
mod tried;
mod watched;

pub(crate) use door::bearer;
use door::{Door, Visit};
use spec::priced;
pub use spec::{Diagnose, RouteError, SessionMoney, SessionSpec};
use standing::Standing;
use watched::Watched;

/// The way to its models for whoever has one token. Clones are the same session.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    door: Door,
    ways: Vec<Way>,
    limits: SessionLimits,
    standing: Standing,
    slots: Arc<Semaphore>,
    calls: AtomicU64,
    /// What pauses are drawn by.
    seed: u64,
    /// Calls that are held now.
    held: AtomicUsize,
    health: Health,
    diagnose: Diagnose,
    purse: Option<Purse>,
    pressure: Pressure,
    watched: Watched,
    recorder: Option<Recorder>,
    replay: Option<Arc<Replay>>,
    /// Dropped with it, it takes the session off the gateway's list.
    _listed: Listed,
}

/// A route with what calls it.
struct Way {
    route: Route,
    client: Client,
}

/// Most calls at once, whatever the limits say.
const MOST_CALLS: usize = 1 << 16;

impl Session {
    pub(crate) fn open(
        spec: SessionSpec,
        health: Health,
        diagnose: Diagnose,
        pressure: Pressure,
        listed: Listed,
    ) -> Result<(Self, mpsc::Receiver<GatewayFact>), RouteError> {
        let limits = spec.limits;
        let routes = match spec.money {
            Some(_) => priced(spec.routes)?,
            None => spec.routes,
        };
        let ways = routes.into_iter().map(|route| {
            health.know(&route);
            let client = Client::new(&route.upstream, limits)?;
            Ok(Way { route, client })
        });
        let ways = ways.collect::<Result<Vec<_>, RouteError>>()?;
        if ways.is_empty() {
            return Err(RouteError::NoRoute);
        }
        let concurrent = limits.concurrent.clamp(1, MOST_CALLS);
        let (door, facts) = Door::new(spec.token, concurrent, spec.expires);
        let inner = Inner {
            door,
            standing: Standing::new(ways.len(), limits.give_up_after),
            ways,
            limits,
            slots: Arc::new(Semaphore::new(concurrent)),
            calls: AtomicU64::new(0),
            // Random, and chosen by the caller.
            seed: pause::drawn(spec.token),
            held: AtomicUsize::new(0),
            health,
            diagnose,
            purse: spec
                .money
                .map(|money| Purse::open_under(money.ledger, money.purse, &pressure)),
            pressure,
            watched: Watched::new(spec.loops),
            recorder: spec.recorder,
            replay: spec.replay,
            _listed: listed,
        };
        let inner = Arc::new(inner);
        Ok((Self { inner }, facts))
    }

    pub(crate) fn of(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// Answers one request of the agent.
    ///
    /// The token is checked before anything else, then the path by its end: `/chat/completions` goes
    /// to a route, `/models`, `/v1/model/info` and `/health` are answered here. A request that is
    /// refused here, without a try at any route, makes no fact unless all calls end with it. Dropping
    /// the future, or the body of a stream, ends the call, also without a fact.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<AnswerBody>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let Some(visit) = self.inner.door.admit(&head.headers) else {
            return Answer::stranger().into_response();
        };
        let answer = match wanted(&head.method, head.uri.path()) {
            Wanted::Chat => {
                // In a box: it is large, and most of what is asked is this.
                let chat = visit.while_open(Box::pin(self.inner.chat(body, &visit)));
                return chat
                    .await
                    .unwrap_or_else(|| Answer::stranger().into_response());
            }
            Wanted::Models => self.inner.models(),
            Wanted::ModelInfo => Answer::json(200, json!({ "data": [] }).to_string()),
            Wanted::Health => Answer::json(200, json!({ "status": "ok" }).to_string()),
            Wanted::WrongMethod(allowed) => Answer::wrong_method(allowed),
            Wanted::Unknown => Answer::error(404, "nothing is served under this path"),
        };
        answer.into_response()
    }

    /// Whether a call is under way.
    #[must_use]
    pub fn is_calling(&self) -> bool {
        let all = self.inner.limits.concurrent;
        self.inner.slots.available_permits() < all.clamp(1, MOST_CALLS)
    }

    /// Whether a call is held because no route may be called: nobody works for it meanwhile.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.inner.held.load(Ordering::Relaxed) > 0
    }

    /// Ends the token: from now on every request is refused, and calls under way end.
    pub fn revoke(&self) {
        self.inner.door.shut();
    }

    /// Ends the token, and tells the ledger and the recorder all that they do not yet know. Can be called
    /// again.
    ///
    /// # Errors
    /// The ledger cannot be told: what is open there stays open. A recording that was cut short is only
    /// logged.
    pub async fn close(&self) -> Result<(), LedgerError> {
        self.revoke();
        let recording = async {
            if let Some(recorder) = &self.inner.recorder
                && let Err(error) = recorder.close().await
            {
                let error = crate::text::chain(&error);
                tracing::warn!(error, "the recording is not whole");
            }
        };
        let paying = async {
            match &self.inner.purse {
                Some(purse) => purse.close().await,
                None => Ok(()),
            }
        };
        // Beside each other: a slow disk under the one must not cost the other.
        let ((), paid) = tokio::join!(recording, paying);
        paid
    }

    /// What its money stands at, where it has some.
    #[must_use]
    pub fn money(&self) -> Option<PurseState> {
        self.inner.purse.as_ref().map(Purse::state)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<&Route> = self.inner.ways.iter().map(|way| &way.route).collect();
        f.debug_struct("Session")
            .field("routes", &routes)
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn models(&self) -> Answer {
        let routes = self.ways.iter().map(|way| &way.route.upstream);
        let entries = routes.map(|upstream| {
            json!({
                "id": upstream.model, "object": "model", "created": 0, "owned_by": upstream.provider,
            })
        });
        let list = json!({ "object": "list", "data": entries.collect::<Vec<_>>() });
        Answer::json(200, list.to_string())
    }

    /// Hides the keys of all routes, for one may tell of another's, and the token.
    fn veil(&self, visit: &Visit) -> Veil {
        Veil::over(self.secrets(visit))
    }

    fn secrets<'a>(&'a self, visit: &'a Visit) -> impl Iterator<Item = &'a str> {
        let keys = self.ways.iter().map(|way| way.route.upstream.key.as_ref());
        let keys = keys.flatten().map(ProviderKey::expose);
        keys.chain([visit.token()])
    }

    fn next_number(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[cfg(test)]
mod tests;
