//! The journal of a promotion: what will be done, written down before the first step.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::attempt_dir::write_private;

/// The steps of a promotion. Carrying them out again after an interruption is harmless.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    /// Paths to be replaced or made, each staged under its number in `new/`.
    pub(super) put: Vec<RawPath>,
    /// Paths to be deleted.
    pub(super) delete: Vec<RawPath>,
}

/// A relative path as bytes, since names need not be UTF-8.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct RawPath(Vec<u8>);

impl RawPath {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.as_os_str().as_bytes().to_vec())
    }

    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(std::ffi::OsString::from_vec(self.0.clone()))
    }
}

impl Journal {
    const FILE: &'static str = "journal.json";

    /// Writes the journal; from here on the promotion is only ever completed.
    pub(super) fn commit(&self, stage: &Path) -> io::Result<()> {
        write_private(&stage.join(Self::FILE), &serde_json::to_vec(self)?)?;
        File::open(stage)?.sync_all()
    }

    /// The journal of a stage directory; `None` where the promotion never began.
    pub(super) fn read(stage: &Path) -> io::Result<Option<Self>> {
        match fs::read(stage.join(Self::FILE)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Carries out every step that is not yet done.
    ///
    /// Deletions come first, so that a file can take the place of a directory and the other way
    /// round; emptied directories go last, so that one that is used again stays as it is.
    pub(super) fn carry_out(&self, workspace: &Path, stage: &Path) -> io::Result<()> {
        for path in &self.delete {
            delete(workspace, &path.path())?;
        }
        for (number, path) in self.put.iter().enumerate() {
            put(&staged(stage, number), &workspace.join(path.path()))?;
        }
        for path in &self.delete {
            prune(workspace, &path.path());
        }
        fs::remove_dir_all(stage)
    }
}

/// Where the new content of the path with this number is staged.
pub(super) fn staged(stage: &Path, number: usize) -> PathBuf {
    stage.join("new").join(number.to_string())
}

/// Moves a staged path into place; one that is no longer staged is in place already.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(from).is_err() {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    remove_empty(to)?;
    fs::rename(from, to)
}

/// Removes a directory in which there are only directories; anything else is left alone.
fn remove_empty(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir()) {
        return Ok(());
    }
    for item in fs::read_dir(path)? {
        remove_empty(&item?.path())?;
    }
    fs::remove_dir(path)
}

/// Deletes a file or link. Where a step after this one was done already, something else may stand
/// there or on the way there, which is not touched.
fn delete(workspace: &Path, path: &Path) -> io::Result<()> {
    let is_dir = |p: &Path| fs::symlink_metadata(workspace.join(p)).is_ok_and(|meta| meta.is_dir());
    let mut above = path.ancestors().skip(1);
    if is_dir(path) || !above.all(is_dir) {
        return Ok(());
    }
    match fs::remove_file(workspace.join(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the directories that a deleted path left empty.
fn prune(workspace: &Path, path: &Path) {
    let above = path.ancestors().skip(1);
    for parent in above.filter(|p| !p.as_os_str().is_empty()) {
        match fs::remove_dir(workspace.join(parent)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_used) => break,
        }
    }
}
