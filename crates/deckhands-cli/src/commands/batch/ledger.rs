//! Which batch a file was handed in as last, so that it can be gone on with.
//!
//! A small file in the home names it, under the hash of the tasks' file: a file with another content
//! is another batch.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use deckhands_orchestration::{Home, IdSource};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::file::BatchFile;
use crate::error::CliError;
use crate::exit_code;

/// Hexadecimal digits of a batch's name.
const DIGITS: usize = 12;

/// A batch that a file was handed in as.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The batch's name.
    pub(super) batch: String,
    /// The file, for people who look into the home.
    file: String,
}

/// The batch that a file was handed in as last.
pub(super) fn last(home: &Home, file: &BatchFile) -> Result<String, CliError> {
    let place = place(home, file);
    match read(&place) {
        Ok(entry) => Ok(entry.batch),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(nothing(file)),
        Err(error) => Err(unusable(&place, &error)),
    }
}

/// A new batch of a file, the last one from now on.
pub(super) fn begin(home: &Home, file: &BatchFile, ids: &dyn IdSource) -> Result<String, CliError> {
    let place = place(home, file);
    let random: String = ids
        .random()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let entry = Entry {
        batch: random.chars().take(DIGITS).collect(),
        file: file.path.to_string_lossy().into_owned(),
    };
    write(&place, &entry, &random).map_err(|error| unusable(&place, &error))?;
    Ok(entry.batch)
}

fn place(home: &Home, file: &BatchFile) -> PathBuf {
    let mut hash = Sha256::new();
    hash.update(file.path.as_os_str().as_encoded_bytes());
    // No path has a NUL in it, so no other pair of path and content gives the same bytes.
    hash.update([0]);
    hash.update(file.text.as_bytes());
    let hash: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    home.path().join("batches").join(format!("{hash}.json"))
}

fn read(place: &Path) -> io::Result<Entry> {
    let text = std::fs::read_to_string(place)?;
    serde_json::from_str(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes it whole or not at all.
fn write(place: &Path, entry: &Entry, random: &str) -> io::Result<()> {
    let dir = place.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let staged = dir.join(format!("{random}.new"));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&staged)?;
    file.write_all(&serde_json::to_vec(entry)?)?;
    file.sync_all()?;
    std::fs::rename(&staged, place)
}

fn nothing(file: &BatchFile) -> CliError {
    CliError::usage(
        format!(
            "no batch was handed in from `{}` as it is now",
            file.path.display()
        ),
        "leave `--resume` out; a file that was changed is another batch",
    )
}

fn unusable(place: &Path, error: &io::Error) -> CliError {
    let message = format!("the batch's name cannot be kept in `{}`", place.display());
    let hint = "look at that file, or name another directory with --home".to_owned();
    let mut told = CliError::new(exit_code::ENVIRONMENT, message, Some(hint));
    told.0.causes.push(error.to_string());
    told
}

#[cfg(test)]
mod tests;
