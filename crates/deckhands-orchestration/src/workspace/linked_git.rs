//! What a `.git` file stands for: a linked work tree or a submodule, whose repository is elsewhere.
//!
//! For the user's own tree only: what an agent wrote into such a file is never looked up.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::files::read_small;

/// Most bytes of a file that names a place, or of a repository's settings; real ones have far less.
const MAX_TEXT: u64 = 1 << 20;

/// The directory a `.git` file points to, and the one it shares objects with.
///
/// Only a repository that points back to this file is believed: anybody can write a file that
/// names a directory of the user's, and what is named here is handed to an agent.
pub(super) fn linked_git_dirs(link: &Path) -> Option<(PathBuf, PathBuf)> {
    let text = read_text(link)?;
    let own = resolve(link.parent()?, text.strip_prefix(b"gitdir:")?)?;
    let Some(common) = read_text(&own.join("commondir")) else {
        return is_submodule_of(&own, link).then(|| (own.clone(), own));
    };
    let common = resolve(&own, &common)?;
    let back = resolve(&own, &read_text(&own.join("gitdir"))?)?;
    let among_linked = own.parent() == Some(common.join("worktrees").as_path());
    (among_linked && link.canonicalize().is_ok_and(|link| link == back)).then_some((own, common))
}

/// Whether a repository's settings say that its work tree is the directory of this `.git` file.
fn is_submodule_of(own: &Path, link: &Path) -> bool {
    let here = link.parent().and_then(|dir| dir.canonicalize().ok());
    let config = read_text(&own.join("config")).unwrap_or_default();
    let mut places = config
        .split(|byte| *byte == b'\n')
        .filter_map(work_tree)
        .filter_map(|place| resolve(own, place));
    here.is_some_and(|here| places.any(|place| place == here))
}

/// What a line of a repository's settings names as the work tree.
fn work_tree(line: &[u8]) -> Option<&[u8]> {
    let rest = line.trim_ascii_start().strip_prefix(b"worktree")?;
    Some(rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii())
}

fn resolve(base: &Path, place: &[u8]) -> Option<PathBuf> {
    let place = Path::new(OsStr::from_bytes(place.trim_ascii()));
    base.join(place).canonicalize().ok()
}

fn read_text(path: &Path) -> Option<Vec<u8>> {
    read_small(path, MAX_TEXT)
}

/// Takes the place of the work tree out of a repository's settings, where a submodule has it: it
/// would lead a copy back to the original.
///
/// # Errors
/// The system's error; settings that are not there, or are no plain file of the copy's own, are
/// left as they are, and those that are too large to look through are removed.
pub(super) fn forget_work_tree(config: &Path) -> io::Result<()> {
    let Ok(meta) = fs::symlink_metadata(config) else {
        return Ok(());
    };
    if !meta.is_file() {
        return Ok(());
    }
    let Some(text) = read_text(config) else {
        return fs::remove_file(config);
    };
    let lines = || text.split_inclusive(|byte| *byte == b'\n');
    if lines().any(|line| work_tree(line).is_some()) {
        let kept: Vec<u8> = lines()
            .filter(|line| work_tree(line).is_none())
            .flatten()
            .copied()
            .collect();
        fs::remove_file(config)?;
        File::create_new(config)?.write_all(&kept)?;
    }
    Ok(())
}
