//! Reading and copying files of a tree that somebody else filled: links are never followed.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;

use rustix::fs::OFlags;

/// Bytes that are copied between two questions whether to stop.
const CHUNK: u64 = 64 << 20;

/// Opens a plain file for reading. Never waits for the other end of a pipe.
///
/// # Errors
/// The system's error; `InvalidInput` for what is no plain file, `FilesystemLoop` for a link.
pub(super) fn open_plain(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a plain file",
        ))
    }
}

/// Copies a plain file with mode and modification time to where nothing is yet. Where the file
/// system can, the content is shared until written. `stop` is asked before each large part.
///
/// # Errors
/// The system's error; `Interrupted` where it was stopped.
pub(super) fn copy_plain(source: &mut File, to: &Path, stop: &dyn Fn() -> bool) -> io::Result<()> {
    let meta = source.metadata()?;
    let mut target = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    while io::copy(&mut source.by_ref().take(CHUNK), &mut target)? == CHUNK {
        if stop() {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    target.set_permissions(meta.permissions())?;
    target.set_modified(meta.modified()?)
}

/// Copies a file, link or directory (without its content) as it is; anything else is left out.
///
/// # Errors
/// As [`copy_plain`].
pub(super) fn copy_one(from: &Path, to: &Path, stop: &dyn Fn() -> bool) -> io::Result<Metadata> {
    let meta = fs::symlink_metadata(from)?;
    if meta.is_dir() {
        fs::create_dir_all(to)?;
    } else if meta.is_symlink() {
        symlink(fs::read_link(from)?, to)?;
    } else if meta.is_file() {
        copy_plain(&mut open_plain(from)?, to, stop)?;
    }
    Ok(meta)
}

/// Whether everything above a path, up to the root, is there and a directory.
pub(super) fn has_real_parents(root: &Path, path: &Path) -> bool {
    let is_dir = |p: &Path| fs::symlink_metadata(root.join(p)).is_ok_and(|meta| meta.is_dir());
    path.ancestors().skip(1).all(is_dir)
}

/// Removes a file or link; an absent one is fine.
///
/// # Errors
/// The system's error.
pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the directories that a path which is gone left empty.
pub(super) fn prune(root: &Path, path: &Path) {
    let above = path.ancestors().skip(1);
    for parent in above.filter(|p| !p.as_os_str().is_empty()) {
        match fs::remove_dir(root.join(parent)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_used) => break,
        }
    }
}

#[cfg(test)]
mod tests;
