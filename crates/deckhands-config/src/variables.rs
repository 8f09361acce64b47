//! Variables as a layer: those of the process environment and those of a project's `.env`.
//!
//! A variable that is set to nothing counts as not set.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use crate::dotenv::DotEnv;
use crate::error::{ConfigError, ConfigErrorKind};
use crate::key::Key;
use crate::layer::{Layer, Raw, RawValue};
use crate::origin::{Origin, Trust};
use crate::shown::{self, likeness, nearest};

#[cfg(test)]
mod tests;

/// Names the user's file; decided before any layer is read, so it is no setting.
pub(crate) const CONFIG: &str = "DECKHANDS_CONFIG";

/// Prefix of our own variables: an unknown one is an error.
const OURS: &str = "DECKHANDS_";

/// Prefix of the prototype's variables; OpenHands has more of them than we know.
const THEIRS: &str = "OPENHANDS_";

/// Variables of one source. No `Debug`: they hold secrets.
pub(crate) struct Variables {
    pub(crate) values: BTreeMap<String, String>,
    /// Of a `.env`, [`DotEnv::given`].
    pub(crate) given: BTreeSet<String>,
    pub(crate) source: Source,
    pub(crate) trust: Trust,
}

/// Where variables come from.
pub(crate) enum Source {
    Environment,
    DotEnv(std::path::PathBuf),
}

impl Variables {
    /// The process environment.
    ///
    /// # Errors
    /// [`ConfigErrorKind::Invalid`] when a variable of ours is no UTF-8; others are left out.
    pub(crate) fn of_environment(env: &BTreeMap<OsString, OsString>) -> Result<Self, ConfigError> {
        let mut values = BTreeMap::new();
        for (name, value) in env {
            let Some(name) = name.to_str() else { continue };
            if let Some(value) = value.to_str() {
                values.insert(name.to_owned(), value.to_owned());
            } else if let Some((key, _)) = Key::of_variable(name) {
                let origin = Origin::Environment {
                    name: name.to_owned(),
                };
                let expected = "UTF-8 text".to_owned();
                let kind = ConfigErrorKind::Invalid {
                    key,
                    value: None,
                    origin,
                    expected,
                };
                return Err(ConfigError::new(kind));
            }
        }
        Ok(Self {
            values,
            given: BTreeSet::new(),
            source: Source::Environment,
            trust: Trust::Trusted,
        })
    }

    /// A project's `.env`. Lines that cannot be read are noted.
    ///
    /// # Errors
    /// [`ConfigErrorKind::Syntax`] when such a line is one of ours.
    pub(crate) fn of_dotenv(
        file: DotEnv,
        path: std::path::PathBuf,
        trust: Trust,
        notes: &mut Vec<String>,
    ) -> Result<Self, ConfigError> {
        for bad in file.bad {
            let name = bad.name.unwrap_or_default();
            let line = bad.line;
            if Key::of_variable(&name).is_some() || name.starts_with(OURS) {
                let message =
                    format!("`{name}` is not given as NAME=value; quote a value with spaces");
                return Err(ConfigError::new(ConfigErrorKind::Syntax {
                    path,
                    line,
                    message,
                }));
            }
            notes.push(format!(
                "{}:{line} is not NAME=value and is left out",
                path.display()
            ));
        }
        Ok(Self {
            values: file.values,
            given: file.given,
            source: Source::DotEnv(path),
            trust,
        })
    }

    /// The text of a variable, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty())
    }

    /// How errors and `config show` name a variable of this source.
    pub(crate) fn origin(&self, name: &str) -> Origin {
        let name = name.to_owned();
        match &self.source {
            Source::Environment => Origin::Environment { name },
            Source::DotEnv(path) => Origin::DotEnv {
                path: path.clone(),
                name,
            },
        }
    }

    /// The settings among the variables; `empty` is the layer to fill.
    ///
    /// # Errors
    /// [`ConfigErrorKind::Unknown`] for a variable with our prefix that does not exist.
    pub(crate) fn layer(
        &self,
        mut empty: Layer,
        notes: &mut Vec<String>,
    ) -> Result<Layer, ConfigError> {
        let mut places: BTreeMap<Key, (usize, &str)> = BTreeMap::new();
        for name in self.values.keys().filter(|name| self.get(name).is_some()) {
            let Some((key, place)) = Key::of_variable(name) else {
                self.check_unknown(name, notes)?;
                continue;
            };
            let (winner, loser) = match places.get(&key) {
                Some((other, theirs)) if *other < place => ((*other, *theirs), Some(name.as_str())),
                Some((_, theirs)) => ((place, name.as_str()), Some(*theirs)),
                None => ((place, name.as_str()), None),
            };
            if let Some(loser) = loser {
                notes.push(format!(
                    "`{loser}` does not count: `{}` is set, too",
                    winner.1
                ));
            }
            places.insert(key, winner);
        }
        for (key, (_, name)) in places {
            let value = RawValue::Text(self.get(name).unwrap_or_default().to_owned());
            empty.values.insert(
                key,
                Raw {
                    value,
                    origin: self.origin(name),
                },
            );
        }
        Ok(empty)
    }

    fn check_unknown(&self, name: &str, notes: &mut Vec<String>) -> Result<(), ConfigError> {
        if name == CONFIG {
            return self.check_config();
        }
        let origin = self.origin(name);
        if name.starts_with(OURS) {
            let kind = ConfigErrorKind::Unknown {
                name: shown::plain(name),
                origin,
            };
            return Err(ConfigError::new(kind).with_hint(suggestion(name, OURS)));
        }
        if name.starts_with(THEIRS) {
            let hint = suggestion(name, THEIRS);
            notes.extend(hint.map(|hint| format!("{origin} is no setting; {hint}")));
        }
        Ok(())
    }

    /// In the environment the variable has done its work already; elsewhere it would come too late.
    fn check_config(&self) -> Result<(), ConfigError> {
        if matches!(self.source, Source::Environment) {
            return Ok(());
        }
        let kind = ConfigErrorKind::Untrusted {
            setting: CONFIG.to_owned(),
            origin: self.origin(CONFIG),
        };
        Err(ConfigError::new(kind)
            .with_hint("set it in the environment, or use --config".to_owned()))
    }
}

/// The variable that is meant; the prefix, which all share, does not make them alike.
fn suggestion(name: &str, prefix: &str) -> Option<String> {
    let rest = |name: &str| name.strip_prefix(prefix).map(str::to_owned);
    let all = Key::all()
        .flat_map(|entry| entry.variables)
        .copied()
        .chain([CONFIG]);
    let known = all.filter(|known| known.starts_with(prefix));
    let written = rest(name)?;
    let meant = nearest(known, |known| {
        rest(known).map_or(0.0, |rest| likeness(&rest, &written))
    });
    meant.map(|meant| format!("did you mean `{meant}`?"))
}
