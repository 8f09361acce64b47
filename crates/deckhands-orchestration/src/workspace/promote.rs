//! Takes an accepted change over into the user's workspace, whole or not at all.
//!
//! New contents are staged beside the tree and a journal is written; from then on the promotion is
//! only ever completed, by us or, after our death, by the next command ([`recover`]).

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use deckhands_model::TaskId;
use rustix::fs::{Access, access};

use super::change_set::ChangeSet;
use super::conflict::conflicts;
use super::journal::{Journal, RawPath, staged};
use super::manifest::Entry;
use crate::home::{Home, HomeError};

/// What a promotion came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Promotion {
    /// The workspace holds the change.
    Applied,
    /// These paths moved on meanwhile; nothing was changed.
    Conflict(Vec<String>),
}

/// Why a change could not be taken over.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`", path.display())]
pub struct PromoteError {
    /// What was attempted.
    pub action: &'static str,
    /// On which path.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl From<HomeError> for PromoteError {
    fn from(error: HomeError) -> Self {
        Self {
            action: error.action,
            path: error.path,
            source: error.source,
        }
    }
}

/// Takes the change of `result` over into `workspace`.
///
/// # Errors
/// [`PromoteError`]. Before the journal is written nothing has changed; after it, the next command
/// completes the promotion.
pub(crate) fn promote(
    home: &Home,
    task: TaskId,
    workspace: &Path,
    result: &Path,
    change: &ChangeSet,
) -> Result<Promotion, PromoteError> {
    let workspace = &workspace.canonicalize().map_err(|source| PromoteError {
        action: "find",
        path: workspace.to_owned(),
        source,
    })?;
    let _guard = home.promotion_guard().map_err(PromoteError::from)?;
    let conflicts = conflicts(workspace, change);
    if !conflicts.is_empty() {
        return Ok(Promotion::Conflict(conflicts));
    }
    check_writable(workspace, change)?;
    let stage = workspace.join(format!(".deckhands-promotion-{task}"));
    let pointer = promotions_dir(home).join(task.to_string());
    let fail = |action, path: &Path| {
        let path = path.to_owned();
        move |source| PromoteError {
            action,
            path,
            source,
        }
    };
    write_pointer(&pointer, workspace).map_err(fail("write", &pointer))?;
    let journal = match stage_all(&stage, result, workspace, change) {
        Ok(journal) => journal,
        Err(source) => {
            let _ = fs::remove_dir_all(&stage);
            let _ = fs::remove_file(&pointer);
            return Err(PromoteError {
                action: "stage the change in",
                path: stage,
                source,
            });
        }
    };
    journal
        .commit(&stage)
        .map_err(fail("write the journal in", &stage))?;
    journal
        .carry_out(workspace, &stage)
        .map_err(fail("apply the change to", workspace))?;
    fs::remove_file(&pointer).map_err(fail("remove", &pointer))?;
    Ok(Promotion::Applied)
}

/// Refuses a change of a directory that may not be written, while nothing has changed yet.
fn check_writable(workspace: &Path, change: &ChangeSet) -> Result<(), PromoteError> {
    let parents = change
        .entries
        .iter()
        .filter_map(|entry| entry.path.parent());
    for parent in parents.collect::<BTreeSet<_>>() {
        let there = parent
            .ancestors()
            .map(|dir| workspace.join(dir))
            .find(|dir| dir.is_dir());
        let dir = there.unwrap_or_else(|| workspace.to_owned());
        access(&dir, Access::WRITE_OK | Access::EXEC_OK).map_err(|errno| PromoteError {
            action: "write to",
            path: dir.clone(),
            source: errno.into(),
        })?;
    }
    Ok(())
}

