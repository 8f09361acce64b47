//! The built binary against the real daemon and the real OpenHands images.
//!
//! The module `full` runs only in the full set (`cargo xtask ci --full`).

mod causes;
mod containers;
mod contract;
mod daemon_faults;
mod endings;
mod environment;
mod figures;
mod full;
mod hello;
mod inputs;
mod others;
mod promotion;
mod pulling;
mod reap;
mod signals;
mod trees;
mod trust;
mod user;
