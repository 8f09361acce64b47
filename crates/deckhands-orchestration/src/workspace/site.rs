//! Where a promotion takes place, and the renames it consists of.
//!
//! What is replaced or deleted is set aside in the stage directory first, so that each step can be
//! taken back, and so that a recovery sees which steps were ours.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::change_set::ChangedEntry;
use super::files::has_real_parents;
use super::manifest::{Entry, read_entry};

/// A workspace and the stage directory in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    workspace: &'a Path,
    stage: &'a Path,
}

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// There is nothing more to do.
    Done,
    /// It is still to be done.
    Due,
    /// The workspace holds neither what was there before nor what shall be there.
    MovedOn,
}

/// What is at a path of the workspace.
enum Present {
    Nothing,
    /// A directory in which there are only directories.
    Directories,
    Entry(Entry),
    Other,
}

impl<'a> Site<'a> {
    pub(super) fn new(workspace: &'a Path, stage: &'a Path) -> Self {
        Self { workspace, stage }
    }

    /// The workspace.
    pub(super) fn workspace(&self) -> &'a Path {
        self.workspace
    }

    /// The stage directory.
    pub(super) fn stage(&self) -> &'a Path {
        self.stage
    }

    /// Makes the places for new and old contents.
    pub(super) fn prepare(&self) -> io::Result<()> {
        for place in ["new", "old"] {
            DirBuilder::new()
                .mode(0o700)
                .create(self.stage.join(place))?;
        }
        Ok(())
    }

    /// Where the new content of the step with this number waits.
    pub(super) fn new_of(&self, number: usize) -> PathBuf {
        self.stage.join("new").join(number.to_string())
    }

    /// Where what was there before the step with this number is kept.
    pub(super) fn old_of(&self, number: usize) -> PathBuf {
        self.stage.join("old").join(number.to_string())
    }

    /// How far a step is.
    ///
    /// # Errors
    /// The system's error where the path cannot be looked at.
    pub(super) fn progress(&self, number: usize, entry: &ChangedEntry) -> io::Result<Progress> {
        let set_aside = is_there(&self.old_of(number));
        let done = match entry.after {
            Some(_) => !is_there(&self.new_of(number)),
            None => set_aside,
        };
        if done {
            return Ok(Progress::Done);
        }
        let as_before = |now: &Entry| entry.before.as_ref() == Some(now);
        let as_after = |now: &Entry| entry.after.as_ref() == Some(now);
        Ok(match self.present(&entry.path)? {
            Present::Nothing if entry.after.is_none() => Progress::Done,
            Present::Nothing if set_aside || entry.before.is_none() => Progress::Due,
            Present::Directories if !set_aside && entry.before.is_none() => Progress::Due,
            Present::Entry(now) if as_before(&now) || as_after(&now) => Progress::Due,
            _ => Progress::MovedOn,
        })
    }

    /// Sets aside what is at a path, if anything is.
    ///
    /// # Errors
    /// The system's error; nothing has changed then.
    pub(super) fn set_aside(&self, number: usize, path: &Path) -> io::Result<()> {
        let (place, old) = (self.workspace.join(path), self.old_of(number));
        if is_there(&place) && !is_there(&old) {
            fs::rename(place, old)?;
        }
        Ok(())
    }

    /// Puts the new content in its place; gives the directories that were made for it, outermost
    /// first, also where it fails.
    pub(super) fn put(
        &self,
        number: usize,
        path: &Path,
        made: &mut Vec<PathBuf>,
    ) -> io::Result<()> {
        let mut parents: Vec<&Path> = path.ancestors().skip(1).collect();
        parents.reverse();
        for parent in parents {
            let dir = self.workspace.join(parent);
            if !is_there(&dir) {
                fs::create_dir(&dir)?;
                made.push(dir);
            }
        }
        fs::rename(self.new_of(number), self.workspace.join(path))
    }

    /// Takes a step back, however far it went. A step that was not begun stays so.
    ///
    /// # Errors
    /// The system's error; doing it again goes on.
    pub(super) fn take_back(&self, number: usize, entry: &ChangedEntry) -> io::Result<()> {
        let place = self.workspace.join(&entry.path);
        let (new, old) = (self.new_of(number), self.old_of(number));
        if entry.after.is_some() && !is_there(&new) {
            fs::rename(&place, new)?;
        }
        if is_there(&old) {
            fs::rename(old, place)?;
        }
        Ok(())
    }

    fn present(&self, path: &Path) -> io::Result<Present> {
        let Some(meta) = look(&self.workspace.join(path))? else {
            return Ok(if self.can_be_made(path)? {
                Present::Nothing
            } else {
                Present::Other
            });
        };
        if !has_real_parents(self.workspace, path) {
            return Ok(Present::Other);
        }
        if meta.is_dir() {
            let only = only_directories(&self.workspace.join(path))?;
            return Ok(if only {
                Present::Directories
            } else {
                Present::Other
            });
        }
        Ok(read_entry(self.workspace, path, &meta).map_or(Present::Other, Present::Entry))
    }

    /// Whether there is nothing but directories on the way to a path.
    fn can_be_made(&self, path: &Path) -> io::Result<bool> {
        for parent in path.ancestors().skip(1) {
            if look(&self.workspace.join(parent))?.is_some_and(|meta| !meta.is_dir()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// What is at a path, links not followed; `None` for nothing.
fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn only_directories(dir: &Path) -> io::Result<bool> {
    for item in fs::read_dir(dir)? {
        let item = item?;
        if !item.file_type()?.is_dir() || !only_directories(&item.path())? {
            return Ok(false);
        }
    }
    Ok(true)
}
