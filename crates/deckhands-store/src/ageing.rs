//! Ageing: who waits long enough goes first, whatever its priority.

use deckhands_model::Priority;
use jiff::Timestamp;

/// A task's priority rises by one after each of these, in seconds.
pub const AGEING_STEP_S: i64 = 600;

/// The priority that counts: the task's own, one less for every full step since it could be
/// started, down to 0. A clock that went back ages nothing.
#[must_use]
pub fn effective_priority(own: Priority, ready_since: Timestamp, now: Timestamp) -> u8 {
    let waited = now.duration_since(ready_since).as_secs().max(0);
    let steps = u8::try_from(waited / AGEING_STEP_S).unwrap_or(u8::MAX);
    (own as u8).saturating_sub(steps)
}
