//! The repositories in a workspace: copied whole, as repositories of their own.

use std::fs;
use std::path::Path;

use ignore::WalkBuilder;

use super::{Copier, CopyError};
use crate::attempt_dir::remove_tree;
use crate::workspace::GIT;
use crate::workspace::files::{copy_one, remove_if_there};
use crate::workspace::linked_git::{forget_work_tree, linked_git_dirs};

impl Copier<'_> {
    /// Copies the repository of a directory, if it has one, and notes how large it is.
    pub(super) fn git(&mut self, git: &Path, directory: &Path) -> Result<(), CopyError> {
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

    /// Copies git's directory whole, outside of the manifest.
    fn git_dir(&mut self, from: &Path, relative: &Path) -> Result<(), CopyError> {
        let mut walk = WalkBuilder::new(from);
        walk.standard_filters(false).follow_links(false);
        let own = self.leave_out.to_owned();
        walk.filter_entry(move |entry| own.iter().all(|own| entry.path() != own));
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
        if self.is_left_out(from) {
            return Ok(());
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
}
