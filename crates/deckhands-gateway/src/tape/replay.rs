//! Plays a tape again: the answers in their order, whatever is asked.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use deckhands_model::Usage;

use super::TapedAnswer;
use super::error::TapeError;
use super::line::CallLine;
use super::mark::Mark;
use super::read::{Tape, TapeEnd};

/// Answers calls from a tape. Shared by reference; calls at the same time get one answer each, in the
/// order in which they ask.
#[derive(Debug)]
pub struct Replay {
    calls: u64,
    end: TapeEnd,
    state: Mutex<State>,
}

struct State {
    left: std::vec::IntoIter<CallLine>,
    diverged: u64,
}

/// A call as it was answered then.
#[derive(Clone, PartialEq, Debug)]
pub struct Replayed {
    /// Number of the call on the tape, from 1.
    pub call: u64,
    /// What the agent was answered.
    pub answer: TapedAnswer,
    /// The model that answered then, in the provider's words.
    pub served: Option<String>,
    /// What the call spent then; now it costs nothing.
    pub usage: Usage,
    /// How this request differs from the one then, the gravest difference, if it does.
    pub diverged: Option<Divergence>,
}

/// How a request differs from the recorded one. Shown in words for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Divergence {
    /// Native tools are offered and were not, or the other way round.
    Tools,
    /// The history is longer or shorter.
    Count {
        /// Messages of the recorded request.
        recorded: u64,
        /// Messages of this one.
        asked: u64,
    },
    /// As many messages, with other words. That is usual: prompts have times, ports and ids in them.
    Words,
}

impl Replay {
    /// Plays a tape from its beginning.
    #[must_use]
    pub fn new(tape: Tape) -> Self {
        Self {
            calls: tape.calls(),
            end: tape.end(),
            state: Mutex::new(State {
                left: tape.calls.into_iter(),
                diverged: 0,
            }),
        }
    }

    /// The next answer. A request that differs from the recorded one gets it all the same, and is counted.
    ///
    /// # Errors
    /// [`TapeError::Ended`] when all calls were played; [`TapeError::OtherForm`], also counted, when one
    /// request is for a stream and the other is not. After an error the tape stands where it stood.
    pub fn next(&self, request: &[u8]) -> Result<Replayed, TapeError> {
        let asked = Mark::of_request(request);
        let mut state = self.state();
        let Some(recorded) = state.left.as_slice().first() else {
            return Err(TapeError::Ended { calls: self.calls });
        };
        if recorded.asked.streamed != asked.streamed {
            let (call, streamed) = (recorded.number, recorded.asked.streamed);
            state.diverged += 1;
            return Err(TapeError::OtherForm { call, streamed });
        }
        let diverged = Divergence::between(&recorded.asked, &asked);
        state.diverged += u64::from(diverged.is_some());
        let line = state.left.next();
        // Nothing of the rest needs the others to wait.
        drop(state);
        let line = line.ok_or(TapeError::Ended { calls: self.calls })?;
        Ok(Replayed::of(line, diverged))
    }

    /// How many requests differed from the recorded ones so far.
    #[must_use]
    pub fn diverged(&self) -> u64 {
        self.state().diverged
    }

    /// How many calls were not played yet.
    #[must_use]
    pub fn left(&self) -> u64 {
        u64::try_from(self.state().left.len()).unwrap_or(u64::MAX)
    }

    /// How the tape ends: after one that is not [`TapeEnd::Whole`] a call too many is no wonder.
    #[must_use]
    pub fn end(&self) -> TapeEnd {
        self.end
    }

    /// A panic cannot leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replayed {
    fn of(line: CallLine, diverged: Option<Divergence>) -> Self {
        Self {
            call: line.number,
            served: line.served.clone(),
            usage: line.usage(),
            answer: line.into_answer(),
            diverged,
        }
    }
}

impl Divergence {
    /// Which model was asked for does not matter: another name is no other conversation.
    fn between(recorded: &Mark, asked: &Mark) -> Option<Self> {
        if recorded.tools != asked.tools {
            return Some(Self::Tools);
        }
        if recorded.messages != asked.messages {
            return Some(Self::Count {
                recorded: recorded.messages,
                asked: asked.messages,
            });
        }
        (recorded.messages_sha256 != asked.messages_sha256).then_some(Self::Words)
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tools => f.write_str("the recorded request had another form of tool calls"),
            Self::Count { recorded, asked } => write!(
                f,
                "the recorded request had {recorded} messages, this one has {asked}"
            ),
            Self::Words => f.write_str("the recorded request had other words"),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("left", &self.left.len())
            .field("diverged", &self.diverged)
            .finish()
    }
}

#[cfg(test)]
mod tests;
