//! What git's rules leave out of a copy, and which of their files are safe to read.
//!
//! The walk reads `.gitignore` files by itself, and waits for whatever it finds in their place; so
//! each is looked at before. `.git/info/exclude` is read here, from a repository that is believed.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::CopyError;
use crate::workspace::GIT;
use crate::workspace::files::open_plain;
use crate::workspace::linked_git::linked_git_dirs;

/// Largest file of rules, in bytes.
const MAX_RULES: u64 = 1 << 20;

/// The rules that the repository of a workspace has beside those in the tree.
pub(super) fn excludes(workspace: &Path) -> Gitignore {
    let Some(root) = repository_of(workspace) else {
        return Gitignore::empty();
    };
    let git = root.join(GIT);
    let common = linked_git_dirs(&git).map_or(git, |(_own, common)| common);
    let mut builder = GitignoreBuilder::new(root);
    for line in text(&common.join("info/exclude"))
        .unwrap_or_default()
        .lines()
    {
        // Lines that are no rule are passed over, as git does.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_error| Gitignore::empty())
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

fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = open_plain(path).ok()?;
    file.take(MAX_RULES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
