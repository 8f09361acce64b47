//! The gateway of a process: opens sessions, and finds the one that a token belongs to.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use deckhands_model::{GatewayFact, SecretHash};
use http::{Request, Response};
use hyper::body::Body;
use tokio::sync::mpsc;

use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::health::Health;
use crate::session::{Diagnose, RouteError, Session, SessionSpec, bearer};

/// What all sessions of a process share. Clones are the same gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    health: Health,
    diagnose: Diagnose,
    sessions: Mutex<HashMap<SecretHash, Weak<crate::session::Inner>>>,
}

impl Gateway {
    /// A gateway without a session, whose routes have this health. `diagnose` says what failed calls
    /// mean.
    #[must_use]
    pub fn new(health: Health, diagnose: Diagnose) -> Self {
        Self {
            inner: Arc::new(Inner {
                health,
                diagnose,
                sessions: Mutex::default(),
            }),
        }
    }

    /// The health of all routes.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.inner.health
    }

    /// Opens the way to its routes for whoever has a token. A session that was open for the same token
    /// is not found any more, which is how another process, or the same one later, goes on with an
    /// attempt: calls are numbered from 1 again, and no failure is counted yet.
    ///
    /// The facts come in the order in which the calls end, and end with the last call after
    /// [`revoke`](Session::revoke) or when every clone of the session is dropped. At most 64 of them
    /// wait: a reader that is slower holds calls up, one that is dropped does not.
    ///
    /// For an `https` address this reads the system's root certificates, once a process.
    ///
    /// # Errors
    /// [`RouteError`] when there is no route, an address or a key can't be used, or no roots are found.
    pub fn open(
        &self,
        spec: SessionSpec,
    ) -> Result<(Session, mpsc::Receiver<GatewayFact>), RouteError> {
        let token = spec.token;
        let (health, diagnose) = (self.inner.health.clone(), self.inner.diagnose.clone());
        let (session, facts) = Session::open(spec, health, diagnose)?;
        let mut sessions = self.sessions();
        // The map grows by what is open, not by what ever was.
        if sessions.len() >= sessions.capacity() {
            sessions.retain(|_, session| session.strong_count() > 0);
        }
        sessions.insert(token, Arc::downgrade(session.inner()));
        drop(sessions);
        Ok((session, facts))
    }

    /// Answers a request by the session whose token it bears, as [`Session::handle`] does; without one
    /// it is refused with 401.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<AnswerBody>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let token = bearer(request.headers()).map(SecretHash::of);
        let session = token.and_then(|token| self.sessions().get(&token)?.upgrade());
        match session {
            Some(session) => Session::of(session).handle(request).await,
            None => Answer::stranger().into_response(),
        }
    }

    /// A panic cannot leave the map half changed.
    fn sessions(&self) -> MutexGuard<'_, HashMap<SecretHash, Weak<crate::session::Inner>>> {
        let sessions = self.inner.sessions.lock();
        sessions.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("sessions", &self.sessions().len())
            .finish_non_exhaustive()
    }
}
