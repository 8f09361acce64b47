//! The same random calls on two stores: each must answer what the other one does, word for word.
//!
//! One is the store in memory. Unlike the model it has an opinion on everything: every field of
//! every answer, every refusal, every question, and on leases that were never given.

mod act;
mod ask;
mod call;

use std::sync::Arc;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::runtime::{Builder, Runtime};

use super::Bench;
use super::audit::audit;
use super::desk::snapshot;
use super::fault::{Fault, Verdict, same};
use crate::memory::MemoryStore;
use act::Side;
use call::Call;

/// Plays so many histories, which follow from `seed`, each on two fresh stores. A failing one is
/// made as short as it can be and told with what differed. It blocks, so it is not for async code.
///
/// # Errors
/// What differed, and after which calls.
pub fn run(bench: &Arc<dyn Bench>, seed: u64, histories: u32) -> Result<(), String> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let config = Config {
        cases: histories,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let played = TestRunner::new_with_rng(config, rng).run(&call::history(), |calls| {
        let answer = one(&runtime, bench, &calls);
        answer.map_err(|fault| TestCaseError::fail(fault.to_string()))
    });
    played.map_err(|error| match error {
        TestError::Fail(why, calls) => format!("{why}\nafter {calls:#?}"),
        TestError::Abort(why) => why.to_string(),
    })
}

fn one(runtime: &Runtime, bench: &Arc<dyn Bench>, calls: &[Call]) -> Result<(), Fault> {
    runtime.block_on(async {
        let (store, memory) = (bench.fresh().await?, MemoryStore::default());
        let mut sides = [Side::new(&memory), Side::new(store.as_ref())];
        for call in calls {
            let [memory, store] = &mut sides;
            let wanted = memory.act(call).await;
            same(&format!("{call:?}"), store.act(call).await, wanted)?;
        }
        alike(&sides).await
    })
}

/// Everything that is left is the same, and right.
async fn alike([memory, store]: &[Side<'_>; 2]) -> Verdict {
    let wanted = snapshot(memory.store, memory.now).await?;
    let found = snapshot(store.store, store.now).await?;
    same("everything", found, wanted)?;
    audit(memory.store, memory.now).await?;
    audit(store.store, store.now).await
}
