//! The private copy of a workspace that an attempt works on.

use std::fs;
use std::io;
use std::path::Path;

use deckhands_model::ByteSize;
use ignore::WalkBuilder;

mod report;
mod tracked;

pub(crate) use report::{CopyError, CopyOptions, CopyReport};

use super::GIT;
use super::files::{copy_one, copy_plain, open_plain, remove_if_there};
use super::linked_git::{forget_work_tree, linked_git_dirs};
use super::manifest::{MAX_PATHS, Refusal, is_reserved, read_entry_until};
use crate::attempt_dir::remove_tree;

/// One copy under way.
struct Copier<'a> {
    from: &'a Path,
    to: &'a Path,
    max_bytes: u64,
    limit: Option<ByteSize>,
    max_paths: u64,
    paths: u64,
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
    let mut walk = WalkBuilder::new(from);
    walk.standard_filters(false).follow_links(false);
    let obey_git = !options.include_ignored;
    walk.git_ignore(obey_git)
        .git_exclude(obey_git)
        .parents(obey_git)
        .require_git(true);
    let own = options.leave_out.clone();
    walk.filter_entry(move |entry| {
        let reserved = entry.depth() == 1 && is_reserved(Path::new(entry.file_name()));
        !reserved && entry.file_name() != GIT && own.iter().all(|own| entry.path() != own)
    });
    let mut copier = Copier {
        from,
        to,
        max_bytes: options.max_bytes.map_or(u64::MAX, ByteSize::as_u64),
        limit: options.max_bytes,
        max_paths,
        paths: 0,
        stop,
        report: CopyReport::default(),
    };
    for item in walk.build() {
        copier.item(item)?;
    }
    if obey_git {
        copier.tracked(&options.leave_out)?;
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
        self.count_path()?;
        if !meta.is_dir() {
            return self.leaf(&relative, &meta).map_err(io_error)?;
        }
        fs::create_dir_all(self.to.join(&relative)).map_err(io_error)?;
        self.git(&entry.path().join(GIT), &relative)?;
        self.report.manifest.directories.insert(relative);
        Ok(())
    }

    /// Copies the repository of a directory, if it has one, and notes how large it is.
    fn git(&mut self, git: &Path, directory: &Path) -> Result<(), CopyError> {
        let (already, to) = (self.report.bytes, directory.join(GIT));
        match fs::symlink_metadata(git) {
            Ok(meta) if meta.is_dir() => self.git_dir(git, &to)?,
            Ok(meta) if meta.is_file() => self.git_link(git, &to)?,
            _ => {}
        }
        if fs::symlink_metadata(self.to.join(to)).is_ok() {
            let bytes = self.report.bytes - already;
            let repositories = &mut self.report.manifest.repositories;
            repositories.insert(directory.to_owned(), bytes);
        }
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
        }
        self.note(path, &target, meta)?;
        Ok(Ok(()))
    }

    /// An agent's result of more paths than these would not be read.
    fn count_path(&mut self) -> Result<(), CopyError> {
        self.paths += 1;
        if self.paths > self.max_paths {
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
        let entry = read_entry_until(self.to, path, copied, self.stop);
        if entry == Err(Refusal::Unreadable) && (self.stop)() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.report.manifest.add(path, entry);
        Ok(())
    }

    /// Copies git's directory whole, outside of the manifest.
    fn git_dir(&mut self, from: &Path, relative: &Path) -> Result<(), CopyError> {
        let mut walk = WalkBuilder::new(from);
        walk.standard_filters(false).follow_links(false);
        for item in walk.build() {
            let Ok(entry) = item else { continue };
            let below = entry.path().strip_prefix(from).unwrap_or(entry.path());
            self.git_item(entry.path(), &relative.join(below))?;
        }
        Ok(())
    }

    fn git_item(&mut self, from: &Path, relative: &Path) -> Result<(), CopyError> {
        if (self.stop)() {
            return Err(CopyError::Stopped);
        }
        let io_error = |source| CopyError::at(from, source);
        self.count_bytes(&fs::symlink_metadata(from).map_err(io_error)?)?;
        copy_one(from, &self.to.join(relative), self.stop).map_err(io_error)?;
        Ok(())
    }

    /// Makes a repository of its own from a linked work tree's or submodule's `.git` file.
    fn git_link(&mut self, link: &Path, relative: &Path) -> Result<(), CopyError> {
        let Some((own, common)) = linked_git_dirs(link) else {
            self.report.strange_links.push(relative.to_owned());
            return Ok(());
        };
        self.git_dir(&common, relative)?;
        let others = self.to.join(relative).join("worktrees");
        remove_tree(&others).map_err(|source| CopyError::at(&others, source))?;
        for name in ["HEAD", "index", "ORIG_HEAD"] {
            let from = own.join(name);
            if fs::symlink_metadata(&from).is_ok() {
                self.replace(&from, &relative.join(name))?;
            }
        }
        let config = self.to.join(relative).join("config");
        forget_work_tree(&config).map_err(|source| CopyError::Io {
            path: config,
            source,
        })
    }

    /// Copies over what was copied already; never through a link there.
    fn replace(&mut self, from: &Path, relative: &Path) -> Result<(), CopyError> {
        let removed = remove_if_there(&self.to.join(relative));
        removed.map_err(|source| CopyError::at(from, source))?;
        self.git_item(from, relative)
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