/// Completes or takes back every promotion that an earlier process left unfinished.
///
/// Returns the workspaces that were completed.
///
/// # Errors
/// [`PromoteError`] for the first one that resists; its pointer stays for the next try.
pub fn recover(home: &Home) -> Result<Vec<PathBuf>, PromoteError> {
    let dir = promotions_dir(home);
    let mut completed = Vec::new();
    if !dir.is_dir() {
        return Ok(completed);
    }
    let _guard = home.promotion_guard().map_err(PromoteError::from)?;
    let Ok(pointers) = fs::read_dir(&dir) else {
        return Ok(completed);
    };
    for pointer in pointers.flatten() {
        let path = pointer.path();
        let fail = |source| PromoteError {
            action: "recover",
            path: path.clone(),
            source,
        };
        completed.extend(recover_one(&path).map_err(fail)?);
    }
    Ok(completed)
}

fn recover_one(pointer: &Path) -> io::Result<Option<PathBuf>> {
    if pointer.extension().is_some() {
        // A pointer that was still being written: nothing had begun.
        fs::remove_file(pointer)?;
        return Ok(None);
    }
    let bytes = fs::read(pointer)?;
    let workspace = serde_json::from_slice::<RawPath>(&bytes)?.path();
    let task = pointer
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let stage = workspace.join(format!(".deckhands-promotion-{task}"));
    let journal = if stage.is_dir() {
        Journal::read(&stage)?
    } else {
        None
    };
    let done = match journal {
        Some(journal) => {
            journal.carry_out(&workspace, &stage)?;
            Some(workspace)
        }
        None => {
            crate::attempt_dir::remove_tree(&stage)?;
            None
        }
    };
    fs::remove_file(pointer)?;
    Ok(done)
}

fn promotions_dir(home: &Home) -> PathBuf {
    home.path().join("promotions")
}

/// Says which workspace is about to change, before anything appears in it.
fn write_pointer(pointer: &Path, workspace: &Path) -> io::Result<()> {
    if let Some(parent) = pointer.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)?;
    }
    crate::attempt_dir::write_private(pointer, &serde_json::to_vec(&RawPath::new(workspace))?)
}

/// Puts every new content into the stage directory, on the workspace's own file system.
fn stage_all(
    stage: &Path,
    result: &Path,
    workspace: &Path,
    change: &ChangeSet,
) -> io::Result<Journal> {
    DirBuilder::new().mode(0o700).create(stage)?;
    fs::create_dir(stage.join("new"))?;
    let mut journal = Journal {
        put: Vec::new(),
        delete: Vec::new(),
    };
    for entry in &change.entries {
        match &entry.after {
            None => journal.delete.push(RawPath::new(&entry.path)),
            Some(after) => {
                let target = staged(stage, journal.put.len());
                stage_one(&result.join(&entry.path), &target, after)?;
                keep_mode(&workspace.join(&entry.path), &target, after)?;
                journal.put.push(RawPath::new(&entry.path));
            }
        }
    }
    Ok(journal)
}

/// Copies one new content with the caller's own rights and default mode.
fn stage_one(from: &Path, to: &Path, after: &Entry) -> io::Result<()> {
    match after {
        Entry::Link { target } => symlink(target, to),
        Entry::File { .. } => {
            let mut source = fs::File::open(from)?;
            let mut target = fs::File::create_new(to)?;
            io::copy(&mut source, &mut target)?;
            target.sync_all()
        }
    }
}

/// Keeps the mode a file had; only the executable bit comes from the change.
fn keep_mode(present: &Path, staged: &Path, after: &Entry) -> io::Result<()> {
    let Entry::File { executable, .. } = after else {
        return Ok(());
    };
    let present = fs::symlink_metadata(present)
        .ok()
        .filter(fs::Metadata::is_file);
    let model = present.map_or_else(|| fs::symlink_metadata(staged), Ok)?;
    let read_bits = model.permissions().mode() & 0o666;
    let mode = if *executable {
        read_bits | ((read_bits & 0o444) >> 2)
    } else {
        read_bits
    };
    fs::set_permissions(staged, fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests;
