//! Profile `managed`: we make the sandbox, and the one thing that leads out is a socket of ours.

mod bounds;
mod cancel;
mod gateway;
mod networks;
mod plan;
mod sandbox;
mod specs;
mod sweeping;

use deckhands_model::Network;
use deckhands_runtime::test_util::Script;

use crate::support::{Agent, World};

/// A machine whose next task is played by this app, beside a sandbox that is there until its end.
fn machine(app: Script) -> World {
    World::managed().agent(app).sandbox(Script::new().hang())
}

/// A machine on which the agent's commands reach every host, over a network of their own.
fn open_machine(app: Script) -> World {
    machine(app).asking(|request| request.network = Network::Open)
}

/// At work after 9.2 s, a file is written a second later.
fn working() -> Agent {
    Agent::new().wakes().writes("half.txt", "half\n")
}

/// Done after 11.2 s.
fn good() -> Script {
    working().finishes("done")
}
