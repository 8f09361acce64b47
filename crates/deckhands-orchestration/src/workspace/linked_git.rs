//! What a `.git` file stands for: a linked work tree or a submodule, whose repository is elsewhere.
//!
//! For the user's own tree only: what an agent wrote into such a file is never looked up.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::files::open_plain;

/// The directory a `.git` file points to, and the one it shares objects with.
pub(super) fn linked_git_dirs(link: &Path) -> Option<(PathBuf, PathBuf)> {
    let text = fs::read_to_string(link).ok()?;
    let own = link
        .parent()?
        .join(text.strip_prefix("gitdir:")?.trim())
        .canonicalize()
        .ok()?;
    let common = fs::read_to_string(own.join("commondir")).unwrap_or_else(|_absent| ".".to_owned());
    let common = own.join(common.trim()).canonicalize().ok()?;
    Some((own, common))
}

/// Takes the place of the work tree out of a repository's settings, where a submodule has it: it
/// would lead a copy back to the original.
///
/// # Errors
/// The system's error; settings that are not there, or are no plain file of the copy's own, are
/// left as they are.
pub(super) fn forget_work_tree(config: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(config).is_ok_and(|meta| meta.is_file()) {
        return Ok(());
    }
    let mut text = String::new();
    open_plain(config)?.read_to_string(&mut text)?;
    let names_place = |line: &&str| {
        line.trim_start()
            .strip_prefix("worktree")
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    if text.lines().any(|line| names_place(&line)) {
        let kept: Vec<_> = text.lines().filter(|line| !names_place(line)).collect();
        fs::remove_file(config)?;
        File::create_new(config)?.write_all((kept.join("\n") + "\n").as_bytes())?;
    }
    Ok(())
}
