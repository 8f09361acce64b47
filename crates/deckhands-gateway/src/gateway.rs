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
use crate::money::Pressure;
use crate::session::{Diagnose, RouteError, Session, SessionSpec, bearer};

/// What all sessions of a process share. Clones are the same gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    health: Health,
    diagnose: Diagnose,
    /// Who waits for money that another session has drawn.
    pressure: Pressure,
    sessions: Mutex<Sessions>,
}

/// What is open, by the hash of its token.
type Sessions = HashMap<SecretHash, Weak<crate::session::Inner>>;

/// A session's place in the list of its gateway, which it leaves with its last clone.
pub(crate) struct Listed {
    gateway: Weak<Inner>,
    token: SecretHash,
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
                pressure: Pressure::new(),
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
    /// Dropping every clone takes it off the gateway's list.
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
        let listed = Listed {
            gateway: Arc::downgrade(&self.inner),
            token,
        };
        let pressure = self.inner.pressure.clone();
        let (session, facts) = Session::open(spec, health, diagnose, pressure, listed)?;
        let place = Arc::downgrade(session.inner());
        self.inner.sessions().insert(token, place);
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
        let session = token.and_then(|token| self.inner.sessions().get(&token)?.upgrade());
        match session {
            Some(session) => Session::of(session).handle(request).await,
            None => Answer::stranger().into_response(),
        }
    }
}

impl Inner {
    /// A panic cannot leave the map half changed.
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let Some(gateway) = self.gateway.upgrade() else {
            return;
        };
        let mut sessions = gateway.sessions();
        // Another one may be there by now for the same token.
        if sessions
            .get(&self.token)
            .is_some_and(|session| session.strong_count() == 0)
        {
            sessions.remove(&self.token);
        }
        if sessions.len() < sessions.capacity() / 4 {
            sessions.shrink_to_fit();
        }
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("sessions", &self.inner.sessions().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
