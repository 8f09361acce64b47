//! Takes an accepted change over into the user's workspace, whole or not at all.
//!
//! New contents are staged beside the tree and a journal is written. From then on the promotion is
//! completed or, where a step fails, taken back; after our death `recovery` completes it.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use deckhands_model::TaskId;
use rustix::fs::{Access, access};

use super::change_set::ChangeSet;
use super::conflict::conflicts;
use super::files::open_plain;
use super::journal::{Journal, Stop};
use super::manifest::{Entry, hash_file, shown};
use super::recovery::{pointer_to, stage_in, write_pointer};
use super::site::Site;
use crate::home::{Home, HomeError};

/// Most staged files that are written to the disk one by one.
const SYNCED_ONE_BY_ONE: usize = 50;

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

impl PromoteError {
    /// What was attempted where the new contents could not be made ready.
    pub(crate) const STAGING: &'static str = "stage the change in";
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
/// [`PromoteError`]; nothing has changed then. Only where taking back fails, too, a part of the
/// change stays, and the next command completes it.
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
    let stage = stage_in(workspace, &task.to_string());
    let pointer = pointer_to(home, task);
    let fail = |action, path: &Path| {
        let path = path.to_owned();
        move |source| PromoteError {
            action,
            path,
            source,
        }
    };
    check_free(&stage, &pointer)?;
    write_pointer(&pointer, workspace).map_err(fail("write", &pointer))?;
    let journal = match stage_all(&stage, result, workspace, change) {
        Ok(journal) => journal,
        Err(source) => {
            let _ = fs::remove_dir_all(&stage);
            let _ = fs::remove_file(&pointer);
            return Err(PromoteError {
                action: PromoteError::STAGING,
                path: stage,
                source,
            });
        }
    };
    let dissolve = || {
        Journal::dissolve(&stage)?;
        fs::remove_file(&pointer)
    };
    if let Err(source) = journal.commit(&stage) {
        // Where even this fails, the next command completes or takes back what is there.
        let _ = dissolve();
        return Err(fail("write the journal in", &stage)(source));
    }
    let site = Site::new(workspace, &stage);
    match journal.carry_out(&site) {
        Ok(()) => {
            // The change is whole; what is left of the stage goes with the next recovery.
            let _ = dissolve();
            Ok(Promotion::Applied)
        }
        Err(stopped) => {
            let took_back = fail("take back a part of the change of", workspace);
            stopped.taken_back.map_err(took_back)?;
            dissolve().map_err(fail("remove", &stage))?;
            told(workspace, &stopped.path, stopped.why)
        }
    }
}

/// What a promotion that was stopped and taken back came to.
fn told(workspace: &Path, path: &Path, why: Stop) -> Result<Promotion, PromoteError> {
    match why {
        Stop::MovedOn => Ok(Promotion::Conflict(vec![shown(path)])),
        Stop::Failed(source) => Err(PromoteError {
            action: "apply the change to",
            path: workspace.join(path),
            source,
        }),
    }
}

/// Refuses to begin beside an earlier promotion of the task that waits for its user: what that one
/// keeps must stay.
fn check_free(stage: &Path, pointer: &Path) -> Result<(), PromoteError> {
    match [stage, pointer]
        .into_iter()
        .find(|path| fs::symlink_metadata(path).is_ok())
    {
        None => Ok(()),
        Some(path) => Err(PromoteError {
            action: "begin while an earlier promotion of the same change is not ended:",
            path: path.to_owned(),
            source: io::ErrorKind::AlreadyExists.into(),
        }),
    }
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

/// Puts every new content into the stage directory, on the workspace's own file system.
fn stage_all(
    stage: &Path,
    result: &Path,
    workspace: &Path,
    change: &ChangeSet,
) -> io::Result<Journal> {
    DirBuilder::new().mode(0o700).create(stage)?;
    let site = Site::new(workspace, stage);
    site.prepare()?;
    for (number, entry) in change.entries.iter().enumerate() {
        if let Some(after) = &entry.after {
            let target = site.new_of(number);
            stage_one(&result.join(&entry.path), &target, after)?;
            keep_mode(&workspace.join(&entry.path), &target, after)?;
        }
    }
    sync(&site, change)?;
    Ok(Journal::of(change))
}

/// Waits until everything staged is on the disk. Files are written one by one where they are few;
/// for many that takes ten times as long as to write all that the file system has to write.
fn sync(site: &Site<'_>, change: &ChangeSet) -> io::Result<()> {
    let numbered = change.entries.iter().enumerate();
    let files: Vec<PathBuf> = numbered
        .filter(|(_, entry)| matches!(entry.after, Some(Entry::File { .. })))
        .map(|(number, _)| site.new_of(number))
        .collect();
    if files.len() > SYNCED_ONE_BY_ONE {
        return Ok(rustix::fs::syncfs(fs::File::open(site.stage())?)?);
    }
    files
        .iter()
        .try_for_each(|path| open_plain(path)?.sync_all())
}

/// Copies one new content with the caller's own rights and default mode. It must be what the change
/// says it is.
fn stage_one(from: &Path, to: &Path, after: &Entry) -> io::Result<()> {
    let (size, hash) = match after {
        Entry::Link { target } => return symlink(target, to),
        Entry::File { size, hash, .. } => (*size, *hash),
    };
    let copy = || {
        let source = open_plain(from)?;
        if source.metadata()?.len() != size {
            return Ok::<_, io::Error>(false);
        }
        io::copy(&mut source.take(size), &mut fs::File::create_new(to)?)?;
        Ok(hash_file(to, &|| false)? == (size, hash))
    };
    let because = |kind, why: &dyn std::fmt::Display| {
        io::Error::new(kind, format!("`{}`: {why}", from.display()))
    };
    match copy() {
        Ok(true) => Ok(()),
        Ok(false) => Err(because(
            io::ErrorKind::InvalidData,
            &"not the content that was recorded",
        )),
        Err(error) => Err(because(error.kind(), &error)),
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
