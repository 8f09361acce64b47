//! Files that git tracks although an ignore rule names them: they are part of the work.

use std::fs;
use std::path::{Path, PathBuf};

use super::ignored::repository_of;
use super::{Copier, CopyError};
use crate::workspace::GIT;
use crate::workspace::files::has_real_parents;
use crate::workspace::git_index::tracked;
use crate::workspace::linked_git::linked_git_dirs;
use crate::workspace::manifest::is_reserved;

impl Copier<'_> {
    /// Copies what the walk passed over, for every repository in the workspace and the one around.
    /// One repository after the other: each index may name as many paths as fit into memory.
    pub(super) fn tracked(&mut self) -> Result<(), CopyError> {
        let repositories = self.report.manifest.repositories.keys();
        let repositories: Vec<PathBuf> = repositories.cloned().collect();
        for directory in &repositories {
            let git = self.to.join(directory).join(GIT);
            for path in tracked(&git.join("index"), &git.join("config")) {
                self.passed_over(&directory.join(path))?;
            }
        }
        if !repositories.iter().any(|dir| dir.as_os_str().is_empty()) {
            for path in tracked_around(self.from) {
                self.passed_over(&path)?;
            }
        }
        Ok(())
    }

    fn passed_over(&mut self, path: &Path) -> Result<(), CopyError> {
        let own = self.is_left_out(&self.from.join(path));
        if own || is_reserved(path) || self.report.manifest.knows(path) {
            return Ok(());
        }
        self.one(path)
    }

    fn one(&mut self, path: &Path) -> Result<(), CopyError> {
        if (self.stop)() {
            return Err(CopyError::Stopped);
        }
        let from = self.from.join(path);
        let meta = match fs::symlink_metadata(&from) {
            Ok(meta) if !meta.is_dir() && has_real_parents(self.from, path) => meta,
            _ => return Ok(()),
        };
        let io_error = |source| CopyError::at(&from, source);
        self.count_path(path.as_os_str().len())?;
        for parent in path.ancestors().skip(1) {
            fs::create_dir_all(self.to.join(parent)).map_err(io_error)?;
            self.report.manifest.directories.insert(parent.to_owned());
        }
        self.leaf(path, &meta).map_err(io_error)?
    }
}

/// What the repository that a workspace lies in tracks of it.
fn tracked_around(workspace: &Path) -> Vec<PathBuf> {
    let Some(root) = workspace.parent().and_then(repository_of) else {
        return Vec::new();
    };
    let git = root.join(GIT);
    let Ok(below) = workspace.strip_prefix(root) else {
        return Vec::new();
    };
    let (own, common) = linked_git_dirs(&git).unwrap_or_else(|| (git.clone(), git));
    let named = tracked(&own.join("index"), &common.join("config"));
    let inside = |path: &PathBuf| path.strip_prefix(below).ok().map(Path::to_owned);
    named.iter().filter_map(inside).collect()
}
