//! OpenHands' remote-runtime API of one attempt, as a service without a listener.
//!
//! Paths are those after the caller took `/api` away: `/sessions/{sid}`, `/start`, `/stop`, `/pause`,
//! `/resume`, `/runtime/{id}`. Every request must carry the attempt's key, or it is refused before
//! anything of it is looked at. The API starts and stops nothing: it tells that a start was asked for,
//! and the sandbox lives as long as its attempt. There are no timeouts here; the caller has them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use deckhands_model::SecretHash;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use crate::keys::SessionKey;

mod answer;
mod body;
mod state;

use answer::{Answer, Refusal, json_answer};
use body::read_json;
use state::{Life, State};

pub use state::PodStatus;

/// What the API of an attempt is made from.
#[derive(Debug)]
pub struct SandboxApiOptions {
    /// OpenHands' session id of the attempt.
    pub session_id: String,
    /// The sandbox's identity towards OpenHands: letters, digits and `_.-`, at most 128.
    pub runtime_id: String,
    /// What the app's [`RuntimeKey`](crate::RuntimeKey) is recognised by. An API in the place of one
    /// that is gone with its process gets the same.
    pub key: SecretHash,
    /// The action server's key, told to the app.
    pub session_key: SessionKey,
    /// Where the app reaches the action server: [`ACTION_URL`](crate::ACTION_URL).
    pub url: String,
}

/// The remote-runtime API of one attempt. Clones are the same API.
#[derive(Clone)]
pub struct SandboxApi {
    shared: Arc<Shared>,
}

struct Shared {
    session_id: String,
    runtime_id: String,
    key: SecretHash,
    session_key: SessionKey,
    url: String,
    state: watch::Sender<State>,
}

/// What counts of a start request; image, command and environment are advice that is not taken.
#[derive(Deserialize)]
struct StartRequest {
    session_id: String,
}

#[derive(Deserialize)]
struct RuntimeRequest {
    runtime_id: String,
}

impl SandboxApi {
    /// An API that nobody has called yet.
    #[must_use]
    pub fn new(options: SandboxApiOptions) -> Self {
        let shared = Shared {
            session_id: options.session_id,
            runtime_id: options.runtime_id,
            key: options.key,
            session_key: options.session_key,
            url: options.url,
            state: watch::Sender::new(State::default()),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Answers one request. Dropping the future leaves a request half read and nothing else.
    pub async fn handle<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        if !self.admits(&parts.headers) {
            return Refusal::new(StatusCode::FORBIDDEN, "the key is wrong").into();
        }
        let answer = self.answer(&parts, body).await;
        answer.unwrap_or_else(Answer::from)
    }

    /// Refuses every request from now on.
    pub fn revoke(&self) {
        self.change(|state| state.revoked = true);
    }

    /// Sets what `/runtime/{id}` says of the sandbox: [`PodStatus::Pending`] at first. OpenHands sees
    /// it only where no launcher answers before.
    pub fn set_pod_status(&self, status: PodStatus) {
        self.change(|state| state.pod = status);
    }

    /// Whether OpenHands asked for its sandbox.
    #[must_use]
    pub fn started(&self) -> bool {
        self.shared.state.borrow().life != Life::New
    }

    /// Waits until OpenHands asked for its sandbox; at once when it did. Dropping the future changes
    /// nothing.
    pub async fn wait_started(&self) {
        self.wait(|state| state.life != Life::New).await;
    }

    /// Whether OpenHands gave its sandbox back. A killed app never does.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.shared.state.borrow().life == Life::Stopped
    }

    /// Waits until OpenHands gave its sandbox back; at once when it did. Dropping the future changes
    /// nothing.
    pub async fn wait_stopped(&self) {
        self.wait(|state| state.life == Life::Stopped).await;
    }

    async fn wait(&self, reached: impl FnMut(&State) -> bool) {
        // Invariant: the sender lives as long as `self`, so the wait cannot end in an error.
        let mut seen = self.shared.state.subscribe();
        let _reached = seen.wait_for(reached).await;
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.shared.state.send_modify(change);
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let presented = headers.get("x-api-key");
        let known = presented.is_some_and(|key| self.shared.key.is_of(key));
        known && !self.shared.state.borrow().revoked
    }

    async fn answer<B>(&self, parts: &Parts, body: B) -> Result<Answer, Refusal>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let path: Vec<_> = parts.uri.path().split('/').skip(1).collect();
        let get = parts.method == Method::GET;
        let post = parts.method == Method::POST;
        match path.as_slice() {
            ["sessions", id] if get => self.session(id),
            ["runtime", id] if get => self.runtime(id),
            // Asked only by a client without an image, which is not how it is configured.
            ["image_exists"] if get => Ok(json_answer(&json!({"exists": true}))),
            ["start"] if post => self.start(read_json(body).await?),
            ["stop"] if post => self.turn(&read_json(body).await?, Life::stop),
            ["pause"] if post => self.turn(&read_json(body).await?, Life::pause),
            ["resume"] if post => self.turn(&read_json(body).await?, Life::resume),
            _ => Err(Refusal::new(StatusCode::NOT_FOUND, "there is no such path")),
        }
    }

    fn session(&self, id: &str) -> Result<Answer, Refusal> {
        let status = self.shared.state.borrow().life.status();
        let status = status.filter(|_| id == self.shared.session_id);
        let status = status
            .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "there is no such session"))?;
        let mut description = self.description();
        description["status"] = json!(status);
        Ok(json_answer(&description))
    }

    fn runtime(&self, id: &str) -> Result<Answer, Refusal> {
        if id != self.shared.runtime_id {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "there is no such runtime",
            ));
        }
        let pod = self.shared.state.borrow().pod.as_str();
        let answer = json!({"runtime_id": id, "pod_status": pod});
        Ok(json_answer(&answer))
    }

    fn start(&self, request: StartRequest) -> Result<Answer, Refusal> {
        if request.session_id != self.shared.session_id {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "the session is another's",
            ));
        }
        self.change(|state| state.life = Life::Running);
        tracing::debug!(runtime = self.shared.runtime_id, "a sandbox was asked for");
        Ok(json_answer(&self.description()))
    }

    fn turn(&self, request: &RuntimeRequest, turn: fn(Life) -> Life) -> Result<Answer, Refusal> {
        if request.runtime_id != self.shared.runtime_id {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "the runtime is another's",
            ));
        }
        self.change(|state| state.life = turn(state.life));
        let answer = json!({"runtime_id": self.shared.runtime_id});
        Ok(json_answer(&answer))
    }

    fn description(&self) -> serde_json::Value {
        json!({
            "runtime_id": self.shared.runtime_id,
            "url": self.shared.url,
            "session_api_key": self.shared.session_key.expose(),
            "work_hosts": {},
        })
    }
}

impl fmt::Debug for SandboxApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxApi")
            .field("session_id", &self.shared.session_id)
            .field("runtime_id", &self.shared.runtime_id)
            .field("state", &*self.shared.state.borrow())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
