//! The built binary against the real daemon and the real OpenHands images.
//!
//! Modules `full` run only in the full set (`cargo xtask ci --full`), modules `managed_only` and
//! `socket_only` only in the profile that they name.

mod causes;
mod clients;
mod containers;
mod contract;
mod daemon_away;
mod daemon_faults;
mod endings;
mod environment;
mod figures;
mod full;
mod hello;
mod inputs;
mod kill_loop;
mod managed_only;
mod openmetrics;
mod others;
mod promotion;
mod pulling;
mod reap;
mod replay;
mod signals;
mod stored;
mod trees;
mod trust;
mod user;
