//! The commands, a file each, and what several of them share.

pub(crate) mod apply;
pub(crate) mod config;
pub(crate) mod diff;
pub(crate) mod doctor;
mod kept;
pub(crate) mod models;
pub(crate) mod reap;
mod recovery;
pub(crate) mod run;
pub(crate) mod shell;
