//! The few things automation asks of Docker, through its command line tool.
//!
//! The product itself talks to the daemon through `deckhands-runtime`; nothing here is used by it.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// Every container and network that an end-to-end test makes carries this label.
const TEST_LABEL: &str = "label=deckhands.test=1";

/// Fails at once, with what to do about it, when no daemon answers.
pub(crate) fn require_daemon() -> Result<()> {
    if process::succeeds(&mut docker(&["version", "--format", "{{.Server.Version}}"])) {
        return Ok(());
    }
    bail!(
        "no Docker daemon answers, and the end-to-end tests are never skipped\n\
         hint: start Docker, then check with `docker version` as the same user"
    )
}

/// Removes containers and networks of earlier end-to-end tests; others are not touched.
pub(crate) fn remove_test_leftovers() -> Result<()> {
    let containers = process::output(&mut docker(&["ps", "-aq", "--filter", TEST_LABEL]))?;
    remove(&["rm", "--force", "--volumes"], &containers)?;
    let networks = process::output(&mut docker(&[
        "network", "ls", "-q", "--filter", TEST_LABEL,
    ]))?;
    remove(&["network", "rm"], &networks)
}

fn remove(verb: &[&str], ids: &str) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    process::run(docker(verb).args(ids.lines()))
}

fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}
