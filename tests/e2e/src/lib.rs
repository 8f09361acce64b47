//! What the end-to-end tests stand on: the built binary, a scripted provider where containers can
//! reach it, a home and a workspace of their own, and a look at the daemon.
//!
//! A missing need (binary, daemon, images, root) is a failure with its name, never a skip.

mod bench;
mod daemon;
mod ended;
mod ending;
mod evidence;
mod left;
mod profile;
mod steps;
mod tiny;
mod tree;

pub use bench::{Bench, CANARY, deckhands};
pub use daemon::{
    Container, bridge_address, container_names, containers, docker, networks, wait_for,
};
pub use ended::{Ended, Running};
pub use ending::Ending;
pub use evidence::{ENDED_WITHIN_S, stamp};
pub use profile::{Profile, by_profile, profile, sandbox_part};
pub use steps::{
    bash, bash_for, create_file, edit_file, editor, ipython, one_step, plan_tasks, type_in,
    view_tasks,
};
pub use tiny::{TinyTask, TinyWorld};
pub use tree::Tree;
