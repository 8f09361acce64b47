//! Files that git tracks although an ignore rule names them: they are part of the work.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Copier, CopyError};
use crate::workspace::GIT;
use crate::workspace::files::has_real_parents;
use crate::workspace::git_index::tracked;
use crate::workspace::linked_git::linked_git_dirs;
use crate::workspace::manifest::is_reserved;

impl Copier<'_> {
    /// Copies what the walk passed over, for every repository in the workspace and the one around.
    pub(super) fn tracked(&mut self, leave_out: &[PathBuf]) -> Result<(), CopyError> {
        let repositories = &self.report.manifest.repositories;
        let mut all: Vec<PathBuf> = Vec::new();
        for directory in repositories.keys() {
            let git = self.to.join(directory).join(GIT);
            let named = tracked(&git.join("index"), &git.join("config"));
            all.extend(named.iter().map(|path| directory.join(path)));
        }
        if !repositories.contains_key(Path::new("")) {
            all.extend(tracked_around(self.from));
        }
        for path in all {
            let from = self.from.join(&path);
            let own = leave_out.iter().any(|own| from.starts_with(own));
            if !own && !is_reserved(&path) && !self.report.manifest.knows(&path) {
                self.one(&path)?;
            }
        }
        Ok(())
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
        self.count_path()?;
        for parent in path.ancestors().skip(1) {
            fs::create_dir_all(self.to.join(parent)).map_err(io_error)?;
            self.report.manifest.directories.insert(parent.to_owned());
        }
        self.leaf(path, &meta).map_err(io_error)?
    }
}

/// What the repository that a workspace lies in tracks of it.
fn tracked_around(workspace: &Path) -> Vec<PathBuf> {
    let above = workspace.ancestors().skip(1);
    let Some(root) = above
        .into_iter()
        .find(|dir| fs::symlink_metadata(dir.join(GIT)).is_ok())
    else {
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
