//! Removing trees that an agent made: however deep they are, and whatever happens in them meanwhile.
//!
//! The standard library's way recurses with one open directory a level; a chain of some ten thousand
//! directories, which takes a second to make, would end the process. Everything here goes by open
//! directories and single names, so that no link is ever followed, not even one that takes the
//! place of a directory between two steps.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, fstat, openat, renameat, unlinkat};
use rustix::io::Errno;

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
        Ok(_) => {}
    }
    let opened = enter(CWD, root)?;
    let mut moved = 0;
    while !remove_level(opened.as_fd(), &mut moved)? {}
    fs::remove_dir(root)
}

/// Removes one level of a tree; tells whether there was nothing left to remove.
fn remove_level(root: BorrowedFd<'_>, moved: &mut u64) -> io::Result<bool> {
    let mut empty = true;
    for_each_name(root, |name| {
        empty = false;
        match unlinkat(root, name, AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => dissolve(root, name, moved),
            other => Ok(other?),
        }
    })?;
    Ok(empty)
}

/// Removes a directory of the root; the directories in it move to the root.
fn dissolve(root: BorrowedFd<'_>, name: &CStr, moved: &mut u64) -> io::Result<()> {
    let dir = enter(root, name)?;
    for_each_name(dir.as_fd(), |below| {
        match unlinkat(&dir, below, AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => {
                // A directory moves only where it may be written itself.
                drop(enter(dir.as_fd(), below)?);
                move_up(root, dir.as_fd(), below, moved)
            }
            other => Ok(other?),
        }
    })?;
    match unlinkat(root, name, AtFlags::REMOVEDIR) {
        // A listing that changes while it is read may pass over something: next round.
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(()),
        other => Ok(other?),
    }
}

/// Moves a directory into the root, under a name that is free.
fn move_up(
    root: BorrowedFd<'_>,
    dir: BorrowedFd<'_>,
    name: &CStr,
    moved: &mut u64,
) -> io::Result<()> {
    loop {
        *moved += 1;
        match renameat(dir, name, root, format!(".deckhands-removed-{moved}")) {
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
            other => return Ok(other?),
        }
    }
}

/// Opens a directory, never a link, and first gives its owner every right to it.
fn enter(at: BorrowedFd<'_>, name: impl rustix::path::Arg) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = openat(
        at,
        name,
        flags | OFlags::PATH | OFlags::NOFOLLOW,
        Mode::empty(),
    )?;
    let mode = fstat(&handle)?.st_mode & 0o7777;
    if mode & 0o700 != 0o700 {
        // The one way to change the mode of exactly what is open.
        let itself = format!("/proc/self/fd/{}", handle.as_raw_fd());
        fs::set_permissions(
            itself,
            std::os::unix::fs::PermissionsExt::from_mode(mode | 0o700),
        )?;
    }
    Ok(openat(
        &handle,
        c".",
        flags | OFlags::RDONLY,
        Mode::empty(),
    )?)
}

/// Does something with every name in a directory, read from its begin.
fn for_each_name(
    dir: BorrowedFd<'_>,
    mut work: impl FnMut(&CStr) -> io::Result<()>,
) -> io::Result<()> {
    for item in Dir::read_from(dir)? {
        let item = item?;
        let name = item.file_name();
        if name != c"." && name != c".." {
            work(name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
