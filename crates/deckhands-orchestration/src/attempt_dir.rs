//! The directory of one attempt: its files, and the lock that says somebody lives in it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use deckhands_agent::AgentDirs;
use deckhands_model::AttemptId;

use crate::home::{Home, HomeError};

mod claim;
mod files;
mod record;
mod remove;

pub(crate) use claim::claim;
use files::open_lock;
pub(crate) use files::{write_private, write_private_soon};
pub(crate) use record::AttemptRecord;
pub(crate) use remove::remove_tree;

/// An attempt's directory, without any claim on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct AttemptDir {
    root: PathBuf,
}

/// An attempt's directory that this process has the lock of. Dropping it lets go.
#[derive(Debug)]
pub(crate) struct LockedAttempt {
    dir: AttemptDir,
    _lock: File,
}

/// What trying to claim an attempt's directory came to.
#[derive(Debug)]
pub(crate) enum Claim {
    /// Nobody lived there; it is ours now.
    Ours(LockedAttempt),
    /// A living process holds it.
    Live,
    /// There is no such directory any more.
    Gone,
}

impl AttemptDir {
    /// Names the directory of an attempt in a home.
    #[must_use]
    pub(crate) fn of(home: &Home, attempt: AttemptId) -> Self {
        Self {
            root: home.task_dir(attempt.task).join(attempt.number.to_string()),
        }
    }

    /// Names a directory by its path, e.g. from a label.
    #[must_use]
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The directory itself.
    #[must_use]
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Which attempt's it is, by its name.
    #[must_use]
    pub(crate) fn attempt(&self) -> Option<AttemptId> {
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        Some(AttemptId {
            task: name(self.root.parent()?)?.parse().ok()?,
            number: name(&self.root)?.parse().ok()?,
        })
    }

    /// Directories the agent sees.
    #[must_use]
    pub(crate) fn agent_dirs(&self) -> AgentDirs {
        AgentDirs {
            workspace: self.root.join("workspace"),
            agent_home: self.root.join("agent-home"),
            input: self.root.join("input"),
        }
    }

    /// The launchers that containers start from.
    #[must_use]
    pub(crate) fn launchers(&self) -> PathBuf {
        self.root.join("launcher")
    }

    /// Holds the socket by which the app reaches us.
    #[must_use]
    pub(crate) fn way_out(&self) -> PathBuf {
        self.root.join("way-out")
    }

    /// What is kept for another process to go on with it.
    #[must_use]
    pub(crate) fn adoption(&self) -> PathBuf {
        self.root.join("adoption")
    }

    /// Copies of the result that checks run over.
    #[must_use]
    pub(crate) fn check_dir(&self) -> PathBuf {
        self.root.join("check")
    }

    /// The kept change: a unified diff.
    #[must_use]
    pub(crate) fn patch(&self) -> PathBuf {
        self.root.join("change.patch")
    }

    /// The kept change for machines: every path, what it was and what it became.
    #[must_use]
    pub(crate) fn change(&self) -> PathBuf {
        self.root.join("change.json")
    }

    /// The judgement over the change, once there is one.
    #[must_use]
    pub(crate) fn verdict(&self) -> PathBuf {
        self.root.join("verdict.json")
    }

    /// The kept change where it was not applied: whole files.
    #[must_use]
    pub(crate) fn changed_files(&self) -> PathBuf {
        self.root.join("changed-files")
    }

    /// The agent's events, one JSON object a line, secrets removed.
    #[must_use]
    pub(crate) fn events(&self) -> PathBuf {
        self.root.join("events.jsonl")
    }

    /// The app's output, secrets removed.
    #[must_use]
    pub(crate) fn transcript(&self) -> PathBuf {
        self.root.join("transcript.log")
    }

    /// What the model answered, call by call, secrets removed: a run can be played again from it.
    #[must_use]
    pub(crate) fn tape(&self) -> PathBuf {
        self.root.join("model.jsonl")
    }

    /// Its calls to models, one a line, without what was said in them.
    #[must_use]
    pub(crate) fn calls(&self) -> PathBuf {
        self.root.join("calls.jsonl")
    }

