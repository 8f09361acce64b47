//! What a copy is asked for, what it tells, and why it can fail.

use std::io;
use std::path::{Path, PathBuf};

use deckhands_model::ByteSize;

use crate::workspace::manifest::{Manifest, Refusal, shown};

/// Most paths that are told one by one.
const MAX_NOTES: usize = 20;

/// What to copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CopyOptions {
    /// Also what git ignores.
    pub(crate) include_ignored: bool,
    /// Bound on the copy's size; `None` where the user gave his word.
    pub(crate) max_bytes: Option<ByteSize>,
    /// What is no part of the workspace though it may lie in it: our own state, files with keys.
    pub(crate) leave_out: Vec<PathBuf>,
}

/// What was copied.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct CopyReport {
    /// The copy's content, `.git` left out.
    pub(crate) manifest: Manifest,
    /// Size of the copied files.
    pub(crate) bytes: u64,
    /// `.git` files whose repository does not point back to them.
    pub(crate) strange_links: Vec<PathBuf>,
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
    /// It has more files and directories than any work has.
    #[error("the workspace `{}` has more than {limit} files and directories", path.display())]
    TooManyPaths {
        /// The workspace.
        path: PathBuf,
        /// The bound.
        limit: u64,
    },
    /// Something that cannot be read as rules is in the place of a `.gitignore`.
    #[error("`{}` is no plain file of a usual size, so what git ignores is not known", path.display())]
    NoRules {
        /// The `.gitignore`.
        path: PathBuf,
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
    /// What was left out and what the agent cannot follow, for people; at most [`MAX_NOTES`] paths.
    #[must_use]
    pub(crate) fn notes(&self) -> Vec<String> {
        let refused = &self.manifest.refused;
        let told = |(path, why): (&PathBuf, &Refusal)| {
            let path = shown(path);
            match why {
                Refusal::OutwardLink => format!(
                    "`{path}` is {}; the agent has the link, not what it leads to",
                    why.describe()
                ),
                other => format!("left out of the copy: `{path}` ({})", other.describe()),
            }
        };
        let mut all = refused.iter().map(told);
        let mut notes: Vec<String> = all.by_ref().take(MAX_NOTES).collect();
        let more = all.count();
        notes.extend(self.strange_links.iter().take(MAX_NOTES).map(|link| {
            let link = shown(link);
            format!("`{link}` names a repository that does not name it; the agent has none there")
        }));
        if more > 0 {
            notes.push(format!("and {more} more such paths"));
        }
        notes
    }
}
