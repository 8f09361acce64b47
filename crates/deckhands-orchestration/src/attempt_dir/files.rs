//! Files that only their owner reads, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes a file of mode 0600 by rename, so that a reader sees the old or the new text.
///
/// # Errors
/// The system's error.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (staged, file) = stage(path, bytes)?;
    file.sync_all()?;
    fs::rename(staged, path)
}

/// The same without waiting for the disk: after a failure of the machine either text may be lost.
///
/// # Errors
/// The system's error.
pub(crate) fn write_private_soon(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (staged, _file) = stage(path, bytes)?;
    fs::rename(staged, path)
}

fn stage(path: &Path, bytes: &[u8]) -> io::Result<(PathBuf, File)> {
    let staged = path.with_extension("new");
    let mut file = File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&staged)?;
    file.write_all(bytes)?;
    Ok((staged, file))
}

/// Opens the file whose lock says that an attempt is in hand.
pub(super) fn open_lock(root: &Path) -> io::Result<File> {
    File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(root.join("lock"))
}
