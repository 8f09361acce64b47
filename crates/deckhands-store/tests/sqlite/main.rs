//! The SQLite store on real files and among real processes.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

mod clock;
mod closed;
mod cut;
mod dropped;
mod files;
mod full;
mod look;
mod processes;
mod samples;
