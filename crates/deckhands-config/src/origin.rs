//! Where a value comes from, and how far its setter is trusted.

use std::fmt;
use std::path::PathBuf;

use crate::shown::{self, plain};

/// The layer and the place within it that a value was set in.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Origin {
    /// No layer set it.
    Default,
    /// The user's own file, or the one named by `--config` or `DECKHANDS_CONFIG`.
    UserFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The project's `deckhands.toml`.
    ProjectFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The project's `.env`.
    DotEnv {
        /// The file.
        path: PathBuf,
        /// The variable.
        name: String,
    },
    /// The process environment.
    Environment {
        /// The variable.
        name: String,
    },
    /// The command line.
    Flag {
        /// The flag with its dashes.
        name: String,
    },
}

/// How far the setter of a value is trusted. Ordered: more trust is greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Whoever wrote the project's files.
    Project,
    /// The user, or nobody (a default).
    Trusted,
}

/// A value with its origin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting<T> {
    /// The value, valid by its type.
    pub value: T,
    /// Where it was set.
    pub origin: Origin,
    /// How far its setter is trusted.
    pub trust: Trust,
}

impl<T> Setting<T> {
    /// A value that no layer set.
    pub(crate) fn default_of(value: T) -> Self {
        Self {
            value,
            origin: Origin::Default,
            trust: Trust::Trusted,
        }
    }

    /// The same origin for a value made from this one.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> Setting<U> {
        Setting {
            value: make(self.value),
            origin: self.origin,
            trust: self.trust,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::UserFile { path, line } => write!(f, "file {}:{line}", shown::path(path)),
            Self::ProjectFile { path, line } => {
                write!(f, "project file {}:{line}", shown::path(path))
            }
            Self::DotEnv { path, name } => {
                let (name, path) = (plain(name), shown::path(path));
                write!(f, "variable `{name}` in project file {path}")
            }
            Self::Environment { name } => write!(f, "environment variable `{}`", plain(name)),
            Self::Flag { name } => write!(f, "flag `{name}`"),
        }
    }
}
