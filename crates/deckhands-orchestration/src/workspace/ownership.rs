//! Who owns what in a tree that a container wrote.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// Whether anything below `root` belongs to another user than `uid`.
///
/// A directory that cannot be read counts: it can only be another user's.
pub(crate) fn foreign_owner(root: &Path, uid: u32) -> bool {
    let Ok(meta) = fs::symlink_metadata(root) else {
        return false;
    };
    if meta.uid() != uid {
        return true;
    }
    if !meta.is_dir() {
        return false;
    }
    match fs::read_dir(root) {
        Ok(items) => items.flatten().any(|item| foreign_owner(&item.path(), uid)),
        Err(_) => false,
    }
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
