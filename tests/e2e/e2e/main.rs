//! The built binary against the real daemon and the real OpenHands images.
//!
//! The module `full` runs only in the full set (`cargo xtask ci --full`).

mod contract;
mod endings;
mod environment;
mod figures;
mod full;
mod hello;
mod inputs;
mod others;
mod reap;
mod signals;
mod user;
