//! What comes after a failure: policies and state machines, without I/O, clock or randomness.
//!
//! Time and random numbers are arguments, every state is plain data that a store can keep, and
//! every decision is a pure function: the same inputs give the same answer, after a restart, too.
//!
//! ```
//! use deckhands_model::Cause;
//! use deckhands_resilience::recovery::{FailedAttempt, Next, Policies, RecoveryState, step};
//!
//! let now = jiff::Timestamp::UNIX_EPOCH;
//! let failed = FailedAttempt::of(Cause::ProviderUnreachable);
//! let (state, decision) = step(&RecoveryState::default(), &failed, &Policies::default(), now, 0.5);
//! assert_eq!(state.spent.attempts, 1);
//! assert!(matches!(decision.next, Next::Retry { .. }));
//! ```

mod bounds;

pub mod backoff;
pub mod budget;
pub mod recovery;

pub use bounds::OutOfBounds;
