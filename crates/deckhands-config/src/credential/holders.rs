//! The files that hold keys, whichever key counts: one that lost is as secret as the one that won.

use std::path::PathBuf;

use super::Search;
use crate::key::Key;
use crate::parse;
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
        let mut files: Vec<_> = named.chain(self.dotenv_with_key()).collect();
        files.retain(|file| !file.is_dir());
        files.sort();
        files.dedup();
        files
    }

    /// The `.env`, if it gives something to a variable for keys.
    fn dotenv_with_key(&self) -> Option<PathBuf> {
        let variables = self.dotenv?;
        let Source::DotEnv(path) = &variables.source else {
            return None;
        };
        let configured: Vec<_> = self
            .stack
            .all(Key::ApiKeyEnv)
            .filter_map(|set| parse::variable_name(Key::ApiKeyEnv, &set.raw.value, set.layer).ok())
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
