//! The files of a fake container: what its mounts show of this host.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::spec::{ContainerSpec, Mount, MountAccess};

/// Why a container cannot change a file.
#[derive(Debug)]
pub(super) enum FileFault {
    /// No mount shows the path: the script is wrong.
    NotMounted,
    /// What the program in the container would complain about.
    Refused(String),
}

/// What a daemon sees that does not share this host's files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Elsewhere {
    /// No directory of this host.
    NoDirectory,
    /// Directories of the same names with nothing in them.
    NoFile,
    /// Files of the same names that hold something else.
    OtherFile,
}

impl Elsewhere {
    /// As [`archive`], of what is there instead.
    pub(super) fn archive(self, path: &str) -> io::Result<Option<Vec<u8>>> {
        const CONTENT: &[u8] = b"something else";
        if self != Self::OtherFile {
            return Ok(None);
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(CONTENT.len() as u64);
        header.set_mode(0o644);
        let mut tar = tar::Builder::new(Vec::new());
        let name = Path::new(path).file_name().unwrap_or_default();
        tar.append_data(&mut header, name, CONTENT)?;
        tar.into_inner().map(Some)
    }
}

/// Writes a file through the mount that shows it.
pub(super) fn write(spec: &ContainerSpec, path: &str, bytes: &[u8]) -> Result<(), FileFault> {
    let host = writable(spec, path)?;
    let above = host.parent().map_or(Ok(()), fs::create_dir_all);
    above
        .and_then(|()| fs::write(&host, bytes))
        .map_err(|error| refused(path, &error))
}

/// Removes a file or directory through the mount that shows it.
pub(super) fn remove(spec: &ContainerSpec, path: &str) -> Result<(), FileFault> {
    let host = writable(spec, path)?;
    let is_dir = fs::symlink_metadata(&host).map(|data| data.is_dir());
    let removed = is_dir.and_then(|is_dir| {
        if is_dir {
            fs::remove_dir_all(&host)
        } else {
            fs::remove_file(&host)
        }
    });
    removed.map_err(|error| refused(path, &error))
}

/// A path as a tar archive, as a daemon makes it: the last component is the root of all names.
/// `None` where nothing is there.
pub(super) fn archive(spec: &ContainerSpec, path: &str) -> io::Result<Option<Vec<u8>>> {
    let Some((_, host)) = shown(spec, path) else {
        return Ok(None);
    };
    if fs::symlink_metadata(&host).is_err() {
        return Ok(None);
    }
    let name = Path::new(path).file_name().unwrap_or_default();
    let mut tar = tar::Builder::new(Vec::new());
    tar.follow_symlinks(false);
    append(&mut tar, &host, Path::new(name))?;
    tar.into_inner().map(Some)
}

/// Sockets and devices are left out, as a daemon does.
fn append(tar: &mut tar::Builder<Vec<u8>>, host: &Path, name: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(host)?.file_type();
    if kind.is_file() || kind.is_symlink() {
        return tar.append_path_with_name(host, name);
    }
    if !kind.is_dir() {
        return Ok(());
    }
    tar.append_dir(name, host)?;
    let mut entries = fs::read_dir(host)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        append(tar, &entry.path(), &name.join(entry.file_name()))?;
    }
    Ok(())
}

fn writable(spec: &ContainerSpec, path: &str) -> Result<PathBuf, FileFault> {
    let (mount, host) = shown(spec, path).ok_or(FileFault::NotMounted)?;
    match mount.access {
        MountAccess::ReadWrite => Ok(host),
        MountAccess::ReadOnly => Err(FileFault::Refused(format!("{path}: Read-only file system"))),
    }
}

/// The mount that shows a path (the innermost), and where the path is on the host.
fn shown<'a>(spec: &'a ContainerSpec, path: &str) -> Option<(&'a Mount, PathBuf)> {
    let path = Path::new(path);
    if path.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    let covers = |mount: &&Mount| path.starts_with(&mount.target);
    let mount = spec
        .mounts
        .iter()
        .filter(covers)
        .max_by_key(|mount| mount.target.len())?;
    let rest = path.strip_prefix(&mount.target).ok()?;
    // Joining an empty rest would add a slash, which a mounted file does not take.
    let host = if rest == Path::new("") {
        mount.source.clone()
    } else {
        mount.source.join(rest)
    };
    Some((mount, host))
}

fn refused(path: &str, error: &io::Error) -> FileFault {
    FileFault::Refused(format!("{path}: {error}"))
}
