//! Who may come in, until when: the token's check and its end.

use std::sync::{Arc, Mutex, PoisonError};

use deckhands_model::{GatewayFact, SecretHash};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Facts that wait for their reader. A reader that is further behind slows the calls down.
const WAITING_FACTS: usize = 64;

/// Lets in who has the token, while it is valid.
pub(crate) struct Door {
    token: SecretHash,
    expires: Option<Instant>,
    bolt: Arc<Bolt>,
    /// Shuts the door when its time is over, whether anybody comes then or not. Ends with the door.
    _timer: Option<JoinSet<()>>,
}

/// What shuts a door.
struct Bolt {
    /// None once the door is shut, so that the facts end with the last call.
    facts: Mutex<Option<mpsc::Sender<GatewayFact>>>,
    shut: watch::Sender<bool>,
}

/// One request that was let in.
pub(crate) struct Visit {
    /// The token as the request has it; the door knows only its hash.
    token: SecretString,
    facts: mpsc::Sender<GatewayFact>,
    shut: watch::Receiver<bool>,
}

impl Door {
    /// A door for the bearer of this token, behind which so many calls may be under way at once: each
    /// stream holds a place for its fact until its end, and must keep nobody else from telling theirs.
    /// One that expires shuts itself then, and is made within a tokio runtime.
    pub(crate) fn new(
        token: SecretHash,
        calls: usize,
        expires: Option<Instant>,
    ) -> (Self, mpsc::Receiver<GatewayFact>) {
        let (facts, told) = mpsc::channel(WAITING_FACTS + calls);
        let bolt = Arc::new(Bolt {
            facts: Mutex::new(Some(facts)),
            shut: watch::Sender::new(false),
        });
        let door = Self {
            token,
            expires,
            _timer: expires.map(|end| timer(&bolt, end)),
            bolt,
        };
        (door, told)
    }

    /// Lets in the bearer of the token; none after the door was shut, or its time was over.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Option<Visit> {
        let token = bearer(headers).filter(|token| self.token.is_of(token))?;
        if self.expires.is_some_and(|end| end <= Instant::now()) {
            return None;
        }
        let facts = self.bolt.facts();
        Some(Visit {
            token: SecretString::from(token),
            facts: facts.as_ref()?.clone(),
            shut: self.bolt.shut.subscribe(),
        })
    }

    /// From now on nobody comes in, and who is in has to leave.
    pub(crate) fn shut(&self) {
        self.bolt.shut();
    }
}

fn timer(bolt: &Arc<Bolt>, end: Instant) -> JoinSet<()> {
    let (bolt, mut timer) = (Arc::clone(bolt), JoinSet::new());
    timer.spawn(async move {
        sleep_until(end).await;
        bolt.shut();
    });
    timer
}

impl Bolt {
    fn shut(&self) {
        *self.facts() = None;
        self.shut.send_replace(true);
    }

    /// A panic cannot leave the value half changed.
    fn facts(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Sender<GatewayFact>>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request presents as its token.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    const SCHEME: &str = "bearer ";
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(token)
}

impl Visit {
    pub(crate) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Reports a call; without a reader it is lost, with a slow one this waits.
    pub(crate) async fn tell(&self, fact: GatewayFact) {
        // The reader has left: nobody wants to know.
        let _ = self.facts.send(fact).await;
    }

    /// A place for one fact, which can then be told without waiting; none without a reader.
    pub(crate) async fn reserve(&self) -> Option<mpsc::OwnedPermit<GatewayFact>> {
        self.facts.clone().reserve_owned().await.ok()
    }

    /// Resolves when the door is shut.
    pub(crate) fn shut(&self) -> BoxFuture<'static, ()> {
        let mut shut = self.shut.clone();
        async move {
            // An error is a door that is gone.
            let _ = shut.wait_for(|shut| *shut).await;
        }
        .boxed()
    }

    /// What the work gives, or none if the door is shut before.
    pub(crate) async fn while_open<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut shut = self.shut.clone();
        tokio::select! {
            biased;
            done = work => Some(done),
            _ = shut.wait_for(|shut| *shut) => None,
        }
    }
}

#[cfg(test)]
mod tests;
