//! The user's list of directories whose project files may set everything (`config trust DIR`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{ConfigError, ConfigErrorKind};
use crate::files;

#[cfg(test)]
mod tests;

/// The list's file in the user's configuration directory.
const FILE: &str = "trusted.toml";

/// Trusted directories, links resolved. Trust does not reach into directories below.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrustList {
    directories: BTreeSet<PathBuf>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawTrustList {
    directories: Vec<String>,
}

impl TrustList {
    /// Reads the list; empty where there is none yet.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read or is no list.
    pub fn read(config_dir: &Path) -> Result<Self, ConfigError> {
        let path = config_dir.join(FILE);
        let text = files::read_if_there(&path).map_err(|error| {
            ConfigError::io(ConfigErrorKind::Read { path: path.clone() }, error)
        })?;
        let raw: RawTrustList = toml::from_str(&text.unwrap_or_default()).map_err(|error| {
            let message = error.message().to_owned();
            ConfigError::new(ConfigErrorKind::Syntax {
                path,
                line: 1,
                message,
            })
        })?;
        Ok(Self {
            directories: raw.directories.into_iter().map(PathBuf::from).collect(),
        })
    }

    /// The directories, for [`Sources::trusted_dirs`](crate::Sources::trusted_dirs).
    #[must_use]
    pub fn directories(&self) -> Vec<PathBuf> {
        self.directories.iter().cloned().collect()
    }

    /// Adds a directory and writes the list: as a whole, for its owner only. Says whether the
    /// directory is new to the list.
    ///
    /// # Errors
    /// [`ConfigError`] when `dir` is no directory, its name is no UTF-8, or the list cannot be
    /// written; it is then as before.
    pub fn add(&mut self, config_dir: &Path, dir: &Path) -> Result<bool, ConfigError> {
        let failed = |path: &Path, error| {
            ConfigError::io(
                ConfigErrorKind::Read {
                    path: path.to_owned(),
                },
                error,
            )
        };
        let real = dir.canonicalize().map_err(|error| failed(dir, error))?;
        if !real.is_dir() {
            return Err(failed(dir, std::io::ErrorKind::NotADirectory.into()));
        }
        let mut next = self.clone();
        if !next.directories.insert(real) {
            return Ok(false);
        }
        next.write(&config_dir.join(FILE))?;
        *self = next;
        Ok(true)
    }

    fn write(&self, path: &Path) -> Result<(), ConfigError> {
        let failed = |error| {
            ConfigError::io(
                ConfigErrorKind::Write {
                    path: path.to_owned(),
                },
                error,
            )
        };
        let no_text = || failed(std::io::ErrorKind::InvalidInput.into());
        let names = self
            .directories
            .iter()
            .map(|dir| dir.to_str().map(str::to_owned));
        let directories = names.collect::<Option<Vec<_>>>().ok_or_else(no_text)?;
        let text =
            toml::to_string_pretty(&RawTrustList { directories }).map_err(|_not_text| no_text())?;
        files::replace_privately(path, &text).map_err(failed)
    }
}
