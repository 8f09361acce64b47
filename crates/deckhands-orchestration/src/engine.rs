//! Runs stored tasks until it is stopped: leases them, has their attempts carried out, and decides
//! after each what comes next.
//!
//! One loop decides ([`Decider`], pure); workers carry out one attempt each and write down what
//! came of it under their lease. Several engines may work on one store, on one machine or after
//! one another: an attempt that has lost its worker is taken over by whoever finds it.

mod attempts;
mod calls;
mod daemon;
mod decider;
mod documents;
mod lease;
mod live;
mod looks;
mod memory;
mod observer;
mod orphans;
mod owner;
mod run;
mod runner_attempts;
mod running;
mod settings;
mod settle;
mod shared;
mod spent;
mod step;
mod tidy;
mod timers;
mod work;
mod worker;
mod writes;

pub use attempts::{AttemptJob, AttemptOutcome, AttemptResult, Attempts, NotAdopted};
pub use calls::CallsSeen;
pub use decider::{Command, Decider, Event, Mode};
pub use lease::{Lease, LeaseLost, LeaseTimes};
pub use memory::{FREE_RERUNS, TaskMemory};
pub use observer::{EngineEvent, EngineObserver, Unobserved};
pub use owner::LeaseOwner;
pub use run::{Engine, EngineParts, EngineReport, StopSignals};
pub use runner_attempts::RunnerAttempts;
pub use settings::EngineSettings;
pub use step::{Decided, Facts, Step, lost, not_begun, step};

#[cfg(test)]
mod tests;
