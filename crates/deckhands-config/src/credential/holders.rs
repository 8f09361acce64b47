//! The files that hold keys, whichever key counts: one that lost is as secret as the one that won.

use std::path::PathBuf;

use super::Search;
use crate::key::Key;
use crate::parse;
use crate::pool::KeyPlace;
use crate::variables::Source;

#[cfg(test)]
mod tests;

/// How the variables end that keys are usually in.
const SUFFIX: &str = "_API_KEY";

impl Search<'_> {
    /// Every file that is known to hold a key: those that any layer names, and the `.env` that gives
    /// one. What a layer names by mistake and is a directory holds no key.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let named = self
            .stack
            .all(Key::ApiKeyFile)
            .filter_map(|set| parse::path(Key::ApiKeyFile, &set.raw.value, set.layer).ok());
        let of_routes = self.key_places().filter_map(|place| match place {
            KeyPlace::File(path) => Some(path.clone()),
            KeyPlace::Usual | KeyPlace::Variable(_) => None,
        });
        let mut files: Vec<_> = named
            .chain(of_routes)
            .chain(self.dotenv_with_key())
            .collect();
        files.retain(|file| !file.is_dir());
        files.sort();
        files.dedup();
        files
    }

    /// Where the keys of all routes are, whichever pool is used.
    fn key_places(&self) -> impl Iterator<Item = &KeyPlace> {
        let pools = self.stack.pools();
        pools.flat_map(|(_, pool)| pool.listed().iter().map(|route| &route.key))
    }

    /// The `.env`, if it gives something to a variable for keys.
    fn dotenv_with_key(&self) -> Option<PathBuf> {
        let variables = self.environments.dotenv?;
        let Source::DotEnv(path) = &variables.source else {
            return None;
        };
        let of_routes = self.key_places().filter_map(|place| match place {
            KeyPlace::Variable(name) => Some(name.clone()),
            KeyPlace::Usual | KeyPlace::File(_) => None,
        });
        let configured: Vec<_> = self
            .stack
            .all(Key::ApiKeyEnv)
            .filter_map(|set| parse::variable_name(Key::ApiKeyEnv, &set.raw.value, set.layer).ok())
            .chain(of_routes)
            .collect();
        let is_for_keys = |name: &String| {
            name.to_ascii_uppercase().ends_with(SUFFIX) || configured.contains(name)
        };
        variables
            .given
            .iter()
            .any(is_for_keys)
            .then(|| path.clone())
    }
}
