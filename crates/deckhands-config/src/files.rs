//! The only place that touches the file system: reading, searching upward, writing privately.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

#[cfg(test)]
mod tests;

/// Most bytes read of one file; what is longer is no file of settings.
const MAX_BYTES: u64 = 1 << 20;

/// The whole text of a file.
///
/// # Errors
/// As the system reports; `InvalidData` for what is no UTF-8 or too long.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    text_of(File::open(path)?)
}

/// The same of a plain file that somebody else may have made: what is none is not opened, since
/// opening a device does something, and nothing is waited for, since some files never end.
///
/// # Errors
/// As [`read`]; `InvalidInput` for what is no plain file.
pub(crate) fn read_plain(path: &Path) -> io::Result<String> {
    let check = |metadata: fs::Metadata| {
        let plain = metadata.is_file().then_some(());
        plain.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"))
    };
    check(fs::metadata(path)?)?;
    let file = open_at_once(path)?;
    // Somebody may have put something else there meanwhile.
    check(file.metadata()?)?;
    text_of(file)
}

#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn text_of(file: File) -> io::Result<String> {
    let mut text = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is over 1 MiB",
        ));
    }
    Ok(text)
}

/// The same, or nothing where no file is.
///
/// # Errors
/// As [`read`], but for a file that is not there.
pub(crate) fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    match read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is called `name` in `start` or the nearest directory above it and is no directory.
pub(crate) fn find_upward(start: &Path, name: &str) -> Option<PathBuf> {
    start
        .ancestors()
        .map(|dir| dir.join(name))
        .find(|path| fs::symlink_metadata(path).is_ok() && !path.is_dir())
}

/// The path with links resolved; of one that does not exist, the part that does.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    let path = &without_dots(path);
    for dir in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (dir.canonicalize(), path.strip_prefix(dir)) {
            // Joining an empty rest would add a slash.
            return if rest.as_os_str().is_empty() {
                real
            } else {
                real.join(rest)
            };
        }
    }
    path.clone()
}

/// Takes `.` and `..` out, each `..` after resolving the links before it.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out = out.canonicalize().unwrap_or(out);
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

/// Whether users other than the owner may read the file.
pub(crate) fn readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && mode_is_open(&metadata))
}

#[cfg(unix)]
fn mode_is_open(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o044 != 0
}

#[cfg(not(unix))]
fn mode_is_open(_: &fs::Metadata) -> bool {
    false
}

/// Replaces a file as a whole, readable by its owner only: whoever reads meanwhile sees the old or
/// the new text, never a part. Its directory is made when missing.
///
/// # Errors
/// As the system reports; the old text is then still there.
pub(crate) fn replace_privately(path: &Path, text: &str) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    // Temporary files are made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}
