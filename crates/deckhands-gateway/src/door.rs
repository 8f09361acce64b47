//! Who may come in, until when: the token's check and its end.

use std::sync::{Mutex, PoisonError};

use deckhands_model::{GatewayFact, SecretHash};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{mpsc, watch};

/// Facts that wait for their reader: eight rounds of all calls at once. A reader that is further
/// behind slows the calls down.
const WAITING_FACTS: usize = 64;

/// Lets in who has the token, while it is valid.
pub(crate) struct Door {
    token: SecretHash,
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
    pub(crate) fn new(token: SecretHash) -> (Self, mpsc::Receiver<GatewayFact>) {
        let (facts, told) = mpsc::channel(WAITING_FACTS);
        let door = Self {
            token,
            facts: Mutex::new(Some(facts)),
            shut: watch::Sender::new(false),
        };
        (door, told)
    }

    /// Lets in the bearer of the token; none after the door was shut.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Option<Visit> {
        const SCHEME: &str = "bearer ";
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_at_checked(SCHEME.len())?;
        if !scheme.eq_ignore_ascii_case(SCHEME) || !self.token.is_of(token) {
            return None;
        }
        let facts = self.facts();
        Some(Visit {
            token: SecretString::from(token),
            facts: facts.as_ref()?.clone(),
            shut: self.shut.subscribe(),
        })
    }

    /// From now on nobody comes in, and who is in has to leave.
    pub(crate) fn shut(&self) {
        *self.facts() = None;
        self.shut.send_replace(true);
    }

    /// A panic cannot leave the value half changed.
    fn facts(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Sender<GatewayFact>>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
