//! What a copy is asked for, what it tells, and why it can fail.

use std::io;
use std::path::{Path, PathBuf};

use deckhands_model::ByteSize;

use crate::workspace::manifest::{Manifest, Refusal, shown};

/// What to copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CopyOptions {
    /// Also what git ignores.
    pub(crate) include_ignored: bool,
    /// Bound on the copy's size; `None` where the user gave his word.
    pub(crate) max_bytes: Option<ByteSize>,
    /// A directory that is no part of the workspace though it may lie in it: our own state.
    pub(crate) leave_out: Option<PathBuf>,
}

/// What was copied.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct CopyReport {
    /// The copy's content, `.git` left out.
    pub(crate) manifest: Manifest,
    /// Size of the copied files.
    pub(crate) bytes: u64,
}

/// Why a workspace cannot be copied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    /// It is no directory.
    #[error("the workspace `{}` is not a directory", path.display())]
    NotADirectory {
        /// The workspace.
        path: PathBuf,
    },
    /// It is larger than the bound.
    #[error("the workspace `{}` is larger than {limit}", path.display())]
    TooLarge {
        /// The workspace.
        path: PathBuf,
        /// The bound.
        limit: ByteSize,
    },
    /// The caller asked for the end.
    #[error("the copy was stopped")]
    Stopped,
    /// A file could not be read or written.
    #[error("copy `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl CopyError {
    /// What went wrong at a path; a copy that is stopped within a file says so by `Interrupted`.
    pub(crate) fn at(path: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::Interrupted {
            return Self::Stopped;
        }
        let path = path.to_owned();
        Self::Io { path, source }
    }
}

impl CopyReport {
    /// What was left out, for people.
    #[must_use]
    pub(crate) fn notes(&self) -> Vec<String> {
        let note = |(path, why): (&PathBuf, &Refusal)| {
            format!(
                "left out of the copy: `{}` ({})",
                shown(path),
                why.describe()
            )
        };
        self.manifest
            .refused
            .iter()
            .filter(|(_, why)| !matches!(why, Refusal::OutwardLink | Refusal::SpecialBits))
            .map(note)
            .collect()
    }
}
