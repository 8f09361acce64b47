//! Wall time that follows the paused clock and can be set, and ids from the seed.

use std::sync::{Arc, Mutex, PoisonError};

use deckhands_orchestration::{Clock, IdSource};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::breakage::Breakage;
use crate::rng::Rng;

/// When every simulation begins: 2030-01-01.
const START: i64 = 1_893_456_000;

/// The wall clock of the one machine. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct WallClock {
    since: Instant,
    set_by: Arc<Mutex<SignedDuration>>,
    /// This process reads it so much off.
    off: SignedDuration,
}

impl WallClock {
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
            set_by: Arc::default(),
            off: SignedDuration::ZERO,
        }
    }

    /// The same clock, read inexactly.
    pub(crate) fn off(&self, off: SignedDuration) -> Self {
        Self {
            off,
            ..self.clone()
        }
    }

    /// Somebody sets the clock.
    pub(crate) fn jump(&self, by: SignedDuration) {
        let mut set_by = self.set_by.lock().unwrap_or_else(PoisonError::into_inner);
        *set_by = set_by.saturating_add(by);
    }

    /// Milliseconds since the simulation began, on the clock that nobody sets.
    pub(crate) fn elapsed_ms(&self) -> u128 {
        self.since.elapsed().as_millis()
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let set_by = *self.set_by.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = SignedDuration::try_from(self.since.elapsed()).unwrap_or_default();
        let start = Timestamp::from_second(START).unwrap_or_default();
        start
            .checked_add(passed + set_by + self.off)
            .unwrap_or(Timestamp::MAX)
    }
}

/// Ids of one process.
#[derive(Debug)]
pub(crate) struct SeededIds(Mutex<Rng>);

impl SeededIds {
    pub(crate) fn new(seed: u64, purpose: &[u64], breakage: Option<Breakage>) -> Self {
        let mut rng = Rng::of(seed, purpose);
        if breakage == Some(Breakage::IdsOfItsOwn) {
            let unseeded = std::hash::RandomState::new();
            rng = Rng::new(std::hash::BuildHasher::hash_one(&unseeded, seed));
        }
        Self(Mutex::new(rng))
    }
}

impl IdSource for SeededIds {
    fn random(&self) -> [u8; 16] {
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rng.bytes()
    }
}
