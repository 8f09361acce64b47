//! The tree that a check judges: what a promotion would make of the workspace, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use deckhands_model::ByteSize;

use super::GIT;
use super::change_set::ChangeSet;
use super::copy::CopyError;
use super::files::{copy_one, has_real_parents, prune};
use super::manifest::{MAX_NEW_BYTES, Manifest};

/// One such tree in the making.
struct Maker<'a> {
    result: &'a Path,
    to: &'a Path,
    stop: &'a dyn Fn() -> bool,
}

/// Copies what was there before and the change, nothing that is ignored or refused, from an
/// agent's `result` to `to`. Links stay links and are never followed. `stop` is asked before each
/// path.
///
/// `.git` is copied where there was one before, as the agent left it: file for file, and a `.git`
/// file is not looked up. What was refused before and still is (e.g. an outward link) is copied as
/// the agent left it, too.
///
/// # Errors
/// [`CopyError`]; also where the repositories grew by more than [`MAX_NEW_BYTES`].
pub(crate) fn check_tree(
    result: &Path,
    to: &Path,
    (before, change): (&Manifest, &ChangeSet),
    stop: &dyn Fn() -> bool,
) -> Result<(), CopyError> {
    let maker = Maker { result, to, stop };
    fs::create_dir_all(to).map_err(io_error(to))?;
    for path in wanted(before, change) {
        maker.path(path)?;
    }
    for directory in &before.directories {
        // Something else may stand there now.
        let _ = fs::create_dir_all(to.join(directory));
    }
    for entry in change.entries.iter().filter(|e| e.after.is_none()) {
        prune(to, &entry.path);
    }
    for (directory, bytes) in &before.repositories {
        maker.repository(&directory.join(GIT), bytes.saturating_add(MAX_NEW_BYTES))?;
    }
    Ok(())
}

/// Every path that the workspace would have.
fn wanted<'a>(before: &'a Manifest, change: &'a ChangeSet) -> BTreeSet<&'a Path> {
    let mut paths: BTreeSet<&Path> = before.entries.keys().map(PathBuf::as_path).collect();
    for refused in &change.refused {
        paths.remove(refused.path.as_path());
    }
    for entry in &change.entries {
        match entry.after {
            Some(_) => paths.insert(&entry.path),
            None => paths.remove(entry.path.as_path()),
        };
    }
    paths.extend(change.still_refused.iter().map(PathBuf::as_path));
    paths
}

impl Maker<'_> {
    fn path(&self, path: &Path) -> Result<(), CopyError> {
        if (self.stop)() {
            return Err(CopyError::Stopped);
        }
        let (from, to) = (self.result.join(path), self.to.join(path));
        if !has_real_parents(self.result, path) {
            return Ok(());
        }
        let copy = || {
            to.parent().map_or(Ok(()), fs::create_dir_all)?;
            copy_one(&from, &to, self.stop)
        };
        copy().map(|_meta| ()).map_err(io_error(&from))
    }

    fn repository(&self, git: &Path, max_bytes: u64) -> Result<(), CopyError> {
        let mut bytes = 0_u64;
        let mut todo = vec![git.to_owned()];
        while let Some(path) = todo.pop() {
            let from = self.result.join(&path);
            let Ok(meta) = fs::symlink_metadata(&from) else {
                continue;
            };
            bytes = bytes.saturating_add(if meta.is_file() { meta.len() } else { 0 });
            if bytes > max_bytes {
                return Err(CopyError::TooLarge {
                    path: from,
                    limit: ByteSize::bytes(max_bytes),
                });
            }
            self.path(&path)?;
            if meta.is_dir() && has_real_parents(self.result, &path) {
                for item in fs::read_dir(&from).map_err(io_error(&from))? {
                    todo.push(path.join(item.map_err(io_error(&from))?.file_name()));
                }
            }
        }
        Ok(())
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> CopyError {
    let path = path.to_owned();
    move |source| CopyError::at(&path, source)
}

#[cfg(test)]
mod tests;
