//! All that settings are made of, handed in by the caller: nothing here asks the process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::key::Key;
use crate::layer::RawValue;
use crate::pool::SelectModels;

/// The inputs of [`load`](crate::load).
#[derive(Clone, Default)]
pub struct Sources {
    /// The process environment. Variables that are not ours are not looked at.
    pub env: BTreeMap<OsString, OsString>,
    /// Working directory, absolute: where the search for project files starts.
    pub cwd: PathBuf,
    /// The user's configuration directory of Deckhands; its `config.toml` is a layer.
    pub user_config_dir: Option<PathBuf>,
    /// The user's state directory of Deckhands: the default home.
    pub state_dir: Option<PathBuf>,
    /// The file of `--config`. It replaces the user's file, and `DECKHANDS_CONFIG` does when this
    /// is not set. It is trusted wherever it lies: the user named it.
    pub explicit_config: Option<PathBuf>,
    /// Directories whose project files are trusted, see [`TrustList`](crate::TrustList).
    pub trusted_dirs: Vec<PathBuf>,
    /// What the command line sets.
    pub flags: Flags,
    /// Finds the models of a pool that is filled from a registry; without it there are no such pools.
    pub select: Option<SelectModels>,
}

/// Settings given as flags, each with the flag's name.
#[derive(Clone, Default)]
pub struct Flags {
    pub(crate) values: Vec<(Key, String, RawValue)>,
}

impl Flags {
    /// No flags.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a flag with one value; of a flag given twice the last one counts.
    #[must_use]
    pub fn with(mut self, key: Key, flag: &str, value: impl Into<String>) -> Self {
        self.values
            .push((key, flag.to_owned(), RawValue::Text(value.into())));
        self
    }

    /// These over others: of a setting that both give, these count.
    #[must_use]
    pub fn over(self, mut others: Self) -> Self {
        others.values.extend(self.values);
        others
    }

    /// Adds a flag that may be repeated; it replaces the list of the layers below.
    #[must_use]
    pub fn with_list(mut self, key: Key, flag: &str, values: Vec<String>) -> Self {
        self.values
            .push((key, flag.to_owned(), RawValue::List(values)));
        self
    }
}

/// Names only: environment and flags may hold secrets.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("env", &format_args!("{} variables", self.env.len()))
            .field("cwd", &self.cwd)
            .field("user_config_dir", &self.user_config_dir)
            .field("state_dir", &self.state_dir)
            .field("explicit_config", &self.explicit_config)
            .field("trusted_dirs", &self.trusted_dirs)
            .field("flags", &self.flags)
            .finish()
    }
}

/// Names only: see [`Sources`].
impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.values.iter().map(|(_, flag, _)| flag))
            .finish()
    }
}
