//! The store on SQLite keeps the contract.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use deckhands_store::conformance::{self, Bench};
use deckhands_store::{SqliteOptions, SqliteStore, Store, StoreResult};

struct SqliteBench {
    dir: tempfile::TempDir,
    next: AtomicU32,
}

fn bench() -> Arc<dyn Bench> {
    Arc::new(SqliteBench {
        dir: tempfile::tempdir().unwrap(),
        next: AtomicU32::new(0),
    })
}

#[async_trait]
impl Bench for SqliteBench {
    async fn fresh(&self) -> StoreResult<Arc<dyn Store>> {
        self.open_backup(&self.scratch()).await
    }

    fn scratch(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.dir.path().join(format!("{number}.db"))
    }

    async fn open_backup(&self, from: &Path) -> StoreResult<Arc<dyn Store>> {
        let store = SqliteStore::open(from, SqliteOptions::default())?;
        Ok(Arc::new(store))
    }
}

deckhands_store::conformance_tests!(bench);

#[test]
fn sqlite_follows_the_model() {
    assert_eq!(conformance::model::run(&bench(), 48), Ok(()));
}

#[test]
fn sqlite_answers_as_memory_does() {
    assert_eq!(conformance::twin::run(&bench(), 20_260_101, 64), Ok(()));
}
