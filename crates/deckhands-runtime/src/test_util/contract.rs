//! One suite of what the ports promise, run on any implementation by a [`ContractBench`].
//!
//! Each case stands alone: it makes what it needs under names and labels of its own, and all of it
//! is removed afterwards, also when the case fails.

mod bench;
mod case;
mod cases;
#[cfg(feature = "docker")]
mod docker_bench;
mod fake_bench;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;

pub use bench::{Act, ContractBench};
#[cfg(feature = "docker")]
pub use docker_bench::DockerBench;
pub use fake_bench::FakeBench;

use case::Case;

/// The label on everything that the suite makes, with the value `1`.
pub const TEST_LABEL: &str = "deckhands.test";

/// Time for one case; far above what the slowest takes, so that a hang is told from slowness.
const CASE_TIMEOUT: Duration = Duration::from_secs(60);

/// The names of all cases.
#[must_use]
pub fn names() -> Vec<&'static str> {
    cases::all().map(|(name, _)| name).collect()
}

/// Runs one case by its name.
///
/// # Errors
/// What was not as promised, or that there is no such case.
pub async fn run(bench: &dyn ContractBench, name: &str) -> Result<(), String> {
    let found = cases::all().find(|(known, _)| *known == name);
    let (name, body) = found.ok_or_else(|| format!("there is no case `{name}`"))?;
    let case = Case::new(bench, name);
    let ended = AssertUnwindSafe(tokio::time::timeout(CASE_TIMEOUT, body(&case)))
        .catch_unwind()
        .await;
    let result = match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_elapsed)) => Err(format!("`{name}` took longer than {CASE_TIMEOUT:?}")),
        Err(payload) => Err(format!("`{name}`: {}", panic_text(payload.as_ref()))),
    };
    result.and(case.clean_up().await)
}

/// Runs all cases one after the other and gives their number.
///
/// # Panics
/// With all failures, after the last case.
pub async fn run_all(bench: &dyn ContractBench) -> usize {
    let mut failures = Vec::new();
    let names = names();
    for name in &names {
        failures.extend(run(bench, name).await.err());
    }
    assert!(
        failures.is_empty(),
        "the contract is not kept:\n{}",
        failures.join("\n")
    );
    names.len()
}

fn panic_text(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a text")
}
