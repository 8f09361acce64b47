//! Who owns what in a tree that a container wrote.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The first path at or below `root` that belongs to another user than `uid`.
pub(crate) fn foreign_file(root: &Path, uid: u32) -> Option<PathBuf> {
    let meta = fs::symlink_metadata(root).ok()?;
    if meta.uid() != uid {
        return Some(root.to_owned());
    }
    if !meta.is_dir() {
        return None;
    }
    fs::read_dir(root)
        .ok()?
        .flatten()
        .find_map(|item| foreign_file(&item.path(), uid))
}

/// Gives the owner of a tree the right to list and change each of its directories.
///
/// # Errors
/// The system's error for the first directory that refuses.
pub(crate) fn open_directories(root: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(root)?;
    if !meta.is_dir() {
        return Ok(());
    }
    let mode = meta.permissions().mode();
    if mode & 0o700 != 0o700 {
        fs::set_permissions(root, fs::Permissions::from_mode(mode | 0o700))?;
    }
    for item in fs::read_dir(root)? {
        open_directories(&item?.path())?;
    }
    Ok(())
}
