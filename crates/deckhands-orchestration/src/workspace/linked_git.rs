//! What a `.git` file stands for: a linked work tree or a submodule, whose repository is elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
/// The system's error; settings that are not there are fine.
pub(super) fn forget_work_tree(config: &Path) -> io::Result<()> {
    let text = match fs::read_to_string(config) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let names_place = |line: &&str| {
        line.trim_start()
            .strip_prefix("worktree")
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    if text.lines().any(|line| names_place(&line)) {
        let kept: Vec<_> = text.lines().filter(|line| !names_place(line)).collect();
        fs::write(config, kept.join("\n") + "\n")?;
    }
    Ok(())
}
