//! What git's rules leave out of a copy, and which of their files are safe to read.
//!
//! The walk reads `.gitignore` files by itself, and waits for whatever it finds in their place; so
//! each is looked at before. `.git/info/exclude` is read here, from a repository that is believed.

use std::fs;
use std::path::Path;

use ignore::gitignore::Gitignore;

use super::CopyError;
use crate::workspace::GIT;
use crate::workspace::files::read_head;
use crate::workspace::linked_git::linked_git_dirs;
use crate::workspace::manifest::parsed;

/// Largest file of rules, in bytes.
const MAX_RULES: u64 = 1 << 20;

/// The rules that the repository of a workspace has beside those in the tree.
pub(super) fn excludes(workspace: &Path) -> Gitignore {
    let Some(root) = repository_of(workspace) else {
        return Gitignore::empty();
    };
    let git = root.join(GIT);
    let common = linked_git_dirs(&git).map_or(git, |(_own, common)| common);
    let text = read_head(&common.join("info/exclude"), MAX_RULES).unwrap_or_default();
    parsed(root, &String::from_utf8_lossy(&text)).unwrap_or_else(Gitignore::empty)
}

/// The directory of the repository that a workspace is or lies in.
pub(super) fn repository_of(workspace: &Path) -> Option<&Path> {
    let is_root = |dir: &&Path| fs::symlink_metadata(dir.join(GIT)).is_ok();
    workspace.ancestors().find(is_root)
}

/// Refuses what is in the place of a directory's `.gitignore` and cannot be read as one.
///
/// # Errors
/// [`CopyError::NoRules`].
pub(super) fn check_rules(directory: &Path) -> Result<(), CopyError> {
    let path = directory.join(".gitignore");
    match fs::metadata(&path) {
        Ok(meta) if !meta.is_dir() && (!meta.is_file() || meta.len() > MAX_RULES) => {
            Err(CopyError::NoRules { path })
        }
        _ => Ok(()),
    }
}

/// The same for a workspace and everything above it that the walk looks at.
///
/// # Errors
/// As [`check_rules`].
pub(super) fn check_rules_above(workspace: &Path) -> Result<(), CopyError> {
    workspace.ancestors().try_for_each(check_rules)
}
