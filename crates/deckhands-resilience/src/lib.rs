//! What comes after a failure, and which route is taken: policies and state machines, without I/O,
//! clock or randomness.
//!
//! Time and random numbers are arguments, every state is plain data that a store can keep, and
//! every decision is a pure function: the same inputs give the same answer, after a restart, too.
//!
//! ```
//! use deckhands_model::Cause;
//! use deckhands_resilience::recovery::{
//!     FailedAttempt, Facts, Next, OtherRoutes, Policies, RecoveryState, step,
//! };
//!
//! let facts = Facts {
//!     other_routes: OtherRoutes::None,
//!     random: 0.5,
//!     now: jiff::Timestamp::UNIX_EPOCH,
//! };
//! let failed = FailedAttempt::of(Cause::ProviderUnreachable);
//! let (state, decision) = step(&RecoveryState::default(), &failed, &Policies::default(), &facts);
//! assert_eq!(state.spent.attempts, 1);
//! assert!(matches!(decision.next, Next::Retry { .. }));
//! ```

mod bounds;

pub mod backoff;
pub mod budget;
pub mod catalogue;
pub mod recovery;
pub mod route_health;
pub mod select;

pub use bounds::OutOfBounds;
