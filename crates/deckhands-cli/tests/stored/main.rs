//! The real binary over stored tasks whose database or home is out of order: each cause is told in
//! one line with a hint, and once it is lifted every task is there.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

mod batch;
mod bench;
mod cancelled;
mod closed;
mod daemon;
mod damaged;
mod figures;
mod kept;
mod keys;
mod mounts;
mod reaped;
mod watched;
