//! A machine to run tasks on, and the agent that plays a part on it.

mod agent;
mod files;
mod model;
mod world;

pub(crate) use agent::Agent;
pub(crate) use files::{contains, tree};
pub(crate) use model::{Answers, GOOD, Provider, answer, ask_api};
pub(crate) use world::{KEY, Ran, World};

use std::time::Duration;

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
