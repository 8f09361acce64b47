//! Random transitions by several workers while time passes, on a store and on a small model of it.
//!
//! After every transition the store's answer, its new events, its tasks, live attempts, money and
//! counters must be what the model says; a refused or repeated one must have changed nothing.

mod money;
mod op;
mod play;
mod world;

use std::sync::Arc;

use proptest::test_runner::{Config, TestError, TestRunner};
use tokio::runtime::{Builder, Runtime};

use super::Bench;
use super::fault::Fault;

/// Plays `histories` random ones, each on a fresh store. A failing one is made as short as it can
/// be and told with what did not hold. It blocks, so it is not for async code.
///
/// # Errors
/// What did not hold, and after which transitions.
pub fn run(bench: &Arc<dyn Bench>, histories: u32) -> Result<(), String> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let mut runner = TestRunner::new(Config {
        cases: histories,
        failure_persistence: None,
        ..Config::default()
    });
    let played = runner.run(&op::history(), |ops| {
        let answer = one(&runtime, bench, &ops);
        answer.map_err(|fault| proptest::test_runner::TestCaseError::fail(fault.to_string()))
    });
    played.map_err(|error| match error {
        TestError::Fail(why, ops) => format!("{why}\nafter {ops:#?}"),
        TestError::Abort(why) => why.to_string(),
    })
}

fn one(runtime: &Runtime, bench: &Arc<dyn Bench>, ops: &[op::Op]) -> Result<(), Fault> {
    runtime.block_on(async { play::play(bench, ops).await })
}
