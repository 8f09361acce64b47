//! Many seeds on all cores.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::harness;
use crate::invariant::Violation;
use crate::trace::Coverage;

/// No more seeds are begun after so many have failed.
const ENOUGH: usize = 10;

/// What came of them.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    pub(crate) seeds: u64,
    pub(crate) failed: BTreeMap<u64, Vec<Violation>>,
    pub(crate) coverage: Coverage,
}

/// Tries `count` seeds from `from` on.
pub(crate) fn seeds(from: u64, count: u64) -> Tried {
    let next = AtomicU64::new(from);
    let tried = Mutex::new(Tried::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let enough = lock(&tried).failed.len() >= ENOUGH;
            if seed >= from.saturating_add(count) || enough {
                return;
            }
            let outcome = harness::simulate(seed, None);
            let mut tried = lock(&tried);
            tried.seeds += 1;
            tried.coverage.add(&outcome.coverage);
            if !outcome.violations.is_empty() {
                tried.failed.insert(seed, outcome.violations);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    tried.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock(tried: &Mutex<Tried>) -> std::sync::MutexGuard<'_, Tried> {
    tried.lock().unwrap_or_else(PoisonError::into_inner)
}
