//! What only profile `managed` promises: walls, bounds, and a key that stays outside.

mod bounds;
mod calls;
mod crowd;
mod hostile;
pub(crate) mod keys;
mod money;
mod network;
mod pools;
mod progress;
mod rotation;
mod tools;
mod walls;

use std::path::PathBuf;
use std::time::Duration;

use deckhands_e2e::{Bench, Container, sandbox_part, wait_for};

/// Longest time until a moment in a run is there.
const LIMIT: Duration = Duration::from_secs(240);

/// App and sandbox of a world's one attempt, both running.
fn both(bench: &Bench) -> (Container, Container) {
    wait_for("two running containers", LIMIT, || {
        Some((bench.running("-app")?, bench.running(sandbox_part())?))
    })
}

/// The directory of a world's one attempt.
fn attempt_dir(bench: &Bench) -> PathBuf {
    let record = bench.attempt_file("attempt.json").expect("an attempt");
    record.parent().expect("its directory").to_owned()
}

/// The value of a variable in a container's environment.
fn variable(container: &Container, name: &str) -> String {
    let all = container.inspect["Config"]["Env"].as_array();
    let values = all.into_iter().flatten().filter_map(|entry| {
        let (key, value) = entry.as_str()?.split_once('=')?;
        (key == name).then(|| value.to_owned())
    });
    let found: Vec<_> = values.collect();
    assert_eq!(found.len(), 1, "{name} of {}", container.name);
    found.concat()
}
