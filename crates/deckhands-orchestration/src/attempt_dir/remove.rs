//! Removing trees that an agent made, however deep they are.
//!
//! The standard library's way recurses with one open directory a level; a chain of some ten thousand
//! directories, which takes a second to make, would end the process.

use std::fs;
use std::io;
use std::path::Path;

use crate::workspace::open_directory;

/// Removes a tree, whatever its depth and the modes of its directories. An absent one is fine.
///
/// Directories below those of the root move up into the root until there are none: nothing
/// recurses, no path grows, few descriptors are open at a time.
///
/// # Errors
/// The system's error for the first path that stays.
pub(crate) fn remove_tree(root: &Path) -> io::Result<()> {
    match fs::symlink_metadata(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(meta) if !meta.is_dir() => return fs::remove_file(root),
        Ok(_) => open_directory(root)?,
    }
    let mut moved = 0;
    while !remove_level(root, &mut moved)? {}
    fs::remove_dir(root)
}

/// Removes one level of a tree; tells whether there was nothing left to remove.
fn remove_level(root: &Path, moved: &mut u64) -> io::Result<bool> {
    let mut empty = true;
    for item in fs::read_dir(root)? {
        let item = item?;
        empty = false;
        if item.file_type()?.is_dir() {
            dissolve(root, &item.path(), moved)?;
        } else {
            fs::remove_file(item.path())?;
        }
    }
    Ok(empty)
}

/// Removes a directory of the root; the directories in it move to the root.
fn dissolve(root: &Path, dir: &Path, moved: &mut u64) -> io::Result<()> {
    open_directory(dir)?;
    for item in fs::read_dir(dir)? {
        let item = item?;
        if item.file_type()?.is_dir() {
            open_directory(&item.path())?;
            move_up(root, &item.path(), moved)?;
        } else {
            fs::remove_file(item.path())?;
        }
    }
    match fs::remove_dir(dir) {
        // A listing that changes while it is read may pass over something: next round.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => other,
    }
}

/// Moves a directory into the root, under a name that is free.
fn move_up(root: &Path, dir: &Path, moved: &mut u64) -> io::Result<()> {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory};
    loop {
        *moved += 1;
        match fs::rename(dir, root.join(format!(".deckhands-removed-{moved}"))) {
            Err(e) if matches!(e.kind(), AlreadyExists | DirectoryNotEmpty | NotADirectory) => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests;
