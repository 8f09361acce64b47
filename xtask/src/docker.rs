//! The few things automation asks of Docker, through its command line tool.
//!
//! The product itself talks to the daemon through `deckhands-runtime`; nothing here is used by it.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// What an end-to-end test itself makes, containers and networks, carries this label.
const TEST_LABEL: &str = "label=deckhands.test=1";

/// What the tested binary makes, containers and networks, carries this label, and another one with its
/// attempt's directory.
const PRODUCT_LABEL: &str = "label=managed-by=deckhands";
const ID_AND_DIRECTORY: &str = "{{.ID}} {{.Label \"deckhands.attempt-dir\"}}";

/// Where end-to-end tests have their state directories: below a temporary directory of
/// `tests/e2e/src/bench.rs`, or in the home of a user made by `tests/e2e/e2e/user.rs`.
const TEST_PLACES: [&str; 2] = ["/deckhands-e2e-", "/dh-e2e-"];

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
    let list = ["ps", "-a", "--no-trunc", "--filter", PRODUCT_LABEL];
    let listing = process::output(docker(&list).args(["--format", ID_AND_DIRECTORY]))?;
    remove(&["rm", "--force", "--volumes"], &of_tests(&listing))?;
    let list = ["network", "ls", "--no-trunc", "--filter"];
    let networks = process::output(docker(&list).args([TEST_LABEL, "-q"]))?;
    remove(&["network", "rm"], &networks)?;
    let listing =
        process::output(docker(&list).args([PRODUCT_LABEL, "--format", ID_AND_DIRECTORY]))?;
    remove(&["network", "rm"], &of_tests(&listing))
}

/// The ids in a listing of id and attempt directory whose directory is a test's, a line each.
fn of_tests(listing: &str) -> String {
    let ids = listing.lines().filter_map(|line| {
        let (id, directory) = line.split_once(' ')?;
        let of_test = TEST_PLACES.iter().any(|place| directory.contains(place));
        of_test.then_some(id)
    });
    ids.collect::<Vec<_>>().join("\n")
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

#[cfg(test)]
mod tests;
