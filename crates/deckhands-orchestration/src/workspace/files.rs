//! Reading and copying files of a tree that somebody else filled: links are never followed.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt, PermissionsExt as _, symlink};
use std::path::Path;

use rustix::fs::OFlags;

/// Bytes that are read between two questions whether to stop.
pub(super) const CHUNK: u64 = 64 << 20;

/// The bits of a mode that a copy keeps: no set-id and no sticky bit.
const PLAIN_MODE: u32 = 0o777;

/// Unit in which the system counts the space of a file.
const BLOCK: u64 = 512;

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

/// The content of a plain file; `None` for anything else, and for one of more than `most` bytes.
pub(super) fn read_small(path: &Path, most: u64) -> Option<Vec<u8>> {
    if fs::symlink_metadata(path).ok()?.len() > most {
        return None;
    }
    // It may grow meanwhile.
    let bytes = read_head(path, most.saturating_add(1))?;
    (bytes.len() as u64 <= most).then_some(bytes)
}

/// At most so many bytes from the begin of a plain file; `None` for anything else.
pub(super) fn read_head(path: &Path, most: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = open_plain(path).ok()?;
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Copies a plain file with mode (but without set-id and sticky bits) and modification time to where
/// nothing is yet. Where the file
/// system can, the content is shared until written, and holes stay holes. `stop` is asked before
/// each large part.
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
    let size = meta.len();
    let has_holes = meta.blocks().saturating_mul(BLOCK) < size;
    if has_holes && data_from(source, 0).is_ok() {
        let mut at = 0;
        while let Some((begin, end)) = data_from(source, at)? {
            source.seek(SeekFrom::Start(begin))?;
            target.seek(SeekFrom::Start(begin))?;
            copy_part(source, &mut target, end - begin, stop)?;
            at = end;
        }
        target.set_len(size)?;
    } else {
        copy_part(source, &mut target, u64::MAX, stop)?;
    }
    let mode = meta.permissions().mode() & PLAIN_MODE;
    target.set_permissions(fs::Permissions::from_mode(mode))?;
    target.set_modified(meta.modified()?)
}

/// Copies so many bytes from where both files are, or up to the end.
fn copy_part(
    source: &mut File,
    target: &mut File,
    bytes: u64,
    stop: &dyn Fn() -> bool,
) -> io::Result<()> {
    let mut left = bytes;
    while left > 0 {
        let part = left.min(CHUNK);
        let copied = io::copy(&mut source.by_ref().take(part), target)?;
        if copied < CHUNK {
            return Ok(());
        }
        left -= copied;
        if stop() {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    Ok(())
}

/// The first part at or after a place that is no hole; `None` where there is none any more.
fn data_from(file: &File, at: u64) -> io::Result<Option<(u64, u64)>> {
    let begin = match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(at)) {
        Ok(begin) => begin,
        Err(rustix::io::Errno::NXIO) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    let end = rustix::fs::seek(file, rustix::fs::SeekFrom::Hole(begin))?;
    Ok(Some((begin, end)))
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
