//! The state directory: one folder that holds everything we keep, private to its user.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use deckhands_model::TaskId;

use crate::clock::IdSource;

/// The state directory, opened.
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
    id: String,
}

/// Why the state directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} the state directory `{}`", path.display())]
pub struct HomeError {
    /// What was attempted.
    pub action: &'static str,
    /// On which path.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl Home {
    /// Opens the directory, making it (mode 0700) and its identity where they are missing.
    ///
    /// # Errors
    /// [`HomeError`] where it cannot be made or written.
    pub fn open(path: &Path, ids: &dyn IdSource) -> Result<Self, HomeError> {
        let fail = |action| {
            let path = path.to_owned();
            move |source| HomeError {
                action,
                path,
                source,
            }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(fail("create"))?;
        let path = path.canonicalize().map_err(fail("find"))?;
        let attempts = path.join("attempts");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&attempts)
            .map_err(fail("write to"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).map_err(fail("protect"))?;
        let id = identity(&path, ids).map_err(fail("write to"))?;
        Ok(Self { path, id })
    }

    /// Where it is; absolute, links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its identity, which everything made from it carries as a label.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The directory of all attempts of a task.
    #[must_use]
    pub fn task_dir(&self, task: TaskId) -> PathBuf {
        self.attempts_dir().join(task.to_string())
    }

    /// The directory that holds a folder for each task.
    #[must_use]
    pub fn attempts_dir(&self) -> PathBuf {
        self.path.join("attempts")
    }

    /// Takes the short lock under which attempt directories appear and are claimed.
    ///
    /// Held for a few file operations only; it is released when the file is dropped.
    ///
    /// # Errors
    /// [`HomeError`] where the lock file cannot be opened.
    pub fn guard(&self) -> Result<File, HomeError> {
        self.lock("lock")
    }

    /// Takes the lock under which workspaces are changed and unfinished promotions are recovered.
    ///
    /// # Errors
    /// [`HomeError`] where the lock file cannot be opened.
    pub fn promotion_guard(&self) -> Result<File, HomeError> {
        self.lock("promotion.lock")
    }

    /// The first path in it that belongs to somebody else than this process's user.
    #[must_use]
    pub fn foreign_file(&self) -> Option<PathBuf> {
        crate::workspace::foreign_file(&self.path, rustix::process::getuid().as_raw())
    }

    fn lock(&self, name: &str) -> Result<File, HomeError> {
        let path = self.path.join(name);
        let lock = || {
            let file = File::options().create(true).append(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|source| HomeError {
            action: "lock",
            path: path.clone(),
            source,
        })
    }
}

/// Reads the identity, making it on first use. Two first uses at once agree on one.
fn identity(home: &Path, ids: &dyn IdSource) -> io::Result<String> {
    let path = home.join("id");
    let staged = home.join(format!("id.{}", TaskId::from_random(ids.random())));
    if !path.exists() {
        let id = TaskId::from_random(ids.random()).to_string();
        fs::write(&staged, id).inspect_err(|_| {
            // A disk that is full has it empty.
            let _left = fs::remove_file(&staged);
        })?;
        let linked = fs::hard_link(&staged, &path);
        fs::remove_file(&staged)?;
        linked.or_else(|e| {
            if e.kind() == io::ErrorKind::AlreadyExists {
                Ok(())
            } else {
                Err(e)
            }
        })?;
    }
    let id = fs::read_to_string(&path)?.trim().to_owned();
    id.parse::<TaskId>()
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    Ok(id)
}

#[cfg(test)]
mod tests;
