//! The store in memory keeps the contract.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use deckhands_store::conformance::{self, Bench};
use deckhands_store::{MemoryStore, Store, StoreResult};

struct MemoryBench {
    scratch: PathBuf,
    next: AtomicU32,
}

fn bench(scratch: &Path) -> Arc<dyn Bench> {
    let (scratch, next) = (scratch.to_owned(), AtomicU32::new(0));
    Arc::new(MemoryBench { scratch, next })
}

#[async_trait]
impl Bench for MemoryBench {
    async fn fresh(&self) -> StoreResult<Arc<dyn Store>> {
        Ok(Arc::new(MemoryStore::default()))
    }

    fn scratch(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.scratch.join(format!("{number}.json"))
    }

    async fn open_backup(&self, from: &Path) -> StoreResult<Arc<dyn Store>> {
        Ok(Arc::new(MemoryStore::from_backup(from).await?))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_keeps_the_contract() {
    let scratch = tempfile::tempdir().unwrap();
    let faults = conformance::run_all(&bench(scratch.path())).await;
    assert_eq!(faults.join("\n"), "");
}

#[test]
fn memory_follows_the_model() {
    let scratch = tempfile::tempdir().unwrap();
    let answer = conformance::model::run(&bench(scratch.path()), 512);
    assert_eq!(answer, Ok(()));
}
