//! The private copy of a workspace that an attempt works on.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use deckhands_model::ByteSize;

mod ignored;
mod report;
mod repository;
mod tracked;
mod walk;

pub(crate) use report::{CopyError, CopyOptions, CopyReport};

use walk::walk;

use super::GIT;
use super::files::{copy_one, copy_plain, open_plain};
use super::manifest::{MAX_PATH_BYTES, MAX_PATHS, Refusal, SPECIAL_BITS, read_entry_until};

/// One copy under way.
struct Copier<'a> {
    from: &'a Path,
    to: &'a Path,
    max_bytes: u64,
    limit: Option<ByteSize>,
    leave_out: &'a [PathBuf],
    max_paths: u64,
    paths: u64,
    path_bytes: u64,
    stop: &'a dyn Fn() -> bool,
    report: CopyReport,
}

/// Copies a workspace and takes the copy's manifest on the way.
///
/// Links stay links. Devices, pipes, sockets and what cannot be read are left out and told in the
/// manifest's `refused`. What a promotion keeps in the workspace for itself is no part of it.
/// Where the file system can, file contents are shared until written.
/// `stop` is asked before each path.
///
/// # Errors
/// [`CopyError`]; the copy is then incomplete and worthless.
pub(crate) fn copy_workspace(
    from: &Path,
    to: &Path,
    options: &CopyOptions,
    stop: &dyn Fn() -> bool,
) -> Result<CopyReport, CopyError> {
    copy_within(from, to, options, (MAX_PATHS, stop))
}

/// The same with another bound on the number of paths.
fn copy_within(
    from: &Path,
    to: &Path,
    options: &CopyOptions,
    (max_paths, stop): (u64, &dyn Fn() -> bool),
) -> Result<CopyReport, CopyError> {
    if !from.is_dir() {
        return Err(CopyError::NotADirectory {
            path: from.to_owned(),
        });
    }
    let obey_git = !options.include_ignored;
    let strange = Arc::new(OnceLock::new());
    let walk = walk(from, options, strange.clone())?;
    let mut copier = Copier {
        from,
        to,
        max_bytes: options.max_bytes.map_or(u64::MAX, ByteSize::as_u64),
        limit: options.max_bytes,
        leave_out: &options.leave_out,
        max_paths,
        paths: 0,
        path_bytes: 0,
        stop,
        report: CopyReport::default(),
    };
    for item in walk {
        copier.item(item)?;
    }
    if let Some(path) = strange.get() {
        return Err(CopyError::NoRules { path: path.clone() });
    }
    if obey_git {
        copier.tracked()?;
    }
    Ok(copier.report)
}

impl Copier<'_> {
    fn item(&mut self, item: Result<ignore::DirEntry, ignore::Error>) -> Result<(), CopyError> {
        if (self.stop)() {
            return Err(CopyError::Stopped);
        }
        let entry = match item {
            Ok(entry) => entry,
            Err(error) => return self.leave_out(&error),
        };
        let relative = entry
            .path()
            .strip_prefix(self.from)
            .unwrap_or(entry.path())
            .to_owned();
        let io_error = |source| CopyError::at(entry.path(), source);
        let meta = fs::symlink_metadata(entry.path()).map_err(io_error)?;
        self.count_path(relative.as_os_str().len())?;
        if !meta.is_dir() {
            return self.leaf(&relative, &meta).map_err(io_error)?;
        }
        fs::create_dir_all(self.to.join(&relative)).map_err(io_error)?;
        self.git(&entry.path().join(GIT), &relative)?;
        self.report.manifest.directories.insert(relative);
        Ok(())
    }

    /// Copies a file or link; the inner result tells of the size bound.
    fn leaf(&mut self, path: &Path, meta: &fs::Metadata) -> io::Result<Result<(), CopyError>> {
        if let Err(error) = self.count_bytes(meta) {
            return Ok(Err(error));
        }
        let (from, target) = (self.from.join(path), self.to.join(path));
        if meta.is_file() {
            match open_plain(&from) {
                Ok(mut source) => copy_plain(&mut source, &target, self.stop)?,
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                    self.report.manifest.add(path, Err(Refusal::Unreadable));
                    return Ok(Ok(()));
                }
                Err(error) => return Err(error),
            }
        } else if meta.is_symlink() {
            copy_one(&from, &target, self.stop)?;
            self.path_bytes += meta.len();
        }
        self.note(path, &target, meta)?;
        Ok(Ok(()))
    }

    /// Whether a path is at or below what is no part of the workspace.
    fn is_left_out(&self, path: &Path) -> bool {
        self.leave_out.iter().any(|own| path.starts_with(own))
    }

    /// An agent's result of more paths than these would not be read.
    fn count_path(&mut self, bytes: usize) -> Result<(), CopyError> {
        self.paths += 1;
        self.path_bytes += bytes as u64;
        if self.paths > self.max_paths || self.path_bytes > MAX_PATH_BYTES {
            return Err(CopyError::TooManyPaths {
                path: self.from.to_owned(),
                limit: self.max_paths,
            });
        }
        Ok(())
    }

    /// Counts a file before it is copied.
    fn count_bytes(&mut self, meta: &fs::Metadata) -> Result<(), CopyError> {
        let bytes = if meta.is_file() { meta.len() } else { 0 };
        self.report.bytes = self.report.bytes.saturating_add(bytes);
        if self.report.bytes > self.max_bytes {
            let limit = self.limit.unwrap_or(ByteSize::bytes(u64::MAX));
            return Err(CopyError::TooLarge {
                path: self.from.to_owned(),
                limit,
            });
        }
        Ok(())
    }

    /// Takes the copied path into the manifest, or the reason why it was left out.
    fn note(&mut self, path: &Path, target: &Path, meta: &fs::Metadata) -> io::Result<()> {
        let copied = if meta.is_file() || meta.is_symlink() {
            &fs::symlink_metadata(target)?
        } else {
            meta
        };
        if meta.is_file() && meta.permissions().mode() & SPECIAL_BITS != 0 {
            self.report.manifest.special.insert(path.to_owned());
        }
        let entry = read_entry_until(self.to, path, copied, self.stop);
        if entry == Err(Refusal::Unreadable) && (self.stop)() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.report.manifest.add(path, entry);
        Ok(())
    }

    /// A directory that cannot be listed is left out and told; anything else ends the copy.
    fn leave_out(&mut self, error: &ignore::Error) -> Result<(), CopyError> {
        let (path, io) = (walked_path(error), error.io_error());
        let denied = io.is_some_and(|e| e.kind() == io::ErrorKind::PermissionDenied);
        match path {
            Some(path) if denied => {
                let relative = path.strip_prefix(self.from).unwrap_or(path);
                self.report.manifest.add(relative, Err(Refusal::Unreadable));
                Ok(())
            }
            path => {
                let path = path.unwrap_or(self.from).to_owned();
                let source = io::Error::other(error.to_string());
                Err(CopyError::Io { path, source })
            }
        }
    }
}

/// The path that a walk could not go on at.
fn walked_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            walked_path(err)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
