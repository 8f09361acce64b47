//! Why settings could not be loaded: what was refused, where it was written, what would do.

use std::io;
use std::path::PathBuf;

use crate::key::Key;
use crate::origin::Origin;

/// A refused setting, or a file that cannot be read. The message names field, value and place;
/// [`ConfigError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct ConfigError {
    /// What went wrong.
    pub kind: Box<ConfigErrorKind>,
    hint: Option<String>,
    #[source]
    source: Option<io::Error>,
}

/// What went wrong. Values that are or may hold a secret are never in it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A file cannot be read.
    #[error("read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
    },
    /// A file is no TOML, or a key in it has a value of the wrong shape.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A key or a variable of ours that does not exist.
    #[error("`{name}` is not a setting ({origin})")]
    Unknown {
        /// The name as written.
        name: String,
        /// Where it stands.
        origin: Origin,
    },
    /// An API key in a file that is for settings.
    #[error("an API key does not belong into a configuration file ({origin})")]
    KeyInFile {
        /// Where it stands.
        origin: Origin,
    },
    /// A value that is not of the accepted form or out of bounds.
    #[error("{} is no value for `{}` ({origin}): expected {expected}", quoted(value), key.name())]
    Invalid {
        /// The setting.
        key: Key,
        /// The value; none where showing it could show a secret.
        value: Option<String>,
        /// Where it was set.
        origin: Origin,
        /// What would be accepted.
        expected: String,
    },
    /// A known value that cannot be honoured.
    #[error("`{value}` for `{}` cannot be honoured ({origin}): {reason}", key.name())]
    Unsupported {
        /// The setting.
        key: Key,
        /// The value.
        value: String,
        /// Where it was set.
        origin: Origin,
        /// Why.
        reason: &'static str,
    },
    /// A project that is not trusted sets what only the user may set.
    #[error("`{setting}` may not be set by a project ({origin})")]
    Untrusted {
        /// The setting, or a variable that is none.
        setting: String,
        /// Where it was set.
        origin: Origin,
    },
    /// A project that is not trusted names a model in a form that can choose where calls go.
    #[error("`model.id` with an address or a route in it may not be set by a project ({origin})")]
    UntrustedAddress {
        /// Where it was set.
        origin: Origin,
    },
    /// No pool has the name that was asked for, or none of its routes can be found.
    #[error("there are no routes `{name}` ({origin}): {why}")]
    NoRoutes {
        /// The name.
        name: String,
        /// Where it was asked for.
        origin: Origin,
        /// What is missing.
        why: String,
    },
    /// A workspace beside the root that all must lie in.
    #[error("the workspace `{}` ({origin}) is not inside `{}` ({root_origin})",
        workspace.display(), root.display())]
    OutsideRoot {
        /// The workspace.
        workspace: PathBuf,
        /// Where it was set.
        origin: Origin,
        /// The root.
        root: PathBuf,
        /// Where that was set.
        root_origin: Origin,
    },
    /// The user has no place for state.
    #[error("there is no directory for the state: the user has no home directory")]
    NoHome,
}

fn quoted(value: &Option<String>) -> String {
    value.as_ref().map_or_else(
        || "the value given".to_owned(),
        |value| format!("`{value}`"),
    )
}

impl ConfigError {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    pub(crate) fn new(kind: ConfigErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
            hint: None,
            source: None,
        }
    }

    pub(crate) fn io(kind: ConfigErrorKind, source: io::Error) -> Self {
        Self {
            kind: Box::new(kind),
            hint: None,
            source: Some(source),
        }
    }

    pub(crate) fn with_hint(self, hint: impl Into<Option<String>>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }
}
