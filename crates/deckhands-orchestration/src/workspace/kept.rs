//! The record of a kept change, from which it can be applied when the attempt is long gone.
//!
//! The new contents are kept as whole files beside it; the record says what each of them must be.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::GIT;
use super::change_set::{ChangeSet, ChangedEntry};
use super::files::open_plain;
use super::manifest::{Entry, is_reserved, stays_inside};

/// Version of the record's form.
const VERSION: u32 = 1;

/// Largest record that is written and read: 1 GiB, some two million changed files.
const MAX_BYTES: u64 = 1 << 30;

#[derive(Deserialize)]
struct Record {
    version: u32,
    entries: Vec<ChangedEntry>,
}

#[derive(Serialize)]
struct RecordRef<'a> {
    version: u32,
    entries: &'a [ChangedEntry],
}

/// Writes the record of a change, whole or not at all.
///
/// # Errors
/// The system's error.
pub(crate) fn write_record(path: &Path, change: &ChangeSet) -> io::Result<()> {
    let staged = path.with_extension("new");
    let mut file = BufWriter::new(
        File::options()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&staged)?,
    );
    let record = RecordRef {
        version: VERSION,
        entries: &change.entries,
    };
    serde_json::to_writer(&mut file, &record)?;
    file.flush()?;
    if file.get_ref().metadata()?.len() > MAX_BYTES {
        std::fs::remove_file(&staged)?;
        let text = "the change has too many paths to be recorded";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    file.get_ref().sync_all()?;
    std::fs::rename(staged, path)
}

/// Reads a change back; `None` where none was recorded.
///
/// # Errors
/// The system's error; `InvalidData` for what is no record, or one of another version, or one that
/// no attempt can have made.
pub(crate) fn read_record(path: &Path) -> io::Result<Option<ChangeSet>> {
    let file = match open_plain(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let record: Record = serde_json::from_reader(io::BufReader::new(file.take(MAX_BYTES)))
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    check(&record).map_err(|text| io::Error::new(io::ErrorKind::InvalidData, text))?;
    Ok(Some(ChangeSet {
        entries: record.entries,
        ..ChangeSet::default()
    }))
}

fn check(record: &Record) -> Result<(), &'static str> {
    if record.version != VERSION {
        return Err("the record was written by another version");
    }
    if !record.entries.is_sorted_by(|a, b| a.path < b.path) {
        return Err("the record's paths are not in order");
    }
    if record.entries.iter().all(is_possible) {
        Ok(())
    } else {
        Err("the record has a path that no change can have")
    }
}

/// Whether an attempt can have made this change.
fn is_possible(entry: &ChangedEntry) -> bool {
    let named =
        |part: Component<'_>| matches!(part, Component::Normal(name) if name != Path::new(GIT));
    let in_workspace = entry.path.components().count() > 0 && entry.path.components().all(named);
    let links_inside = match &entry.after {
        Some(Entry::Link { target }) => stays_inside(&entry.path, target),
        Some(Entry::File { .. }) | None => true,
    };
    in_workspace && links_inside && !is_reserved(&entry.path) && entry.before != entry.after
}

#[cfg(test)]
mod tests;
