//! Where the user's workspace moved on while an attempt worked.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::change_set::{ChangeSet, ChangedEntry};
use super::files::has_real_parents;
use super::manifest::{read_entry, shown};

/// Paths that a change deletes.
type Going<'a> = BTreeSet<&'a Path>;

/// Paths whose present state is neither what the attempt began with nor what it made of it.
pub(super) fn conflicts(workspace: &Path, change: &ChangeSet) -> Vec<String> {
    let deleted = change.entries.iter().filter(|e| e.after.is_none());
    let going: Going<'_> = deleted.map(|e| e.path.as_path()).collect();
    let in_the_way = |entry: &&ChangedEntry| match above(workspace, &entry.path, &going) {
        Above::Directories => moved_on(workspace, entry, &going),
        Above::Going => entry.before.is_some(),
        Above::Other => true,
    };
    let moved = change.entries.iter().filter(in_the_way);
    moved.map(|entry| shown(&entry.path)).collect()
}

/// Whether a workspace has everything that a change makes, and nothing that it deletes.
pub(crate) fn holds(workspace: &Path, change: &ChangeSet) -> bool {
    change.entries.iter().all(|entry| {
        let path = &entry.path;
        let there = fs::symlink_metadata(workspace.join(path))
            .ok()
            .filter(|meta| !meta.is_dir() && has_real_parents(workspace, path));
        match (&entry.after, there) {
            (None, there) => there.is_none(),
            (Some(_), None) => false,
            (Some(after), Some(meta)) => read_entry(workspace, path, &meta).as_ref() == Ok(after),
        }
    })
}

/// What is on the way to a path.
enum Above {
    /// Directories, or nothing yet.
    Directories,
    /// A file or link that this change deletes.
    Going,
    /// A file or link, which is never written through.
    Other,
}

fn above(workspace: &Path, path: &Path, going: &Going<'_>) -> Above {
    let named = |p: &&Path| !p.as_os_str().is_empty();
    let no_directory =
        |p: &&Path| fs::symlink_metadata(workspace.join(p)).is_ok_and(|meta| !meta.is_dir());
    let mut all: Vec<&Path> = path.ancestors().skip(1).filter(named).collect();
    all.reverse();
    match all.into_iter().find(no_directory) {
        None => Above::Directories,
        Some(place) if going.contains(place) => Above::Going,
        Some(_) => Above::Other,
    }
}

fn moved_on(workspace: &Path, entry: &ChangedEntry, going: &Going<'_>) -> bool {
    let Ok(meta) = fs::symlink_metadata(workspace.join(&entry.path)) else {
        return entry.before.is_some() && entry.after.is_some();
    };
    if meta.is_dir() {
        return entry.before.is_some() || !is_emptied(workspace, &entry.path, going);
    }
    match read_entry(workspace, &entry.path, &meta) {
        Ok(now) => entry.before.as_ref() != Some(&now) && entry.after.as_ref() != Some(&now),
        Err(_refusal) => true,
    }
}

/// Whether nothing of a directory is left once everything that goes is gone.
fn is_emptied(workspace: &Path, dir: &Path, going: &Going<'_>) -> bool {
    let Ok(items) = fs::read_dir(workspace.join(dir)) else {
        return false;
    };
    items.into_iter().all(|item| {
        item.is_ok_and(|item| {
            let path = dir.join(item.file_name());
            let is_dir = item.file_type().is_ok_and(|kind| kind.is_dir());
            going.contains(path.as_path()) || is_dir && is_emptied(workspace, &path, going)
        })
    })
}
