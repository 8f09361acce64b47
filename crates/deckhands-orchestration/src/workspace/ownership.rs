//! Who owns what in a tree that a container wrote.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The first path at or below `root` that belongs to another user than `uid`.
pub(crate) fn foreign_file(root: &Path, uid: u32) -> Option<PathBuf> {
    let mut todo = vec![root.to_owned()];
    while let Some(path) = todo.pop() {
        let Ok(meta) = fs::symlink_metadata(&path) else {
            continue;
        };
        if meta.uid() != uid {
            return Some(path);
        }
        if meta.is_dir() {
            let below = fs::read_dir(&path).into_iter().flatten().flatten();
            todo.extend(below.map(|item| item.path()));
        }
    }
    None
}

/// Gives the owner of a tree the right to list and change each of its directories, as deep as
/// paths reach.
///
/// # Errors
/// The system's error for the first directory that refuses.
pub(crate) fn open_directories(root: &Path) -> io::Result<()> {
    let mut todo = vec![root.to_owned()];
    while let Some(path) = todo.pop() {
        if is_too_long(&path) {
            continue;
        }
        open_directory(&path)?;
        for item in fs::read_dir(&path)? {
            let item = item?;
            if item.file_type()?.is_dir() {
                todo.push(item.path());
            }
        }
    }
    Ok(())
}

/// Gives the owner of a directory the right to list and change it; a link is not followed.
///
/// # Errors
/// The system's error.
fn open_directory(dir: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(dir)?.permissions().mode();
    if mode & 0o700 == 0o700 {
        return Ok(());
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(mode | 0o700))
}

/// Whether a path, or one more name below it, may be longer than the system takes.
pub(crate) fn is_too_long(path: &Path) -> bool {
    const PATH_MAX: usize = 4096;
    const NAME_MAX: usize = 255;
    // One more, because what is kept or applied may lie a little deeper than it was read.
    path.as_os_str().len() + 2 * NAME_MAX > PATH_MAX
}

#[cfg(test)]
mod tests;
