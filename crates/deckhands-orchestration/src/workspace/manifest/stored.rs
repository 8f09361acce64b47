//! A manifest as a file, for whoever goes on with an attempt.
//!
//! It lies where no agent writes, but its form is checked all the same: what is in it decides over
//! what changes in the user's workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Entry, MAX_PATHS, Manifest, Refusal};
use crate::stored_path::{PathRef, StoredPath};
use crate::workspace::files::open_plain;

/// Version of the form.
const VERSION: u32 = 1;

/// Largest manifest that is written and read: 1 GiB, some four million paths.
const MAX_BYTES: u64 = 1 << 30;

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    entries: Vec<(PathRef<'a>, &'a Entry)>,
    refused: Vec<(PathRef<'a>, Refusal)>,
    directories: Vec<PathRef<'a>>,
    special: Vec<PathRef<'a>>,
    repositories: Vec<(PathRef<'a>, u64)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    version: u32,
    entries: Vec<(StoredPath, Entry)>,
    refused: Vec<(StoredPath, Refusal)>,
    directories: Vec<StoredPath>,
    special: Vec<StoredPath>,
    repositories: Vec<(StoredPath, u64)>,
}

/// Writes a manifest, whole or not at all, for its owner alone.
///
/// # Errors
/// The system's error; `FileTooLarge` for one of more than a gibibyte.
pub(crate) fn write_manifest(path: &Path, manifest: &Manifest) -> io::Result<()> {
    let staged = path.with_extension("new");
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&staged)?;
    let mut file = BufWriter::new(file);
    serde_json::to_writer(&mut file, &Written::of(manifest))?;
    file.flush()?;
    if file.get_ref().metadata()?.len() > MAX_BYTES {
        fs::remove_file(&staged)?;
        let text = "the workspace has too many paths to be recorded";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    file.get_ref().sync_all()?;
    fs::rename(staged, path)
}

/// Reads a manifest back.
///
/// # Errors
/// The system's error; `InvalidData` for what is no manifest.
pub(crate) fn read_manifest(path: &Path) -> io::Result<Manifest> {
    let file = open_plain(path)?;
    let read: Read = serde_json::from_reader(BufReader::new(file.take(MAX_BYTES)))
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    read.checked()
        .map_err(|text| io::Error::new(io::ErrorKind::InvalidData, text))
}

impl<'a> Written<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        let entries = manifest.entries.iter();
        let refused = manifest.refused.iter();
        let repositories = manifest.repositories.iter();
        let paths = |set: &'a BTreeSet<PathBuf>| set.iter().map(|p| PathRef(p)).collect();
        Self {
            version: VERSION,
            entries: entries.map(|(path, e)| (PathRef(path), e)).collect(),
            refused: refused.map(|(path, why)| (PathRef(path), *why)).collect(),
            directories: paths(&manifest.directories),
            special: paths(&manifest.special),
            repositories: repositories
                .map(|(p, bytes)| (PathRef(p), *bytes))
                .collect(),
        }
    }
}

impl Read {
    fn checked(self) -> Result<Manifest, &'static str> {
        if self.version != VERSION {
            return Err("the manifest was written by another version");
        }
        let most = usize::try_from(MAX_PATHS).unwrap_or(usize::MAX);
        if self.entries.len() > most || self.directories.len() > most {
            return Err("the manifest has more paths than any workspace");
        }
        let paths = |list: Vec<StoredPath>| list.into_iter().map(|path| path.0).collect();
        let manifest = Manifest {
            entries: pairs(self.entries),
            refused: pairs(self.refused),
            directories: paths(self.directories),
            special: paths(self.special),
            repositories: pairs(self.repositories),
        };
        let named = manifest.entries.keys().chain(manifest.refused.keys());
        let directories = manifest
            .directories
            .iter()
            .chain(manifest.repositories.keys());
        let named = named.chain(&manifest.special).all(|path| is_below(path));
        // The root itself is the empty path.
        let directories = directories
            .filter(|path| !path.as_os_str().is_empty())
            .all(|path| is_below(path));
        if named && directories {
            Ok(manifest)
        } else {
            Err("the manifest has a path that no workspace can have")
        }
    }
}

fn pairs<T>(list: Vec<(StoredPath, T)>) -> BTreeMap<PathBuf, T> {
    list.into_iter()
        .map(|(path, value)| (path.0, value))
        .collect()
}

/// Whether a path names something in a directory, and nothing outside of it.
fn is_below(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests;
