//! Whether the agent does the same over and over, as far as the session can tell.

use std::sync::{Mutex, MutexGuard, PoisonError};

use deckhands_model::Cause;

use super::Inner;
use super::call::Call;
use crate::loops::{CallEnd, LoopDetector, LoopKind, LoopPolicy, Sighting, Watch};

/// What is watched of all calls.
pub(super) struct Watched(Mutex<State>);

struct State {
    detector: LoopDetector,
    /// Why a request was refused for good last.
    refused: Option<Cause>,
}

impl Watched {
    pub(super) fn new(policy: LoopPolicy) -> Self {
        Self(Mutex::new(State {
            detector: LoopDetector::new(policy),
            refused: None,
        }))
    }

    /// A panic cannot leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// How a request looks beside those before it.
    pub(super) fn look_for_loops(&self, body: &[u8]) -> Sighting {
        let seen = self.watched.state().detector.see(body);
        if let Watch::Warn { .. } = seen.watch {
            tracing::warn!("the agent seems to be in a loop: {}", seen.watch);
        }
        seen
    }

    /// Remembers how a call ended: one that is repeated after a failure is no loop.
    pub(super) fn note_end(&self, call: &Call, cause: Option<Cause>) {
        let end = match cause {
            None => CallEnd::Good,
            Some(Cause::ContextWindow | Cause::ContentRefused | Cause::BadInput) => {
                CallEnd::Refused
            }
            Some(_) => CallEnd::Failed,
        };
        let mut state = self.watched.state();
        state.detector.ended(&call.seen, end);
        if end == CallEnd::Refused {
            state.refused = cause;
        }
    }

    /// What a loop is told for: one over a refusal for that, since nobody can make progress against it.
    pub(super) fn cause_of_loop(&self, watch: Watch) -> Cause {
        let refused = match watch {
            Watch::End {
                what: LoopKind::RefusedPrompt,
                ..
            } => self.watched.state().refused,
            _ => None,
        };
        refused.unwrap_or(Cause::NoProgress)
    }
}
