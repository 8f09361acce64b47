//! Where a task stands on its ladders: plain data that a store keeps between attempts.

use deckhands_model::ErrorType;
use serde::{Deserialize, Serialize};

use super::policies::MOST_MEMORY_RAISES;
use crate::budget::Spent;

/// All that `step` remembers of a task. The default is a task whose first attempt has not ended.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecoveryState {
    /// What the attempts have used.
    pub spent: Spent,
    /// How often memory was doubled; attempts are sized by [`Self::memory_factor`].
    pub memory_raised: u32,
    /// Whether another route was taken because of what the agent did.
    pub other_route_taken: bool,
    /// The rung of each error type that has occurred.
    pub positions: Vec<Position>,
}

/// The place on the ladder of one error type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Position {
    /// Whose ladder.
    pub error_type: ErrorType,
    /// The rung that is tried next, from 0.
    pub rung: usize,
    /// How often this rung was tried.
    pub tries: u32,
}

impl RecoveryState {
    /// Times the memory of the first attempt that the next attempt gets, 1 to 256.
    ///
    /// Whoever starts an attempt sizes it by this, whatever kind of decision led to it: memory that
    /// was raised once is needed on another route and after a wait, too.
    #[must_use]
    pub fn memory_factor(&self) -> u32 {
        memory_factor(self.memory_raised)
    }

    /// The place on an error type's ladder; the lowest rung where it has not occurred.
    #[must_use]
    pub fn position(&self, error_type: ErrorType) -> Position {
        let stored = self.positions.iter().find(|p| p.error_type == error_type);
        stored.copied().unwrap_or(Position {
            error_type,
            rung: 0,
            tries: 0,
        })
    }

    /// Stores a place.
    pub(super) fn set(&mut self, position: Position) {
        self.positions
            .retain(|p| p.error_type != position.error_type);
        self.positions.push(position);
    }
}

/// Times the first memory after so many raises; at most those of [`MOST_MEMORY_RAISES`].
pub(super) fn memory_factor(raised: u32) -> u32 {
    1 << raised.min(MOST_MEMORY_RAISES)
}