    /// The result document, once there is one.
    #[must_use]
    pub(crate) fn result(&self) -> PathBuf {
        self.root.join("result.json")
    }

    fn record_path(&self) -> PathBuf {
        self.root.join("attempt.json")
    }

    /// Makes the directory and takes its lock, as one step for everybody who claims.
    ///
    /// # Errors
    /// [`HomeError`] where it cannot be made.
    pub(crate) fn create(
        &self,
        home: &Home,
        record: &AttemptRecord,
    ) -> Result<LockedAttempt, HomeError> {
        let _guard = home.guard()?;
        let make = || {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.root)?;
            let lock = open_lock(&self.root)?;
            lock.lock()?;
            self.make_agent_dirs()?;
            // It is written again before there is a container; until then nothing depends on it.
            write_private_soon(&self.record_path(), &serde_json::to_vec_pretty(record)?)?;
            Ok(LockedAttempt {
                dir: self.clone(),
                _lock: lock,
            })
        };
        make().map_err(|source| HomeError {
            action: "write to",
            path: self.root.clone(),
            source,
        })
    }

    /// The agent's program is root without the capability to pass over modes, so that it needs the
    /// rights of everybody where it reads and writes. Nobody else gets here: the directory around
    /// is its owner's alone.
    fn make_agent_dirs(&self) -> io::Result<()> {
        let dirs = self.agent_dirs();
        for (dir, mode) in [
            (&dirs.workspace, 0o700),
            (&dirs.agent_home, 0o777),
            (&dirs.input, 0o755),
        ] {
            fs::create_dir_all(dir)?;
            fs::set_permissions(dir, fs::Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    /// Claims the directory if nobody lives in it.
    ///
    /// # Errors
    /// The system's error where the lock file cannot be opened (another user's, for example).
    pub(crate) fn claim(&self) -> io::Result<Claim> {
        // Only a directory that is known to be absent is: one that may not be looked at is not.
        if let Err(error) = fs::symlink_metadata(&self.root) {
            return if error.kind() == io::ErrorKind::NotFound {
                Ok(Claim::Gone)
            } else {
                Err(error)
            };
        }
        let lock = open_lock(&self.root)?;
        match lock.try_lock() {
            Ok(()) => Ok(Claim::Ours(LockedAttempt {
                dir: self.clone(),
                _lock: lock,
            })),
            Err(TryLockError::WouldBlock) => Ok(Claim::Live),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// What was written down at the beginning.
    ///
    /// # Errors
    /// The system's error where the record is missing or no record.
    pub(crate) fn record(&self) -> io::Result<AttemptRecord> {
        Ok(serde_json::from_slice(&fs::read(self.record_path())?)?)
    }

    /// Writes the record, whole or not at all.
    ///
    /// # Errors
    /// The system's error.
    pub(crate) fn write_record(&self, record: &AttemptRecord) -> io::Result<()> {
        write_private(&self.record_path(), &serde_json::to_vec_pretty(record)?)
    }

    /// Whether somebody still has to clear up here: it has no result yet, or working files that
    /// nobody wanted to keep.
    pub(crate) fn is_unfinished(&self) -> bool {
        let kept = || self.record().is_ok_and(|record| record.keep);
        !self.result().exists() || (self.working_dirs().iter().any(|dir| dir.exists()) && !kept())
    }

    /// Removes what only a running attempt needs; evidence and result stay.
    ///
    /// # Errors
    /// The system's error for the first path that cannot be removed.
    pub(crate) fn remove_working_files(&self) -> io::Result<()> {
        self.working_dirs()
            .iter()
            .try_for_each(|dir| remove_tree(dir))
    }

    /// What only a running attempt needs.
    fn working_dirs(&self) -> [PathBuf; 7] {
        let dirs = self.agent_dirs();
        [
            dirs.workspace,
            dirs.agent_home,
            dirs.input,
            self.launchers(),
            self.way_out(),
            self.check_dir(),
            self.adoption(),
        ]
    }
}

impl LockedAttempt {
    /// The directory.
    #[must_use]
    pub(crate) fn dir(&self) -> &AttemptDir {
        &self.dir
    }
}

#[cfg(test)]
mod tests;
