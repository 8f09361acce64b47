//! The commands, a file each.

pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod models;
pub(crate) mod reap;
pub(crate) mod run;
pub(crate) mod shell;
