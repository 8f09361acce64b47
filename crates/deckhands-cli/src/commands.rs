//! The commands, a file each, and what several of them share.

pub(crate) mod apply;
pub(crate) mod batch;
pub(crate) mod cancel;
pub(crate) mod choice;
pub(crate) mod config;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod engine;
pub(crate) mod events;
pub(crate) mod gateway;
pub(crate) mod hold;
mod kept;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod models;
pub(crate) mod reap;
mod recovery;
pub(crate) mod release;
pub(crate) mod result;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod shell;
pub(crate) mod stats;
pub(crate) mod status;
mod stored;
pub(crate) mod submit;
mod task;
#[cfg(test)]
mod test_attempts;
pub(crate) mod watch;
