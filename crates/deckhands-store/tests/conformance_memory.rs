//! The store in memory keeps the contract.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use deckhands_store::conformance::{self, Bench};
use deckhands_store::{MemoryStore, Store, StoreResult};

struct MemoryBench {
    dir: tempfile::TempDir,
    next: AtomicU32,
}

fn bench() -> Arc<dyn Bench> {
    Arc::new(MemoryBench {
        dir: tempfile::tempdir().unwrap(),
        next: AtomicU32::new(0),
    })
}

#[async_trait]
impl Bench for MemoryBench {
    async fn fresh(&self) -> StoreResult<Arc<dyn Store>> {
        Ok(Arc::new(MemoryStore::default()))
    }

    fn scratch(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.dir.path().join(format!("{number}.json"))
    }

    async fn open_backup(&self, from: &Path) -> StoreResult<Arc<dyn Store>> {
        Ok(Arc::new(MemoryStore::from_backup(from).await?))
    }
}

deckhands_store::conformance_tests!(bench);

#[test]
fn memory_follows_the_model() {
    assert_eq!(conformance::model::run(&bench(), 512), Ok(()));
}
