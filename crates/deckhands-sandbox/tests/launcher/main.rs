//! The launchers as the containers run them: with `python3`, beside a stand-in for OpenHands.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

mod server;
mod stage;

mod bounds;
mod conversation;
mod keys;
mod sandbox;
mod set_up;
