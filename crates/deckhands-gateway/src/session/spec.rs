//! What a session is opened for, and why it cannot be.

use std::io;
use std::sync::Arc;

use deckhands_model::{CallFailure, Cause, ModelId, SecretHash};
use tokio::time::Instant;

use crate::limits::SessionLimits;
use crate::loops::LoopPolicy;
use crate::money::{Ledger, PursePolicy};
use crate::route::Route;
use crate::tape::{Recorder, Replay};

/// Says what it means that a call failed so: the gateway knows no agent's words for causes.
pub type Diagnose = Arc<dyn Fn(&CallFailure<'_>) -> Cause + Send + Sync>;

/// What a session is opened for.
#[derive(Clone, Debug)]
pub struct SessionSpec {
    /// The hash of the token that opens it.
    pub token: SecretHash,
    /// When the token ends by itself, on tokio's clock: from then on its bearer is a stranger, and calls
    /// under way end as by [`revoke`](crate::Session::revoke). A session that expires is opened within a
    /// tokio runtime. None where it lives until it is revoked or dropped.
    pub expires: Option<Instant>,
    /// Where its calls may go, the preferred route first; at least one. All of them are used in the same
    /// way of calling tools: an agent is told once which one that is.
    ///
    /// No call goes to any other model. The `model` that a request names counts for nothing: in its place
    /// is put that of the route which is tried. What else names models in a request (`models`, `preset`,
    /// `fallbacks`) is left out, or refused where its cost has to be bounded.
    pub routes: Vec<Route>,
    /// Its bounds.
    pub limits: SessionLimits,
    /// The money that its calls are paid from; without it they cost what they do.
    pub money: Option<SessionMoney>,
    /// How often it may do the same over and over.
    pub loops: LoopPolicy,
    /// What it is answered is written there.
    pub recorder: Option<Recorder>,
    /// Its calls are answered from there, and no provider is called.
    pub replay: Option<Arc<Replay>>,
}

/// The money of a session.
#[derive(Clone, Debug)]
pub struct SessionMoney {
    /// Where it is drawn.
    pub ledger: Arc<dyn Ledger>,
    /// In which portions.
    pub purse: PursePolicy,
}

/// Why a session cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// There is nowhere to go.
    #[error("there is no route")]
    NoRoute,
    /// Nobody knows what calls of the preferred route cost, and what they may cost is bounded.
    #[error("the price of `{model}` is not known, so no cap on money can be held")]
    NoPrice {
        /// Its model.
        model: ModelId,
    },
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
    /// The system has no certificate to check the upstream's by.
    #[error("load the system's root certificates")]
    NoRoots {
        /// What was tried last.
        source: io::Error,
    },
}

/// The routes whose price is known. One that can take the place of another is left out where it is not.
pub(super) fn priced(mut routes: Vec<Route>) -> Result<Vec<Route>, RouteError> {
    if let Some(first) = routes.first().filter(|route| route.price.is_none()) {
        let model = first.model.clone();
        return Err(RouteError::NoPrice { model });
    }
    routes.retain(|route| route.price.is_some());
    Ok(routes)
}
