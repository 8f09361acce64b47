//! The recovery ladder: after a failed attempt, what comes next and why.
//!
//! [`step`] books the attempt, looks up what may be done about its cause at all ([`treatment`]) and
//! walks the ladder of its error type from where the task stands. A rung either acts, which ends
//! the walk with another attempt, or is passed over with a reason; each is recorded. Another
//! attempt is only ever decided inside the task's budget, so every walk ends.

mod decision;
mod policies;
mod state;
mod step;
mod treatment;

pub use decision::{Decision, FailedAttempt, GiveUp, Next, Rung};
pub use policies::{Facts, MOST_MEMORY_RAISES, OtherRoutes, Policies, RungTries, StandIns};
pub use state::{Position, RecoveryState};
pub use step::step;
pub use treatment::{Treatment, ladder, route_to_blame, treatment};
