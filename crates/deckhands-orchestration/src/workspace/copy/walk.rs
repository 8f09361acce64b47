//! Which paths of a workspace a copy comes by.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ignore::gitignore::Gitignore;
use ignore::{Walk, WalkBuilder};

use super::ignored::{check_rules, check_rules_above, excludes};
use super::{CopyError, CopyOptions};
use crate::workspace::GIT;
use crate::workspace::manifest::is_reserved;

/// Everything of a workspace that is no part of a repository's own and not left out. A directory
/// whose rules cannot be read is passed over and told by `strange`.
pub(super) fn walk(
    from: &Path,
    options: &CopyOptions,
    strange: Arc<OnceLock<PathBuf>>,
) -> Result<Walk, CopyError> {
    let obey_git = !options.include_ignored;
    let excludes = if obey_git {
        check_rules_above(from)?;
        excludes(from)
    } else {
        Gitignore::empty()
    };
    let own = options.leave_out.clone();
    let mut walk = WalkBuilder::new(from);
    walk.standard_filters(false).follow_links(false);
    walk.git_ignore(obey_git)
        .parents(obey_git)
        .require_git(true);
    walk.filter_entry(move |entry| {
        let path = entry.path();
        let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
        if is_dir
            && obey_git
            && let Err(CopyError::NoRules { path }) = check_rules(path)
        {
            // The first one is enough to be told.
            let _ = strange.set(path);
            return false;
        }
        let reserved = entry.depth() == 1 && is_reserved(Path::new(entry.file_name()));
        !reserved
            && entry.file_name() != GIT
            && own.iter().all(|own| path != own)
            && !excludes
                .matched_path_or_any_parents(path, is_dir)
                .is_ignore()
    });
    Ok(walk.build())
}
