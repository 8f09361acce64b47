//! Copies of a store in memory on a disk.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{MemoryStore, State, upkeep};
use crate::error::{StoreError, StoreResult};

impl MemoryStore {
    /// A new store with everything that a backup of another one holds.
    ///
    /// # Errors
    /// `Corrupt` for a file that is no backup; `Other` for one that cannot be read.
    pub async fn from_backup(from: &Path) -> StoreResult<Self> {
        let from = from.to_owned();
        let state = tokio::task::spawn_blocking(move || read(&from));
        let state = state.await.map_err(|error| other(&error))??;
        let state = Arc::new(Mutex::new(state));
        Ok(Self { state })
    }
}

pub(super) async fn write(state: State, to: PathBuf) -> StoreResult<()> {
    let copied = tokio::task::spawn_blocking(move || {
        let file = File::create_new(&to).map_err(|error| of_file(&error))?;
        fill(&state, file).map_err(|error| {
            // Half a copy must not be taken for a whole one.
            let _left = fs::remove_file(&to);
            of_file(&error)
        })
    });
    copied.await.map_err(|error| other(&error))?
}

fn fill(state: &State, file: File) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    serde_json::to_writer(&mut writer, state)?;
    writer.flush()?;
    writer.get_ref().sync_all()
}

fn read(from: &Path) -> StoreResult<State> {
    let file = File::open(from).map_err(|error| other(&error))?;
    let parsed: Result<State, _> = serde_json::from_reader(BufReader::new(file));
    let mut state = parsed.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    state.index = upkeep::index(&state);
    Ok(state)
}

fn of_file(error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly(error.to_string())
        }
        _ => other(error),
    }
}

fn other(error: &dyn std::error::Error) -> StoreError {
    StoreError::Other(error.to_string())
}
