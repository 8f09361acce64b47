//! What engines are made of here.

use std::path::Path;
use std::sync::Arc;

use deckhands_orchestration::engine::{
    Attempts, Engine, EngineParts, EngineSettings, LeaseTimes, Unobserved,
};
use deckhands_orchestration::{Clock, SystemIds, route_health};
use deckhands_resilience::route_health::BreakerPolicy;
use deckhands_store::{MemoryStore, SqliteOptions, SqliteStore, Store, StoreResult};

/// The store that nothing survives.
pub(crate) fn in_memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::default())
}

/// The store that ships, as it ships.
pub(crate) fn on_disk(dir: &Path) -> StoreResult<Arc<dyn Store>> {
    let path = dir.join("deckhands.db");
    Ok(Arc::new(SqliteStore::open(
        &path,
        SqliteOptions::default(),
    )?))
}

/// An engine.
pub(crate) fn engine(
    store: &Arc<dyn Store>,
    attempts: Arc<dyn Attempts>,
    clock: Arc<dyn Clock>,
    settings: EngineSettings,
) -> Engine {
    let parts = EngineParts {
        store: store.clone(),
        attempts,
        health: route_health(BreakerPolicy::default(), &clock),
        clock,
        ids: Arc::new(SystemIds),
        observer: Arc::new(Unobserved),
    };
    Engine::new(parts, settings)
}

/// The settings that ship, with so many workers; it ends once nothing is left to do.
pub(crate) fn drained(workers: usize) -> EngineSettings {
    EngineSettings {
        workers,
        drain: true,
        ..EngineSettings::default()
    }
}

/// The pace of leases as it ships.
pub(crate) fn lease() -> LeaseTimes {
    EngineSettings::default().lease
}
